"""Where a block belongs in a file: exact before loose, and one place or none."""
