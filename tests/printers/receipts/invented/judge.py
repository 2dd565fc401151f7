"""Compares readings with truths, and reports over many papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from printers.receipts.reader import read_document
from printers.receipts.reading import Reading
from printers.stream.documents import documents_of
from tests.printers.receipts.invented.papers import Paper, Truth, paper

MONEY_KINDS = frozenset({"sale", "reprint", "cancel", "refund", "partial_refund"})
REPRINTABLE = frozenset({"sale", "reprint"})
# May be left unread: nobody earns on them, or the paper itself leaves the matter open.
OPEN_SORTS = frozenset({"free", "top-up", "split bill"})
CLIPPED_LETTERS_MIN = 3  # of a name that did not fit its column


def read_paper(found: Paper) -> list[Reading]:
    return [reading for document in documents_of(found.stream) for reading in read_document(document)]


def verdict(readings: list[Reading], truth: Truth) -> str:
    """ "right", "unknown" or "wrong". Wrong is an amount that is not the truth's, or money where none was paid."""
    if len(readings) != 1:
        return "unknown" if all(reading.kind in ("unknown", "incomplete") for reading in readings) else "wrong"
    reading = readings[0]
    if reading.kind in ("unknown", "incomplete"):
        return "unknown" if reading.total is None else "wrong"
    if reading.kind in MONEY_KINDS:
        right = (reading.total, reading.paid) == (truth.total, truth.paid)
        return "right" if right and reading.kind == truth.kind else "wrong"
    if truth.kind in MONEY_KINDS:
        return "missed"  # not counted as paid although it was: nobody is credited wrongly, but nobody is asked either
    if reading.total is not None and reading.total != truth.total:
        return "wrong"
    return "right" if reading.kind == truth.kind else "other kind"


def _text(found: Paper) -> str:
    """What is printed, without blanks."""
    return "".join("".join(document.page.text.split()) for document in documents_of(found.stream))


def _visible(found: Paper) -> Truth:
    """What the paper still says: one that has lost every word about a top-up is a payment to anybody who reads it."""
    if found.truth.kind != "top_up" or any("충전" in document.page.text for document in documents_of(found.stream)):
        return found.truth
    return replace(found.truth, kind="sale")


def differences(reading: Reading, truth: Truth, text: str) -> list[str]:
    """The facts of a truth that the reading tells otherwise. Of a name only what is printed in `text` can be told."""
    told: dict[str, Any] = {
        "receipt_no": reading.receipt_no,
        "time": reading.time,
        "approval_numbers": list(reading.approval_numbers),
        "payments": [[payment.method, payment.amount] for payment in reading.payments],
        "items": [["".join(item.name.split()), item.qty, item.amount] for item in reading.items],
    }
    wanted_items = truth.more.get("items") or []
    if len(wanted_items) == len(told["items"]):
        for item, (name, _qty, _amount) in zip(told["items"], wanted_items, strict=True):
            if name not in text and len(item[0]) >= CLIPPED_LETTERS_MIN and name.startswith(item[0]):
                item[0] = name  # the column of names was too narrow
    return [name for name, wanted in truth.more.items() if name in told and wanted is not None and told[name] != wanted]


@dataclass
class Tally:
    """Counts over many papers."""

    verdicts: Counter[str] = field(default_factory=Counter)
    by_sort: dict[str, Counter[str]] = field(default_factory=dict)
    facts: Counter[str] = field(default_factory=Counter)
    facts_of: Counter[str] = field(default_factory=Counter)
    cases: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def read_share(self) -> float:
        """Of the papers that can be read, how many were read right without a question."""
        counted = {sort: found for sort, found in self.by_sort.items() if sort not in OPEN_SORTS}
        every = sum(found.total() for found in counted.values())
        return sum(found["right"] for found in counted.values()) / every if every else 0.0


def tally(numbers: Iterable[int], *, hostile: str = "") -> Tally:
    found = Tally()
    for number in numbers:
        made = paper(number, hostile=hostile)
        readings = read_paper(made)
        said = verdict(readings, _visible(made))
        found.verdicts[said] += 1
        found.by_sort.setdefault(made.sort, Counter())[said] += 1
        if said != "right":
            found.cases.append((number, made.sort, said))
        elif made.truth.kind in MONEY_KINDS:
            wrong = differences(readings[0], made.truth, _text(made))
            found.facts.update(wrong)
            found.facts_of.update(made.truth.more.keys())
            found.cases += [(number, made.sort, f"fact {name}") for name in wrong]
    return found
