"""What a customer is about to buy."""

from bookshop.catalog import Catalog
from bookshop.pricing import discounted, shipping_cents


class Cart:
    """Books and how many of each."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._counts: dict[str, int] = {}

    def add(self, isbn: str, count: int = 1) -> None:
        """Put copies of a book into the cart."""
        book = self._catalog.find(isbn)
        self._counts[book.isbn] = self._counts.get(book.isbn, 0) + count

    @property
    def count(self) -> int:
        """How many books there are."""
        return sum(self._counts.values())

    def total_cents(self) -> int:
        """Return the price of all books, with the discount and shipping."""
        full = sum(self._catalog.find(isbn).price_cents * count for isbn, count in self._counts.items())
        price = discounted(full, self.count)
        return price + shipping_cents(price)
