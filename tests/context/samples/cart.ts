import type { Rate } from './rates';

export interface Item {
  name: string;
  price: number;
}

export type Items = readonly Item[];

export enum Country {
  De = 'de',
}

namespace Taxes {
  export function of<T extends Item>(item: T, rate: Rate): number {
    const net = item.price;
    const tax = net * rate;
    return tax;
  }
}

@sealed
export abstract class Cart<T extends Item> implements Iterable<T> {
  private items: T[] = [];

  constructor(readonly country: Country) {
    check(country);
    log(country);
    this.items = [];
  }

  abstract name(): string;

  @logged({ level: 'info' })
  total(rate: Rate): number {
    let sum = 0;
    for (const item of this.items) sum += item.price;
    return sum * (1 + rate);
  }
}

export const total = async (items: Items): Promise<number> => {
  let sum = 0;
  for (const item of items) sum += item.price;
  return sum;
};
