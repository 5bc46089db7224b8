"""The tables of the log and how they came to be: a chain of revisions, forwards and back, in plain SQL for each database."""
