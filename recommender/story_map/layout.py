"""Where the stories of an archive lie on its picture, as it is kept on disk. Knows no stories' texts."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.files import PRIVATE, replacing
from recommender.errors import ArchiveError

FORMAT = 3


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A word that names a cluster, the id of its term, and stories there that held it.

    It is shown while readers may see them and they hold it still.
    """

    text: str
    id: int
    holders: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layout:
    """A picture as it was made.

    Attributes
    ----------
    archive, model : str
        What it is of: the archive, and the version of the lexical model that made its vectors.
    method : str
        How it was made.
    seq : int
        The last change of a story that it knows.
    nums : (n,) int64
        The stories, ascending.
    places : (n, 2) float32
        Where each lies, -1 to 1.
    clusters : (n,) int64
        In which cluster each lies; -1 in none.
    terms : tuple of tuple of Term
        Of each cluster, the best first.
    """

    archive: str
    model: str
    method: str
    seq: int
    nums: NDArray[np.int64]
    places: NDArray[np.float32]
    clusters: NDArray[np.int64]
    terms: tuple[tuple[Term, ...], ...]

    def save(self, path: Path) -> None:
        """Write it in place of what has that name, when it is whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        terms = [[(term.text, term.id, term.holders.tolist()) for term in some] for some in self.terms]
        head: dict[str, object] = {
            "format": FORMAT,
            "archive": self.archive,
            "model": self.model,
            "method": self.method,
        }
        head |= {"seq": self.seq}
        text = np.frombuffer(json.dumps(head | {"terms": terms}).encode(), np.uint8)
        with replacing(path, PRIVATE) as file:
            np.savez(
                file,
                allow_pickle=False,
                head=text,
                nums=self.nums,
                places=self.places,
                clusters=self.clusters,
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ArchiveError
            When it is missing, damaged, or of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                head = json.loads(file["head"].tobytes())
                if head["format"] != FORMAT:
                    raise ArchiveError(f"{path} has format {head['format']}; this version reads {FORMAT}")
                terms = tuple(
                    tuple(Term(text, int(id), np.array(nums, np.int64)) for text, id, nums in some)
                    for some in head["terms"]
                )
                nums, places, clusters = file["nums"], file["places"], file["clusters"]
                if not len(nums) == len(places) == len(clusters):
                    raise ArchiveError(f"{path} is torn")
                return cls(
                    archive=str(head["archive"]), model=str(head["model"]), method=str(head["method"]),
                    seq=int(head["seq"]),
                    nums=nums, places=places, clusters=clusters, terms=terms,
                )  # fmt: skip
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise ArchiveError(f"{path} holds no picture that can be read: {error}") from error
