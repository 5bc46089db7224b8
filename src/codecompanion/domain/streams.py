"""Which streams of the log are runs: all but those that hold what is true of all runs together."""

SPENDING = "spending"
"""What calls of models were allowed to cost and did cost."""
ACCESS = "access"
"""Who may use the API."""
REQUESTS = "requests"
"""Which requests to the API were taken, so that none is carried out twice."""
LEARNING = "learning"
"""What came of the tasks that models and the builtin mind were given."""
ARCHIVE = "archive"
"""Which runs were written to files and taken out of the log."""
LOSSES = "losses"
"""Which losses of acknowledged events a person accepted."""
LEDGERS = frozenset({SPENDING, LEARNING, ACCESS, REQUESTS, ARCHIVE, LOSSES})


def is_run(stream_id: str) -> bool:
    """Return whether a stream is a run's."""
    return stream_id not in LEDGERS
