"""Settings and models: small JSON values by key, inside a transaction that the caller holds."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from recommender.catalog.records import Model
from recommender.catalog.schema import model as model_table
from recommender.catalog.schema import setting
from recommender.catalog.sqlite import upsert

_CURRENT_MODEL = "model"


def get(connection: Connection, key: str, default: object = None) -> Any:  # noqa: ANN401 (any JSON)
    """Return the value under `key`, or `default`."""
    text = connection.execute(select(setting.c.value).where(setting.c.key == key)).scalar()
    return default if text is None else msgspec.json.decode(text)


def put(connection: Connection, key: str, value: object) -> None:
    """Keep a value under `key`, in place of the one there."""
    connection.execute(upsert(setting, "key"), {"key": key, "value": msgspec.json.encode(value).decode()})


def every(connection: Connection) -> dict[str, Any]:
    """Return all values by key."""
    found = connection.execute(select(setting.c.key, setting.c.value).order_by(setting.c.key))
    return {key: msgspec.json.decode(text) for key, text in found}


def use_model(connection: Connection, model: Model, at: int) -> None:
    """Record a model and make it the current one."""
    row = {
        "hash": model.hash,
        "name": model.name,
        "dimension": model.dimension,
        "runtime": model.runtime,
        "provenance": msgspec.json.encode(model.provenance).decode(),
        "created": at,
    }
    connection.execute(upsert(model_table, "hash"), row)
    put(connection, _CURRENT_MODEL, model.hash)


def current_model(connection: Connection) -> str | None:
    """Return the hash of the current model, or None before there is one."""
    current = get(connection, _CURRENT_MODEL)
    return None if current is None else str(current)


def model(connection: Connection, weights_hash: str | None) -> Model | None:
    """Return a model, the current one by default, or None."""
    wanted = model_table.c.hash == (weights_hash or current_model(connection))
    row = connection.execute(select(model_table).where(wanted)).one_or_none()
    if row is None:
        return None
    return Model(
        hash=row.hash,
        name=row.name,
        dimension=row.dimension,
        runtime=row.runtime,
        provenance=msgspec.json.decode(row.provenance),
    )
