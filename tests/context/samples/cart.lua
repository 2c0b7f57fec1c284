local rates = require("rates")

local Cart = {}

local function sum(items)
  local found = 0
  for _, item in ipairs(items) do found = found + item.price end
  return found
end

function Cart.new(items)
  local cart = { items = items }
  setmetatable(cart, Cart)
  return cart
end

function Cart:total()
  local net = sum(self.items)
  local tax = net * rates.de
  return net + tax
end

Cart.empty = function()
  local cart = Cart.new({})
  log(cart)
  return cart
end

return Cart
