"""Embeds the blocks of sources by Ray Data: tasks read, a pool of actors embeds and writes shards.

Knows not what is done with the vectors. A block whose shard is there is left as it is: who runs it again pays
only for what was not finished.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Before Ray is imported: it tells its makers about whoever uses it, unless it is told not to.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray.exceptions import RayError

from recommender.archive.intake import embedded
from recommender.archive.text_trial import text_problem
from recommender.bulk import LOCAL
from recommender.bulk.addresses import words_of
from recommender.bulk.blocks import blocks, read
from recommender.bulk.job import Job
from recommender.bulk.shards import Shard
from recommender.catalog.records import from_document, to_document
from recommender.embedding.provenance import made_by
from recommender.errors import ModelError, RelatedError, SettingsError, SourceError
from recommender.story.hashes import text_hash

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds that a cluster has to answer
_STORE = 512 << 20  # bytes of memory for what waits between reading and embedding
_READING = 0.4  # of a processor, for reading one source: one processor has room for that and an actor

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Machines:
    """Where it is done.

    Parameters
    ----------
    address : str
        Of a Ray cluster; `LOCAL` starts one of this machine alone, which ends with the process.
    actors : int
        How many embed at once; 0 is one a machine, or one a GPU.
    gpus : bool
        Whether each has a GPU.
    """

    address: str = LOCAL
    actors: int = 0
    gpus: bool = False


def embed(job: Job, machines: Machines, on_done: Callable[[int], None]) -> None:
    """Embed all blocks that have no shard yet; `on_done` is told how many more stories have one.

    Of a source that a machine cannot read to its end a warning is given: what of it was not embedded is
    embedded where its stories are taken in.

    Raises
    ------
    RelatedError
        What stops a task or an actor; what was written is kept.
    """
    job.open_shards().sweep()
    with _ray(machines), _explained(job):
        job = job.everywhere()
        blocks_ = ray.data.from_items([{"source": source} for source in job.sources])
        # Parts of a processor that differ: Ray would have one actor do both else, and all of a source.
        done = blocks_.flat_map(_blocks, fn_args=[job], num_cpus=_READING).map(
            _Embedding,
            fn_constructor_args=[job],
            num_cpus=1 - _READING,
            compute=ray.data.ActorPoolStrategy(size=machines.actors or _places(machines)),
            num_gpus=1 if machines.gpus else None,
            ray_remote_args_fn=_ending if machines.address == LOCAL else None,
        )
        for row in done.iter_rows():
            on_done(row["stories"])
            if row["problem"]:
                log.warning("not all of it is embedded in bulk: %s", row["problem"])


def _ending() -> dict[str, int]:
    """Return how an actor is run where there is no other machine to begin it anew on."""
    return {"max_restarts": 0, "max_task_retries": 0}


def _blocks(row: _Row, job: Job) -> Iterator[_Row]:
    """Yield the blocks of a source, those that are embedded without their stories."""
    shards = job.open_shards()
    try:
        for block in blocks(read(row["source"], job.options, job.kind)):
            name, texts = block.name(job.model.hash), block.texts.values()
            lacking = [] if shards.holds(name) else [to_document(story) for story in texts]
            yield {"name": name, "stories": len(texts), "documents": lacking, "problem": ""}
    except SourceError as error:
        yield {"name": "", "stories": 0, "documents": [], "problem": str(error)}


class _Embedding:
    """An actor: embeds blocks with a model that it opens once."""

    def __init__(self, job: Job) -> None:
        self._shards, self._embedder = job.open_shards(), job.open_embedder()
        if self._embedder.weights_hash != job.model.hash:
            found, wanted = self._embedder.weights_hash[:12], job.model.hash[:12]
            raise ModelError(
                f"the model {job.model.name} has the weights {found} on one machine, the archive's are "
                f"{wanted}; install the same package on all machines"
            )

    def __call__(self, row: _Row) -> _Row:
        stories = [from_document(document) for document in row["documents"]]
        if stories:
            texts = {text_hash(story): story for story in stories if not text_problem(story)}
            vectors, _ = embedded(texts, self._embedder)  # what fails here fails, and is told, at the intake
            ids = {key: story.id for key, story in texts.items()}
            self._shards.write(row["name"], Shard(vectors, made_by(self._embedder)), ids)
        return {"stories": row["stories"], "problem": row["problem"]}


@contextmanager
def _ray(machines: Machines) -> Iterator[None]:
    """Give a Ray that says nothing beside errors."""
    is_local = machines.address == LOCAL
    try:
        _need_answer(machines.address)
        ray.init(
            address=machines.address,
            include_dashboard=False if is_local else None,
            object_store_memory=_STORE if is_local else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (OSError, RuntimeError, ValueError) as error:
        problem = " ".join(str(error).split())[:200]
        raise SettingsError(
            f"--ray-address is {machines.address!r}, where no Ray can be used ({problem}); start one with "
            "`ray start --head`, give both the same RAY_AUTH_TOKEN, or leave the option out"
        ) from error
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        # Each block of ours is one of Ray's: else few actors would have all of them.
        context.target_min_block_size = context.target_max_block_size = 1
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        yield
    finally:
        ray.shutdown()


def _need_answer(address: str) -> None:
    """Raise where nothing listens: Ray itself waits for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        with socket.create_connection((host, int(port)), timeout=PATIENCE):
            pass


def _places(machines: Machines) -> int:
    """Return how many GPUs there are, or machines: a model uses all processors of one."""
    if machines.gpus:
        return max(int(ray.cluster_resources().get("GPU", 0)), 1)
    return sum(node["Alive"] for node in ray.nodes())


@contextmanager
def _explained(job: Job) -> Iterator[None]:
    """Raise what stopped a task instead of what Ray makes of it."""
    try:
        yield
    except RayError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, RelatedError):
            cause = getattr(cause, "cause", None) or cause.__cause__
        if cause is not None:
            raise cause from error
        last = "".join(str(error).strip().splitlines()[-1:])
        problem = words_of(last, *job.sources, job.shards)
        raise ModelError(f"embedding stopped: {problem}; run it again, it goes on from there") from error
