use std::fmt;

/// Things with their prices.
#[derive(Debug, Default)]
pub struct Cart {
    items: Vec<f64>,
}

pub trait Priced {
    fn price(&self) -> f64;
    fn with_tax(&self, rate: f64) -> f64 {
        let net = self.price();
        let tax = net * rate;
        net + tax
    }
}

impl fmt::Display for Cart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.items.iter().sum::<f64>();
        let count = self.items.len();
        write!(f, "{count}: {total}")
    }
}

impl<T> Shop<T> {
    pub async fn open() -> Self
    where
        T: Default,
    {
        let items = Vec::new();
        let name = String::new();
        Self { items, name }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sums() {
        let cart = Cart::default();
        let total = cart.total();
        assert_eq!(total, 0.0);
    }
}
