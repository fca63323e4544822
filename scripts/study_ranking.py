"""Make the figures of docs/ranking.md, a part at a time.

    bars          the whole ranking, leave one publisher out, and tuned on the newest
    features      what each feature is worth, and what was tried beside
    models        linear against LambdaMART and logistic
    own           the same, learned from a publisher's oldest questions and tried on its newest
    variety       MMR strengths
    candidates    which stories are worth scoring
    copies        near-copies against look-alikes
    streams       simulated publishers where recency rules
    recency       how much age may count while no link is known
    few           tuning on few links; draws docs/learning.svg
    reliability   what was said against what was so; draws docs/reliability.svg

Each publisher is embedded once, into bench/out/study; a part takes one to ten minutes from then on. "streams"
takes its vectors from demo/archive (make demo). LightGBM and Matplotlib: pip install -e '.[study]'
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping

from study import bars, blocks, few, models, recency, reliability, streams, worth

PARTS: Mapping[str, Callable[[], None]] = {
    "bars": bars.main,
    "features": worth.main,
    "models": models.main,
    "own": models.on_newest,
    "variety": blocks.variety,
    "candidates": blocks.choices,
    "copies": blocks.told,
    "streams": streams.main,
    "recency": recency.main,
    "few": few.main,
    "reliability": reliability.main,
}


def main() -> None:
    """Run the parts that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="+", choices=PARTS, metavar="PART")
    for part in parser.parse_args().parts:
        print(f"## {part}", flush=True)
        PARTS[part]()


if __name__ == "__main__":
    os.nice(10)  # hours of arithmetic, in no hurry
    main()
