from stockroom.articles import Article
from stockroom.inventory import inventory
from stockroom.labels import label
from stockroom.stock import Stock

SCREW, GLUE = Article("AB-123", "Screw, galvanised, 4 x 40 mm", 5), Article("CD-001", "Glue", 1_250)


def test_a_label_fits_on_a_shelf() -> None:
    assert label(SCREW) == "AB-123\nScrew, galvanised, 4 x 4\n0,05 EUR"


def test_the_inventory_has_a_line_for_what_is_there() -> None:
    stock = Stock()
    stock.receive({"CD-001": 10})
    assert inventory([SCREW, GLUE], stock) == "CD-001    10 125,00 EUR\ntotal 125,00 EUR"
