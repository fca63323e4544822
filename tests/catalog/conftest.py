"""A fresh catalog: in a file, and with `--postgres` on a PostgreSQL server, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.catalog import Catalog
from tests.catalog.catalog_cases import MODEL, NOW


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask of every database what is not about a file."""
    both = metafunc.config.getoption("postgres") and "path" not in metafunc.fixturenames
    for name in {"address", "shared_address", "other_address"} & set(metafunc.fixturenames):
        metafunc.parametrize(name, ["sqlite", "postgres"] if both else ["sqlite"], indirect=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where there is no catalog yet."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "catalog.sqlite")


@pytest.fixture
def other_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return another place without a catalog."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_server").fresh()
    return str(tmp_path / "other.sqlite")


@pytest.fixture(scope="module")
def shared_address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return where there is no catalog yet, for one that the tests of a module share."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_server").fresh()
    return str(tmp_path_factory.mktemp("shared") / "catalog.sqlite")


@pytest.fixture
def catalog(address: str) -> Iterator[Catalog]:
    with Catalog.create(address) as made:
        made.use_model(MODEL, NOW)
        yield made
