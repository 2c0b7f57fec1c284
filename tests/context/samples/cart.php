<?php
namespace Shop;

use Shop\Rates;

interface Priced
{
    public function price(): float;
}

final class Cart extends Base implements Priced
{
    const LIMIT = 100;
    private array $items = [];

    public function __construct(private string $country)
    {
        check($country);
        log($country);
        $this->items = [];
    }

    #[Pure]
    public function price(): float
    {
        $prices = array_map(function ($item) {
            return $item->price;
        }, $this->items);
        return array_sum($prices);
    }
}

function total(array $items): float
{
    $sum = 0;
    foreach ($items as $item) $sum += $item->price;
    return $sum;
}
