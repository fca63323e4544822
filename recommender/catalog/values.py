"""Settings and models: small JSON values by key, inside a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from recommender.catalog.backends.statements import Question, upsert
from recommender.catalog.marks import ADDRESSES as _ADDRESSES
from recommender.catalog.marks import MODEL as _CURRENT_MODEL
from recommender.catalog.records import MADE_BY as _MADE_BY
from recommender.catalog.records import Model
from recommender.catalog.tables import model as model_table
from recommender.catalog.tables import setting
from recommender.story.addresses import EVERYWHERE, AddressRules

_EMBEDDING = "embedding_anew"  # what does it, and the last story that it has done

Made = Mapping[str, object]

_BY_KEY = Question(select(setting.c.value).where(setting.c.key == bindparam("of")))
_BY_HASH = Question(
    select(*(model_table.c[name] for name in ("hash", "name", "dimension", "runtime", "provenance"))).where(
        model_table.c.hash == bindparam("of")
    )
)


def get(connection: Connection, key: str, default: object = None) -> Any:  # noqa: ANN401 (any JSON)
    """Return the value under `key`, or `default`."""
    return decoded(_text(connection, key), default)


def _text(connection: Connection, key: str) -> str | None:
    return next((text for (text,) in _BY_KEY.of(connection, of=key)), None)


def decoded(text: str | None, default: object = None) -> Any:  # noqa: ANN401 (any JSON)
    """Return the value that is kept as `text`, or `default` where none is."""
    return default if text is None else msgspec.json.decode(text)


def put(connection: Connection, key: str, value: object) -> None:
    """Keep a value under `key`, in place of the one there."""
    connection.execute(
        upsert(connection, setting, "key"), {"key": key, "value": msgspec.json.encode(value).decode()}
    )


def every(connection: Connection) -> dict[str, Any]:
    """Return all values by key."""
    found = connection.execute(select(setting.c.key, setting.c.value).order_by(setting.c.key))
    return {key: msgspec.json.decode(text) for key, text in found}


def addresses(connection: Connection) -> AddressRules:
    """Return the archive's own rules for addresses, by which all keys that are held were made."""
    return as_addresses(_text(connection, _ADDRESSES))


def as_addresses(text: str | None) -> AddressRules:
    """Return the rules for addresses that are kept as `text`, those of every archive where none are."""
    held = decoded(text)
    return msgspec.convert(held, AddressRules) if held else EVERYWHERE


def put_addresses(connection: Connection, rules: AddressRules) -> None:
    """Keep rules for addresses; who does so makes all keys anew."""
    put(connection, _ADDRESSES, msgspec.to_builtins(rules))


def forget(connection: Connection, key: str) -> None:
    """Keep nothing under `key` any more."""
    connection.execute(delete(setting).where(setting.c.key == key))


def use_model(connection: Connection, model: Model, at: int) -> None:
    """Record a model and make it the current one."""
    _put_model(connection, model, at)
    put_current_model(connection, model.hash)


def _put_model(connection: Connection, model: Model, at: int) -> None:
    row = {
        "hash": model.hash,
        "name": model.name,
        "dimension": model.dimension,
        "runtime": model.runtime,
        "provenance": msgspec.json.encode(model.provenance).decode(),
        "created": at,
    }
    connection.execute(upsert(connection, model_table, "hash"), row)


def put_current_model(connection: Connection, weights_hash: str) -> None:
    """Make a model that is recorded the current one."""
    put(connection, _CURRENT_MODEL, weights_hash)


def know_model(connection: Connection, new: Model, made: Made, at: int) -> None:
    """Record that a model's vectors are made by `made` too; the first model becomes the current one."""
    note_model(connection, new, made, at)
    if current_model(connection) is None:
        put_current_model(connection, new.hash)


def note_model(connection: Connection, new: Model, made: Made, at: int) -> None:
    """Record that a model's vectors are made by `made` too, whichever is the current one."""
    held = model(connection, new.hash)
    if held is None:
        _put_model(connection, replace(new, provenance={_MADE_BY: [made]}), at)
    elif made not in held.made_by:
        _set_made_by(connection, new.hash, [*held.made_by, made])


def is_known(connection: Connection, new: Model, made: Made) -> bool:
    """Return whether it is recorded that `made` makes a model's vectors."""
    held = model(connection, new.hash)
    return held is not None and made in held.made_by


def begin_embedding(connection: Connection, made: Made) -> int:
    """Return the num up to which `made` has embedded all stories anew, and note that it does."""
    held = get(connection, _EMBEDDING)
    if held is None or held["made"] != made:
        held = {"made": made, "upto": 0}
        put(connection, _EMBEDDING, held)
    return int(held["upto"])


def embedded_upto(connection: Connection, num: int) -> None:
    """Note how far the embedding anew that was begun has come."""
    held = get(connection, _EMBEDDING)
    if held is not None:
        put(connection, _EMBEDDING, held | {"upto": num})


def end_embedding(connection: Connection, weights_hash: str, made: Made) -> None:
    """Note that all vectors of a model are by `made`."""
    _set_made_by(connection, weights_hash, [made])
    forget(connection, _EMBEDDING)


def _set_made_by(connection: Connection, weights_hash: str, made: Sequence[Made]) -> None:
    provenance = msgspec.json.encode({_MADE_BY: made}).decode()
    of_model = update(model_table).where(model_table.c.hash == weights_hash)
    connection.execute(of_model.values(provenance=provenance))


def current_model(connection: Connection) -> str | None:
    """Return the hash of the current model, or None before there is one."""
    current = get(connection, _CURRENT_MODEL)
    return None if current is None else str(current)


def model(connection: Connection, weights_hash: str | None) -> Model | None:
    """Return a model, the current one by default, or None."""
    wanted = weights_hash or current_model(connection)
    for hash, name, dimension, runtime, provenance in _BY_HASH.of(connection, of=wanted):
        made = msgspec.json.decode(provenance)
        return Model(hash=hash, name=name, dimension=dimension, runtime=runtime, provenance=made)
    return None
