package shop;

import java.util.List;

/**
 * Things with their prices.
 * @author nobody
 * @since 1
 */
public class Cart<T extends Item> implements Priced {
    private static final int LIMIT = 100;
    private final List<T> items;

    static {
        Registry.register(Cart.class);
        Registry.sort();
        Registry.close();
    }

    public Cart(List<T> items) {
        check(items);
        log(items);
        this.items = items;
    }

    @Override
    public double total() throws EmptyException {
        double sum = 0;
        for (T item : items) sum += item.price();
        return sum;
    }

    interface Rate {
        double of(String country);

        default double none() {
            String country = "none";
            log(country);
            return of(country);
        }
    }

    void later() {
        run(new Runnable() {
            public void run() {
                double sum = total();
                log(sum);
                store(sum);
            }
        });
    }

    record Pair(int a, int b) {}

    enum Country { DE, FR }
}
