package shop

import shop.rates._

/** Things with their prices. */
case class Item(name: String, price: Double)

class Cart(items: Seq[Item]) extends Base with Priced {
  val size: Int = items.size

  def total(rate: Double): Double = {
    val net = items.map(_.price).sum
    val tax = net * rate
    net + tax
  }

  def rate(country: String) = country match {
    case "de" => 0.19
    case "fr" => 0.2
    case _ => 0.0
  }
}

object Cart {
  def load(name: String): Cart = {
    def parse(line: String): Item = {
      val parts = line.split(",")
      log(parts)
      Item(parts(0), parts(1).toDouble)
    }
    new Cart(read(name).map(parse))
  }
}

def total(cart: Cart): Double =
  val net = cart.total(0)
  log(net)
  net
