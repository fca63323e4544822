"""What the names of a static site's files tell: their place in it, and languages as Hugo has them.

Knows no texts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from babel.localedata import locale_identifiers

ENDINGS = (".md", ".markdown", ".mdown", ".mkd", ".mdx")
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


def site_path(path: PurePosixPath) -> str:
    """Return what names a story for good: its path in the site, without what holds the whole site."""
    *folders, _ = _inside(path)
    return "/".join(
        [*folders, page_name(path)] if path.stem.lower() != "index" else folders or [page_name(path)]
    )


def page_name(path: PurePosixPath) -> str:
    """Return the name of a story's file; of an index that of its folder."""
    return path.parent.name if path.stem.lower() == "index" and path.parent.name else path.stem


def translation_of(path: PurePosixPath) -> tuple[str, str, str]:
    """Return what a file's name has in common with its translations', its language, and the id without that.

    Hugo knows them by ``flood.bn.md`` beside ``flood.md``, or ``bn/flood.md`` beside ``en/flood.md``. A name
    that only looks like it is left alone: ``what.is.md``, a section ``uk``.
    """
    if not path.is_absolute():
        return "", "", ""  # what stands beside it cannot be known
    stem, _, tag = path.stem.rpartition(".")
    if stem and _is_language(tag) and _other_file(path, stem, tag):
        original = site_path(path.with_name(f"{stem}{path.suffix}"))
        return original, tag, original
    folder, *rest = _inside(path)
    if rest and _is_language(folder) and _other_folder(path, folder, rest):
        return site_path(path).partition("/")[2], folder, ""
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


def _tags_in(folder: PurePosixPath) -> frozenset[str]:
    """Return the languages that names in a folder end with, or are."""
    try:
        return _tags_of(folder, os.stat(folder).st_mtime_ns)
    except OSError:  # one that may be entered and not listed
        return frozenset()


@lru_cache(256)
def _tags_of(folder: PurePosixPath, changed: int) -> frozenset[str]:
    """Return them of a folder as it is since a moment."""
    names = [Path(name) for name in os.listdir(folder)]
    tags = (name.stem.rpartition(".")[2] if name.suffix in ENDINGS else name.name for name in names)
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
