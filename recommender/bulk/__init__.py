"""Many stories at once: read and embedded by Ray on one machine or many, then taken in as by any import.

`blocks.py` cuts sources into blocks that their content names, `ray_embedding.py` has the blocks embedded, a
shard of vectors each (`shards.py`), and `loading.py` takes the stories into the archive with those vectors.
Each step can be killed and run again. Here is what needs none of the libraries that this needs.
"""

from __future__ import annotations

import importlib.util
import os
from uuid import uuid4

from recommender.errors import ExtraMissingError

EXTRA = "bulk"
LIBRARIES = ("ray", "pyarrow", "fsspec")
LOCAL = "local"  # the address of a Ray of this machine alone


def need_extra() -> None:
    """Raise `ExtraMissingError` where the libraries for this are not installed."""
    if missing := [name for name in LIBRARIES if importlib.util.find_spec(name) is None]:
        raise ExtraMissingError(
            f"bulk embedding needs {', '.join(missing)}; install: pip install 'related-stories[{EXTRA}]'"
        )


def prepare_ray(address: str) -> None:
    """Set, before Ray is imported, what it reads then alone, for a cluster at an address or `LOCAL`.

    One of this machine alone listens on the loopback interface, as it does
    everywhere but on Linux, and answers who has a token that is made for it: whoever reaches its ports else
    runs what they like.
    """
    if address == LOCAL:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", uuid4().hex
