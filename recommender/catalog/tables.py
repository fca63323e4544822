"""The tables of the catalog, in SQL that SQLite and PostgreSQL both speak. Knows nothing of their use.

A change here needs a step in `migrations.py`; new tables only refer to `story.num`, which is never reused.
The schema is one, and read beside its versions; hence the length.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
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
    Column("language", Text, comment="its key, declared or detected; null when it is not known"),
    Column(
        "revised",
        BigInteger,
        nullable=False,
        comment="epoch microseconds; an older arrival does not overwrite",
    ),
    Column("content_hash", Text, nullable=False),
    Column("text_hash", Text, nullable=False, index=True),
    Column("document", Text, nullable=False, comment="the whole story as JSON"),
    Column("heir", Text, comment="id of its successor while it is retracted"),
    Column("unmade", BigInteger, comment="published, until it has got its first block; then null"),
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
    Column("weight", Float, nullable=False, server_default="1", comment="what it counts, up to 1"),
    UniqueConstraint("source", "kind", "reference", name="link_once"),
    CheckConstraint("kind IN ('text', 'curated', 'pin', 'translation')", name="link_kind"),
)
# A dialect that an index names is loaded with this module: 90 ms for PostgreSQL's, by every command.
Index("link_waiting", link.c.reference, sqlite_where=link.c.target.is_(None))

# Few stories say what their translations are, and it is asked of each that changes.
_is_translation = link.c.kind == "translation"
Index("link_translation", link.c.source, sqlite_where=_is_translation)
Index("link_translated", link.c.target, sqlite_where=_is_translation)

# Version 2: blocks as they are served, what editors did to them, and what caches and clients have to be told.

block = Table(
    "block",
    metadata,
    Column("source", ForeignKey("story.num", ondelete="CASCADE"), primary_key=True),
    Column("made", BigInteger, nullable=False, comment="epoch seconds"),
    Column("due", BigInteger, index=True, comment="epoch seconds from which it must be made anew"),
    Column("stale", Text, index=True, comment="why it waits to be made anew; null when it is fresh"),
    Column("recipe", Text, nullable=False, comment="hash of what made it: weights, ranker, settings"),
    Column("provenance", Text, nullable=False, comment="JSON"),
    Column("shown", Text, nullable=False, comment="JSON: ids by slot, as last told to caches"),
    Column("version", BigInteger, nullable=False, index=True, comment="ascending over all blocks"),
    # Since version 22:
    Column("named", Text, nullable=False, server_default="[]", comment="JSON: translations, as last told"),
)

block_slot = Table(
    "block_slot",
    metadata,
    Column("source", ForeignKey("block.source", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False, comment="from 1; those past the slots stand in for refused"),
    Column("version", Integer, nullable=False, comment="0 is shown; others tell of the same, folded into it"),
    Column("target", Text, nullable=False, index=True, comment="id; outlives the story"),
    Column("score", Float, nullable=False),
    Column("role", Text, nullable=False),
    Column("reasons", Text, nullable=False, comment="JSON"),
    Column("fallback", Boolean, nullable=False),
    Column("said_of", Text, nullable=False, comment="hash of the two texts that the rest is of"),
    PrimaryKeyConstraint("source", "position", "version"),
)

# By ids, not nums: who did what outlives a story that is deleted and comes back.
action = Table(
    "hand",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("source", Text, nullable=False, index=True, comment="id of the story whose block it is"),
    Column("act", Text, nullable=False),
    Column("targets", Text, nullable=False, comment="JSON: ids"),
    Column("position", Integer, comment="from 1, of a pin"),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    Column("undone_by", Text),
    Column("undone_at", BigInteger, comment="epoch seconds"),
    sqlite_autoincrement=True,
)

purge = Table(
    "purge",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    Column("source", Text, nullable=False, comment="id of the story whose block changed"),
    Column("url", Text),
    Column("before", Text, nullable=False, comment="JSON: ids"),
    Column("after", Text, nullable=False, comment="JSON: ids"),
    Column("reason", Text, nullable=False),
    Column("heads", Text, comment="JSON: those of `before` that had slots of their own; null: not known"),
    sqlite_autoincrement=True,
)

delivery = Table(
    "delivery",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("id", Text, nullable=False, unique=True, comment="the same for every try"),
    Column("first", BigInteger, nullable=False, comment="num of the first purge it holds"),
    Column("last", BigInteger, nullable=False, comment="num of the last purge it holds"),
    Column("state", Text, nullable=False, comment="waiting, done or dead"),
    Column("tries", Integer, nullable=False),
    Column("due", BigInteger, nullable=False, comment="epoch seconds of the next try"),
    Column("error", Text, comment="what the last try met"),
    CheckConstraint("state IN ('waiting', 'done', 'dead')", name="delivery_state"),
    sqlite_autoincrement=True,
)
Index("delivery_due", delivery.c.state, delivery.c.due)

api_key = Table(
    "api_key",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False, comment="of the key, which is not kept"),
    Column("rights", Text, nullable=False, comment="comma-separated: read, publish, edit"),
    Column("created", BigInteger, nullable=False, comment="epoch seconds"),
    Column("expires", BigInteger, comment="epoch seconds; set while a rotated key still works"),
    sqlite_autoincrement=True,
)

# The next embargo end and the next expiry are asked for at every tick of the worker.
VISIBLE_FROM = Index("ix_story_visible_from", story.c.visible_from)
VISIBLE_UNTIL = Index("ix_story_visible_until", story.c.visible_until)
# Stories that were taken back are few, and each may have a successor.
_taken_back = story.c.status == "retracted"
RETRACTED = Index("story_retracted", story.c.status, sqlite_where=_taken_back)

ON_STORIES = (VISIBLE_FROM, VISIBLE_UNTIL, RETRACTED)

VERSION_2 = (block, block_slot, action, purge, delivery, api_key)

# Version 4: what is held and not used.

set_aside = Table(
    "set_aside",
    metadata,
    Column("num", ForeignKey("story.num", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text, nullable=False, comment="what fails when the story is read"),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
)

# A block of a moment that has not come (the clock ran ahead, and came back) is looked for at every tick.
MADE = Index("ix_block_made", block.c.made)

VERSION_4 = (set_aside,)

# Version 5: what outlasts the versions of a story that are sent.

override = Table(
    "override",
    metadata,
    Column("story", ForeignKey("story.num", ondelete="CASCADE"), primary_key=True),
    Column("content_hash", Text, nullable=False, comment="of the version that was sent last, as it was sent"),
    Column("sent", Text, nullable=False, comment="JSON: status, embargo, expiry, successor of that version"),
    Column("fields", Text, nullable=False, comment="JSON: those of the four that calls have set"),
    Column("spoken", Text, nullable=False, comment="JSON: names of those that a version has changed since"),
)

# By id: a story that is sent again has no num yet.
deleted = Table(
    "deleted",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True, comment="epoch seconds"),
)

aired = Table(
    "aired",
    metadata,
    Column("story", ForeignKey("story.num", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, comment="where readers saw it last"),
    comment="stories that were taken back after readers had seen them",
)

told = Table(
    "told",
    metadata,
    Column("cause", Text, nullable=False, comment="hash of the call that changed the blocks"),
    Column("purge", ForeignKey("purge.num", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("cause", "purge"),
)
Index("told_purge", told.c.purge)

VERSION_5 = (override, deleted, aired, told)

# Version 7: what is looked for at each poll and each publish is found by an index, whatever an archive holds.

HEIR = Index("story_heir", story.c.heir, sqlite_where=story.c.heir.is_not(None))
UNMADE = Index(
    "story_unmade", story.c.visible_until, story.c.unmade, sqlite_where=story.c.unmade.is_not(None)
)
RECIPE = Index("ix_block_recipe", block.c.recipe)

action_target = Table(
    "hand_target",
    metadata,
    Column("target", Text, nullable=False, comment="id of a story that an act names"),
    Column("hand", ForeignKey("hand.num", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("target", "hand"),
)
Index("hand_target_hand", action_target.c.hand)

VERSION_7 = (action_target,)
ON_VERSION_7 = (HEIR, UNMADE, RECIPE)

# Version 8: what is old is found by its age, to be dropped.

ON_VERSION_8 = (
    Index("ix_purge_at", purge.c.at),
    Index("hand_undone", action.c.undone_at, sqlite_where=action.c.undone_at.is_not(None)),
)

# Version 11: where stories came from.

origin = Table(
    "origin",
    metadata,
    Column("story", ForeignKey("story.num", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, nullable=False, comment="of the source"),
    Column("id", Text, nullable=False, comment="what the CMS calls the story"),
    Column("type", Text, nullable=False, comment="what the story is there"),
    Column("revision", Text, nullable=False),
)

VERSION_11 = (origin,)

# Version 13: sources at an address, how far each was read, and the public stories of those that are followed.

web_source = Table(
    "web_source",
    metadata,
    Column("url", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, comment="JSON: how far it was read"),
    Column("pause", BigInteger, nullable=False, comment="seconds between two looks; 0: it is not followed"),
    Column("due", BigInteger, nullable=False, comment="epoch seconds of the next look"),
    Column("succeeded", BigInteger, comment="epoch seconds of the last look that gave all there was"),
    Column("failures", BigInteger, nullable=False, comment="in a row"),
    Column("error", Text, comment="what went wrong at the last look"),
)

web_story = Table(
    "web_story",
    metadata,
    Column("source", ForeignKey("web_source.url", ondelete="CASCADE"), nullable=False),
    Column("story", Text, nullable=False, comment="its id"),
    Column("url", Text, nullable=False, comment="of its page, else empty"),
    Column("cms_id", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="of the version that was read last"),
    Column("modified", Text, nullable=False, comment="when its page changed, as its list writes it"),
    Column("seen", BigInteger, nullable=False, comment="epoch seconds; when it changed last"),
    Column("due", BigInteger, nullable=False, comment="epoch seconds of the next look whether it is there"),
    Column("missed", BigInteger, comment="epoch seconds; when it was first found gone"),
    PrimaryKeyConstraint("source", "story"),
)
Index("web_story_url", web_story.c.source, web_story.c.url)
Index("web_story_due", web_story.c.source, web_story.c.due)

VERSION_13 = (web_source, web_story)

# Version 16: who may sign in at the desk. What is secret is kept as a hash alone.

person = Table(
    "person",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password", Text, comment="its Argon2 hash; null where there is none"),
    Column("created", BigInteger, nullable=False, comment="epoch seconds"),
    sqlite_autoincrement=True,
)

session = Table(
    "session",
    metadata,
    Column("digest", Text, primary_key=True, comment="of the token, which is not kept"),
    Column("person", ForeignKey("person.num", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", BigInteger, nullable=False, comment="epoch seconds"),
    Column("expires", BigInteger, nullable=False, comment="epoch seconds"),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", Text, primary_key=True, comment="of the token, which is not kept"),
    Column("person", ForeignKey("person.num", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", BigInteger, nullable=False, comment="epoch seconds"),
)

VERSION_16 = (person, session, sign_in_link)

# Version 17: what editors think of single slots. Of one editor on one slot the newest counts.

rating = Table(
    "rating",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("source", ForeignKey("story.num", ondelete="CASCADE"), nullable=False, index=True),
    Column("target", ForeignKey("story.num", ondelete="CASCADE"), nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("grade", Integer, comment="0 to 2; null: looked at and passed over"),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    Column("ranker", Text, nullable=False, comment="version of the weights in use then; empty: not known"),
    Column("recipe", Text, nullable=False, comment="of blocks as they were made then; empty: not known"),
    CheckConstraint("grade BETWEEN 0 AND 2", name="rating_grade"),
    sqlite_autoincrement=True,
)

VERSION_17 = (rating,)

# Version 18: what was refused when it came, and what was done to many blocks at once.

refused = Table(
    "refused",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    Column("way", Text, nullable=False, comment="by which it came: a call, or an address that is followed"),
    Column("story", Text, nullable=False, comment="its id, or where it stood"),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False, comment="its beginning"),
    Column("problem", Text, nullable=False),
    Column("way_out", Text, nullable=False),
    # Since version 21:
    Column("seq", BigInteger, nullable=False, server_default="0", comment="of the last change before it"),
    UniqueConstraint("way", "story", name="refused_once"),
    sqlite_autoincrement=True,
)

bulk_act = Table(
    "bulk_act",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False, comment="a day, a reason, or the act that is taken back"),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    sqlite_autoincrement=True,
)

bulk_block = Table(
    "bulk_block",
    metadata,
    Column("act", ForeignKey("bulk_act.num", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False, comment="from 1"),
    Column("source", Text, nullable=False, comment="id of the story whose block it is"),
    Column("before", Text, nullable=False, comment="JSON: ids; the slots to put back, or as they were"),
    Column("event", BigInteger, comment="what was done, a num of hand; 0: nothing; null: it waits"),
    Column("note", Text, nullable=False, comment="why nothing was done"),
    # Since version 21:
    Column("after", Text, nullable=False, server_default="[]", comment="JSON: ids; as it was made anew"),
    Column("last", BigInteger, nullable=False, server_default="0", comment="a num of hand: the last by then"),
    PrimaryKeyConstraint("act", "place"),
)
Index("bulk_block_waits", bulk_block.c.act, sqlite_where=bulk_block.c.event.is_(None))

VERSION_18 = (refused, bulk_act, bulk_block)

# Version 19: how often slots were shown and clicked, by day. No reader is in it.

click_count = Table(
    "click_count",
    metadata,
    Column("day", Text, nullable=False, comment="ISO 8601, in the zone of the archive"),
    Column("source", ForeignKey("story.num", ondelete="CASCADE"), nullable=False, index=True),
    Column("target", ForeignKey("story.num", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False, comment="from 1"),
    Column("shown", BigInteger, nullable=False),
    Column("clicked", BigInteger, nullable=False),
    PrimaryKeyConstraint("day", "source", "target", "position"),
)

VERSION_19 = (click_count,)

# Version 20: what tells in other languages the same as a block's story.

block_translation = Table(
    "block_translation",
    metadata,
    Column("source", ForeignKey("block.source", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False, comment="from 1, the newest first"),
    Column("target", Text, nullable=False, index=True, comment="id; outlives the story"),
    PrimaryKeyConstraint("source", "place"),
)

VERSION_20 = (block_translation,)

# Version 23: who made, changed or used what lets somebody in.

audit = Table(
    "audit",
    metadata,
    Column("num", _Serial, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True, comment="epoch seconds"),
    Column("act", Text, nullable=False, comment="such as key.add"),
    Column("about", Text, nullable=False, comment="name of a key or person"),
    Column("by", Text, nullable=False),
    Column("origin", Text, nullable=False, comment="an address, or the command line"),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)

VERSION_23 = (audit,)

# Version 24: clicks by team, while two settings are compared.

team_click = Table(
    "team_click",
    metadata,
    Column("comparison", Integer, nullable=False),
    Column("day", Text, nullable=False, comment="ISO 8601, in the zone of the archive"),
    Column("source", ForeignKey("story.num", ondelete="CASCADE"), nullable=False, index=True),
    Column("team", Text, nullable=False, comment="now or tried"),
    Column("shown", BigInteger, nullable=False),
    Column("clicked", BigInteger, nullable=False),
    PrimaryKeyConstraint("comparison", "day", "source", "team"),
)

VERSION_24 = (team_click,)

# Version 25: choices of settings and comparisons of them, a row each; the audit log's order.

settings_choice = Table(
    "settings_choice",
    metadata,
    Column("num", Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps"),
    Column("values", Text, nullable=False, comment="JSON: all that is chosen from then on"),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    Column("puts_back", Integer, comment="the choice that this one took back"),
)

comparison = Table(
    "comparison",
    metadata,
    Column("num", Integer, primary_key=True, autoincrement=False, comment="from 1, without gaps"),
    Column("values", Text, nullable=False, comment="JSON: what is chosen in what is tried"),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="epoch seconds"),
    Column("ended_by", Text),
    Column("ended_at", BigInteger, comment="epoch seconds; null while it runs"),
    *(
        Column(name, BigInteger, comment="a sum of team_click; null until it is ended")
        for name in ("wins", "losses", "ties", "clicks", "clicks_now")
    ),
)

VERSION_25 = (settings_choice, comparison)
ON_VERSION_25 = (
    Index("hand_at", action.c.at, action.c.num),
    Index("audit_about", audit.c.about, audit.c.at),
)

# Version 27: bulk loads that go on by themselves.

bulk_job = Table(
    "bulk_job",
    metadata,
    Column("account", Text, nullable=False, comment="whose"),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="of its lines"),
    Column("run", Text, nullable=False, comment="which beginning of it works"),
    Column("lines", Integer, nullable=False),
    Column("at", Float, nullable=False, comment="epoch seconds, when it was last heard of"),
    Column("state", Text, nullable=False, comment="working, done, cancelled or stopped"),
    Column("outcomes", Text, nullable=False, comment="JSON: stories by outcome"),
    Column("refused", Integer, nullable=False),
    Column("problem", Text, comment="JSON: what stopped it"),
    PrimaryKeyConstraint("account", "name"),
)

bulk_refusal = Table(
    "bulk_refusal",
    metadata,
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Integer, nullable=False, comment="from 0, among those of the job"),
    Column("story", Text, nullable=False, index=True, comment="its id, or where it stood"),
    Column("told", Text, nullable=False, comment="JSON: why the line was refused"),
    PrimaryKeyConstraint("account", "name", "place"),
    ForeignKeyConstraint(["account", "name"], ["bulk_job.account", "bulk_job.name"], ondelete="CASCADE"),
)

VERSION_27 = (bulk_job, bulk_refusal)
