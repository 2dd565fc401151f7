"""One question about an unread paper, and what comes of the answer (PNT-07, PNT-08, PNT-09; receipts, learning)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.receipts.types import DocumentOutcome
from printers.capture.captured import text_digest
from printers.capture.spool import CapturedDocument
from printers.receipts.learned import Meaning
from tests.helpers.counter import Counter, captured, counter

PHONE = "01012345678"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path / "agent") as found:
        yield found


def unread(
    shop: Counter, due_won: int, *, number: int = 1, card: str = "모아비씨", age_ms: int = 0
) -> CapturedDocument:
    """A paper whose VAT is added under a name nobody knows, so that neither goods nor tax prove the amount due."""
    lines = (
        "달무리 커피",
        f"No. {number:04}   2026-09-21 14:0{number % 10}",
        "아메리카노      4,000",
        "---------------",
        f"이모음                {due_won:,}",
        f"{card}              {due_won:,}",
        "승인번호        ********",
    )
    made = captured(shop.clock, kind="unknown", total=None, receipt_no=f"{number:04}", approvals=(f"A{number:07}",))
    reading = {"kind": "unknown", "total": None, "paid": None, "receipt_no": f"{number:04}", "time": None, "till": None}
    return replace(
        made,
        lines=lines,
        reading=reading,
        text_digest=text_digest(lines),
        captured_wall_ms=made.captured_wall_ms - age_ms,
    )


def outcomes(shop: Counter) -> dict[str, tuple[str, int | None]]:
    return {row.document_id: (row.outcome.value, row.paid_won) for row in shop.agent.receipts.list(50)}


def test_the_question_offers_the_amounts_of_the_paper_only(shop: Counter) -> None:
    paper = unread(shop, 4_500)
    shop.agent.take_document(paper)

    offered = [guess.amount_won for guess in shop.agent.lessons.question(paper.document_id)]

    assert offered[0] == 4_500
    assert shop.agent.lessons.answer(paper.document_id, 99_000) is None
    assert outcomes(shop)[paper.document_id] == ("ask", None)


def test_an_answer_credits_the_paper_once_and_meets_the_number_that_waits(shop: Counter) -> None:
    paper = unread(shop, 4_500)
    shop.agent.take_document(paper)
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE)

    answered = shop.agent.lessons.answer(paper.document_id, 4_500)

    assert answered is not None
    assert outcomes(shop)[paper.document_id] == ("earned", 4_500)
    assert [body["paid_won"] for _, body in shop.ops("earn")] == [4_500]
    assert shop.agent.lessons.answer(paper.document_id, 4_500) is None, "answered is answered"
    shop.agent.take_document(paper)
    assert len(shop.ops("earn")) == 1


def test_an_answered_paper_printed_again_earns_nothing(shop: Counter) -> None:
    paper = unread(shop, 4_500)
    shop.agent.take_document(paper)
    shop.agent.lessons.answer(paper.document_id, 4_500)
    again = replace(paper, document_id="again")
    shop.agent.take_document(again)
    if shop.agent.lessons.question("again"):
        shop.agent.lessons.answer("again", 4_500)

    assert outcomes(shop)["again"][0] == "duplicate"


def proved(shop: Counter, due_won: int, *, number: int, other_won: int = 0) -> CapturedDocument:
    """A slip whose only amount has a name nobody knows, beside its approval; `other_won` does not fit to it."""
    lines = (
        "달무리 커피",
        f"No. {number:04}   2026-09-21 15:00:0{number % 10}",
        "---------------",
        f"이모음                {due_won:,}",
        *((f"저모음                {other_won:,}",) if other_won else ()),
        "승인번호        ********",
    )
    made = unread(shop, due_won, number=number)
    return replace(made, lines=lines, text_digest=text_digest(lines))


def test_the_lesson_reads_earlier_and_later_papers_whose_witnesses_agree(shop: Counter) -> None:
    earlier, asked = proved(shop, 5_000, number=2), proved(shop, 4_500, number=3)
    for paper in (earlier, asked):
        shop.agent.take_document(paper)
    assert {outcome for outcome, _ in outcomes(shop).values()} == {"ask"}

    answered = shop.agent.lessons.answer(asked.document_id, 4_500)

    assert answered is not None
    assert answered.lesson is not None
    assert (answered.lesson.label, answered.lesson.meaning) == ("이모음", Meaning.DUE)
    assert answered.read_again == 1
    assert outcomes(shop)[earlier.document_id] == ("waiting", 5_000)
    later = proved(shop, 7_000, number=4)
    shop.agent.take_document(later)
    assert outcomes(shop)[later.document_id] == ("waiting", 7_000)


def test_a_lesson_alone_never_credits(shop: Counter) -> None:
    """A wrong rule, or a right one on a paper whose amounts do not fit, leaves the paper a question."""
    asked = proved(shop, 4_500, number=3)
    shop.agent.take_document(asked)
    shop.agent.lessons.answer(asked.document_id, 4_500)

    doubtful = proved(shop, 5_000, number=5, other_won=6_000)
    shop.agent.take_document(doubtful)

    assert outcomes(shop)[doubtful.document_id] == ("ask", None)


def test_an_old_paper_is_read_but_pairs_with_nobody(shop: Counter) -> None:
    asked, old = proved(shop, 4_500, number=3), proved(shop, 5_000, number=6)
    old = replace(old, captured_wall_ms=old.captured_wall_ms - 600_000)
    shop.agent.take_document(old)
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE)
    shop.agent.take_document(asked)

    shop.agent.lessons.answer(asked.document_id, 4_500)

    assert outcomes(shop)[old.document_id] == ("unmatched", 5_000)
    assert outcomes(shop)[asked.document_id][0] == "earned"


def test_not_a_payment_ends_the_question(shop: Counter) -> None:
    paper = unread(shop, 4_500)
    shop.agent.take_document(paper)

    assert shop.agent.lessons.not_a_payment(paper.document_id)
    assert outcomes(shop)[paper.document_id][0] == DocumentOutcome.IGNORED.value
    assert not shop.agent.lessons.not_a_payment(paper.document_id)


def test_rules_are_seen_changed_and_forgotten(shop: Counter) -> None:
    asked = proved(shop, 4_500, number=3)
    shop.agent.take_document(asked)
    shop.agent.lessons.answer(asked.document_id, 4_500)

    shop.agent.lessons.change("이모음", Meaning.CASH)
    assert [lesson.meaning for lesson in shop.agent.lessons.lessons()] == [Meaning.CASH]
    shop.agent.lessons.forget("이모음")
    assert shop.agent.lessons.lessons() == ()
    assert outcomes(shop)[asked.document_id][1] == 4_500, "what was credited stays"


def test_rules_go_to_another_shop_as_a_file_without_a_word_about_sales(shop: Counter, tmp_path: Path) -> None:
    asked = proved(shop, 4_500, number=3)
    shop.agent.take_document(asked)
    shop.agent.lessons.answer(asked.document_id, 4_500)
    file = shop.agent.lessons.exported("달POS 3")
    assert json.loads(file)["lessons"] == [{"label": "이모음", "meaning": "due"}]
    assert "4,500" not in file

    with counter(tmp_path / "other") as other:
        waiting = proved(other, 6_000, number=8)
        other.agent.take_document(waiting)
        assert other.agent.lessons.take_in(file) == 1
        assert other.agent.lessons.take_in(file) == 0
        assert outcomes(other)[waiting.document_id] == ("waiting", 6_000)
        (lesson,) = other.agent.lessons.lessons()
        assert (lesson.pos_model, lesson.origin) == ("달POS 3", "file")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"withfom_layout_lessons": 2, "pos_model": "", "lessons": []}',
        '{"withfom_layout_lessons": 1, "pos_model": "", "lessons": [{"label": "이모음", "meaning": "gold"}]}',
        '{"withfom_layout_lessons": 1, "pos_model": "", "lessons": [{"label": "받은금액", "meaning": "due"}]}',
    ],
)
def test_another_file_is_refused_and_nothing_is_learned(shop: Counter, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        shop.agent.lessons.take_in(text)

    assert shop.agent.lessons.lessons() == ()


# --- what head office says -------------------------------------------------------------------------------------------


def told(shop: Counter, label: str, meaning: str | None, *, version: int = 1, pos_model: str = "OKPOS") -> None:
    """Head office's word about a label arrives, and the next second comes."""
    body = {"label": label, "meaning": meaning, "pos_model": pos_model, "version": version}
    shop.feed(shop.agent.appliers()["layout"], "layout", body)
    shop.agent.lessons.tick()


def meanings(shop: Counter) -> dict[str, tuple[str, str]]:
    return {lesson.label: (lesson.meaning.value, lesson.origin) for lesson in shop.agent.lessons.lessons()}


def test_a_lesson_of_another_shop_reads_what_waits_here_and_what_comes(shop: Counter) -> None:
    """PNT-07: without anybody being asked; the paper's own witnesses agree."""
    papers = [unread(shop, 4_500 + 100 * number, number=number) for number in (1, 2)]
    shop.agent.take_document(papers[0])
    assert outcomes(shop)[papers[0].document_id] == ("ask", None)

    told(shop, "이모음", "due")
    shop.agent.take_document(papers[1])

    assert outcomes(shop) == {
        papers[0].document_id: ("waiting", 4_600),
        papers[1].document_id: ("waiting", 4_700),
    }


def methods(shop: Counter, paper: CapturedDocument) -> list[str]:
    detail = shop.agent.receipts.get(paper.document_id)
    assert detail is not None
    return [payment["method"] for payment in detail.reading.get("payments", [])]


def test_lessons_of_the_same_till_are_tried_before_those_of_others(shop: Counter) -> None:
    """PNT-07: a label of another till does not decide where our own are enough, and helps where they are not."""
    told(shop, "이모음", "due", pos_model="달POS")
    told(shop, "모아비씨", "voucher", pos_model="별POS")
    shop.agent.take_document(before := unread(shop, 4_500))
    assert methods(shop, before) == ["voucher"]

    shop.agent.lessons.set_pos_model("  달POS ")
    shop.agent.take_document(near := unread(shop, 4_600, number=2))
    shop.agent.lessons.set_pos_model("별POS")
    shop.agent.take_document(far := unread(shop, 4_700, number=3))

    assert "voucher" not in methods(shop, near)
    assert methods(shop, far) == ["voucher"], "its own are not enough, so that all are tried"
    assert [outcomes(shop)[paper.document_id][1] for paper in (before, near, far)] == [4_500, 4_600, 4_700]


def test_what_staff_say_of_the_till_goes_with_what_they_teach(shop: Counter) -> None:
    """PNT-07"""
    lessons = shop.agent.lessons
    assert (lessons.pos_model(), lessons.pos_models()) == ("", ())
    lessons.set_pos_model("달POS " + "x" * 100)
    assert len(lessons.pos_model()) == 60
    lessons.set_pos_model("달POS")
    shop.agent.take_document(paper := unread(shop, 4_500))

    lessons.answer(paper.document_id, 4_500)

    assert [lesson.pos_model for lesson in lessons.lessons()] == ["달POS"]
    assert lessons.pos_models() == ("달POS",)
    assert json.loads(lessons.exported())["pos_model"] == "달POS"
    assert json.loads(lessons.exported("별POS"))["pos_model"] == "별POS"
    lessons.set_pos_model("")
    assert lessons.pos_model() == ""


def test_the_shop_s_own_word_stands_above_head_office_s(shop: Counter) -> None:
    told(shop, "이모음", "card")
    shop.agent.lessons.change("이모음", Meaning.DUE)
    told(shop, "이모음", "cash", version=2)
    assert meanings(shop) == {"이모음": ("due", "counter")}

    told(shop, "이모음", None, version=3)

    assert meanings(shop) == {"이모음": ("due", "counter")}


def test_a_withdrawn_lesson_reads_nothing_more_and_what_it_read_stays(shop: Counter) -> None:
    told(shop, "이모음", "due")
    shop.agent.take_document(first := unread(shop, 4_500))

    told(shop, "이모음", None, version=2)
    shop.agent.take_document(second := unread(shop, 5_500, number=2))

    assert meanings(shop) == {}
    assert outcomes(shop)[first.document_id] == ("waiting", 4_500)
    assert outcomes(shop)[second.document_id] == ("ask", None)


@pytest.mark.parametrize(
    ("label", "meaning"), [("합계", "card"), ("이모음", "nothing"), ("x" * 21, "due"), ("***", "due"), ("이모음", 7)]
)
def test_what_cannot_be_taught_here_is_no_lesson_from_head_office_either(
    shop: Counter, label: str, meaning: object
) -> None:
    """PNT-09: a word that the reader knows keeps its meaning, whoever says otherwise."""
    told(shop, label, meaning)  # type: ignore[arg-type]

    assert meanings(shop) == {}


def test_a_wrong_lesson_from_head_office_credits_no_wrong_amount(shop: Counter) -> None:
    """PNT-09: the VAT's name is said to be the amount due; no witness agrees, so that the paper stays a question."""
    told(shop, "아메리카노", "due")

    shop.agent.take_document(paper := unread(shop, 4_500))

    assert outcomes(shop)[paper.document_id] == ("ask", None)
