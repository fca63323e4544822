"""Many stories at once: read and embedded by Ray on one machine or many, then taken in as by any import.

`blocks.py` cuts sources into blocks that their content names, `ray_embedding.py` has the blocks embedded, a
shard of vectors each (`shards.py`), and `loading.py` takes the stories into the archive with those vectors.
Each step can be killed and run again. Here is what needs none of the libraries that this needs.
"""

from __future__ import annotations

import importlib.util

from recommender.errors import ExtraMissingError

EXTRA = "bulk"
LIBRARIES = ("ray", "pyarrow", "fsspec")


def need_extra() -> None:
    """Raise `ExtraMissingError` where the libraries for this are not installed."""
    if missing := [name for name in LIBRARIES if importlib.util.find_spec(name) is None]:
        raise ExtraMissingError(
            f"bulk embedding needs {', '.join(missing)}; install: pip install 'related-stories[{EXTRA}]'"
        )
