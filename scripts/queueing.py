"""Questions that wait for each other: a simulation of many machines, and a load generator for a real one.

Knows no engine. Questions come by chance (Poisson), as those of many readers do, whether or not earlier ones
are answered. One that is asked of several machines is answered when the slowest has answered.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]

_WARM = 0.1  # of all questions come before those that count: the queues are empty at first


@dataclass(frozen=True, slots=True)
class Cluster:
    """Machines that hold parts, each with so many that answer at once.

    Attributes
    ----------
    machines, cores : int
    fan_out : int
        Machines that each question is asked of: 1 where a publisher lies on one, all where it lies on all.
    """

    machines: int
    cores: int
    fan_out: int

    def capacity(self, service: Seconds) -> float:
        """Return how many questions a second would keep all cores busy."""
        return self.machines * self.cores / (self.fan_out * float(service.mean()))


def waited(cluster: Cluster, service: Seconds, rate: float, questions: int, seed: int = 1) -> Seconds:
    """Return how long each of so many questions takes (n,), seconds, from when it comes to its last answer.

    Parameters
    ----------
    cluster : Cluster
    service : array (m,)
        How long one machine takes for one question with nobody before it: drawn from these.
    rate : float
        Questions a second, of all.
    """
    rng = np.random.default_rng(seed)
    comes = np.cumsum(rng.exponential(1 / rate, questions))
    free = [[0.0] * cluster.cores for _ in range(cluster.machines)]  # heaps: when each core has done
    took = np.empty(questions)
    drawn = rng.choice(service, (questions, cluster.fan_out))
    firsts = rng.integers(0, cluster.machines, questions)
    for number, (arrival, first) in enumerate(zip(comes.tolist(), firsts.tolist(), strict=True)):
        done = arrival
        for part, needed in enumerate(drawn[number].tolist()):
            cores = free[(first + part) % cluster.machines]
            end = max(arrival, cores[0]) + needed
            heapq.heapreplace(cores, end)
            done = max(done, end)
        took[number] = done - arrival
    return took[int(_WARM * questions) :]


def spread(median: float, p95: float, count: int = 20_000, seed: int = 2) -> Seconds:
    """Return times (count,) that are log-normal, with this median and this 95th percentile."""
    sigma = max(np.log(p95 / median), 0.0) / 1.6449
    return np.asarray(median * np.exp(sigma * np.random.default_rng(seed).standard_normal(count)))


def asked(ask: Sequence[Callable[[], object]], rate: float, threads: int, seed: int = 3) -> Seconds:
    """Ask a real engine, each question when its time has come; return how long each took (n,), seconds.

    The time counts from when a question was due: where all threads are busy, its waiting is in it.
    """
    due = np.cumsum(np.random.default_rng(seed).exponential(1 / rate, len(ask))).tolist()
    begun = time.perf_counter()

    def one(number: int) -> float:
        time.sleep(max(0.0, due[number] - (time.perf_counter() - begun)))
        ask[number]()
        return time.perf_counter() - begun - due[number]

    with ThreadPoolExecutor(threads) as pool:
        return np.array(list(pool.map(one, range(len(ask)))))
