package shop

import shop.rates.Rate

@Serializable
class Cart<T : Item>(val country: String) : Base(), Priced {
    private val items = mutableListOf<T>()

    val total: Double
        get() {
            val net = items.sumOf { it.price }
            val tax = net * rate
            return net + tax
        }

    init {
        check(country)
        log(country)
        items.clear()
    }

    override suspend fun load(name: String): Int {
        val data = read(name)
        items += parse(data)
        return items.size
    }

    fun size() = items.size

    fun rate(): Rate = when (country) {
        "de" -> Rate(19)
        "fr" -> Rate(20)
        else -> Rate(0)
    }

    companion object {
        fun empty(): Cart<Item> {
            val cart = Cart<Item>("de")
            log(cart)
            return cart
        }
    }
}

fun String.asCart(): Cart<Item> {
    val cart = Cart<Item>(this)
    log(cart)
    return cart
}
