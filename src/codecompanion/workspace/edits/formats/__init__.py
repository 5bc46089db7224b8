"""One parser for each form in which models write edits."""
