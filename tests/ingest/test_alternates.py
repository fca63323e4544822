"""Where sources say that a story is told in other languages: links of pages, headers, lists, CMSs' groups."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest import alternates as alternates_of
from recommender.ingest.alternates import MOST, alternates, links_in_header, told_elsewhere
from recommender.ingest.feeds import Feed
from recommender.ingest.htmlpage import HtmlPage
from recommender.ingest.jsonl import JsonLines
from recommender.ingest.jsonld import addresses_in
from recommender.ingest.markdown import Markdown
from recommender.ingest.sitemap import Sitemap, SitemapEntry, addresses
from recommender.ingest.superdesk import Superdesk
from recommender.ingest.wprest import WordPressJson
from recommender.ingest.wxr import WordPressExport
from recommender.story.addresses import normal_url

from .mutations import found, read
from .test_htmlpage import LD, page
from .test_wprest import POST
from .test_wxr import export, post

ELSEWHERE = ("https://town.example/bn/council", "https://town.example/es/council")
LINKS = """<link rel="alternate" hreflang="en" href="https://town.example/2022/council?utm_source=x">
<link rel="alternate" hreflang="x-default" href="https://town.example/all/council">
<link rel="alternate" type="application/rss+xml" href="https://town.example/feed/">
<link rel="alternate" media="only screen" href="https://m.town.example/other">
<LINK REL="Alternate" HREFLANG="bn" HREF="/bn/council"> <link rel="alternate" hreflang="!" href="/wrong">
<link hreflang="es-MX" rel="alternate nofollow" href=" https://town.example/es/council ">
<link rel="alternate" hreflang="fr" href="javascript:alert(1)"><link rel="alternate" hreflang="de" href="">"""


def translations_of(source: object, raw: bytes) -> list[tuple[str, ...]]:
    return [item.story.translations for item in found(read(source, raw))]


def test_a_page_names_the_other_languages_by_its_links_and_neither_itself_nor_its_feed() -> None:
    assert translations_of(HtmlPage(), page(LD + LINKS)) == [ELSEWHERE]


def test_a_page_names_works_by_its_json_ld() -> None:
    works = '"workTranslation": [{"@id": "/bn/council"}, {"inLanguage": "fr"}, 7],'
    works += f'"translationOfWork": {{"@type": "NewsArticle", "url": "{ELSEWHERE[1]}"}},'
    told = LD.replace('"headline"', f'{works} "headline"')
    assert translations_of(HtmlPage(), page(told)) == [ELSEWHERE[::-1]]


def test_of_a_page_that_names_everything_nothing_is_taken_and_a_note_says_so() -> None:
    named = "".join(f'<link rel="alternate" hreflang="bn" href="/{n}">' for n in range(MOST + 1))
    (item,) = found(read(HtmlPage(), page(LD + named)))
    assert item.story.translations == ()
    assert f"more than {MOST} translations: none taken" in item.notes


def test_no_more_names_are_looked_at_than_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counted(url: str, base: str) -> str | None:
        looked.append(url)
        return f"https://town.example{url}"

    monkeypatch.setattr(alternates_of, "absolute", counted)
    notes: list[str] = []
    assert told_elsewhere((f"/{n}" for n in range(20_000)), [], "", notes) is None
    assert notes == [f"more than {MOST} translations: none taken"]
    assert len(looked) <= 4 * MOST
    assert told_elsewhere(["/a", "/b"] * 20_000, [], "", []) == [
        "https://town.example/a",
        "https://town.example/b",
    ]
    assert len(looked) <= 4 * MOST + 2


def test_a_server_names_them_in_a_header() -> None:
    header = (
        '</bn/council>; rel="alternate"; hreflang="bn", <https://a.example/a,b;c>; hreflang=es; rel=alternate'
    )
    header += ', </style.css>; rel=preload; as=style, </x>; rel="alternate"; hreflang="x-default"'
    assert alternates(links_in_header([header])) == ["/bn/council", "https://a.example/a,b;c"]


@given(st.lists(st.text(max_size=60)))
def test_any_header_is_borne(values: list[str]) -> None:
    assert all(isinstance(each, str) for each in alternates(links_in_header(values)))
    assert list(links_in_header(["<" * 50_000, "<a>" + "; " * 50_000, '<a>;b="' * 9_000])) is not None


def test_a_news_sitemap_names_them_for_each_page() -> None:
    raw = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://town.example/council</loc>
<xhtml:link rel="alternate" hreflang="bn" href="{ELSEWHERE[0]}"/>
<xhtml:link rel="alternate" hreflang="en" href="https://town.example/council"/>
<news:news><news:publication><news:name>T</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2022-05-09T09:53:00Z</news:publication_date><news:title>Council</news:title></news:news>
</url></urlset>"""
    assert translations_of(Sitemap(), raw.encode()) == [ELSEWHERE[:1]]


def test_of_an_address_of_a_sitemap_that_names_everything_nothing_is_taken() -> None:
    links = "".join(f'<xhtml:link rel="alternate" hreflang="bn" href="/é{n}"/>' for n in range(9 * MOST))
    raw = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc>https://town.example/council</loc>{links}</url></urlset>"""
    (entry,) = addresses(BytesIO(raw.encode()))
    assert isinstance(entry, SitemapEntry)
    assert MOST < len(entry.translations) < 9 * MOST
    assert told_elsewhere(entry.translations, [], "", []) is None


def test_an_entry_of_a_feed_names_them() -> None:
    raw = f"""<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>x</title><entry><id>urn:1</id>
<title>Council</title><updated>2022-05-09T09:53:00Z</updated><link rel="alternate" href="https://town.example/council"/>
<link rel="alternate" hreflang="bn" href="{ELSEWHERE[0]}"/><content>Met.</content></entry></feed>"""
    assert translations_of(Feed(), raw.encode()) == [ELSEWHERE[:1]]
    assert [item.story.url for item in found(read(Feed(), raw.encode()))] == ["https://town.example/council"]


def in_export(number: int, *terms: str, meta: str = "") -> str:
    whole = "".join(
        f'<category domain="{domain}" nicename="{slug}">x</category>'
        for domain, slug in map(str.split, terms)
    )
    return post(number).replace("</item>", f"{whole}{meta}</item>")


def test_posts_of_one_group_of_polylang_have_a_key_in_common_and_their_own_language() -> None:
    groups = [("language bn", "post_translations pll_5f"), ("language en-gb", "post_translations pll_5f"), ()]
    items = found(
        read(WordPressExport(), export(*(in_export(n, *terms) for n, terms in enumerate(groups, 1))))
    )
    one, other, alone = (item.story for item in items)
    assert one.translation_key == other.translation_key
    assert (one.translation_key or "").endswith(" pll_5f")
    assert (alone.translation_key, other.language) == (None, "en-GB")
    assert not {"x"} & {*one.tags, *other.tags}


def test_an_export_and_the_api_tell_of_polylangs_groups_alike() -> None:
    told = '<![CDATA[a:2:{s:2:"en";i:12;s:2:"bn";i:15;}]]>'
    term = (
        "<wp:term><wp:term_taxonomy>post_translations</wp:term_taxonomy><wp:term_slug>pll_5f</wp:term_slug>"
    )
    term += f"<wp:term_description>{told}</wp:term_description></wp:term>"
    posts = (in_export(n, "language en", "post_translations pll_5f") for n in (12, 15))
    raw = export(*posts).replace(b"<item>", term.encode() + b"<item>", 1)
    first, last = (item.story for item in found(read(WordPressExport(), raw)))
    by_api = rest(guid="https://town.example/?p=12", id=12, translations={"en": 12, "bn": 15})
    assert first.translation_key == last.translation_key == by_api.translation_key
    assert first.translations == by_api.translations != ()


def test_posts_of_one_group_of_wpml_have_a_key_in_common() -> None:
    said = {"_wpml_import_language_code": "es", "_wpml_import_translation_group": "post_17"}
    meta = "".join(
        f"<wp:postmeta><wp:meta_key>{name}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:postmeta>"
        for name, value in said.items()
    )
    (item,) = found(read(WordPressExport(), export(in_export(1, meta=meta))))
    assert (item.story.translation_key or "").endswith(" post_17")
    assert item.story.language == "es"


def rest(**fields: object):
    (item,) = found(read(WordPressJson(), json.dumps({**POST, **fields}).encode()))
    return item.story


def test_posts_of_the_api_name_each_other_as_polylang_and_wpml_have_it() -> None:
    group = {"en": 12, "bn": 15}
    one, other = rest(translations=group, lang="en"), rest(translations=group, id=15)
    assert one.translation_key == other.translation_key == "town.example 12"
    there = [{"locale": "bn_BD", "id": 15, "post_title": "x", "href": ELSEWHERE[0]}]
    assert rest(wpml_translations=there, wpml_current_locale="en_US").translations == ELSEWHERE[:1]


def test_a_post_that_joins_a_group_names_those_that_were_read_before() -> None:
    before = [
        rest(guid=f"https://town.example/?p={id}", id=id, translations={"en": 12, "bn": 15})
        for id in (12, 15)
    ]
    joined = {"en": 12, "bn": 15, "fr": 7}
    last = rest(guid="https://town.example/?p=7", id=7, translations=joined)
    assert {normal_url(each) for each in last.translations} == {story.id for story in before}
    assert before[0].translations == ("https://town.example/?p=15",)
    assert rest(guid="tag:town.example,2022:12", translations=joined).translations == ()


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {},
        {"en": 12},
        {"en": 13, "bn": 15},
        {"en": "12", "bn": None},
        "x",
        {str(n): n for n in range(200)},
    ],
)
def test_a_group_that_is_none_is_no_key(wrong: object) -> None:
    assert rest(translations=wrong).translation_key is None


def test_superdesk_and_hugo_have_a_key() -> None:
    item = {
        "guid": "urn:1",
        "headline": "Council",
        "versioncreated": "2022-05-09T09:53:00+0000",
        "pubstatus": "usable",
    }
    item |= {"body_html": "<p>Met.</p>", "translation_id": "urn:0", "type": "text"}
    assert [one.story.translation_key for one in found(read(Superdesk(), json.dumps(item).encode()))] == [
        "urn:0"
    ]
    front = b"---\ntitle: Council\ndate: 2022-05-09T09:53:00Z\nguid: g\ntranslationKey: council\n---\nMet.\n"
    assert [one.story.translation_key for one in found(read(Markdown(), front))] == ["council"]


def test_json_names_them_as_ids_or_addresses() -> None:
    line = {
        "id": "a",
        "headline": "Council",
        "published": "2022-05-09T09:53:00Z",
        "url": "https://town.example/a",
    }
    line |= {"translations": ["b", ELSEWHERE[0], "a", "https://town.example/a", " "], "translation_of": "c"}
    assert translations_of(JsonLines(), json.dumps(line).encode()) == [("c", "b", ELSEWHERE[0])]


def test_what_is_no_address_is_none() -> None:
    assert told_elsewhere(["", "mailto:a@b.example", "https://["], [None], "https://a.example/", []) is None
    assert addresses_in([None, {}, "x", {"name": "y"}]) == ["x"]
