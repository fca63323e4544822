"""Ranker weights as a JSON file that says what it holds and where it comes from. Knows no archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.storage.file_checks import read
from recommender.errors import RankerError
from recommender.ranking.calibration import Calibration, standing
from recommender.ranking.features import FEATURES
from recommender.ranking.model import LinearModel, Scale, Weight

FORMAT = 3
DEFAULT_FILE = "default_ranker.json"
ARCHIVE_FILE = "ranker.json"
"""Where an archive keeps weights of its own, made by tuning."""


class _Feature(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One feature: its weight, its scale, its deviation within a question, and the range seen in training.

    Format 1 had one weight for all cases, format 2 believed all links.
    """

    name: str
    weight: float
    scale: Scale
    deviation: float
    range: tuple[float, float]
    weight_without_links: float | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    version: str
    features: list[_Feature]
    calibration: Calibration | None = None
    provenance: dict[str, Any] = {}
    history: float = 1.0


@dataclass(frozen=True)
class Ranker:
    """Weights, what their scores mean, and where they come from.

    Attributes
    ----------
    model : LinearModel
    deviations : tuple of float
        Each feature's standard deviation within a question, where it was trained.
    ranges : tuple of (float, float)
        Smallest and largest value of each feature, on its scale, where it was trained.
    calibration : Calibration, optional
        From scores to the probability of a link.
    provenance : mapping
        Data, counts, loss and figures of the training.
    """

    model: LinearModel
    deviations: tuple[float, ...]
    ranges: tuple[tuple[float, float], ...]
    calibration: Calibration | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def calibrated(self, scores: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return how probable a link to each candidate (n,) of a pool is; the scores if that is not known."""
        if self.calibration is None:
            return np.asarray(scores, np.float64)
        return self.calibration(standing(scores))

    def to_json(self) -> str:
        """Return the file's text."""
        rows = zip(self.model.weights, self.deviations, self.ranges, strict=True)
        features = [
            _Feature(
                weight.feature,
                _short(weight.value),
                weight.scale,
                _short(deviation),
                (_short(low), _short(high)),
                None if weight.unlinked is None else _short(weight.unlinked),
            )
            for weight, deviation, (low, high) in rows
        ]
        told = dict(self.provenance)
        file = _File(FORMAT, self.model.version, features, self.calibration, told, self.model.history)
        return msgspec.json.format(msgspec.json.encode(file), indent=1).decode() + "\n"


def parse(text: str | bytes, where: str) -> Ranker:
    """Read what `Ranker.to_json` wrote.

    Raises
    ------
    RankerError
        When the text is no ranker, names a feature that is not known, or a newer version wrote it.
    """
    try:
        head = msgspec.json.decode(text)
        form = head.get("format") if isinstance(head, dict) else None
        if isinstance(form, int) and form > FORMAT:
            raise RankerError(f"{where}: format {form}, this version reads up to {FORMAT}; upgrade")
        file = msgspec.convert(head, _File)
    except msgspec.MsgspecError as error:
        raise RankerError(f"{where}: no ranker weights: {error}; make them with: related tune") from error
    if unknown := [each.name for each in file.features if each.name not in FEATURES]:
        raise RankerError(
            f"{where}: unknown features {', '.join(unknown)}; make the weights anew with: related tune"
        )
    weights = tuple(
        Weight(each.name, each.weight, each.scale, each.weight_without_links) for each in file.features
    )
    return Ranker(
        LinearModel(file.version, weights, file.history),
        tuple(each.deviation for each in file.features),
        tuple(each.range for each in file.features),
        file.calibration,
        file.provenance,
    )


def load(path: Path) -> Ranker:
    """Read a file of weights; see `parse` for what is raised."""
    try:
        return parse(read(path), str(path))
    except OSError as error:
        raise RankerError(f"{path}: {error.strerror}; check the setting ranker") from error


def shipped() -> Ranker:
    """Return the weights that come with the package: learned from the links of several publishers."""
    file = resources.files("recommender") / "data" / DEFAULT_FILE
    return parse(file.read_bytes(), DEFAULT_FILE)


def chosen(setting: str, archive: Path) -> Ranker:
    """Return the weights that an archive is ranked by: those of the setting, else its own or the shipped."""
    place = place_of(setting, archive)
    return load(place) if setting or place.is_symlink() or place.exists() else shipped()


def place_of(setting: str, archive: Path) -> Path:
    """Return the file that an archive's weights stand in, or would."""
    return Path(setting).expanduser() if setting else archive / ARCHIVE_FILE


def _short(value: float) -> float:
    return float(f"{value:.6g}")  # float32 holds no more, and a diff of two files stays readable
