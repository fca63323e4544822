"""Markdown of static sites: whose front matter it is, when it was published, and what stays hidden."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.markdown import Markdown
from recommender.ingest.reading import read_source
from recommender.story.story import NEVER, Status, visible_window

TEXT = "The river **rose** on [Monday](/2024/rain).\n\n* one\n* two\n"


def read(raw, name="content/posts/flood.md", **options):
    (item,) = Markdown().read(io.BytesIO(raw.encode()), Options(name=name, **options))
    return item


@pytest.mark.parametrize(
    "matter",
    [
        "---\ntitle: Flood\ndate: 2024-05-01T10:00:00Z\ntags: [rain, wind]\nauthor: Ann Poe\n---\n",
        "+++\ntitle = 'Flood'\ndate = 2024-05-01T10:00:00Z\nauthors = ['Ann Poe']\n[taxonomies]\ntags = ['rain', 'wind']\n+++\n",  # noqa: E501
        '{"title": "Flood", "date": "2024-05-01T10:00:00Z", "tags": ["rain", "wind"], "author": {"name": "Ann Poe"}}\n',  # noqa: E501
        '---json\n{"title": "Flood", "date": "2024-05-01T10:00:00Z", "tags": "rain, wind", "authors": ["Ann Poe"]}\n---\n',  # noqa: E501
        "Title: Flood\nDate: 2024-05-01T10:00:00Z\nTags: rain, wind\nAuthor: Ann Poe\n\n",
    ],
)  # fmt: skip
def test_all_kinds_of_front_matter(matter):
    raw = matter + TEXT
    assert Markdown().recognises(raw.encode(), "flood.md")
    item = read(raw, url="https://paper.example/")
    story = item.story
    assert (story.id, story.headline, story.published.isoformat()) == (
        "posts/flood",
        "Flood",
        "2024-05-01T10:00:00+00:00",
    )
    assert (story.tags, story.authors, story.status) == (("rain", "wind"), ("Ann Poe",), Status.PUBLISHED)
    assert story.body == "The river rose on Monday.\n\none\ntwo"
    assert [link.target for link in story.links] == ["https://paper.example/2024/rain"]
    assert (item.origin.kind, item.origin.id, item.origin.type) == ("markdown", "flood", "post")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("draft: true", "a.md"),
        ("published: false", "a.md"),
        ("status: draft", "a.md"),
        ("status: hidden", "a.md"),
        ("status: whatever", "a.md"),
        ("draft: maybe", "a.md"),
        ("permalink: false", "a.md"),
        ("layout: post", "_drafts/a.md"),
    ],
)
def test_what_is_not_surely_public_is_hidden(line, name):
    story = read(f"---\ntitle: A\ndate: 2024-05-01T10:00:00Z\n{line}\n---\nx", name).story
    assert story.status is Status.DRAFT


@pytest.mark.parametrize("line", ["draft: false", "published: true", "status: published"])
def test_what_is_public_is(line):
    assert read(f"---\ntitle: A\ndate: 2024-05-01T10:00:00Z\n{line}\n---\nx").story.status is Status.PUBLISHED


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("_posts/2024-5-1-flood.md", "2024-5-1-flood"),
        ("site/content/news/2024-05-01-flood/index.md", "news/2024-05-01-flood"),
        ("posts/2024-05-01-flood.md", "posts/2024-05-01-flood"),
        ("content/pages/2024-05-01-flood.md", "pages/2024-05-01-flood"),
        ("site/src/posts/2024-05-01-flood.md", "posts/2024-05-01-flood"),
        ("site/src/pages/2024-05-01-flood.md", "2024-05-01-flood"),
        ("/home/site/2024-05-01-flood.markdown", "site/2024-05-01-flood"),
    ],
)
def test_the_file_names_the_story_and_its_day_where_nothing_else_does(name, id_):
    item = read("---\ntitle: Flood\n---\nx", name, zone=ZoneInfo("UTC"))
    assert (item.story.id, item.story.published.date().isoformat()) == (id_, "2024-05-01")
    assert "published: the date in the name of the file" in item.notes


@pytest.mark.parametrize("mark", ["", "hugo.toml"])
def test_a_file_has_one_id_however_it_is_named(tmp_path, monkeypatch, mark):
    file = tmp_path / "site" / "news" / "flood.md"
    file.parent.mkdir(parents=True)
    file.write_text("---\ntitle: Flood\ndate: 2024-05-01T10:00:00Z\n---\nx")
    if mark:
        (tmp_path / mark).write_text("")
    ids = set()
    for folder, name in [
        (tmp_path, "site"), (tmp_path, "site/news/flood.md"), (file.parent, "flood.md"),
        (file.parent, "../news"), (tmp_path, file), (tmp_path / "site", "."),
    ]:  # fmt: skip
        monkeypatch.chdir(folder)
        (item,) = read_source(name, Options())
        ids.add(item.story.id)
    assert ids == {"site/news/flood" if mark else "news/flood"}


def test_what_comes_without_a_name_needs_an_id():
    raw = "---\ntitle: Flood\ndate: 2024-05-01T10:00:00Z\n{}\n---\nx"
    assert read(raw.format(""), "the input").error.field == "id"
    assert read(raw.format("guid: a-17"), "the input").story.id == "a-17"


def test_a_day_that_nobody_names_is_refused():
    assert read("---\ntitle: Flood\n---\nx").error.field == "published"


def test_templates_and_pictures_are_no_text():
    body = "{% include x.html %}{{< youtube 1 >}}One {{ page.title }}two.\n\n![A boat](boat.jpg)\n"
    assert read(f"---\ntitle: A\ndate: 2024-05-01T10:00:00Z\n---\n{body}").story.body == "One two."


@pytest.mark.parametrize(
    "matter", ["---\n[a: b\n---\n", "+++\nx = \n+++\n", "---\n- a\n---\n", "---\ntitle: A\n", '{"a":']
)
def test_front_matter_that_is_torn_is_refused(matter):
    assert read(matter).error.field == "front matter"


@given(st.text(alphabet="-+{}[]:&*! \n\ttitledate=\"'#|>", max_size=80))
def test_any_front_matter_gives_a_story_or_a_refusal(text):
    for fence in ("---\n", "+++\n", "", "---json\n"):
        item = read(f"{fence}{text}\n{fence.strip()[:3]}\nx")
        assert isinstance(item, Found | Refused)


FIELDS = "---\ntitle: A\ndate: 2022-05-09\n{}\n---\nText."


@pytest.mark.parametrize(
    "line",
    [
        "private: true", "hidden: yes", "unlisted: true", "password: secret", "headless: true",
        "visibility: private",
        "render: false", "_build:\n  render: never", "build:\n  render: link", "protected: 1",
        "state: draft", "status: published\nstate: draft", "access: members",
        "eleventyExcludeFromCollections: true",
    ],
)  # fmt: skip
def test_what_readers_are_not_led_to_is_hidden(line):
    assert visible_window(read(FIELDS.format(line), zone=UTC).story) == NEVER


@pytest.mark.parametrize("name", ["embargo", "embargo_until"])
def test_an_embargo_holds_until_it_ends(name):
    story = read(FIELDS.format(f"{name}: 2033-01-01"), zone=UTC).story
    assert visible_window(story)[0] == datetime(2033, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "line", ["private: false", "hidden: no", "visibility: public", "_build:\n  list: never"]
)
def test_what_says_that_it_is_not_kept_back_is_public(line):
    assert visible_window(read(FIELDS.format(line), zone=UTC).story) != NEVER


def translations(root, *names, matter="---\ntitle: Council\ndate: 2022-05-09T09:53:00Z\n---\nMet.\n"):
    """Write files of a site, and return what each is said to translate."""
    (root / "hugo.toml").write_text("")
    for name in names:
        path = root / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(matter)
    found = [read(matter, path=root / "content" / name, url="https://paper.example/").story for name in names]
    return [(story.id, story.translations, story.translation_key) for story in found]


@pytest.mark.parametrize(
    ("original", "named"),
    [
        ("posts/flood.md", "posts/flood.bn.md"),
        ("posts/flood.md", "posts/flood.pt-br.md"),
        ("posts/flood/index.md", "posts/flood/index.bn.md"),
    ],
)
def test_the_name_of_a_file_tells_its_language_beside_another_as_hugo_has_them(tmp_path, original, named):
    first, second = translations(tmp_path, original, named)
    assert first == ("posts/flood", (), None)
    assert second[1:] == (("posts/flood",), "posts/flood")


def test_translations_of_one_story_are_named_alike_in_the_folders_of_their_languages(tmp_path):
    first, second = translations(tmp_path, "bn/posts/flood.md", "en/posts/flood.md")
    assert first == ("bn/posts/flood", (), "posts/flood")
    assert second == ("en/posts/flood", (), "posts/flood")


def test_a_translation_is_named_alike_in_a_folder_beside_the_sites_own(tmp_path):
    assert translations(tmp_path, "posts/flood.md", "pt-br/posts/flood.md")[1][2] == "posts/flood"


def test_a_key_counts_before_the_name_of_a_file(tmp_path):
    matter = "---\ntranslationKey: tide\ntitle: Council\ndate: 2022-05-09T09:53:00Z\n---\nMet.\n"
    assert translations(tmp_path, "flood.md", "flood.bn.md", matter=matter)[1][2] == "tide"


@pytest.mark.parametrize(
    "names",
    [
        ["posts/release-1.2.md"],
        ["posts/what.is.md"],  # Icelandic?
        ["posts/bridge.so.md", "posts/tide.md"],
        ["qq/flood.md", "en/flood.md"],
        ["uk/bridge.md", "us/bridge.md"],  # sections, and no Ukrainian
        ["uk-politics/bridge.md", "no-comment/bridge.md"],
        ["it/phones.md", "uk/budget.md"],
    ],
)
def test_a_name_that_only_looks_like_a_languages_tells_of_no_translation(tmp_path, names):
    assert {told[1:] for told in translations(tmp_path, *names)} == {((), None)}


def test_without_a_place_in_a_site_no_name_tells_a_language():
    matter = "---\ntitle: Council\ndate: 2022-05-09T09:53:00Z\n---\nMet.\n"
    assert read(matter, "flood.bn.md").story.translation_key is None
