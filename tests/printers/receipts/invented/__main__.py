"""``python -m tests.printers.receipts.invented FIRST COUNT``: how many papers are read, and which are not."""

from __future__ import annotations

import argparse
import sys

from printers.stream.documents import documents_of
from tests.printers.receipts.invented.judge import read_paper, tally
from tests.printers.receipts.invented.papers import paper


def _say(*parts: object) -> None:
    sys.stdout.write(" ".join(map(str, parts)) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="invented")
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int, nargs="?", default=1)
    parser.add_argument("--hostile", default="", choices=("", "relabel", "decoy", "lose"))
    parser.add_argument("--show", help="print papers of this verdict, for instance wrong or 'fact items'")
    parser.add_argument("-n", type=int, default=5)
    args = parser.parse_args()
    found = tally(range(args.first, args.first + args.count), hostile=args.hostile)
    _say(dict(found.verdicts), f"read without a question: {found.read_share:.2%}")
    for sort, verdicts in found.by_sort.items():
        _say(f"  {sort:12}", dict(verdicts))
    _say("  facts wrong:", {name: f"{count}/{found.facts_of[name]}" for name, count in found.facts.items()})
    for number, sort, said in [case for case in found.cases if case[2] == args.show][: args.n]:
        made = paper(number, hostile=args.hostile)
        _say(f"\n######## {number} {sort} {said}\ntruth {made.truth}")
        for reading in read_paper(made):
            _say("read ", reading)
        _say("\n".join(document.page.text for document in documents_of(made.stream)))
    return 1 if found.verdicts["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
