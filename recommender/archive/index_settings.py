"""What an operator may choose about the vectors' place: table `[index]` of `related.toml`, environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from recommender.errors import SettingsError
from recommender.setting_sources import load_table

TABLE = "index"
PREFIX = "RELATED_INDEX_"
LOCAL = "faiss"
ENGINES = (LOCAL, "pgvector", "milvus")


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """Which engine finds the nearest stories. Every field has a default that works.

    Parameters
    ----------
    engine : {"faiss", "pgvector", "milvus"}
        What finds the nearest stories: ``faiss``, in files of the archive, or a server that several machines
        share: ``pgvector``, which is PostgreSQL, or ``milvus``.
    url : str
        Where the server is: ``postgresql://host/database``, or ``http://host:19530``.
    """

    engine: str = LOCAL
    url: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise SettingsError(f"setting index.engine is {self.engine!r}; give {', '.join(ENGINES)}")
        if self.engine != LOCAL and not self.url:
            raise SettingsError(f"setting index.engine is {self.engine}; say where it is, in index.url")
        try:
            _ = urlsplit(self.url).port
        except ValueError:  # the address is not shown: it may hold a password
            raise SettingsError(
                "setting index.url is no address of a server; mend its host or port"
            ) from None


def load_index_settings(archive: Path, env: Mapping[str, str] | None = None) -> IndexSettings:
    """Read the settings of an archive; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(IndexSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
