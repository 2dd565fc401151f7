"""Owns what the receipts page shows: the list with its chips and search, and the opened document. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from agent.coupons.service import PaperCoupon
from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.receipts import asking, giving, linking, words
from agent.receipts.asking import Choice, LessonsPort, Question
from agent.receipts.copies import Copies
from agent.receipts.giving import CouponsPort
from agent.receipts.lessons import Lesson
from agent.receipts.linking import LatePort
from agent.receipts.types import DocumentOutcome, ReceiptDetail, ReceiptFilter, ReceiptRow
from agent.receipts.words import Tone
from agent.texts import Texts
from printers.receipts.learned import Meaning
from rules.calendar import local_day, local_time
from sync.clock import Clock

# A busy shop prints a few hundred a day; older ones are found by search among as many again.
ROWS_MAX = 1_000


class Chip(StrEnum):
    TODAY = "today"
    TO_CHECK = "to_check"
    WITHOUT_NUMBER = "without_number"
    LEARNED = "learned"
    COUPONS = "coupons"


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
    question: Question | None = None
    copies: tuple[Choice, ...] = ()  # the printers it can be printed on once more
    copied: str = ""  # what was printed of it so far


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


class CopiesPort(Protocol):
    """What this page needs of ``agent.receipts.copies.ReceiptCopies``."""

    def places(self) -> tuple[str, ...]: ...
    def of(self, document_id: str) -> Copies: ...
    def print_again(self, document_id: str, place: str, actor: str) -> bool: ...


class ReceiptsViewModel:
    def __init__(
        self,
        *,
        receipts: ReceiptsPort,
        texts: Texts,
        clock: Clock,
        dispatcher: Dispatcher,
        lessons: LessonsPort | None = None,
        late: LatePort | None = None,
        copies: CopiesPort | None = None,
        coupons: CouponsPort | None = None,
        actor: Callable[[], str] = lambda: "staff",
    ) -> None:
        """Without ``lessons`` nothing is asked and nothing is shown as learned; without ``late`` nothing is linked;
        without ``copies`` no receipt is printed again, without ``coupons`` none is given on paper."""
        self.on_change: Callable[[], None] = lambda: None
        self._lessons, self._late, self._copies, self._actor = lessons, late, copies, actor
        self._coupons = coupons
        self._given: tuple[PaperCoupon, ...] = ()
        self._others_of = ""  # the paper whose first guess was answered with no
        self._rules: tuple[Lesson, ...] = ()
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

    def answer(self, key: str) -> None:
        """A choice of the opened document's question."""
        if self.state.chosen is None or self.state.chosen.question is None:
            return
        document_id = self.state.chosen.document_id
        what, _, value = key.partition(":")
        if self._late is not None and what == linking.LINK:
            self._late.credit_waiting(document_id, value, self._actor())
        elif self._late is not None and what == linking.SLIP:
            self._late.issue(document_id)
        elif self._coupons is not None and what == giving.PRINT:
            self._coupons.print_slip(document_id.removeprefix(giving.COUPON_PREFIX), self._actor())
        elif self._lessons is not None:
            self._answer_lesson(self._lessons, document_id, what, value)
        self.refresh()

    def print_again(self, place: str) -> None:
        """The opened receipt once more, at this printer."""
        opened = self.state.chosen
        if self._copies is not None and opened is not None and place in {choice.key for choice in opened.copies}:
            self._copies.print_again(opened.document_id, place, self._actor())
            self.refresh()

    def _answer_lesson(self, lessons: LessonsPort, document_id: str, what: str, value: str) -> None:
        if what == asking.OTHER:
            self._others_of = document_id
        elif what == asking.PAID:
            lessons.answer(document_id, int(value))
        elif what == asking.NOTHING:
            lessons.not_a_payment(document_id)
        elif what == asking.MEANS:
            lessons.change(document_id.removeprefix(asking.RULE_PREFIX), Meaning(value))
        elif what == asking.FORGET:
            lessons.forget(document_id.removeprefix(asking.RULE_PREFIX))

    def refresh(self) -> None:
        self._found = self._receipts.list(ROWS_MAX, ReceiptFilter.ALL)
        self._rules = self._lessons.lessons() if self._lessons else ()
        self._given = self._coupons.newest() if self._coupons else ()
        self._publish()

    def _changed(self) -> None:
        if self._shown:
            self.refresh()

    def _publish(self) -> None:
        today = local_day(self._clock.wall_ms())
        by_chip = {chip: [row for row in self._found if _belongs(row, chip, today)] for chip in Chip}
        # A search looks through everything: who searches does not know the day.
        wanted = self._search.strip()
        found = [row for row in self._found if _matches(row, wanted)] if wanted else by_chip[self._chip]
        rows = tuple(self._row(row, today) for row in found)
        if self._chip is Chip.LEARNED and not wanted:
            rows = tuple(self._rule_row(lesson) for lesson in self._rules)
        if self._chip is Chip.COUPONS and not wanted:
            rows = tuple(self._coupon_row(found, today) for found in self._given)
        if self._chosen_id not in {row.document_id for row in rows}:
            self._chosen_id = rows[0].document_id if rows else ""
        counts = {chip: len(found) for chip, found in by_chip.items()}
        if self._lessons is not None:
            counts[Chip.LEARNED] = len(self._rules)
        else:
            del counts[Chip.LEARNED]
        if self._coupons is not None:
            counts[Chip.COUPONS] = len(self._given)
        else:
            del counts[Chip.COUPONS]
        state = ReceiptsState(
            chip=self._chip,
            counts=counts,
            search=self._search,
            rows=rows,
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

    def _rule_row(self, lesson: Lesson) -> ListRow:
        when = local_time(lesson.taught_ms)
        return ListRow(
            document_id=asking.RULE_PREFIX + lesson.label,
            time=f"{when.month}/{when.day}",
            amount=lesson.label,
            line=asking.rule_line(self._texts, lesson),
            chip=asking.meaning_name(self._texts, lesson.meaning),
            tone=Tone.QUIET,
            icon="check",
        )

    def _open_rule(self, label: str) -> OpenDocument | None:
        t = self._texts
        lesson = next((lesson for lesson in self._rules if lesson.label == label), None)
        if lesson is None:
            return None
        return OpenDocument(
            document_id=asking.RULE_PREFIX + label,
            title=t.n('"{label}" was learned', label=label),
            why=t._("Used for receipts that cannot be read without it. Their other amounts still have to agree."),
            tone=Tone.QUIET,
            icon="check",
            paper=(),
            facts=(),
            question=asking.question_about_rule(t, lesson),
        )

    def _coupon_row(self, found: PaperCoupon, today: object) -> ListRow:
        when = local_time(found.issued_ms)
        return ListRow(
            document_id=giving.COUPON_PREFIX + found.coupon_id,
            time=f"{when:%H:%M}" if when.date() == today else f"{when.month}/{when.day}",
            amount=found.name,
            line=giving.why(self._texts, found),
            chip=giving.printed(self._texts, found),
            tone=Tone.QUIET if found.printed is None else Tone.GOOD,
            icon="ticket",
        )

    def _open_coupon(self, coupon_id: str) -> OpenDocument | None:
        t = self._texts
        found = next((found for found in self._given if found.coupon_id == coupon_id), None)
        if found is None or self._coupons is None:
            return None
        return OpenDocument(
            document_id=giving.COUPON_PREFIX + coupon_id,
            title=found.name,
            why=giving.why(t, found),
            tone=Tone.QUIET,
            icon="ticket",
            paper=self._coupons.paper(found),
            facts=(),
            question=giving.question(t, found),
        )

    def _question(self, document_id: str, row: ReceiptRow) -> Question | None:
        if self._late is not None and row.outcome in (DocumentOutcome.WAITING, DocumentOutcome.UNMATCHED):
            numbers = self._late.waiting_numbers()
            # Within its three minutes the customer's screen offers it; staff need a choice only when somebody waits.
            asked = bool(numbers) or row.outcome is DocumentOutcome.UNMATCHED
            if asked and self._late.is_creditable(document_id):
                return linking.question_about_number(self._texts, numbers)
            return None
        if self._lessons is None or row.outcome is not DocumentOutcome.ASK or row.kind != "unknown":
            return None
        found = self._lessons.question(document_id)
        return asking.question_about(self._texts, found, others=self._others_of == document_id)

    def _open(self, document_id: str) -> OpenDocument | None:
        if document_id.startswith(asking.RULE_PREFIX):
            return self._open_rule(document_id.removeprefix(asking.RULE_PREFIX))
        if document_id.startswith(giving.COUPON_PREFIX):
            return self._open_coupon(document_id.removeprefix(giving.COUPON_PREFIX))
        detail = self._receipts.get(document_id)
        if detail is None:
            return None
        verdict = words.verdict(self._texts, detail.row)
        copies, copied = self._copies_of(document_id) if detail.lines else ((), "")
        return OpenDocument(
            document_id=document_id,
            title=verdict.title,
            why=verdict.why,
            tone=verdict.tone,
            icon=verdict.icon,
            paper=detail.lines,
            facts=words.facts(self._texts, detail),
            question=self._question(document_id, detail.row),
            copies=copies,
            copied=copied,
        )

    def _copies_of(self, document_id: str) -> tuple[tuple[Choice, ...], str]:
        """A button a printer; none while a copy is on its way, because the next press would come too early."""
        if self._copies is None:
            return (), ""
        found, places = self._copies.of(document_id), self._copies.places()
        said = words.copies(self._texts, found)
        return () if found.under_way else words.printers_for_a_copy(self._texts, places), said

    def _nothing(self, wanted: str) -> str:
        t = self._texts
        if wanted:
            return t._("Nothing found. Try an amount, a receipt number or the last four digits.")
        return {
            Chip.TODAY: t._("No receipt yet today. They appear here as your POS prints them."),
            Chip.TO_CHECK: t._("Nothing to check. Every receipt was read with certainty."),
            Chip.WITHOUT_NUMBER: t._("Every receipt of today has its number."),
            Chip.LEARNED: t._("Nothing learned yet. When a receipt cannot be read, you are asked once."),
            Chip.COUPONS: t._("No coupon to give. Rewards of stamp cards appear here."),
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
        case Chip.LEARNED | Chip.COUPONS:
            return False  # no documents


def _matches(row: ReceiptRow, wanted: str) -> bool:
    """Amount, receipt number or last four digits; commas and 원 may be typed or left out."""
    needle = wanted.replace(",", "").removesuffix("원").strip().lower()
    if not needle:
        return True
    if needle in (row.receipt_no or "").lower():
        return True
    amounts = {str(abs(won)) for won in (row.paid_won, row.total_won) if won is not None}
    return needle in amounts or (len(needle) == 4 and (row.masked or "").endswith(needle))
