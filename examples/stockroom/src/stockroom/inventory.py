"""The list that the bookkeeper wants at the end of the year."""

from collections.abc import Iterable

from stockroom.articles import Article
from stockroom.stock import Stock


def inventory(articles: Iterable[Article], stock: Stock) -> str:
    """Return a line for each article that is there, and the value of all."""
    lines: list[str] = []
    total = 0
    for article in articles:
        count = stock.count(article.number)
        if count:
            value = count * article.price_cents
            total += value
            lines.append(f"{article.number} {count:>5} {value // 100},{value % 100:02d} EUR")
    return "\n".join([*lines, f"total {total // 100},{total % 100:02d} EUR"])
