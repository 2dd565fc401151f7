"""Owns what the receipts page shows: the list with its chips and search, and the opened document. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.receipts import words
from agent.receipts.types import DocumentOutcome, ReceiptDetail, ReceiptFilter, ReceiptRow
from agent.receipts.words import Tone
from agent.texts import Texts
from rules.calendar import local_day, local_time
from sync.clock import Clock

# A busy shop prints a few hundred a day; older ones are found by search among as many again.
ROWS_MAX = 1_000


class Chip(StrEnum):
    TODAY = "today"
    TO_CHECK = "to_check"
    WITHOUT_NUMBER = "without_number"


@dataclass(frozen=True)
class ListRow:
    document_id: str
    time: str
    amount: str
    line: str
    chip: str
    tone: Tone
    icon: str

    @property
    def key(self) -> str:
        return self.document_id


@dataclass(frozen=True)
class OpenDocument:
    document_id: str
    title: str
    why: str
    tone: Tone
    icon: str
    paper: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReceiptsState:
    chip: Chip = Chip.TODAY
    counts: dict[Chip, int] = field(default_factory=dict)
    search: str = ""
    rows: tuple[ListRow, ...] = ()
    empty: str = ""  # said when there is no row
    chosen: OpenDocument | None = None


class ReceiptsPort(Protocol):
    """What this page needs of ``agent.receipts.service.ReceiptsService``."""

    @property
    def listeners(self) -> Listeners: ...
    def list(self, limit: int, filter: ReceiptFilter) -> tuple[ReceiptRow, ...]: ...
    def get(self, document_id: str) -> ReceiptDetail | None: ...


class ReceiptsViewModel:
    def __init__(self, *, receipts: ReceiptsPort, texts: Texts, clock: Clock, dispatcher: Dispatcher) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._receipts, self._texts, self._clock = receipts, texts, clock
        self._chip, self._search, self._chosen_id = Chip.TODAY, "", ""
        self._found: tuple[ReceiptRow, ...] = ()
        self._shown = False
        self.state = ReceiptsState()
        self._unsubscribe = receipts.listeners.subscribe(Coalesced(dispatcher, self._changed))

    def close(self) -> None:
        self._unsubscribe()

    def show(self) -> None:
        """The page came into sight: read everything anew."""
        self._shown = True
        self.refresh()

    def hide(self) -> None:
        """Out of sight: arrivals cost nothing."""
        self._shown = False

    def choose_chip(self, chip: Chip) -> None:
        self._chip = chip
        self._publish()

    def set_search(self, text: str) -> None:
        self._search = text
        self._publish()

    def choose(self, document_id: str) -> None:
        self._chosen_id = document_id
        self._publish()

    def refresh(self) -> None:
        self._found = self._receipts.list(ROWS_MAX, ReceiptFilter.ALL)
        self._publish()

    def _changed(self) -> None:
        if self._shown:
            self.refresh()

    def _publish(self) -> None:
        today = local_day(self._clock.wall_ms())
        by_chip = {chip: [row for row in self._found if _belongs(row, chip, today)] for chip in Chip}
        # A search looks through everything: who searches does not know the day.
        wanted = self._search.strip()
        rows = [row for row in self._found if _matches(row, wanted)] if wanted else by_chip[self._chip]
        if self._chosen_id not in {row.document_id for row in rows}:
            self._chosen_id = rows[0].document_id if rows else ""
        state = ReceiptsState(
            chip=self._chip,
            counts={chip: len(found) for chip, found in by_chip.items()},
            search=self._search,
            rows=tuple(self._row(row, today) for row in rows),
            empty="" if rows else self._nothing(wanted),
            chosen=self._open(self._chosen_id) if self._chosen_id else None,
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _row(self, row: ReceiptRow, today: object) -> ListRow:
        when = local_time(row.captured_ms)
        verdict = words.verdict(self._texts, row)
        return ListRow(
            document_id=row.document_id,
            time=f"{when:%H:%M}" if when.date() == today else f"{when.month}/{when.day}",
            amount=words.amount(self._texts, row),
            line=words.row_line(self._texts, row),
            chip=verdict.chip,
            tone=verdict.tone,
            icon=verdict.icon,
        )

    def _open(self, document_id: str) -> OpenDocument | None:
        detail = self._receipts.get(document_id)
        if detail is None:
            return None
        verdict = words.verdict(self._texts, detail.row)
        return OpenDocument(
            document_id=document_id,
            title=verdict.title,
            why=verdict.why,
            tone=verdict.tone,
            icon=verdict.icon,
            paper=detail.lines,
            facts=words.facts(self._texts, detail),
        )

    def _nothing(self, wanted: str) -> str:
        t = self._texts
        if wanted:
            return t._("Nothing found. Try an amount, a receipt number or the last four digits.")
        return {
            Chip.TODAY: t._("No receipt yet today. They appear here as your POS prints them."),
            Chip.TO_CHECK: t._("Nothing to check. Every receipt was read with certainty."),
            Chip.WITHOUT_NUMBER: t._("Every receipt of today has its number."),
        }[self._chip]


def _belongs(row: ReceiptRow, chip: Chip, today: object) -> bool:
    match chip:
        case Chip.TODAY:
            return local_day(row.captured_ms) == today
        case Chip.TO_CHECK:
            # A question stays until it is answered, also overnight.
            return row.outcome is DocumentOutcome.ASK
        case Chip.WITHOUT_NUMBER:
            unpaired = (DocumentOutcome.UNMATCHED, DocumentOutcome.WAITING)
            return row.outcome in unpaired and local_day(row.captured_ms) == today


def _matches(row: ReceiptRow, wanted: str) -> bool:
    """Amount, receipt number or last four digits; commas and 원 may be typed or left out."""
    needle = wanted.replace(",", "").removesuffix("원").strip().lower()
    if not needle:
        return True
    if needle in (row.receipt_no or "").lower():
        return True
    amounts = {str(abs(won)) for won in (row.paid_won, row.total_won) if won is not None}
    return needle in amounts or (len(needle) == 4 and (row.masked or "").endswith(needle))
