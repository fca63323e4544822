"""The command as a process: interrupted, killed, beside others, cut off by its reader; and what it loads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.oracle import check_search

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cli.related", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
    )


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news"
    Archive.create(path).close()
    return path


def jsonl(path: Path, first: int, last: int) -> Path:
    path.write_text("\n".join(json.dumps(story(n).to_json()) for n in range(first, last)))
    return path


def held(path: Path) -> set[str]:
    """Return the ids that an archive holds, after checking that it is whole."""
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        check_search(archive)
        return {row.story.id for row in archive.catalog.rows()}


def batches_embedded(process: subprocess.Popen[str], count: int) -> None:
    """Wait until a process starts to embed that many batches."""
    assert process.stderr is not None
    for _ in range(count):
        while "embedding" not in (text := process.stderr.readline()):
            assert text, "the process ended early"


def test_ctrl_c_keeps_everything_acknowledged(news: Path, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "stories.jsonl", 0, 200)
    process = start("add", file, "-a", news, env={"TEST_SECONDS": "0.3", "TEST_BATCH": "10"})
    batches_embedded(process, 4)  # three are acknowledged, it is in the middle of the fourth
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (130, "")
    assert "related: interrupted; everything acknowledged is kept" in err
    assert "Traceback" not in err
    assert held(news) == {f"s{n}" for n in range(30)}
    again = start("add", file, "-a", news, "--json")
    assert json.loads(again.communicate(timeout=120)[0]) == {
        "added": 170, "updated": 0, "unchanged": 30, "older": 0, "refused": 0, "refused_file": None,
        "set_aside": {}, "links": 0, "curated": 0, "hidden": 0, "passed_over": {}, "notes": {},
        "dry_run": False,
    }  # fmt: skip


def test_two_that_add_at_once_both_succeed(news: Path, tmp_path: Path) -> None:
    writers = [
        start(
            "add", jsonl(tmp_path / f"{first}.jsonl", first, first + 120), "-a", news, env={"TEST_BATCH": "8"}
        )
        for first in (0, 100)
    ]
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert writer.returncode == 0, err
    assert held(news) == {f"s{n}" for n in range(220)}


def test_a_reader_that_has_enough_is_no_error(archive_18f: Path) -> None:
    process = start("query", "open source software", "-a", archive_18f, "-k", 200, "--json")
    assert process.stdout is not None
    process.stdout.close()  # as `head` does
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=120) in (0, 1)


def test_a_terminal_that_lacks_a_letter_shows_the_rest(news: Path) -> None:
    with Archive.open(news, embedder=HashEmbedder()) as archive:
        archive.add([story(1, headline="Brücke \u2013 geöffnet"), story(2)])
    out, err = start("query", "Brücke", "-a", news, env={"PYTHONIOENCODING": "ascii"}).communicate(
        timeout=120
    )
    assert r"Br\xfccke \u2013 ge\xf6ffnet" in out
    assert err == ""


def test_a_warning_is_one_line_without_code(news: Path) -> None:
    out, err = start(
        "query", "flood", "-a", news, "--json", env={"TEST_WARNING": "the model runs slowly"}
    ).communicate()
    assert json.loads(out)["slots"] == []
    assert err == "WARNING the model runs slowly\n"


HEAVY = (
    "torch", "transformers", "sentence_transformers", "sklearn", "scipy", "nncf", "pandas", "onnx",
    "langcodes", "openvino.tools.ovc", "recommender.export", "recommender.story_map",
)  # fmt: skip
ASKING = ("query", "show")
CHECK = f"""
import sys
from recommender.cli.app import run
import recommender.cli
code = run(sys.argv[1:])
heavy = {{*{HEAVY!r}, *(["pydantic"] if sys.argv[1] in {ASKING!r} else [])}}  # typer asks it about choices
loaded = sorted(heavy & set(sys.modules))
print(loaded, file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def real(embedder: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of a few stories with the real model's vectors."""
    path = tmp_path_factory.mktemp("real") / "archive"
    with Archive.create(path, embedder=embedder) as archive:  # type: ignore[arg-type]
        archive.add([story(n) for n in range(12)])
    return path


def ask(archive: Path, model_cache: Path, *command: str) -> str:
    """Run the real command, check that it loaded nothing heavy, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", CHECK, *command, "-a", str(archive), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        # Made-up stories of a few letters have nothing to say of each other: no slot is left empty for that.
        env={**os.environ, "RELATED_MODEL_CACHE": str(model_cache), "RELATED_LEAST_SCORE": "0"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")
    return done.stdout


def found(answer: str) -> list[str]:
    return [slot["story"]["id"] for slot in json.loads(answer)["slots"]]


def test_a_question_loads_nothing_heavy_and_finds_by_meaning(real: Path, model_cache: Path) -> None:
    """No word of the question stands in the stories of floods."""
    answer = ask(real, model_cache, "query", "overflowing torrents, homes evacuated", "-k", "3")
    assert set(found(answer)) == {"s0", "s4", "s8"}


def test_a_story_and_its_block_load_nothing_heavy(real: Path, model_cache: Path, tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(json.dumps(story(12).to_json()))
    published = found(ask(real, model_cache, "publish", str(tmp_path / "new.json"), "-k", "3"))
    assert len(published) == 3
    assert found(ask(real, model_cache, "show", "s12", "-k", "3")) == published


def test_a_backup_goes_through_a_pipe(news: Path, tmp_path: Path) -> None:
    with Archive.open(news, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(5)])
    command = [sys.executable, "-m", "tests.cli.related"]
    env = {**os.environ, "TMPDIR": str(tmp_path / "place")}
    (tmp_path / "place").mkdir()
    with subprocess.Popen(
        [*command, "backup", "-", "-a", str(news)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as sender:
        again = [*command, "restore", "-", "-a", str(tmp_path / "again"), "--json"]
        done = subprocess.run(again, cwd=ROOT, env=env, stdin=sender.stdout, capture_output=True, timeout=120)
        assert sender.stderr is not None
        told = sender.stderr.read().decode()
    assert (sender.returncode, done.returncode, json.loads(done.stdout)["stories"]) == (0, 0, 5), done.stderr
    assert told.startswith("backed up 5 stories to standard output, from a checked copy")
    assert held(tmp_path / "again") == {f"s{n}" for n in range(5)}
    assert not list((tmp_path / "place").iterdir())


def test_a_backup_whose_reader_ends_says_so_and_leaves_nothing(news: Path, tmp_path: Path) -> None:
    process = start("backup", "-", "-a", news, env={"TMPDIR": str(tmp_path)})
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    assert process.wait(120) == 1
    assert err.startswith("related: who reads standard output ended before all was written"), err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["news"]
