"""The page of cup holders as claims, without a screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.steady import REST_MS
from agent.stock.state import BeforePanel, Cell, Note
from agent.stock.types import NotOrdered, OrderOutcome, Refused, ReportOutcome
from agent.stock.viewmodel import StockViewModel
from agent.stock.words import missing_warnings, refused_words
from agent.texts import Language, Texts
from rules.calendar import moment_ms
from sync.clock import FakeClock
from sync.errors import StoreFull
from tests.agent.screens import sample

TODAY = sample.STOCK_DAY
YESTERDAY = TODAY - timedelta(days=1)
STAFF = "이지은"


class Page:
    def __init__(
        self, stock: sample.Stock | None = None, *, online: bool = True, owner: bool = True, language: Language = "ko"
    ) -> None:
        self.clock = FakeClock(wall_ms=sample.NOW_MS)
        self.stock = stock or sample.Stock()
        self.online, self.owner = online, owner
        self.asked: list[str] = []
        self.vm = StockViewModel(
            stock=self.stock,
            door=self,
            has_owner=lambda: self.owner,
            online=lambda: self.online,
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
            texts=Texts(language),
            actor=lambda: STAFF,
        )

    def ask_owner(self, heading: str, then: Callable[[str, str], None]) -> None:
        self.asked.append(heading)
        then("owner:e-4", "")

    def at(self, day: date, minute: int) -> None:
        self.clock.advance(moment_ms(day, minute) - self.clock.wall_ms())
        self.stock.now_ms = self.clock.wall_ms()
        self.vm.tick()

    def save(self, typed: str) -> None:
        self.clock.advance(REST_MS)
        self.vm.type(typed)
        self.vm.save()

    def cell(self, day: date) -> Cell:
        return next(cell for cell in self.vm.state.month.cells if cell.day == day.isoformat())

    @property
    def note(self) -> Note:
        return self.vm.state.report.note


# -- one number -------------------------------------------------------------------------------------------------------


def test_one_number_and_one_press_report_today() -> None:
    """CUP-03"""
    page = Page()
    report = page.vm.state.report
    assert (report.title, report.chip.words, report.chip.tone) == ("오늘 나간 컵홀더", "아직 보고 전", "red")
    assert report.line == "11월 20일 금요일 · 11-21 10:00까지 고칠 수 있어요"

    page.save("104")

    assert page.stock.said == [("2026-11-20", 104, STAFF)]
    assert page.vm.state.report.chip == Note("저장됨 · 전송 대기", "cloud-upload", "green")
    assert page.note == Note("11-20 104개 저장했어요.", "circle-check", "green")
    assert (page.vm.state.report.typed, page.vm.state.report.placeholder) == ("", "지금 104")
    assert (page.cell(TODAY).figure, page.cell(TODAY).tone) == ("104", "green")


def test_keys_of_the_pad_type_and_erase() -> None:
    page = Page()

    for digit in "1049":
        page.vm.digit(digit)
    page.vm.back()
    assert page.vm.state.report.typed == "104"
    for _ in range(9):
        page.vm.digit("9")

    assert page.vm.state.report.typed == "1049999"  # too many is said, not swallowed
    page.vm.save()
    assert page.note.words == "하루에 쓰기에는 너무 많은 숫자예요. 다시 확인해 주세요."
    assert page.stock.said == []


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "컵홀더가 몇 개 나갔는지 적어 주세요."),
        ("  ", "컵홀더가 몇 개 나갔는지 적어 주세요."),
        ("백", "숫자만 적어 주세요."),
        ("-4", "숫자만 적어 주세요."),
        ("4.5", "숫자만 적어 주세요."),
        ("²", "숫자만 적어 주세요."),
        ("100001", "하루에 쓰기에는 너무 많은 숫자예요. 다시 확인해 주세요."),
    ],
)
def test_what_is_no_number_is_answered_in_words_and_changes_nothing(typed: str, says: str) -> None:
    """CUP-01"""
    page = Page()

    page.save(typed)

    assert (page.note.words, page.note.tone, page.vm.state.report.wrong) == (says, "red", True)
    assert (page.stock.said, page.vm.state.report.typed) == ([], typed)
    page.vm.type("1")
    assert (page.note, page.vm.state.report.wrong) == (Note(), False)


@pytest.mark.parametrize("typed", ["104", " 104 ", "１０４", "0104"])
def test_a_number_may_be_written_in_any_usual_way(typed: str) -> None:
    page = Page()
    page.save(typed)
    assert page.stock.said == [("2026-11-20", 104, STAFF)]


def test_thousands_may_be_separated() -> None:
    page = Page()
    page.save("1,040")
    page.clock.advance(REST_MS)
    page.vm.save()
    assert page.stock.said == [("2026-11-20", 1_040, STAFF)]


@pytest.mark.parametrize(
    ("typed", "asks"),
    [
        ("381", "381개는 전날(127개)의 3배가 넘어요. 이 숫자가 맞나요?"),
        ("38", "38개는 전날(127개)보다 크게 적어요. 쉬는 날이었나요?"),
        ("171", "171개는 평소와 많이 달라요. 이 숫자가 맞나요?"),
    ],
)
def test_an_odd_number_is_asked_about_and_kept_with_a_second_press(typed: str, asks: str) -> None:
    """CUP-06, CUP-09: what is usual stands below the field."""
    page = Page()
    assert page.vm.state.report.usual == "보통 77~170개"

    page.save(typed)

    assert (page.vm.state.report.question, page.vm.state.report.save) == (asks, "맞아요, 저장")
    assert page.stock.said == []
    page.vm.save()  # the second half of a double click is no answer
    assert page.stock.said == []
    page.clock.advance(REST_MS)
    page.vm.save()
    assert page.stock.said == [("2026-11-20", int(typed), STAFF)]
    assert (page.vm.state.report.question, page.vm.state.report.save) == ("", "저장")


def test_another_number_in_place_of_an_odd_one_is_judged_anew() -> None:
    """CUP-06"""
    page = Page()
    page.save("1040")
    page.save("2040")
    assert page.vm.state.report.question.startswith("2,040개")
    page.save("104")
    assert page.stock.said == [("2026-11-20", 104, STAFF)]


def test_the_same_number_again_says_so() -> None:
    page = Page(sample.Stock(sample.reported(today=104)))
    page.save("104")
    assert (page.note.words, page.stock.said) == ("이미 104개로 저장되어 있어요.", [])


def test_without_a_line_it_says_that_the_number_is_kept_and_sent_later() -> None:
    """AGT-08"""
    page = Page(online=False)
    page.save("104")
    assert page.note.words == "11-20 104개 저장했어요. 인터넷이 연결되면 보낼게요."
    assert page.vm.state.hint == "인터넷이 끊겼어요. 여기 적은 숫자는 저장되고, 연결되면 저절로 보내요."


@pytest.mark.expect_log(r"report_not_saved")
def test_a_full_disk_is_said_and_the_number_stays_in_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()

    def full(*_args: object, **_more: object) -> ReportOutcome:
        raise StoreFull("no room")

    monkeypatch.setattr(page.stock, "report", full)
    page.save("104")

    assert page.note.words == "저장하지 못했어요. 다시 시도해 주세요."
    assert page.vm.state.report.typed == "104"


# -- earlier days -----------------------------------------------------------------------------------------------------


def test_the_day_before_is_corrected_until_two_hours_after_opening() -> None:
    """CUP-04"""
    page = Page()
    page.at(TODAY, 599)
    before = page.vm.state.before
    assert (before.title, before.line, before.action) == (
        "어제 11-19 · 127개",
        "10:00까지 고칠 수 있어요",
        "고치기",
    )

    page.vm.choose(before.day)
    assert (page.vm.state.report.title, page.vm.state.report.placeholder) == ("11월 19일 목요일", "지금 127")
    page.save("120")

    assert page.stock.said == [("2026-11-19", 120, STAFF)]
    assert page.note.words == "11-19 120개 저장했어요."
    assert page.vm.state.report.title == "오늘 나간 컵홀더"  # and the next number is today's again


def test_after_its_window_a_day_is_read_only_and_says_so() -> None:
    """CUP-04"""
    page = Page()
    assert (page.vm.state.before.line, page.vm.state.before.action) == ("고칠 수 있는 시간이 지났어요.", "")

    page.vm.choose(YESTERDAY.isoformat())

    assert page.note.words == "11-19 127개. 고칠 수 있는 시간이 지났어요."
    assert page.vm.state.report.title == "오늘 나간 컵홀더"


def test_a_window_that_ends_while_somebody_types_refuses_the_number() -> None:
    """CUP-04"""
    page = Page()
    page.at(TODAY, 600)
    page.vm.choose(YESTERDAY.isoformat())
    page.at(TODAY, 601)

    page.save("120")

    assert page.note.words == "11-19 보고는 11-20 10:00까지 고칠 수 있었어요. 지금 숫자를 그대로 둘게요."
    assert page.stock.said == []


def test_yesterday_of_a_new_store_is_asked_for_without_red() -> None:
    """CUP-07, UXR-09"""
    page = Page(sample.Stock(sample.reported(nothing=True)))
    page.at(TODAY, 599)

    assert page.vm.state.before.action == "입력하기"
    assert (page.vm.state.before.chip.words, page.vm.state.before.chip.tone) == ("아직 보고 전", "neutral")
    cell = page.cell(YESTERDAY)
    assert (cell.pressable, cell.tone, cell.mark) == (True, "", "")


def test_nothing_is_said_of_the_day_before_where_nothing_is_known_of_it() -> None:
    """CUP-07"""
    page = Page(sample.Stock(sample.reported(nothing=True)))
    assert page.vm.state.before == BeforePanel()
    assert page.vm.state.month.count == "0일 보고"


def test_a_forgotten_day_is_kept_late_and_said_not_to_count() -> None:
    """Ambiguity A5"""
    page = Page()
    missing = TODAY - timedelta(days=8)

    page.vm.choose(missing.isoformat())
    assert page.vm.state.report.line == "기한이 지나 보고율에는 들어가지 않지만 남겨 둬요."
    page.save("100")

    assert page.stock.said == [(missing.isoformat(), 100, STAFF)]
    assert page.note.words == "11-12 100개 저장했어요. 기한이 지나 보고율에는 들어가지 않아요."
    assert page.cell(missing).tone == "amber"


def test_the_calendar_says_what_was_reported_what_is_missing_and_when_it_was_closed() -> None:
    """CUP-03, CUP-07"""
    page = Page()
    month = page.vm.state.month

    assert (month.title, month.count, month.weekdays[0]) == ("2026년 11월", "16일 보고 · 1일 빠짐", "일")
    looks = {day: (page.cell(date(2026, 11, day)).mark, page.cell(date(2026, 11, day)).tone) for day in (8, 12, 15, 19)}
    assert looks == {8: ("clock", "amber"), 12: ("circle-alert", "red"), 15: ("moon", ""), 19: ("", "green")}
    assert page.cell(TODAY).chosen
    assert not page.cell(TODAY + timedelta(days=1)).pressable
    page.vm.choose((TODAY + timedelta(days=1)).isoformat())
    assert page.vm.state.report.title == "오늘 나간 컵홀더"


def test_months_are_paged_as_far_as_something_is_known() -> None:
    """CUP-07"""
    page = Page()
    assert (page.vm.state.month.earlier, page.vm.state.month.later) == (True, False)
    page.vm.later()
    page.vm.choose("2026-11-12")

    page.vm.earlier()

    assert (page.vm.state.month.title, page.vm.state.month.earlier, page.vm.state.month.later) == (
        "2026년 10월",
        False,
        True,
    )
    assert page.vm.state.report.title == "오늘 나간 컵홀더"  # nobody writes a day that is out of sight
    assert not page.cell(date(2026, 10, 2)).pressable  # before the first number
    page.vm.later()
    assert page.vm.state.month.title == "2026년 11월"


def test_the_page_is_about_today_each_time_it_is_opened_and_turns_with_the_day() -> None:
    page = Page()
    page.vm.choose("2026-11-12")
    page.vm.type("77")
    page.vm.show()
    assert (page.vm.state.report.title, page.vm.state.report.typed) == ("오늘 나간 컵홀더", "")

    page.at(TODAY + timedelta(days=1), 500)

    assert page.vm.state.report.line.startswith("11월 21일 토요일")
    assert page.vm.state.before.title == "어제 11-20"
    assert (page.vm.state.before.chip.words, page.vm.state.before.action) == ("아직 보고 전", "입력하기")


# -- what is left, and ordering ---------------------------------------------------------------------------------------


def test_what_is_left_says_how_long_it_lasts_and_when_to_order() -> None:
    """CUP-14, CUP-23, CUP-24, CUP-27"""
    panel = Page().vm.state.stock
    assert (panel.figure, panel.of, panel.rate_percent) == ("740개", "받은 3,000개 중", 24)
    assert panel.line == "약 6일분 · 하루 평균 118개 · 나간 것 2,260개"
    assert (panel.chip.words, panel.low) == ("주문할 때예요", True)
    assert [(row.title, row.line, row.chip.words) for row in panel.rounds] == [
        ("3차 · 2,000개", "11-19 주문", "오는 중"),
        ("2차 · 2,000개", "11-08 주문 · 11-10 2,000개 받음", "받음"),
        ("1차 · 1,000개", "10-21 주문 · 10-23 1,000개 받음", "받음"),
    ]


def test_more_used_than_received_is_said() -> None:
    """CUP-24"""
    left = replace(sample.LEFT, over_reported=40, stock=0)
    assert Page(sample.Stock(left=left)).vm.state.stock.chip.words == "받은 것보다 40개 많아요"


def test_an_order_is_confirmed_and_waits_in_the_list() -> None:
    """CUP-18, CUP-19"""
    page = Page()
    page.vm.ask_order()
    question = page.vm.state.order
    assert question is not None
    assert [(quick.word, quick.chosen) for quick in question.quick] == [
        ("권장 2,000", True),
        ("1.5배 3,000", False),
        ("2배 4,000", False),
    ]
    assert question.warning == "주문하면 바로 접수되고, 나중에 바꾸지 못할 수 있어요."

    page.vm.choose_quick(150)
    page.vm.confirm_order()

    assert page.stock.said == [("order", 3_000, STAFF)]
    assert page.vm.state.order is None
    assert page.vm.state.stock.rounds[0].chip.words == "저장됨 · 전송 대기"


@pytest.mark.parametrize("typed", ["2,500", "0", "천 개", "-1000"])
def test_only_whole_thousands_are_taken(typed: str) -> None:
    """CUP-15, CUP-18"""
    page = Page()
    page.vm.ask_order()

    page.vm.type_quantity(typed)
    page.vm.confirm_order()

    assert page.vm.state.order is not None
    assert page.vm.state.order.problem == "1,000개 단위로 적어 주세요. 예: 1,000, 2,000, 3,000"
    assert page.stock.said == []
    page.vm.type_quantity("7,000")
    assert page.vm.state.order.problem == ""
    page.clock.advance(REST_MS)
    page.vm.confirm_order()
    assert page.stock.said == [("order", 7_000, STAFF)]


def test_a_cancelled_order_orders_nothing() -> None:
    """CUP-19"""
    page = Page()
    page.vm.ask_order()
    page.vm.cancel_order()
    page.vm.confirm_order()
    assert (page.vm.state.order, page.stock.said) == (None, [])


def test_staff_fetch_the_owner_before_anything_is_ordered() -> None:
    """RBA-01, CUP-18"""
    page = Page(sample.Stock(owner_orders=True))
    page.vm.ask_order()

    page.vm.confirm_order()

    assert page.asked == ["사장님: 컵홀더 2,000개 주문"]
    assert page.stock.said == [("order", 2_000, "owner:e-4")]


def test_without_an_owner_it_says_whom_to_ask() -> None:
    """RBA-01"""
    page = Page(sample.Stock(owner_orders=True), owner=False)
    page.vm.ask_order()

    page.vm.confirm_order()

    assert page.vm.state.order is not None
    assert page.vm.state.order.problem == "주문은 사장님만 할 수 있어요. 본사에 사장님 PIN 등록을 요청해 주세요."
    assert page.stock.said == []


def test_what_is_not_ordered_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """STO-07"""
    page = Page()
    said: list[str] = []
    page.vm.on_change = lambda: said.append(page.vm.state.said)

    def closed(_pieces: int, _actor: str) -> OrderOutcome:
        return NotOrdered("store_not_open")

    monkeypatch.setattr(page.stock, "order", closed)
    page.vm.ask_order()
    page.vm.confirm_order()

    assert "지금은 매장이 쉬고 있어요." in said


def test_a_store_at_rest_has_no_button_but_a_reason() -> None:
    """STO-07"""
    panel = Page(sample.Stock(left=replace(sample.LEFT, may_order=False))).vm.state.stock
    assert (panel.door, panel.why_not) == ("", "지금은 매장이 쉬고 있어요.")


# -- what the cloud did not take --------------------------------------------------------------------------------------


def test_what_the_cloud_did_not_take_stands_on_top_until_somebody_has_read_it() -> None:
    """AGT-10"""
    refused = Refused("op-1", TODAY, 84, "report_read_only", sample.NOW_MS)
    page = Page(sample.Stock(complaints=(refused, replace(refused, op_id="op-2", pieces=90))))
    complaint = page.vm.state.complaint
    assert complaint is not None
    why = "고칠 수 있는 시간이 지났거나 다른 계산대가 먼저 보고했어요."
    assert complaint.words == f"11-20 보고 84개를 받지 않았어요. {why}"

    page.vm.seen("op-1")

    assert page.vm.state.complaint is not None
    assert page.vm.state.complaint.op_id == "op-2"
    page.vm.seen("op-2")
    assert page.vm.state.complaint is None


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_refusal_is_a_sentence_without_a_code(language: Language) -> None:
    codes = ("report_read_only", "report_not_yet", "report_quantity", "not_allowed", "store_not_open")
    more = ("stock_quantity", "idempotency_conflict", "device_suspended", "parked", "of_a_later_version")
    for code in codes + more:
        for day in (TODAY, None):
            said = refused_words(Texts(language), Refused("op", day, 84, code, 0))
            assert "_" not in said
            assert said.endswith(".")


# -- beside the page --------------------------------------------------------------------------------------------------


def test_the_home_page_leads_to_a_report_that_is_due_unless_a_notice_does() -> None:
    """CUP-08"""
    [warn] = missing_warnings(Texts("ko"), (TODAY,), sample.TOLD)
    assert (warn.sentence, warn.action_word, warn.action_page) == ("11-20 일일 보고가 아직 없어요", "보고하기", "stock")
    assert missing_warnings(Texts("ko"), (YESTERDAY,), sample.TOLD) == ()


def test_the_page_speaks_english() -> None:
    page = Page(language="en")
    page.save("104")
    assert page.note.words == "11-20: 104 pieces saved."
    assert page.vm.state.month.title == "November 2026"


# -- gone unused ------------------------------------------------------------------------------------------------------


def test_staff_write_what_was_collected_or_soiled_and_see_it_taken_off() -> None:
    """CUP-26: an empty field is none; the owner is not needed."""
    page = Page()
    page.vm.ask_off()
    question = page.vm.state.off
    assert question is not None
    assert question.advice == "2차에 받은 2,000개 중 지금까지 모두 몇 개인지 적어 주세요."

    page.vm.type_off("", "12")
    page.vm.confirm_off()

    assert page.vm.state.off is None
    assert page.stock.said[-1][:2] == ("off", 12)
    assert "회수·오염 12" in page.vm.state.stock.line


@pytest.mark.parametrize(
    ("collected", "soiled", "problem"),
    [("1,990", "20", "받은 2,000개보다 많을 수 없어요."), ("열", "0", "숫자만 적어 주세요.")],
)
def test_what_cannot_be_taken_off_stays_to_be_corrected(collected: str, soiled: str, problem: str) -> None:
    """CUP-26"""
    page = Page()
    page.vm.ask_off()
    page.vm.type_off(collected, soiled)

    page.vm.confirm_off()

    assert page.vm.state.off is not None
    assert page.vm.state.off.problem == problem
    assert page.stock.said == []
    page.vm.cancel_off()
    assert page.vm.state.off is None


def test_before_the_first_delivery_there_is_nothing_to_take_off() -> None:
    """CUP-26"""
    page = Page()
    page.stock.left = replace(page.stock.left, in_use=None)
    page.vm.refresh()
    page.vm.ask_off()

    assert (page.vm.state.stock.off_door, page.vm.state.off) == ("", None)
