"""What is stuck on the shelves."""

from stockroom.articles import Article

WIDTH = 24


def label(article: Article) -> str:
    """Return an article's label: its number, its name, its price."""
    euros, cents = divmod(article.price_cents, 100)
    price = f"{euros},{cents:02d} EUR"
    return "\n".join([article.number, article.name[:WIDTH], price])
