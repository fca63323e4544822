"""Read every file of a folder as `related add` does, and print what came of it, a row a folder and kind.

``python scripts/check_samples.py DIR [--each]``: files, stories, refusals, stories with a date, languages,
links in texts and curated ones; below the table what no kind takes, and each file that broke its reader. Exit
code 1 where a reader broke or a file gave neither a story nor a named refusal.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, linked
from recommender.ingest.reading import read_source


@dataclass
class Row:
    """What came of the files of one folder and kind."""

    files: int = 0
    stories: int = 0
    hidden: int = 0
    refused: int = 0
    dated: int = 0
    links: int = 0
    curated: int = 0
    languages: Counter[str] = field(default_factory=Counter)


@dataclass
class Table:
    """All rows, and the files apart."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    named: list[str] = field(default_factory=list)  # refused as a whole, with the reason
    broken: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def read(self, path: Path, folder: Path, options: Options, each: bool) -> None:
        """Read one file into the table."""
        name = str(path.relative_to(folder))
        group = path.relative_to(folder).parts[0] if path.parent != folder else "."
        kind, row = "-", Row(files=1)
        try:
            for item in read_source(path, options):
                if isinstance(item, Found):
                    kind = item.origin.kind
                    _count(row, item)
                    self.notes.update(item.notes)
                else:
                    row.refused += 1
                    if each:
                        print(f"    {name}: {item.where}: {item.error}")
        except SourceError as error:
            self.named.append(f"{name}: {error}")
            row.refused += 1
        except Exception:
            self.broken.append(f"{name}: {traceback.format_exc(limit=-2)}")
        if each:
            print(f"{name}: {kind}, {row.stories} stories, {row.refused} refused")
        if not row.stories and not row.refused and not any(name in line for line in self.broken):
            self.broken.append(f"{name}: neither a story nor a refusal")
        _add(self.rows.setdefault((group, kind), Row()), row)


def _count(row: Row, item: Found) -> None:
    story = linked(item)
    row.stories += 1
    row.hidden += story.status.value not in ("published", "corrected")
    row.dated += story.published is not None
    row.links += sum(not link.curated for link in story.links)
    row.curated += sum(link.curated for link in story.links)
    row.languages[story.language or "?"] += 1


def _add(row: Row, more: Row) -> None:
    for name in ("files", "stories", "hidden", "refused", "dated", "links", "curated"):
        setattr(row, name, getattr(row, name) + getattr(more, name))
    row.languages += more.languages


def main() -> int:
    """Print the table of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zone", default="UTC", help="of times that name none")
    parser.add_argument("--each", action="store_true", help="print a line a file and all refusals")
    asked = parser.parse_args()
    table, options = Table(), Options(zone=ZoneInfo(asked.zone))
    for path in sorted(asked.folder.rglob("*")):
        if path.is_file():
            table.read(path, asked.folder, options, asked.each)
    columns = ("files", "stories", "hidden", "refused", "dated", "links", "curated")
    print(f"{'folder':<14} {'kind':<12} " + " ".join(f"{name:>8}" for name in columns) + "  languages")
    for (group, kind), row in sorted(table.rows.items()):
        figures = " ".join(f"{getattr(row, name):>8,}" for name in columns)
        languages = ", ".join(f"{name} {count}" for name, count in row.languages.most_common(6))
        print(f"{group:<14} {kind:<12} {figures}  {languages}")
    for title, lines in (("no story in:", table.named), ("BROKEN:", table.broken)):
        if lines:
            print(f"\n{title}", *lines, sep="\n  ")
    print("\nnotes:", *(f"{count:>6,} {note}" for note, count in table.notes.most_common(25)), sep="\n  ")
    return 1 if table.broken else 0


if __name__ == "__main__":
    sys.exit(main())
