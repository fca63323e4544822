"""Vectors of blocks as Parquet files, a row a passage: the story's id, the text's hash, the vector.

Knows files and arrays, not who made the vectors. What stands in a folder is whole: see `Place.write`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as arrow
from pyarrow import parquet

from recommender.bulk.places import Place
from recommender.catalog import Model, Vectors
from recommender.errors import SourceError

_MADE = b"related.made_by"


@dataclass(frozen=True, slots=True)
class Shard:
    """The vectors of a block.

    Attributes
    ----------
    vectors : mapping of str to Vectors
        By text hash.
    made_by : mapping
        What made them, as an embedder says it.
    """

    vectors: Mapping[str, Vectors]
    made_by: Mapping[str, object]


class Shards:
    """The shards of one model in one folder.

    Parameters
    ----------
    folder : Place
    model : Model
        What makes their vectors.
    """

    def __init__(self, folder: Place, model: Model) -> None:
        self._folder, self._model = folder, model

    def place(self, name: str) -> Place:
        """Return where the shard of a block is."""
        return self._folder.below(f"{name}.parquet")

    def sweep(self) -> None:
        """Remove what killed runs left."""
        self._folder.sweep()

    def holds(self, name: str) -> bool:
        """Return whether a block is embedded."""
        return self.place(name).is_file()

    def write(self, name: str, shard: Shard, ids: Mapping[str, str]) -> None:
        """Keep a shard; `ids` are those of the stories, by text hash."""
        dimension, counts = self._model.dimension, [len(each) for each in shard.vectors.values()]
        rows = np.concatenate([np.empty((0, dimension), np.float16), *shard.vectors.values()])
        table = arrow.table(
            {
                "id": _repeated([ids[key] for key in shard.vectors], counts),
                "text_hash": _repeated(list(shard.vectors), counts),
                "vector": arrow.FixedSizeListArray.from_arrays(arrow.array(rows.reshape(-1)), dimension),
            }
        )
        made = msgspec.json.encode(shard.made_by)
        content = io.BytesIO()
        parquet.write_table(
            table.replace_schema_metadata({_MADE: made}),
            content,
            compression="zstd",
            write_page_checksum=True,
        )
        self.place(name).write(content.getvalue())

    def read(self, name: str) -> Shard:
        """Return the shard of a block.

        Raises
        ------
        SourceError
            When it is damaged.
        """
        place = self.place(name)
        with place.open() as file:
            content = io.BytesIO(file.read())
        try:
            table = parquet.read_table(content, page_checksum_verification=True)
            rows = table.column("vector").combine_chunks().flatten().to_numpy()
            vectors = _by_text(table.column("text_hash").to_pylist(), rows.reshape(-1, self._model.dimension))
            return Shard(vectors, msgspec.json.decode(table.schema.metadata[_MADE]))
        except (arrow.ArrowException, OSError, LookupError, ValueError, TypeError) as error:
            raise SourceError(f"the shard {place.address} is damaged; delete it, and run it again") from error


def _repeated(values: list[str], counts: list[int]) -> Any:  # noqa: ANN401 (pyarrow has no types)
    return arrow.array(np.repeat(np.array(values, dtype=object), counts), arrow.string())


def _by_text(keys: list[str], rows: Vectors) -> dict[str, Vectors]:
    """Return the rows of each text: those of one stand together."""
    if not keys:
        return {}
    ends = [*(place for place in range(1, len(keys)) if keys[place] != keys[place - 1]), len(keys)]
    starts = [0, *ends[:-1]]
    return {keys[start]: rows[start:end] for start, end in zip(starts, ends, strict=True)}
