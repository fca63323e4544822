"""A fresh catalog: in a file, or with `--postgres` on a PostgreSQL server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.catalog import Catalog
from tests.catalog.catalog_cases import MODEL, NOW

HERE = Path(__file__).parent
ADDRESSES = frozenset({"address", "shared_address", "other_address"})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask of every database what is not about a file."""
    both = metafunc.config.getoption("postgres") and "path" not in metafunc.fixturenames
    for name in ADDRESSES & set(metafunc.fixturenames):
        metafunc.parametrize(name, ["sqlite", "postgres"] if both else ["sqlite"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to `make test` what concerns files alone, where a server is asked for."""
    if not config.getoption("postgres"):
        return
    ours = [item for item in items if HERE in item.path.parents]
    files = {item for item in ours if not _is_on_server(item)}
    config.hook.pytest_deselected(items=list(files))
    items[:] = [item for item in items if item not in files]


def _is_on_server(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    params = called.params if called is not None else {}
    return any(params.get(name) == "postgres" for name in ADDRESSES)


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
