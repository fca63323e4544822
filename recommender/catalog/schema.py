"""The tables of the catalog, in SQL that SQLite and PostgreSQL both speak. Knows nothing of their use.

A change here needs a step in `migrations.py`; new tables only refer to `story.num`, which is never reused.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# SQLite gives out its own row ids only for a column that is declared as INTEGER.
_Serial = BigInteger().with_variant(Integer, "sqlite")

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

story = Table(
    "story",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("url", Text, index=True, comment="normal form of the address, to look up"),
    Column("canonical_url", Text, index=True, comment="normal form"),
    Column("published", BigInteger, nullable=False, comment="epoch seconds"),
    Column("visible_from", BigInteger, nullable=False, comment="epoch seconds"),
    Column("visible_until", BigInteger, nullable=False, comment="epoch seconds, exclusive"),
    Column("status", Text, nullable=False),
    Column("language", Text),
    Column("section", Text),
    Column("kind", Text, nullable=False),
    Column(
        "revised",
        BigInteger,
        nullable=False,
        comment="epoch microseconds; an older arrival does not overwrite",
    ),
    Column("content_hash", Text, nullable=False),
    Column("text_hash", Text, nullable=False, index=True),
    Column("document", Text, nullable=False, comment="the whole story as JSON"),
    sqlite_autoincrement=True,  # a num that was removed is never given to another story
)

model = Table(
    "model",
    metadata,
    Column("hash", Text, primary_key=True, comment="of the weights"),
    Column("name", Text, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("runtime", Text, nullable=False),
    Column("provenance", Text, nullable=False, comment="JSON"),
    Column("created", BigInteger, nullable=False, comment="epoch seconds"),
)

# Keyed by the text, not the story: identical texts are embedded once, and a change of status embeds nothing.
vector = Table(
    "vector",
    metadata,
    Column("text_hash", Text, nullable=False),
    Column("model", ForeignKey("model.hash"), nullable=False),
    Column("rows", Integer, nullable=False, comment="1 + chunks; row 0 is the headline"),
    Column("data", LargeBinary, nullable=False, comment="float16, little endian, (rows, dimension)"),
    PrimaryKeyConstraint("text_hash", "model"),
)

setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False, comment="JSON"),
)

# Only the latest change of a story is kept, so the log is bounded by the number of stories that ever were.
change = Table(
    "change",
    metadata,
    Column("seq", _Serial, primary_key=True),
    Column("num", BigInteger, nullable=False, index=True, comment="outlives the story"),
    Column("op", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    CheckConstraint("op IN ('put', 'remove', 'link')", name="change_op"),
    sqlite_autoincrement=True,
)

# A link whose target has not come, or was removed, waits with a null target and is found by its reference.
link = Table(
    "link",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("source", ForeignKey("story.num", ondelete="CASCADE"), nullable=False),
    Column("reference", Text, nullable=False, comment="the id or normal address that the source names"),
    Column("target", ForeignKey("story.num", ondelete="SET NULL"), index=True),
    Column("kind", Text, nullable=False),
    Column("anchor", Text),
    Column("set_at", BigInteger, nullable=False, comment="epoch seconds"),
    UniqueConstraint("source", "kind", "reference", name="link_once"),
    CheckConstraint("kind IN ('text', 'curated', 'pin')", name="link_kind"),
)
Index(
    "link_waiting",
    link.c.reference,
    sqlite_where=link.c.target.is_(None),
    postgresql_where=link.c.target.is_(None),
)
