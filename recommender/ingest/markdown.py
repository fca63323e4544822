"""Markdown with front matter, as static sites keep it: Hugo, Jekyll, Eleventy, Zola, Pelican.

Knows what these generators call the parts of a story; the text itself is rendered by markdown-it.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import yaml
from babel.localedata import locale_identifiers

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.charset import text_of
from recommender.ingest.item import Item, plain_line, story_of
from recommender.ingest.refusals import refused
from recommender.ingest.rendering import render
from recommender.story.markup import without_templates

KIND = "markdown"
LARGEST = 16 << 20  # bytes of one file
_ENDINGS = (".md", ".markdown", ".mdown", ".mkd", ".mdx")
_FENCED = re.compile(
    r"\s*(---|\+\+\+)(json|toml|yaml)?[ \t]*\n(.*?)(?:^|\n)(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
_STARTS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:---(?:json|toml|yaml)?[ \t]*\r?\n\s*[\w\"'#{-]|\+\+\+[ \t]*\r?\n)"
)
# Pelican's and MultiMarkdown's: lines "Title: ..." up to the first blank one.
_HEADER = re.compile(r"\s*((?:[A-Za-z][\w -]{0,40}:[ \t].*\n(?:[ \t]{2,}\S.*\n)*)+)\s*\n")
_HEADED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[A-Za-z][\w -]{0,40}:[ \t][^\n]*\n)*?[Tt]itle:[ \t]")
_NAME_DATE = re.compile(r"(?:^|_)(\d{4})-(\d{1,2})-(\d{1,2})(?:[-_]|$)")
_PATH_DATE = re.compile(r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?:/|$)")
# Folders that are no part of a page's address; below the first, any other name is a section's.
_ROOTS = frozenset({"content", "_posts", "_drafts"})
_OUTER_ROOTS = frozenset({"source", "src", "pages"})
# What stands in the folder of a whole site, and in no other.
_SITE_MARKS = (
    ".git", "hugo.toml", "hugo.yaml", "config.toml", "config.yaml", "_config.yml", "_config.toml",
    "eleventy.config.js", "eleventy.config.mjs", ".eleventy.js", "pelicanconf.py", "astro.config.mjs",
    "package.json",
)  # fmt: skip
_TAG = re.compile(r"(?P<language>[A-Za-z]{2})(?:[-_](?P<more>[A-Za-z]{4}|[A-Za-z]{2}|\d{3}))?")
_DRAFTS = frozenset({"_drafts", "drafts"})
_HEADING = re.compile(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_FALSE, _TRUE = frozenset({"false", "no", "off", "0"}), frozenset({"true", "yes", "on", "1"})


class Markdown:
    """One story a file: its fields between ``---`` (YAML), ``+++`` (TOML) or as JSON, and its text."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the front matter; where that is JSON or has no fence, by the file's name, too."""
        if _STARTS.match(head):
            return True
        named = name.lower().endswith(_ENDINGS)
        return named and (head.lstrip().startswith(b"{") or bool(_HEADED.match(head)))

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the story of a file."""
        raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            yield refused(1, "text", raw[:60], f"has more than {LARGEST:,} bytes", "split it")
            return
        whole, note = text_of(raw)
        try:
            fields, text = _parted(whole.replace("\r\n", "\n"))
        except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            problem = " ".join(str(error).split())[:200]
            yield refused(1, "front matter", whole[:60], f"cannot be read ({problem})", "mend it")
            return
        yield story_of(_item(fields, text, _path(options), note), options)


def _parted(whole: str) -> tuple[Mapping[str, object], str]:
    """Return the fields of a file, and its text."""
    if fenced := _FENCED.match(whole):
        fence, language, matter = fenced[1], fenced[2], fenced[3]
        if language == "json":
            values: object = json.loads(matter)
        elif language == "toml" or fence == "+++":
            values = tomllib.loads(matter)
        else:
            values = yaml.load(matter, Loader=yaml.CBaseLoader)
        return _mapping(values), whole[fenced.end() :]
    if whole.lstrip().startswith("{"):
        start = len(whole) - len(whole.lstrip())
        values, end = json.JSONDecoder().raw_decode(whole, start)
        return _mapping(values), whole[end:]
    if header := _HEADER.match(whole):
        lines = [line.partition(":") for line in re.sub(r"\n[ \t]{2,}", " ", header[1]).splitlines()]
        return {name.strip().lower(): value.strip() for name, _, value in lines}, whole[header.end() :]
    raise ValueError("it has no end")


def _mapping(values: object) -> Mapping[str, object]:
    if not isinstance(values, Mapping):
        raise ValueError("it holds no names and values")
    return {str(name).lower(): value for name, value in values.items()}


def _path(options: Options) -> PurePosixPath:
    """Return where a file is, the same however it was named; of what has no name nothing."""
    if options.path is not None:
        return PurePosixPath(options.path.resolve().as_posix())
    path = PurePosixPath(options.name.replace("\\", "/"))
    return path if path.suffix else PurePosixPath()


def _item(fields: Mapping[str, object], text: str, path: PurePosixPath, note: str) -> Item:
    taxonomies = fields.get("taxonomies")
    more = {**(taxonomies if isinstance(taxonomies, Mapping) else {}), **fields}
    title, text = _title(fields, text)
    guid, in_common, spoken, original = _guid(fields, path), "", "", ""
    if path.name and not _first(fields, "path"):
        in_common, spoken, original = _by_name(fields, path, guid)
    sections = _listed(more, "category", "categories", "section")
    item = Item(
        kind=KIND,
        number=1,
        guid=_first(fields, "guid") or guid,
        cms_id=_first(fields, "id", "slug", "basename") or path.stem,
        type=_first(fields, "layout", "type") or "post",
        url=_first(fields, "permalink", "url", "path"),
        headline=plain_line(title),
        deck=plain_line(_first(fields, "description", "summary", "excerpt", "subtitle", "deck")),
        body=_body(text, path),
        content_type=ContentType.HTML,
        updated=_first(fields, "lastmod", "updated", "modified", "last_modified_at", "updated_at"),
        section=plain_line(sections[0]) if sections else "",
        tags=[
            plain_line(tag)
            for tag in dict.fromkeys([*_listed(more, "tags", "tag", "keywords"), *sections[1:]])
        ],
        authors=[plain_line(author) for author in _listed(more, "authors", "author", "by")],
        image=_first(fields, "image", "featured_image", "cover", "hero", "thumbnail"),
        language=_first(fields, "lang", "language", "locale"),
        site_language=spoken,
        canonical=_first(fields, "canonical", "canonical_url", "canonicalurl"),
        translation_of=original,
        translation_key=_first(fields, "translationkey", "translation_key") or in_common,
        notes=[note] if note else [],
    )
    _publish(item, fields, path)
    return item


def _publish(item: Item, fields: Mapping[str, object], path: PurePosixPath) -> None:
    """Say when a story was published, and whether: what is not surely public is hidden."""
    published = _first(fields, "published")
    known = published.lower() in _FALSE | _TRUE
    item.published = _first(fields, "publishdate", "date", "pubdate", "published_at", "created")
    item.published = item.published or ("" if known else published)
    if not item.published and (found := _NAME_DATE.search(_named(path)) or _PATH_DATE.search(item.url)):
        item.published = f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}"
        item.notes.append("published: the date in the name of the file")
    if _DRAFTS & {part.lower() for part in path.parts}:
        item.hide("it stands among drafts")
    elif _first(fields, "eleventyexcludefromcollections").lower() not in ("", *_FALSE):
        item.hide("it is kept out of all collections")
    elif _rendered(fields) in (*_FALSE, "never", "link") or _first(fields, "permalink").lower() in _FALSE:
        item.hide("it has no page of its own")
    item.obey(fields)
    if _first(fields, "permalink").lower() in _FALSE:
        item.url = ""


def _rendered(fields: Mapping[str, object]) -> str:
    """Return what Hugo is told of whether to make a page: ``build.render``, once ``_build.render``."""
    build = fields.get("build", fields.get("_build"))
    return _first(build, "render").lower() if isinstance(build, Mapping) else ""


def _title(fields: Mapping[str, object], text: str) -> tuple[str, str]:
    """Return the headline, and the text without the heading that is one."""
    if title := _first(fields, "title", "headline"):
        return title, text
    heading = _HEADING.match(text)
    return (heading[1], text[heading.end() :]) if heading else ("", text)


def _body(text: str, path: PurePosixPath) -> str:
    plain = without_templates(text, Counter())
    return plain if path.suffix.lower() in (".html", ".htm") else render(plain)


def _guid(fields: Mapping[str, object], path: PurePosixPath) -> str:
    """Return what names a story for good: its path in the site, without what holds the whole site."""
    if (place := _first(fields, "path")) or not path.name:
        return place
    inside = _inside(path)
    *folders, _ = inside
    return "/".join([*folders, _named(path)] if path.stem.lower() != "index" else folders or [_named(path)])


def _inside(path: PurePosixPath) -> Sequence[str]:
    """Return the parts of a file's path below what holds the whole site."""
    parts = list(path.parts)
    names = [part.lower() for part in parts[:-1]]
    roots = [at for at, name in enumerate(names) if name in _ROOTS] or [
        at for at, name in enumerate(names) if name in _OUTER_ROOTS
    ]
    if roots:
        return parts[roots[-1] + 1 :]
    return parts[_site_depth(path.parent) :] if path.is_absolute() else parts


def _by_name(fields: Mapping[str, object], path: PurePosixPath, guid: str) -> tuple[str, str, str]:
    """Return what a file's name has in common with its translations', its language, and the id without that.

    Hugo knows them by ``flood.bn.md`` beside ``flood.md``, or ``bn/flood.md`` beside ``en/flood.md``. A name
    that only looks like it is left alone: ``what.is.md``, a section ``uk``.
    """
    if not path.is_absolute():
        return "", "", ""  # what stands beside it cannot be known
    stem, _, tag = path.stem.rpartition(".")
    if stem and _is_language(tag) and _other_file(path, stem, tag):
        original = _guid(fields, path.with_name(f"{stem}{path.suffix}"))
        return original, tag, original
    folder, *rest = _inside(path)
    if rest and _is_language(folder) and _other_folder(path, folder, rest):
        return guid.partition("/")[2], folder, ""
    return "", "", ""


def _other_file(path: PurePosixPath, stem: str, tag: str) -> bool:
    """Return whether a text stands beside a file in another language, or in none that is named."""
    tags = _tags_in(path.parent) - {tag}
    names = (f"{stem}{path.suffix}", *(f"{stem}.{other}{path.suffix}" for other in tags))
    return any(Path(path.with_name(name)).exists() for name in names)


def _other_folder(path: PurePosixPath, folder: str, rest: Sequence[str]) -> bool:
    """Return whether a file stands in the folder of another language, too, or in that of the site."""
    root = path.parents[len(rest)]
    places = (root, *(root / other for other in _tags_in(root) - {folder}))
    return any(Path(place, *rest).exists() for place in places)


@lru_cache(256)
def _tags_in(folder: PurePosixPath) -> frozenset[str]:
    """Return the languages that names in a folder end with, or are."""
    try:
        names = [Path(name) for name in os.listdir(folder)]
    except OSError:  # one that may be entered and not listed
        return frozenset()
    tags = (name.stem.rpartition(".")[2] if name.suffix in _ENDINGS else name.name for name in names)
    return frozenset(tag for tag in tags if _is_language(tag))


def _is_language(tag: str) -> bool:
    """Return whether a language is written so: ``bn``, ``pt-br``, ``zh-Hant``."""
    if (found := _TAG.fullmatch(tag)) is None:
        return False
    more = (found["more"] or "").casefold()
    return more in _written_languages().get(found["language"].lower(), ())


@lru_cache(1)
def _written_languages() -> Mapping[str, frozenset[str]]:
    """Return the scripts and regions of each language that is written, and "" for none."""
    found: dict[str, set[str]] = {}
    for name in locale_identifiers():
        language, *more = name.casefold().split("_")
        found.setdefault(language, {""}).update(more)
    return {language: frozenset(more) for language, more in found.items()}


@lru_cache(1024)
def _site_depth(folder: PurePosixPath) -> int:
    """Return how many parts of a path lead to its site, where a generator or git keeps what is theirs."""
    for one in (folder, *folder.parents):
        if any(Path(one, mark).exists() for mark in _SITE_MARKS):
            return len(one.parts)
    return len(folder.parent.parts)


def _named(path: PurePosixPath) -> str:
    """Return the name of a story's file; of an index that of its folder."""
    return path.parent.name if path.stem.lower() == "index" and path.parent.name else path.stem


def _first(fields: Mapping[str, object], *names: str) -> str:
    """Return the first of some fields that says something, as text."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, Mapping):
            value = next(
                (value[part] for part in ("url", "src", "image", "name", "path") if value.get(part)), None
            )
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, str | int | float) and str(value).strip():
            return str(value).strip()
    return ""


def _listed(fields: Mapping[str, object], *names: str) -> list[str]:
    """Return the texts of the first of some fields that has any: a list, or a text with commas or spaces."""
    for name in names:
        value = fields.get(name)
        entries = value if isinstance(value, list) else [value]
        if isinstance(value, str) and (";" in value or name == "authors"):  # as Pelican parts them
            entries = value.split(";" if ";" in value else ",")
        elif name in ("tags", "categories", "keywords") and isinstance(value, str):
            entries = value.strip("[]").split("," if "," in value else None)
        if texts := [text for entry in entries if (text := _first({"": entry}, ""))]:
            return texts
    return []
