"""Helper processes that answer requests over pipes, for work that one core is too slow for. Knows no stories.

Not `multiprocessing`: that runs the caller's main module again in each process, and talks in pickles.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import MappingProxyType
from typing import IO

from index.storage.closing import Closing
from index.storage.errors import HelperError

_HEAD = 8  # bytes of a frame's length
_AHEAD = 2  # requests a helper that are under way or answered and not yet taken: what bounds the memory
_NOTHING: Mapping[str, str] = MappingProxyType({})
_PATIENCE = 5.0  # seconds that a helper may take to end once its requests have


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Helpers(Closing):
    """A few processes of one module, each of which answers one request after another.

    Parameters
    ----------
    module : str
        Its ``main()`` is run, and calls `serve`.
    arguments : sequence of str
        For its command line.
    count : int
        How many processes.
    environment : mapping of str to str
        Variables for them beside ours; what others may not read in a list of processes belongs here.

    Raises
    ------
    OSError
        When no process can be started.
    """

    def __init__(
        self, module: str, arguments: Sequence[str], count: int, environment: Mapping[str, str] = _NOTHING
    ) -> None:
        self._name = module
        # One thread of BLAS and OpenMP each: the processes themselves fill the machine.
        paths = os.pathsep.join(path for path in sys.path if path)
        own = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        whole = {**os.environ, **own, **environment}
        # Not -m: the module may be imported already by its package, and would then be there twice.
        command = [sys.executable, "-c", f"from {module} import main; main()", *arguments]
        self._processes: list[subprocess.Popen[bytes]] = []
        self._free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for _ in range(count):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=whole)
            self._processes.append(process)
            self._free.put(process)
        self._threads = ThreadPoolExecutor(count)

    def map(self, requests: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the answer to each request, in order; few are asked ahead of what is taken.

        Raises
        ------
        HelperError
            When a helper ends without an answer. It has said why on standard error.
        """
        waiting: deque[Future[bytes]] = deque()
        for request in requests:
            waiting.append(self._threads.submit(self._ask, request))
            if len(waiting) > _AHEAD * len(self._processes):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _ask(self, request: bytes) -> bytes:
        process = self._free.get()
        try:
            if process.stdin is None or process.stdout is None:
                raise BrokenPipeError(self._name)
            _write(process.stdin, request)
            answer = _read(process.stdout)
        except OSError:
            answer = None
        finally:
            self._free.put(process)
        if answer is None:
            raise HelperError(
                f"a process of {self._name} ended before its work was done; run the command again"
            )
        return answer

    def close(self) -> None:
        """End the processes; one that does not see the end of its requests is stopped."""
        for process in self._processes:
            process.terminate()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            try:
                process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def serve(answer: Callable[[bytes], bytes]) -> None:
    """Answer the requests on standard input until they end. What else is printed goes to standard error."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        while (request := _read(requests)) is not None:
            _write(answers, answer(request))
    except (KeyboardInterrupt, BrokenPipeError):
        # Ctrl-C reaches all processes of a terminal; the first one says what is to be said.
        os._exit(0)


def _write(stream: IO[bytes], frame: bytes) -> None:
    stream.write(len(frame).to_bytes(_HEAD, "little"))
    stream.write(frame)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes | None:
    """Return the next frame, None at the end."""
    head = stream.read(_HEAD)
    length = int.from_bytes(head, "little")
    frame = stream.read(length) if len(head) == _HEAD else b""
    return frame if len(head) == _HEAD and len(frame) == length else None
