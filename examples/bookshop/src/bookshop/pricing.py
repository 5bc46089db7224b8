"""What an order costs."""

DISCOUNTS = ((50, 15), (10, 10), (3, 5))
"""(at least so many books, per cent off), the largest first."""

FREE_SHIPPING_CENTS = 5_000
SHIPPING_CENTS = 450


def discount_percent(count: int) -> int:
    """Return the discount for a number of books."""
    for at_least, percent in DISCOUNTS:
        if count > at_least:
            return percent
    return 0


def discounted(total_cents: int, count: int) -> int:
    """Return the price after the discount, rounded in the customer's favour."""
    return total_cents * (100 - discount_percent(count)) // 100


def shipping_cents(total_cents: int) -> int:
    """Return what shipping costs for an order of this price."""
    return 0 if total_cents >= FREE_SHIPPING_CENTS else SHIPPING_CENTS
