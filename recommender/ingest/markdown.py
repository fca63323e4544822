"""Markdown with front matter, as static sites keep it: Hugo, Jekyll, Eleventy, Zola, Pelican.

Knows what these generators call the parts of a story; the text itself is rendered by markdown-it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, time
from pathlib import PurePosixPath
from typing import BinaryIO

import yaml

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.charset import text_of
from recommender.ingest.item import Item, plain_line, story_of
from recommender.ingest.markdown_names import ENDINGS, page_name, site_path, translation_of
from recommender.ingest.refusals import refused
from recommender.ingest.rendering import render
from recommender.story.markup import without_templates

KIND = "markdown"
LARGEST = 16 << 20  # bytes of one file
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
        named = name.lower().endswith(ENDINGS)
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
        in_common, spoken, original = translation_of(path)
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
    if not item.published and (found := _NAME_DATE.search(page_name(path)) or _PATH_DATE.search(item.url)):
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
    """Return what names a story for good: what it says of its path in the site, or where its file stands."""
    return _first(fields, "path") or (site_path(path) if path.name else "")


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
