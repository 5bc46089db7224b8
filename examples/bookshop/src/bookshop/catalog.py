"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Book:
    """A book and its price in cents."""

    isbn: str
    title: str
    price_cents: int


class Catalog:
    """Books by their ISBN."""

    def __init__(self, books: list[Book]) -> None:
        self._books = {book.isbn: book for book in books}

    def find(self, isbn: str) -> Book:
        """Return the book with this ISBN, hyphens or not."""
        return self._books[isbn.replace("-", "")]

    def search(self, words: str) -> list[Book]:
        """Return the books whose titles have all the words, by title."""
        wanted = words.lower().split()
        found = [book for book in self._books.values() if all(word in book.title.lower() for word in wanted)]
        return sorted(found, key=lambda book: book.title)
