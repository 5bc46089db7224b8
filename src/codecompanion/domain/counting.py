"""Numbers with their nouns, as people write them."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 file" or "2 files"; `plural` for nouns that do not take an s, or for what agrees with them."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
