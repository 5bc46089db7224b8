"""Fixed standard normal numbers that fill space evenly, the same on every machine and with every version of numpy."""

from statistics import NormalDist

import numpy as np

from codecompanion.routing.belief import Floats


def even_normals(count: int, width: int) -> Floats:
    """Return `count` (even) points of `width` normal numbers; each point's mirror image is among them.

    A Kronecker sequence over the powers of the generalised golden ratio (M. Roberts, "The unreasonable effectiveness of
    quasirandom sequences", 2018), sent through the inverse of the normal distribution.
    """
    ratio = 2.0
    for _ in range(64):  # the root of x ** (width + 1) = x + 1
        ratio = (1.0 + ratio) ** (1.0 / (width + 1))
    steps = np.power(1.0 / ratio, np.arange(1, width + 1))
    uniform = np.mod(0.5 + np.outer(np.arange(1, count // 2 + 1), steps), 1.0)
    inverse = NormalDist().inv_cdf
    half = np.array([[inverse(min(max(float(u), 1e-6), 1.0 - 1e-6)) for u in row] for row in uniform])
    return np.vstack([half, -half])
