"""Which of several choices to make when each also teaches something: information-directed sampling.

A choice is worth making that is expected to lose much only if it teaches much about which choice is the best one. The
probabilities minimise (expected loss)^care / information (with 2 for care: D. Russo and B. Van Roy, "Learning to optimize via
information-directed sampling", 2014), among all mixtures of the choice that loses least with one other.
"""

import numpy as np

from codecompanion.routing.belief import Floats, Ints

LEAST_NOISE = 0.01
"""An outcome is never taken to be more certain than this (variance of a success)."""
LITTLE = 1e-12
SAME = 0.05
"""What is so near to the best mixture is as good: models of which the same is known have the same chance."""


def told_by(chances: Floats, mean: Floats, best: Ints) -> Floats:
    """Return how much an outcome of each model is expected to tell of which choice is the best.

    That is the variance of its chance that knowing the best choice would explain, in units of an outcome's own variance.

    Args:
        chances: Draws of each model's chance of success, shape (models, draws).
        mean: Their means, shape (models,).
        best: Which choice is the best one in each draw, shape (draws,).
    """
    ever = np.array(list(dict.fromkeys(best.tolist())))
    is_best = np.zeros((len(ever), len(best)))
    np.equal(ever[:, None], best, out=is_best, casting="unsafe")
    sums = chances @ is_best.T
    told = (sums * sums) @ (1.0 / is_best.sum(axis=1)) / len(best) - mean * mean
    return told / np.maximum(mean * (1.0 - mean), LEAST_NOISE)


def directed(loss: Floats, told: Floats, care: float = 2.0) -> Floats:
    """Return the probability of each choice.

    Args:
        loss: How much is expected to be lost by each choice against the best one.
        told: How much each choice tells of which is the best.
        care: From 2 on; the more, the less is lost for what is told.
    """
    loss, told = np.maximum(loss, 0.0), np.maximum(told, LITTLE)
    safe = int(loss.argmin())
    least, known = float(loss[safe]), float(told[safe])
    dearer, more = loss - least, told - known
    part = least / np.maximum(dearer, LITTLE)
    part -= care * known / np.maximum(more, LITTLE)
    part /= care - 1.0  # where the ratio of the mixture is least
    part = np.minimum(np.maximum(part, 0.0), 1.0)
    part[safe] = 0.0
    ratio = (least + part * dearer) ** care / (known + part * more)
    enough = (1.0 + SAME) * float(ratio.min())
    part[loss**care / told <= enough] = 1.0
    near = (ratio <= enough).nonzero()[0]
    chances = np.zeros(len(loss))
    chances[near] = part[near] / len(near)
    chances[safe] += 1.0 - chances.sum()
    return chances
