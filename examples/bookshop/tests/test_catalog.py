import pytest

from bookshop.catalog import Book, Catalog


@pytest.fixture
def catalog() -> Catalog:
    return Catalog([Book("1111", "A Tale of Two Tests", 1_200), Book("2222", "The Testing of Tales", 900)])


def test_a_book_is_found_by_its_isbn(catalog: Catalog) -> None:
    assert catalog.find("11-11").title == "A Tale of Two Tests"


def test_an_unknown_isbn_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(KeyError):
        catalog.find("3333")


def test_a_search_needs_every_word(catalog: Catalog) -> None:
    assert [book.isbn for book in catalog.search("test tale")] == ["1111", "2222"]
    assert [book.isbn for book in catalog.search("two")] == ["1111"]
