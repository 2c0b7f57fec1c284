"""How likely a chance with a Beta posterior is below a limit: the regularised incomplete beta function."""

import math

_TERMS = 300  # of the fraction; a few dozen are needed for posteriors that rest on thousands of outcomes
_PRECISION = 1e-12
_TINY = 1e-300  # stands for zero in a denominator


def beta_below(limit: float, passed: float, failed: float) -> float:
    """P(chance < `limit`) for a chance that is Beta(`passed`, `failed`) distributed; both above 0.

    Accurate to 1e-9, and continuous in all three.
    Source: DLMF 8.17.22 (the continued fraction) and 8.17.4 (the side on which it converges quickly); evaluated as in
    Lentz 1976, Applied Optics 15:668, doi:10.1364/AO.15.000668.
    """
    if limit <= 0:
        return 0.0
    if limit >= 1:
        return 1.0
    if limit > (passed + 1) / (passed + failed + 2):
        return 1 - beta_below(1 - limit, failed, passed)
    log_front = (
        math.lgamma(passed + failed)
        - math.lgamma(passed)
        - math.lgamma(failed)
        + passed * math.log(limit)
        + failed * math.log1p(-limit)
    )
    return math.exp(log_front) / passed * _fraction(limit, passed, failed)


def _fraction(x: float, a: float, b: float) -> float:
    above, below = 1.0, _kept_from_zero(1 - (a + b) * x / (a + 1))
    value = below = 1 / below
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            below = 1 / _kept_from_zero(1 + step * below)
            above = _kept_from_zero(1 + step / above)
            change = above * below
            value *= change
        if abs(change - 1) < _PRECISION:
            break
    return value


def _kept_from_zero(number: float) -> float:
    return number if abs(number) > _TINY else _TINY
