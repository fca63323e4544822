"""Which version of the schema a file holds, and the numbered steps that lead from an older one to ours.

Alembic is left out on purpose: a catalog is a file that is upgraded where it is opened, so there are no
branches, no environments and no generated scripts to keep; short functions and one number are enough.
They are read in one order, hence the length. Those to 23 are for files alone: a catalog on a server
is made at that version or a later one, so a later step has to be one that both speak.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    delete,
    exists,
    func,
    insert,
    inspect,
    literal,
    select,
    update,
)
from sqlalchemy.schema import CreateColumn, CreateTable

from recommender.catalog import keying, values
from recommender.catalog.backends.base import Backend
from recommender.catalog.keying import stories
from recommender.catalog.ordering import put_overrides
from recommender.catalog.overrides import Override, StandingFields
from recommender.catalog.records import MICROSECONDS, revised, to_document
from recommender.catalog.setting_rows import to_columns
from recommender.catalog.tables import (
    MADE,
    ON_STORIES,
    ON_VERSION_7,
    ON_VERSION_8,
    ON_VERSION_25,
    VERSION_2,
    VERSION_4,
    VERSION_5,
    VERSION_7,
    VERSION_11,
    VERSION_13,
    VERSION_16,
    VERSION_17,
    VERSION_18,
    VERSION_19,
    VERSION_20,
    VERSION_23,
    VERSION_24,
    VERSION_25,
    VERSION_27,
    aired,
    block,
    block_slot,
    bulk_block,
    change,
    comparison,
    link,
    metadata,
    purge,
    refused,
    schema_version,
    settings_choice,
    story,
)
from recommender.errors import ArchiveError, ArchiveVersionError
from recommender.story.hashes import content_hash
from recommender.story.languages import find_language, language_of
from recommender.story.story import Status

Step = Callable[[Connection], None]


def _to_2(connection: Connection) -> None:
    """Add the tables of blocks, of editors' acts and of what is told to others."""
    metadata.create_all(connection, tables=VERSION_2)
    for index in ON_STORIES:
        index.create(connection)


def _to_3(connection: Connection) -> None:
    """Find the language of each story, and keep it with the story."""
    for num, one in stories(connection):
        one = replace(one, spoken=find_language(one))
        row = {"language": language_of(one).key or None, "document": to_document(one)}
        connection.execute(update(story).where(story.c.num == num).values(row))


def _to_4(connection: Connection) -> None:
    """Add the table of stories that are set aside, and find blocks by when they were made."""
    metadata.create_all(connection, tables=VERSION_4)
    MADE.create(connection, checkfirst=True)  # beside a table that an earlier step has just made


def _to_5(connection: Connection) -> None:
    """Add what outlasts the versions that are sent, and of which texts the reasons in a slot are."""
    metadata.create_all(connection, tables=VERSION_5)
    columns = ", ".join(column.name for column in block_slot.columns if column.name != "said_of")
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE slots AS SELECT {columns} FROM block_slot")
    block_slot.drop(connection)
    block_slot.create(connection)
    connection.exec_driver_sql(f"INSERT INTO block_slot ({columns}, said_of) SELECT {columns}, '' FROM slots")
    connection.exec_driver_sql("DROP TABLE slots")
    _part_calls_from_content(connection)
    over = story.c.status.in_([Status.RETRACTED.value, Status.EXPIRED.value])
    past = story.c.published <= select(func.max(change.c.at)).scalar_subquery()
    connection.execute(insert(aired).from_select(["story"], select(story.c.num).where(over, past)))


def _part_calls_from_content(connection: Connection) -> None:
    """Give content that a call has raised to its own time its time back, and note what the call set."""
    raised = select(story.c.num, story.c.revised).where(story.c.revised > story.c.published * MICROSECONDS)
    times = {num: time for num, time in connection.execute(raised)}
    for num, held in stories(connection) if times else ():
        if times.get(num, revised(held)) != revised(held):
            connection.execute(update(story).where(story.c.num == num).values(revised=revised(held)))
            whole = StandingFields.of(held)
            put_overrides(connection, {num: Override(content_hash(held), whole, whole)})


def _to_6(connection: Connection) -> None:
    """Give every page and link the key of its address anew: more spellings of one page have one key."""
    rules = values.addresses(connection)
    keying.key_anew(connection, rules, before=rules)


def _to_7(connection: Connection) -> None:
    """Let an index find stories without a block, successions, and acts by the stories they name."""
    metadata.create_all(connection, tables=VERSION_7)
    held = {column["name"] for column in inspect(connection).get_columns("story")}
    for name, kind in {"heir": "TEXT", "unmade": "BIGINT"}.items():
        if name not in held:
            connection.exec_driver_sql(f"ALTER TABLE story ADD COLUMN {name} {kind}")
    made = exists().where(block.c.source == story.c.num)
    connection.execute(update(story).where(~made).values(unmade=story.c.published))
    over = story.c.status == Status.RETRACTED.value
    heir = func.json_extract(story.c.document, "$.successor")
    sound = func.json_valid(story.c.document) == 1
    connection.execute(update(story).where(over, sound).values(heir=heir))
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO hand_target (target, hand) "
        "SELECT each.value, hand.num FROM hand, json_each(hand.targets) AS each"
    )
    for index in ON_VERSION_7:
        index.create(connection, checkfirst=True)


def _to_8(connection: Connection) -> None:
    """Let an index find what is old enough to be dropped."""
    for index in ON_VERSION_8:
        index.create(connection, checkfirst=True)


def _to_9(connection: Connection) -> None:
    """Keep where readers saw a story that was taken back."""
    if "url" not in {column["name"] for column in inspect(connection).get_columns("aired")}:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE seen AS SELECT story FROM aired")
        aired.drop(connection)
        aired.create(connection)
        connection.exec_driver_sql("INSERT INTO aired (story) SELECT story FROM seen")
        connection.exec_driver_sql("DROP TABLE seen")
    url = func.json_extract(story.c.document, "$.url")
    own = select(url).where(story.c.num == aired.c.story, func.json_valid(story.c.document) == 1)
    connection.execute(update(aired).values(url=own.scalar_subquery()))


def _to_10(connection: Connection) -> None:
    """Give every page and link the key of its address anew, by more of the ways to spell one."""
    rules = values.addresses(connection)
    keying.key_anew(connection, rules, before=rules)


def _to_11(connection: Connection) -> None:
    """Add the table of where stories came from."""
    metadata.create_all(connection, tables=VERSION_11)


def _to_12(connection: Connection) -> None:
    """Find the language of each story anew: a tag that the script contradicts is not believed."""
    _to_3(connection)


def _to_13(connection: Connection) -> None:
    """Add the tables of sources at an address."""
    metadata.create_all(connection, tables=VERSION_13)


def _to_14(connection: Connection) -> None:
    """Drop the columns of sections and kinds, which nothing read: filters ask what is derived."""
    held = {column["name"] for column in inspect(connection).get_columns("story")}
    for name in held & {"section", "kind"}:
        connection.exec_driver_sql(f"ALTER TABLE story DROP COLUMN {name}")


def _to_15(connection: Connection) -> None:
    """Let a link of a long list count less than others."""
    held = [column["name"] for column in inspect(connection).get_columns("link")]
    if "weight" not in held:
        _make_anew(connection, link)


def _to_16(connection: Connection) -> None:
    """Add the tables of who may sign in at the desk."""
    metadata.create_all(connection, tables=VERSION_16)


def _to_17(connection: Connection) -> None:
    """Add the table of what editors think of single slots."""
    metadata.create_all(connection, tables=VERSION_17)


def _to_18(connection: Connection) -> None:
    """Add the tables of refused stories and of acts on many blocks, and what blocks showed in slots."""
    metadata.create_all(connection, tables=VERSION_18)
    _add_column(connection, purge.c.heads)


def _to_19(connection: Connection) -> None:
    """Add the table of how often slots were shown and clicked."""
    metadata.create_all(connection, tables=VERSION_19)


def _to_20(connection: Connection) -> None:
    """Add the table of translations beside blocks: none until a block is made anew."""
    metadata.create_all(connection, tables=VERSION_20)


def _to_21(connection: Connection) -> None:
    """Keep the order of refusals among the changes, and what blocks showed that were made anew."""
    _add_column(connection, bulk_block.c.after)
    _add_column(connection, bulk_block.c.last)
    if _add_column(connection, refused.c.seq):
        before = select(func.coalesce(func.max(change.c.seq), 0)).where(change.c.at < refused.c.at)
        connection.execute(update(refused).values(seq=before.scalar_subquery()))


def _to_22(connection: Connection) -> None:
    """Let links lead to translations, and keep which of these caches were told of."""
    _make_anew(connection, link)
    if _add_column(connection, block.c.named):
        connection.exec_driver_sql(
            "UPDATE block SET named = (SELECT json_group_array(target) FROM (SELECT target "
            "FROM block_translation WHERE source = block.source ORDER BY place))"
        )


def _make_anew(connection: Connection, table: Table) -> None:
    """Make a table as it is now, with the rows that it holds; these are written once, then their indexes."""
    columns = ", ".join(column["name"] for column in inspect(connection).get_columns(table.name))
    connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME TO held")
    connection.execute(CreateTable(table))
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM held ORDER BY num"
    )
    connection.exec_driver_sql("DROP TABLE held")  # and its indexes, which have the names of the new ones
    for index in table.indexes:
        index.create(connection)


def _to_23(connection: Connection) -> None:
    """Add the table of who made, changed or used what lets somebody in: it is told from here on."""
    metadata.create_all(connection, tables=VERSION_23)


def _to_24(connection: Connection) -> None:
    """Add the table of clicks by team."""
    metadata.create_all(connection, tables=VERSION_24)


def _to_25(connection: Connection) -> None:
    """Keep each choice of settings and each comparison in a row, and find acts by when they were done."""
    metadata.create_all(connection, tables=VERSION_25)
    for index in ON_VERSION_25:
        index.create(connection, checkfirst=True)
    for key, table in (("chosen_settings", settings_choice), ("comparisons", comparison)):
        for row in values.get(connection, key, []):
            connection.execute(insert(table).values(to_columns(row)))
        values.forget(connection, key)


def _to_26(connection: Connection) -> None:
    """Write keys that translations have in common as no story can be called."""
    keys = (link.c.kind == "translation") & link.c.target.is_(None)
    before = keys & link.c.reference.startswith("translation-key:")
    connection.execute(update(link).where(before).values(reference=literal("\n") + link.c.reference))


def _to_27(connection: Connection) -> None:
    """Add the table of bulk loads that go on by themselves."""
    metadata.create_all(connection, tables=VERSION_27)


def _add_column(connection: Connection, column: Column[Any]) -> bool:
    """Add a column unless the table, just made by an earlier step, has it; return whether it was added."""
    if column.name in {each["name"] for each in inspect(connection).get_columns(column.table.name)}:
        return False
    form = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {form}")
    return True


_STEPS = (
    *(_to_2, _to_3, _to_4, _to_5, _to_6, _to_7, _to_8),
    *(_to_9, _to_10, _to_11, _to_12, _to_13, _to_14, _to_15, _to_16, _to_17, _to_18, _to_19),
    *(_to_20, _to_21, _to_22, _to_23, _to_24, _to_25, _to_26, _to_27),
)
STEPS: Mapping[int, Step] = dict(enumerate(_STEPS, start=2))
"""The step to version n from n - 1. A new catalog is made at the newest, from `schema.py`, without steps."""

FIRST = 1
VERSION = max(STEPS, default=FIRST)


def create(engine: Engine, backend: Backend) -> None:
    """Make the tables in an empty file, all or none, so that a crash half way leaves an empty file.

    Raises
    ------
    ArchiveError
        When the file holds tables already.
    """
    backend.prepare(engine)
    with backend.writing(engine).begin() as connection:
        if backend.tables(connection):
            raise ArchiveError(
                f"catalog {backend.place} exists already; open it, or choose another directory"
            )
        metadata.create_all(connection)
        backend.mark(connection)
        _set_version(connection, VERSION)


def version_of(connection: Connection, backend: Backend, newest: int = VERSION) -> int:
    """Return the version of the schema that a file holds.

    Raises
    ------
    ArchiveError
        When the file is a database of something else, or was never finished.
    ArchiveVersionError
        When a newer version of this package made it.
    """
    if not backend.is_marked(connection):
        state = "is the database of another program" if backend.tables(connection) else "is empty"
        raise ArchiveError(f"catalog {backend.place} {state}; make an archive with: related init")
    version = int(connection.execute(select(schema_version.c.version)).scalar_one())
    if version > newest:
        raise ArchiveVersionError(
            f"catalog {backend.place} has schema version {version} and this package knows up to {newest}; "
            "install a newer version of related-stories"
        )
    return version


def migrate(
    engine: Engine, backend: Backend, steps: Mapping[int, Step] = STEPS, version: int = VERSION
) -> None:
    """Lead an older file to `version` in one transaction: a crash half way leaves the old version."""
    with engine.begin() as connection:
        held = version_of(connection, backend, version)
    backend.prepare(engine)  # a tool that restored the file may have left it without the log
    if held == version:
        return
    with backend.writing(engine).begin() as connection:
        # Read again under the write lock: another process may have been faster.
        for number in range(version_of(connection, backend, version) + 1, version + 1):
            steps[number](connection)
        _set_version(connection, version)


def check(engine: Engine, backend: Backend) -> None:
    """Refuse a file that would have to be upgraded first, for a reader who may not write."""
    with engine.begin() as connection:
        version = version_of(connection, backend)
    if version < VERSION:
        raise ArchiveVersionError(
            f"catalog {backend.place} has the older schema version {version}; "
            f"open it once for writing to upgrade it to {VERSION}"
        )


def _set_version(connection: Connection, version: int) -> None:
    connection.execute(delete(schema_version))
    connection.execute(insert(schema_version).values(version=version))
