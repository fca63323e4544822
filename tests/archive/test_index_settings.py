"""What may be chosen of the vectors' place."""

from __future__ import annotations

import pytest

from recommender.archive.index_settings import IndexSettings
from recommender.errors import SettingsError


@pytest.mark.parametrize("url", ["http://milvus:99999", "postgresql://u:secret@h:abc/related"])
def test_a_port_that_is_none_is_refused_without_the_words_of_the_address(url: str) -> None:
    with pytest.raises(SettingsError, match="port") as caught:
        IndexSettings(engine="milvus", url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("engine", ["pgvector", "milvus"])
def test_a_server_needs_an_address(engine: str) -> None:
    with pytest.raises(SettingsError, match=r"index\.url"):
        IndexSettings(engine=engine)
