import Foundation

/// Things with their prices.
public final class Cart: Base, Priced {
    private var items: [Item] = []

    var total: Double {
        let net = items.reduce(0) { $0 + $1.price }
        let tax = net * rate
        return net + tax
    }

    var country: String {
        get {
            check(code)
            log(code)
            return code
        }
        set {
            code = newValue
        }
    }

    init(country: String) {
        check(country)
        log(country)
        super.init()
    }

    @discardableResult
    func load(_ name: String) throws -> Int {
        let data = try read(name)
        items += parse(data)
        return items.count
    }
}

protocol Priced {
    func price() -> Double
}

extension Item: Priced {
    func price() -> Double {
        let net = amount
        log(net)
        return net
    }
}
