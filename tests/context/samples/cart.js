'use strict';
import { rates } from './rates.js';

/**
 * Things with their prices.
 *
 * @example new Cart('de')
 */
export class Cart extends Base {
  static limit = 100;
  #items = [];

  add = (item) => {
    if (this.#items.length < Cart.limit) {
      this.#items.push(item);
    }
  };

  get size() {
    return this.#items.length;
  }

  async *prices() {
    for (const item of this.#items) {
      yield await priceOf(item);
    }
  }
}

(function (root) {
  function total(items) {
    let sum = 0;
    for (const item of items) sum += item.price;
    return sum;
  }
  root.total = total;
  root.tax = function (items) {
    const net = total(items);
    const rate = rates.de;
    return net * rate;
  };
})(globalThis);

const totals = (carts) => carts.map((cart) => {
  const net = cart.net;
  const tax = cart.tax;
  return net + tax;
});

app.get('/cart', async (request, response) => {
  const cart = await find(request.id);
  const onMissing = () => {
    response.status(404);
  };
  response.json(cart);
});

module.exports = {
  total: function (items) {
    const sum = items.length;
    check(sum);
    return sum;
  },
};
