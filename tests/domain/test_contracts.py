"""What git merges can still contradict: a name that one change takes away and the other needs."""

from codecompanion.domain.contracts import contradictions, taken_back

SHOP = "def total(prices):\n    return sum(prices)\n\n\ndef count(prices):\n    return len(prices)\n"
WITHOUT_TOTAL = "def count(prices):\n    return len(prices)\n"
USES_TOTAL = "from shop import total\n\n\ndef bill(prices):\n    return total(prices)\n"


def test_a_name_that_one_takes_away_and_the_other_uses_is_a_contradiction() -> None:
    takes = ({"shop.py": SHOP}, {"shop.py": WITHOUT_TOTAL})
    uses: tuple[dict[str, str], dict[str, str]] = ({}, {"bill.py": USES_TOTAL})
    assert contradictions(takes, uses) == ("shop.py: total",)
    assert contradictions(uses, takes) == ("shop.py: total",)


def test_a_constant_that_one_takes_away_and_the_other_reads_is_a_contradiction() -> None:
    takes = ({"shop.py": "MAX = 3\n"}, {"shop.py": ""})
    reads: tuple[dict[str, str], dict[str, str]] = ({}, {"bill.py": "import shop\nprint(shop.MAX)\n"})
    assert contradictions(takes, reads) == ("shop.py: MAX",)


def test_a_parameter_that_one_takes_away_and_the_other_passes_is_a_contradiction() -> None:
    takes = ({"shop.py": "def total(prices, rate=1):\n    ...\n"}, {"shop.py": "def total(prices):\n    ...\n"})
    passes: tuple[dict[str, str], dict[str, str]] = ({}, {"bill.py": "from shop import total\ntotal([], rate=2)\n"})
    assert contradictions(takes, passes) == ("shop.py: total(rate)",)


def test_a_parameter_that_the_other_does_not_speak_of_may_go() -> None:
    takes = ({"shop.py": "def total(prices, rate=1):\n    ...\n"}, {"shop.py": "def total(prices):\n    ...\n"})
    calls: tuple[dict[str, str], dict[str, str]] = ({}, {"bill.py": "from shop import total\ntotal([])\n"})
    assert contradictions(takes, calls) == ()


def test_what_nobody_else_needs_may_go() -> None:
    takes = ({"shop.py": SHOP}, {"shop.py": WITHOUT_TOTAL})
    other: tuple[dict[str, str], dict[str, str]] = ({}, {"bill.py": "from shop import count\n"})
    assert contradictions(takes, other) == ()


def test_what_an_earlier_task_made_is_taken_back_and_what_the_base_had_is_not() -> None:
    base, made, now = "def old():\n    ...\n", "def old():\n    ...\n\n\ndef new():\n    ...\n", "x = 1\n"
    assert taken_back(({"a.py": made}, {"a.py": now}), ({"a.py": base}, {"a.py": now})) == ("a.py: new",)
