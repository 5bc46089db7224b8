"""One module a revision, as Alembic reads them."""
