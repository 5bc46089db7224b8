"""Notices that a model is no longer what it was, so that what has not changed need not be doubted all the time."""

from math import exp, log

SHIFT = 2.0
"""The change that is looked for, in logits: from one success in two to seven in eight, or to one in eight."""
LEAST_ALARM = 2.0
"""Evidence of a change, as the natural logarithm of a likelihood ratio, that is asked for at the least."""


class ChangeWatch:
    """Two cumulative sums of one model's outcomes against what was expected of them (E. S. Page, 1954).

    Each sum is the logarithm of how much likelier the latest outcomes are if the model rose (fell) by SHIFT some time ago.
    The alarm's height grows with the logarithm of how often one looked, or else chance alone would raise it in the end.

    Beside them stand the odds that the model rose at some time: they grow while nothing is heard of it, as changes come by
    chance, and are multiplied by how much likelier each outcome is if it did (A. N. Shiryaev, 1963; S. W. Roberts, 1966). So
    one surprising success after a long time is followed up, and one failure says that little has changed.
    """

    def __init__(self) -> None:
        self._rise = self._fall = 0.0
        self._seen = 0
        self._odds = 0.0

    @property
    def odds(self) -> float:
        """The odds, just after its last outcome, that the model rose and that this is not in what is believed of it."""
        return self._odds

    def changed(self, share: float, expected: float, odds: float = 0.0) -> bool:
        """Take in an outcome. Returns whether that is a change.

        Args:
            share: From 0 to 1.
            expected: What was believed, in logits.
            odds: What `odds` had become since the last outcome.
        """
        self._seen += 1
        likelier = _likelier(share, expected, SHIFT)
        self._odds = odds * exp(likelier)
        self._rise = max(0.0, self._rise + likelier)
        self._fall = max(0.0, self._fall + _likelier(share, expected, -SHIFT))
        if max(self._rise, self._fall) < LEAST_ALARM + log(2.0 + self._seen):
            return False
        self._rise = self._fall = self._odds = 0.0
        self._seen = 0
        return True


def _likelier(share: float, level: float, shift: float) -> float:
    """Return how much likelier an outcome is after a shift, as a logarithm."""
    return share * shift + _log_failure(level + shift) - _log_failure(level)


def _log_failure(level: float) -> float:
    return -log(1.0 + exp(min(level, 30.0)))
