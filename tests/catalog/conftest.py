"""A fresh catalog in a file of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.catalog import Catalog
from tests.catalog.catalog_cases import MODEL, NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    with Catalog.create(path) as made:
        made.use_model(MODEL, NOW)
        yield made
