"""What a person writes, made fit to be recorded, shown and sent: by its form alone, whatever it speaks of."""

import unicodedata

from codecompanion.domain.errors import BadInput

LONGEST = 10_000
"""Characters of an input for which no other limit is said."""


def validate_input(text: str, *, what: str = "the input", longest: int = LONGEST, fix: str = "") -> str:
    """Return a text without blanks around it and without control characters other than line ends and tabs.

    What it says is not judged: a question about `eval(` or `<script>` is a question. What is dangerous is made harmless where
    it is shown and is never carried out.

    Args:
        text: What was written.
        what: What it is called in a refusal.
        longest: How many bytes it may have in UTF-8, which are no fewer than its characters.
        fix: What the person can do when it is empty.

    Raises:
        BadInput: It is empty or has nothing to read, is too long, or is no Unicode.
    """
    said = text.strip()
    if not said or not any(unicodedata.category(letter)[0] in "LNPS" for letter in said):
        raise BadInput(f"{what} is empty", fix=fix)
    try:
        size = len(said.encode())
    except UnicodeEncodeError as error:
        raise BadInput(f"{what} is not valid UTF-8", cause=str(error)) from error
    if size > longest:
        raise BadInput(
            f"{what} has {size:,} bytes, more than {longest:,}",
            fix="put the long text into a file of the repository and name that file",
        )
    return "".join(letter for letter in said if letter in "\n\t" or unicodedata.category(letter) != "Cc")
