"""A small store room."""
