"""What a shop teaches reads its papers, and a wrong lesson never makes a wrong amount (PNT-07; receipts, learning)."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from printers.capture.redact import redact
from printers.receipts.facts import facts_of
from printers.receipts.learned import Meaning, guesses, lesson_of, read_again, teachable
from printers.receipts.lines import lines_of
from printers.receipts.reader import read_document
from printers.stream.documents import documents_of
from printers.stream.page import Row
from tests.printers.receipts.invented.papers import Paper, paper

PAPERS = range(9_000_000, 9_000_150)


def unread(numbers: range) -> Iterator[tuple[Paper, tuple[str, ...], tuple[str, ...]]]:
    """Sales that cannot be read because of a label nobody knows: the paper, its redacted rows, its approvals."""
    for number in numbers:
        made = paper(number, hostile="relabel")
        documents = documents_of(made.stream)
        if made.truth.kind != "sale" or len(documents) != 1:
            continue
        reading = read_document(documents[0])[0]
        if reading.kind == "unknown":
            rows = redact([row.text for row in documents[0].page.rows], approvals=reading.approval_numbers).lines
            yield made, rows, reading.approval_numbers


def check_wrong_lessons(numbers: range) -> int:
    """Tries every meaning for every unknown label of every unread paper; answers how many were tried."""
    tried = 0
    for made, rows, approvals in unread(numbers):
        labels = {row.label for row in facts_of(lines_of([Row(row) for row in rows])).unnamed}
        for label in filter(teachable, labels):
            for meaning in Meaning:
                reading = read_again(rows, {label: meaning}, approvals)
                tried += 1
                if reading.kind in ("sale", "reprint"):
                    assert (reading.total, reading.paid) == (made.truth.total, made.truth.paid), (label, meaning, rows)
    return tried


@pytest.mark.thorough
def test_any_lesson_about_any_label_leaves_no_wrong_amount() -> None:
    assert check_wrong_lessons(PAPERS) > 100


@pytest.mark.thorough
@pytest.mark.timeout(3_600)
def test_any_lesson_about_thousands_of_papers_leaves_no_wrong_amount() -> None:
    assert check_wrong_lessons(range(9_100_000, 9_101_000)) > 400


@pytest.mark.thorough
def test_the_right_amount_is_among_the_guesses_and_usually_the_first() -> None:
    found = [(made, [guess.amount_won for guess in guesses(rows)]) for made, rows, _ in unread(PAPERS)]
    sales = [(made.truth.paid, offered) for made, offered in found if made.sort == "sale" and made.truth.paid]

    assert sales
    assert sum(offered[:1] == [paid] for paid, offered in sales) > len(sales) / 2


def test_a_label_the_reader_knows_cannot_be_taught() -> None:
    for label in ("받은금액", "합계", "부가세", "신용카드", "거스름돈", "", "12", "가" * 30):
        assert not teachable(label), label
    rows = ["영수증", "쿠키 1   3,000", "---------", "합계   3,000", "받은금액   5,000", "거스름   2,000"]
    assert read_again(rows, {"받은금액": Meaning.DUE}).total == 3_000


def test_an_answer_teaches_one_label_and_not_the_name_of_a_good() -> None:
    rows = ["쿠키 1   3,000", "---------", "우리만의말   3,000", "승인번호 ********"]
    assert lesson_of(rows, 3_000, approved=True) == ("우리만의말", Meaning.DUE)
    assert lesson_of(["쿠키 1   3,000", "---------", "합계   3,000"], 3_000, approved=False) is None


def test_an_answer_with_a_larger_amount_below_it_makes_no_rule() -> None:
    rows = ["쿠키 1   3,000", "---------", "가나   3,000", "다라   3,300", "마바   3,300"]
    assert lesson_of(rows, 3_000, approved=False) is None
    assert lesson_of(rows, 3_300, approved=False) == ("다라", Meaning.DUE)


@pytest.mark.thorough
def test_random_lessons_of_one_shop_read_no_other_amount() -> None:
    """A shop that answered nonsense for weeks."""
    dice = random.Random(4)
    papers = list(unread(PAPERS))
    labels = sorted({row.label for _, rows, _ in papers for row in facts_of(lines_of([Row(r) for r in rows])).unnamed})
    lessons = {label: dice.choice(tuple(Meaning)) for label in labels if teachable(label)}
    assert len(lessons) > 20
    for made, rows, approvals in papers:
        reading = read_again(rows, lessons, approvals)
        if reading.kind in ("sale", "reprint") and made.sort == "sale":
            assert reading.total == made.truth.total, rows
