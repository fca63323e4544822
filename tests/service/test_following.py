"""The service follows the sites of its settings, and tells what it found."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from tests.ingest.live.sites import feed
from tests.service.running import Running, add_key, make_archive
from tests.web.site import HOST, running

PATIENCE = 120  # seconds: other work may be in the way


def test_what_is_new_at_a_site_is_published(tmp_path: Path) -> None:
    with running() as site:
        site.pages["/feed"] = feed(site, 1)
        archive = make_archive(tmp_path / "news", f'[follow]\nurls = ["{site.url}/feed"]\n')
        key = {"authorization": f"Bearer {add_key(archive, 'all')}"}
        with Running(archive, {"RELATED_WEB_PRIVATE_HOSTS": HOST}) as service:
            ends = time.monotonic() + PATIENCE
            answer = httpx.get(f"{service.url}/stories/guid-1/related", headers=key)
            while answer.status_code == 404 and time.monotonic() < ends:
                time.sleep(0.2)
                answer = httpx.get(f"{service.url}/stories/guid-1/related", headers=key)
            assert answer.json()["id"] == "guid-1"
            assert service.stop() == 0
