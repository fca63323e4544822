"""What a cosine of a model means: each has a band of its own. Knows no runtime and no stories.

Two stories that have nothing to do with each other have a cosine of .30 by MiniLM, of .91 by E5. What is
told by an absolute cosine is told on one scale: MiniLM's, on which the numbers in this package were found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.embedding.models import (
    DEFAULT_MODEL,
    E5_PROMPTS,
    MULTILINGUAL_MODEL,
    PINNED,
    STATIC_WEIGHTS,
    told_hash,
)

Floats = NDArray[np.float32]

USUAL = {
    PINNED[DEFAULT_MODEL]: 0.30,
    told_hash(PINNED[MULTILINGUAL_MODEL], E5_PROMPTS.story): 0.91,
    STATIC_WEIGHTS: 0.65,
}
"""Median cosine of two stories of digital.gov by chance, by the hash of the weights. From there to 1 all
models' cosines are spread alike: the nearest of a hundred has .64 by MiniLM and .95 by E5, which is .60 on
MiniLM's scale, and .83 by the static one (.65); the nearest of a thousand .76, .96 (.69) and .87 (.74)."""

ENOUGH = 100
"""Stories from which the mean of an archive's own vectors tells what is usual for a model not named above."""


def usual_cosine(encoder: str, mean: Floats, stories: int) -> float:
    """Return the cosine of two stories by chance.

    Parameters
    ----------
    encoder : str
        The hash of the model.
    mean : (d,) float32
        Mean of the unit vectors of the archive: of such, the squared length is the mean cosine.
    stories : int
        Of how many.
    """
    known = USUAL.get(encoder)
    if known is not None or stories < ENOUGH:
        return USUAL[PINNED[DEFAULT_MODEL]] if known is None else known
    return float(np.clip(mean @ mean, 0, 0.99))


def on_one_scale(cosines: Floats, usual: float) -> Floats:
    """Return cosines (n,) of a model as MiniLM's would be: what is usual is .30, what is equal 1."""
    own = USUAL[PINNED[DEFAULT_MODEL]]
    if usual == own:
        return cosines
    return np.asarray(1 - (1 - cosines) * np.float32((1 - own) / (1 - usual)), np.float32)
