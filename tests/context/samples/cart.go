package cart

import "errors"

// ErrEmpty is returned
// where there is nothing
// to buy at all,
// in any shop.
var ErrEmpty = errors.New("empty")

type Cart struct {
	Items []Item
}

type Priced interface {
	Price() float64
}

func (c *Cart) Total() (float64, error) {
	if len(c.Items) == 0 {
		return 0, ErrEmpty
	}
	return sum(c.Items), nil
}

func Map[T, U any](items []T, f func(T) U) []U {
	out := make([]U, 0, len(items))
	each(items, func(item T) {
		out = append(out, f(item))
	})
	return out
}
