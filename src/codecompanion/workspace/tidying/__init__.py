"""Mend by tools and tables what needs no search: one file per kind of work."""
