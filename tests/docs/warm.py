"""The command `related`, kept warm: python -m tests.docs.warm SOCKET. Each call is a fork of one process.

A shell runs `related` some two hundred times in these tests, and a fresh interpreter takes most of a second
to import it. The program that `CALL` writes hands its arguments, directory, environment and open files to
this process instead, and ends as its fork ended. The hash embedder stands in the model's place.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

import recommender.desk.app
import recommender.evaluation
import recommender.export.formats
import recommender.ingest.registry
import recommender.service.server  # noqa: F401 (these so that no fork has to)
from recommender.archive import archive
from recommender.cli.app import main
from recommender.cli.commands import register
from tests.fakes import HashEmbedder

LOST = 99  # of a fork that ended without a word
CALL = f"""#!{sys.executable} -SIE
import json, os, signal, socket, sys
door = socket.socket(socket.AF_UNIX)
door.connect({{socket!r}})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(door, [len(said).to_bytes(4, "big")], [0, 1, 2])
door.sendall(said)
pid = int(door.recv(20))
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, _: os.kill(pid, number))
os._exit(int(door.recv(20) or b"{LOST}"))
"""


def serve(path: Path) -> None:
    """Answer calls until told to stop."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks are waited for by who called
    archive.open_embedder = lambda *_, **__: HashEmbedder()  # type: ignore[attr-defined]
    register()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()
        print("ready", flush=True)
        while True:
            call, _ = door.accept()
            if os.fork() == 0:
                door.close()
                answer(call)
            call.close()


def answer(call: socket.socket) -> None:
    """Run one call in this fork, and end with it."""
    head, files, _, _ = socket.recv_fds(call, 4, 3)
    said = b""
    while len(said) < int.from_bytes(head, "big"):
        said += call.recv(1 << 16)
    words, place, environment = json.loads(said)
    call.sendall(f"{os.getpid():<20}".encode())
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in enumerate("rww"))  # noqa: SIM115
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["related", *words]
    code: object = LOST
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # a fork that went on from here would be a second server
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        call.sendall(str(code).encode())
        os._exit(0)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
