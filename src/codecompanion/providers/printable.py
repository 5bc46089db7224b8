"""What a server says, as a terminal may show it."""


def printable(text: str) -> str:
    """Return a text on one line, with everything that would steer a terminal taken out."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
