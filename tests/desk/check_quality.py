"""The page of quality with all of its figures, in a real browser: charts and tables, at any width.

Run by `make test-desk`; SCREENSHOTS names a directory for pictures of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from recommender.desk.roles import Role
from recommender.evaluation import quality
from recommender.evaluation.trends import LearnedVersion
from recommender.newsroom import Newsroom
from tests.browser import CHROMIUM
from tests.desk.check_desk import looked_at, visitor
from tests.desk.conftest import served
from tests.evaluation.test_quality import told
from tests.fakes import HashEmbedder
from tests.service.running import Running, make_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")

VERSION = LearnedVersion(1, "2026-01-01T00:00:00Z", 120, True, 0.41, 0.44, 0.03, 0.01, 0.05)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    archive = make_archive(tmp_path_factory.mktemp("quality") / "archive", "least_score = 0\n")
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add(told(n) for n in range(70))
        newsroom.refresh(1000, 60)
        for n in range(20, 30):
            newsroom.rate(f"s{n}", {f"s{n - 3}": 2, f"s{n - 1}": 0}, "sports-desk")
            newsroom.rate(f"s{n}", {f"s{n - 3}": 1}, "night-desk")
        found = quality.measure(newsroom.engine)
        found = structs.replace(found, exposure=tuple(newsroom.exposure().to_rows()), versions=(VERSION,))
        quality.save(archive, found)
    with served(archive, looks=Role.EDITOR) as service:
        yield service


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_figures_can_be_read_by_all_at_any_width(
    chromium: Browser, running: Running, scheme: str
) -> None:
    with visitor(chromium, running, color_scheme=scheme) as editor:
        editor.sign_in("looks")
        editor.go("/desk/quality")
        said = editor.page.inner_text("main")
        for part in ("What editors think", "What tuning did", "Drift", "Never linked to", "Worst to look at"):
            assert part in said
        assert looked_at(editor, "/desk/quality", scheme) == {}
