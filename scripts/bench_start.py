"""What it takes to begin: `import recommender`, and a query of the command line in a process of its own.

Told in processor time, which other work on the machine changes little; beside it, the import of numpy and
SQLAlchemy in the same rounds, without which nothing here can begin. Modules are read as an installer leaves
them, compiled to bytecode, whatever the environment says of that.

Example: python scripts/bench_start.py --json bench/out/start.json
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchlib import Figure, check_environment, compared, copied, machine, report

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, SHORT_ROUNDS = 20, 5
CLI = "from recommender.cli import program; program()"
BYTECODE, NO_BYTECODE = "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"
NEEDED, OURS = "import numpy, sqlalchemy", "import recommender"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--archive", type=Path, default=ROOT / "demo" / "archive")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_ROUNDS} rounds instead of {ROUNDS}")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    check_environment()
    with tempfile.TemporaryDirectory() as scratch:
        archive = copied(arguments.archive, Path(scratch) / "archive")
        os.environ[BYTECODE] = str(Path(scratch) / "bytecode")
        os.environ.pop(NO_BYTECODE, None)
        query = ["-c", CLI, "query", "a redesign of the website", "--archive", str(archive)]
        spent([*query])  # derives what the copy lacks, and compiles modules, and the model where it is not
        commands = {"needed": ["-c", NEEDED], "import": ["-c", OURS], "query": query}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(SHORT_ROUNDS if arguments.short else ROUNDS):
            for name, words in commands.items():
                taken[name].append(spent(words))
    report("To begin", machine("numpy", "sqlalchemy"), told(taken), arguments.json)


def spent(words: Sequence[str]) -> tuple[float, float]:
    """Run Python in a process of its own; return the seconds of processor time, and of the clock."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed with exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - begin


def told(taken: dict[str, list[tuple[float, float]]]) -> list[Figure]:
    """Return the medians beside that of what is needed."""
    medians = {
        name: [statistics.median(each) for each in zip(*some, strict=True)] for name, some in taken.items()
    }
    figures = []
    for name, what in (("import", OURS), ("query", "a cold query of the command line")):
        for kind, value, base in zip(("processor", "clock"), medians[name], medians["needed"], strict=True):
            figures.append(compared(f"{what}, {kind}; {NEEDED} beside", value, "s", base))
    return figures


if __name__ == "__main__":
    main()
