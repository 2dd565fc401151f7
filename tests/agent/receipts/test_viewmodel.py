"""The receipts page without a display: every outcome has its reason in words, chips and search."""

from __future__ import annotations

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.earn.late import NotToBeHad, WaitingNumber
from agent.receipts import words
from agent.receipts.types import DocumentOutcome, ReceiptDetail, ReceiptRow
from agent.receipts.viewmodel import Chip, ReceiptsViewModel
from agent.receipts.words import Tone
from agent.texts import Language, Texts
from sync.clock import FakeClock
from tests.agent.screens.customer import MASKED, NOW_MS, ROWS, UNREAD, Lessons, Receipts, row

DAY_MINUTES = 24 * 60


def page(rows: tuple[ReceiptRow, ...] = ROWS, language: Language = "en") -> tuple[ReceiptsViewModel, Receipts]:
    service = Receipts(rows)
    vm = ReceiptsViewModel(
        receipts=service, texts=Texts(language), clock=FakeClock(wall_ms=NOW_MS), dispatcher=ImmediateDispatcher()
    )
    vm.show()
    return vm, service


def ids(vm: ReceiptsViewModel) -> list[str]:
    return [row.document_id for row in vm.state.rows]


@pytest.mark.parametrize("outcome", DocumentOutcome)
@pytest.mark.parametrize(
    "kind", ["sale", "cancel", "refund", "partial_refund", "kitchen", "settlement", "unknown", "?"]
)
def test_every_outcome_says_why_in_both_languages(outcome: DocumentOutcome, kind: str) -> None:
    found = row(1, outcome, 4_500, kind=kind, points=45)
    korean, english = words.verdict(Texts("ko"), found), words.verdict(Texts("en"), found)
    assert korean.why
    assert korean.why != english.why
    assert korean.title != english.title


@pytest.mark.parametrize("status", ["provisional", "posted", "adjusted", "rejected", "reversed", None])
def test_an_earn_says_how_far_it_has_come(status: str | None) -> None:
    verdict = words.verdict(Texts("en"), row(1, DocumentOutcome.EARNED, 4_500, points=45, masked=MASKED, status=status))
    assert (verdict.tone is Tone.GOOD) == (status not in ("rejected", "reversed"))
    assert verdict.why


def test_what_was_not_credited_is_said_in_plain_words() -> None:
    t = Texts("en")
    assert "nobody typed a number" in words.verdict(t, row(1, DocumentOutcome.UNMATCHED, 4_500)).why
    assert "earns once" in words.verdict(t, row(1, DocumentOutcome.DUPLICATE, 4_500)).why
    assert "do not agree" in words.verdict(t, row(1, DocumentOutcome.ASK, None)).why
    assert "for a person" in words.verdict(t, row(1, DocumentOutcome.ASK, -500, kind="partial_refund")).why
    assert "wrong amount" in words.verdict(t, row(1, DocumentOutcome.ASK, None, kind="unknown")).why
    assert "not a payment" in words.verdict(t, row(1, DocumentOutcome.IGNORED, None, kind="kitchen")).why
    assert "Nothing was paid" in words.verdict(t, row(1, DocumentOutcome.IGNORED, 0)).why


def test_chips_count_and_filter() -> None:
    yesterday = row(9, DocumentOutcome.ASK, None, minutes=DAY_MINUTES)
    older = row(8, DocumentOutcome.UNMATCHED, 4_500, minutes=DAY_MINUTES)
    vm, _service = page((*ROWS, yesterday, older))
    assert vm.state.counts == {Chip.TODAY: len(ROWS), Chip.TO_CHECK: 2, Chip.WITHOUT_NUMBER: 2}

    vm.choose_chip(Chip.TO_CHECK)
    assert ids(vm) == ["doc-42", "doc-9"]
    assert vm.state.rows[1].time == "11/19"
    vm.choose_chip(Chip.WITHOUT_NUMBER)
    assert ids(vm) == ["doc-40", "doc-37"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("13,500", ["doc-41"]),
        ("13500원", ["doc-41"]),
        ("5800", ["doc-38"]),
        ("0036", ["doc-36"]),
        ("0912", ["doc-41"]),
        ("7731", ["doc-39"]),
        ("010-", []),
        ("zzz", []),
    ],
)
def test_search_finds_amount_number_and_last_four(search: str, found: list[str]) -> None:
    vm, _service = page()
    vm.set_search(search)
    assert ids(vm) == found


def test_search_looks_beyond_the_chip_and_says_when_nothing_is_there() -> None:
    vm, _service = page()
    vm.choose_chip(Chip.TO_CHECK)
    vm.set_search("13500")
    assert ids(vm) == ["doc-41"]
    vm.set_search("no such thing")
    assert "Nothing found" in vm.state.empty
    assert vm.state.chosen is None
    vm.set_search("  ")
    assert ids(vm) == ["doc-42"]


def test_the_first_row_is_open_and_a_chosen_one_stays_open_while_new_ones_arrive() -> None:
    vm, service = page()
    assert vm.state.chosen is not None
    assert vm.state.chosen.document_id == "doc-42"
    vm.choose("doc-40")
    service.rows = (row(43, DocumentOutcome.WAITING, 5_000), *ROWS)
    service.listeners.notify()
    assert ids(vm)[0] == "doc-43"
    assert vm.state.chosen is not None
    assert vm.state.chosen.document_id == "doc-40"


def test_an_opened_document_shows_its_paper_and_what_was_read() -> None:
    vm, _service = page(language="ko")
    vm.choose("doc-41")
    opened = vm.state.chosen
    assert opened is not None
    assert opened.paper[0].strip() == "느린오후 커피"
    facts = dict(opened.facts)
    assert facts["결제"] == "카드 13,500원"
    assert facts["영수증"] == "0041 · POS 01"
    assert "010-****-0912" in opened.facts[-1][1]


def test_a_cancellation_has_a_true_minus_sign() -> None:
    vm, _service = page(language="ko")
    cancelled = next(row for row in vm.state.rows if row.document_id == "doc-38")
    assert cancelled.amount == "−5,800원"
    assert cancelled.chip == "−58P 회수"


def test_readings_of_odd_shape_are_left_out_and_break_nothing() -> None:
    found = row(1, DocumentOutcome.ASK, None, kind="unknown")
    for reading in (
        {},
        {"payments": "x"},
        {"payments": [None, {"amount": "4"}, {"method": "?", "amount": 5}]},
        {"items": 3},
    ):
        facts = words.facts(Texts("en"), ReceiptDetail(found, (), reading))
        assert facts[0] == ("Kind", "Not recognised")


def test_an_empty_day_says_what_will_appear() -> None:
    vm, _service = page(())
    assert "as your POS prints" in vm.state.empty
    for chip in (Chip.TO_CHECK, Chip.WITHOUT_NUMBER):
        vm.choose_chip(chip)
        assert vm.state.empty


def test_out_of_sight_costs_nothing_and_a_closed_page_hears_nothing() -> None:
    vm, service = page()
    vm.hide()
    asked = service.asked
    service.listeners.notify()
    assert service.asked == asked
    vm.show()
    vm.close()
    service.listeners.notify()
    assert service.asked == asked + 1


# -- the question and what was learned ------------------------------------------------------------------------------


def asking_page() -> tuple[ReceiptsViewModel, Lessons]:
    lessons = Lessons()
    vm = ReceiptsViewModel(
        receipts=Receipts((UNREAD, *ROWS)),
        texts=Texts("ko"),
        clock=FakeClock(wall_ms=NOW_MS),
        dispatcher=ImmediateDispatcher(),
        lessons=lessons,
    )
    vm.show()
    vm.choose(UNREAD.document_id)
    return vm, lessons


def keys(vm: ReceiptsViewModel) -> list[str]:
    assert vm.state.chosen is not None
    assert vm.state.chosen.question is not None
    return [choice.key for choice in vm.state.chosen.question.choices]


def test_an_unread_paper_asks_one_question_about_its_likeliest_amount() -> None:
    vm, lessons = asking_page()
    assert vm.state.chosen is not None
    assert vm.state.chosen.question is not None
    assert vm.state.chosen.question.text == "결제금액 4,500원 맞나요?"
    assert keys(vm) == ["paid:4500", "other", "nothing"]

    vm.answer("paid:4500")
    assert lessons.given == ["doc-43 4500"]


def test_after_no_the_other_amounts_of_the_paper_are_offered() -> None:
    vm, lessons = asking_page()
    vm.answer("other")
    assert keys(vm) == ["paid:5000", "paid:4091", "nothing"]
    vm.choose("doc-41")
    vm.choose(UNREAD.document_id)
    vm.answer("nothing")
    assert lessons.given == ["doc-43 nothing"]


def test_a_paper_that_was_read_asks_nothing() -> None:
    vm, lessons = asking_page()
    vm.choose("doc-41")
    assert vm.state.chosen is not None
    assert vm.state.chosen.question is None
    vm.answer("paid:4500")
    assert lessons.given == []


def test_what_was_learned_is_listed_changed_and_forgotten() -> None:
    vm, lessons = asking_page()
    vm.choose_chip(Chip.LEARNED)
    assert [(row.amount, row.chip) for row in vm.state.rows] == [("실수납액", "결제금액"), ("모아비씨", "카드")]
    assert vm.state.counts[Chip.LEARNED] == 2

    vm.choose("rule:모아비씨")
    vm.answer("means:cash")
    vm.answer("forget")
    assert lessons.given == ["모아비씨 means cash", "모아비씨 forgotten"]


def test_without_a_teacher_nothing_is_asked() -> None:
    vm, _service = page((UNREAD, *ROWS))
    vm.choose(UNREAD.document_id)
    assert vm.state.chosen is not None
    assert vm.state.chosen.question is None
    assert Chip.LEARNED not in vm.state.counts


class Late:
    """What may be done with a receipt that met no number."""

    def __init__(self, *numbers: WaitingNumber, creditable: bool = True) -> None:
        self.numbers, self.creditable = numbers, creditable
        self.done: list[tuple[str, ...]] = []

    def waiting_numbers(self) -> tuple[WaitingNumber, ...]:
        return self.numbers

    def is_creditable(self, _document_id: str) -> bool:
        return self.creditable

    def credit_waiting(self, document_id: str, entry_id: str, actor: str) -> NotToBeHad:
        self.done.append((document_id, entry_id, actor))
        return NotToBeHad()

    def issue(self, document_id: str) -> NotToBeHad:
        self.done.append((document_id,))
        return NotToBeHad()


def with_late(late: Late, *rows: ReceiptRow) -> ReceiptsViewModel:
    vm = ReceiptsViewModel(
        receipts=Receipts(rows),
        texts=Texts("en"),
        clock=FakeClock(wall_ms=NOW_MS),
        dispatcher=ImmediateDispatcher(),
        late=late,
        actor=lambda: "staff:e-1",
    )
    vm.show()
    return vm


def test_staff_link_a_receipt_with_a_number_that_waits() -> None:
    """PNT-08"""
    late = Late(WaitingNumber("entry-1", "2", "010-****-5678"))
    vm = with_late(late, row(1, DocumentOutcome.UNMATCHED, 4_500))
    assert vm.state.chosen is not None
    question = vm.state.chosen.question
    assert question is not None
    assert [choice.text for choice in question.choices] == ["Credit to 010-****-5678", "Print a slip with a QR code"]
    assert question.beside_facts

    for choice in question.choices:
        vm.answer(choice.key)

    document_id = vm.state.chosen.document_id
    assert late.done == [(document_id, "entry-1", "staff:e-1"), (document_id,)]


@pytest.mark.parametrize(
    ("creditable", "outcome"),
    [
        (True, DocumentOutcome.WAITING),
        (True, DocumentOutcome.EARNED),
        (True, DocumentOutcome.REVERSED),
        (True, DocumentOutcome.DUPLICATE),
        (False, DocumentOutcome.UNMATCHED),
    ],
)
def test_nothing_is_offered_for_a_receipt_that_needs_nobody(creditable: bool, outcome: DocumentOutcome) -> None:
    vm = with_late(Late(creditable=creditable), row(1, outcome, 4_500))

    assert vm.state.chosen is not None
    assert vm.state.chosen.question is None
