"""The orders page as claims, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from agent.approval.types import RejectReason
from agent.dispatch import ImmediateDispatcher
from agent.orders import words
from agent.orders.types import LIST_MAX, AdvanceOutcome, NotAllowed, OrderItem, SoldOutOutcome
from agent.orders.viewmodel import OrdersViewModel, parse_day
from agent.steady import REST_MS
from agent.texts import Texts
from rules.orders import SOLD_OUT_UNANSWERED_MS, SoldOutWord
from rules.requests import OrderState
from sync.clock import FakeClock
from sync.errors import StoreFull
from tests.agent.screens import sample


class Decider:
    def __init__(self, *open_requests: str) -> None:
        self.open_requests = set(open_requests)
        self.asked: list[tuple[str, ...]] = []

    def is_open(self, request_id: str) -> bool:
        return request_id in self.open_requests

    def approve(self, request_id: str) -> None:
        self.asked.append(("approve", request_id))

    def reject(self, request_id: str, reason: RejectReason, text: str = "") -> None:
        self.asked.append(("reject", request_id, reason.value, text))


class Page:
    def __init__(self, *open_requests: str, online: bool = True) -> None:
        self.clock = FakeClock(wall_ms=sample.NOW_MS)
        self.orders = sample.Orders()
        self.decider = Decider(*open_requests)
        self.vm = OrdersViewModel(
            orders=self.orders,
            decider=self.decider,
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
            texts=Texts("ko"),
            actor=lambda: "이지은",
            online=lambda: online,
        )
        self.vm.show()


def test_rows_say_number_state_menu_channel_time_amount_and_payment() -> None:
    """ORD-03."""
    row = next(row for row in Page().vm.state.rows if row.number == "A-067")

    assert (row.state, row.title) == ("준비중", "아메리카노(HOT) 2개, 소금빵 1개")
    assert row.line == "테이크아웃 14:24 · 8분"
    assert (row.amount, row.below_amount) == ("12,500원", "선결제")


def test_late_orders_say_so_in_words() -> None:
    """ORD-24."""
    rows = {row.number: row for row in Page().vm.state.rows}

    assert rows["A-065"].late == "14분 지남"
    assert rows["A-066"].late == ""
    assert rows["A-064"].late == ""  # ready: nobody waits for the shop


def test_each_state_offers_its_one_next_step() -> None:
    """ORD-04."""
    rows = {row.number: row for row in Page().vm.state.rows}

    assert (rows["A-069"].step, rows["A-069"].first_step) == ("접수", True)
    assert (rows["A-067"].step, rows["A-067"].first_step) == ("준비완료", False)
    assert rows["A-064"].step == rows["A-063"].step == ""


def test_the_next_step_moves_the_order() -> None:
    """ORD-04."""
    page = Page()

    page.vm.advance("a69")
    page.clock.advance(REST_MS)
    page.vm.advance("a69")

    assert {row.number: row.state for row in page.vm.state.rows}["A-069"] == "준비완료"


def test_an_order_whose_request_still_counts_down_is_decided_there_once() -> None:
    """ORD-05, APR-05."""
    page = Page("o1", "o2")

    page.vm.advance("a69")

    assert page.decider.asked == [("approve", "o2")]


def test_cancelling_a_waiting_request_needs_a_reason() -> None:
    """ORD-04, APR-08, A6."""
    page = Page("o2")

    page.vm.ask_cancel("a69")
    assert page.vm.state.asking is not None
    assert page.vm.state.asking.reasons is not None
    page.vm.confirm_cancel()
    assert page.decider.asked == []
    page.vm.choose_reason(RejectReason.OUT_OF_STOCK)
    page.vm.confirm_cancel()

    assert page.decider.asked == [("reject", "o2", "out_of_stock", "")]


def test_a_new_order_without_a_request_is_cancelled_after_a_question() -> None:
    page = Page()

    page.vm.ask_cancel("a69")
    assert page.vm.state.asking is not None
    assert page.vm.state.asking.confirm == "네, 취소할게요"
    page.vm.confirm_cancel()

    assert {row.number: row.state for row in page.vm.state.rows}["A-069"] == "취소"


@pytest.mark.parametrize("order_id", ["a64", "a63"])
def test_what_has_ended_can_neither_be_cancelled_nor_sold_out(order_id: str) -> None:
    """ORD-04, ORD-07"""
    page = Page()
    page.vm.choose(order_id)
    assert page.vm.state.detail is not None
    assert page.vm.state.detail.cancel == ""

    page.vm.ask_cancel(order_id)

    assert page.vm.state.asking is None


def test_a_step_somebody_else_took_first_is_said() -> None:
    page = Page()
    said: list[str] = []
    page.vm.on_change = lambda: said.append(page.vm.state.said)

    def refuse(order_id: str, to: OrderState, actor: str) -> AdvanceOutcome:
        return NotAllowed(order_id, OrderState.READY)

    page.orders.advance = refuse  # type: ignore[method-assign]
    page.vm.advance("a67")

    assert "이미 준비완료 상태인 주문이에요" in said


def test_filters_count_and_choose() -> None:
    """ORD-06."""
    page = Page()
    counts = {chip.word: chip.count for chip in page.vm.state.chips}
    assert (counts["전체"], counts["신규"], counts["준비중"], counts["취소"]) == (69, 2, 3, 1)

    page.vm.choose_state("new")
    assert [row.number for row in page.vm.state.rows] == ["A-069", "A-068"]
    page.vm.choose_state("all")
    page.vm.choose_channel("app_order")
    assert [row.number for row in page.vm.state.rows] == ["A-065", "A-063"]


@pytest.mark.parametrize("words_typed", ["A-067", "067", "김*수"])
def test_search_finds_numbers_and_nicknames(words_typed: str) -> None:
    """ORD-06."""
    page = Page()

    page.vm.set_search(words_typed)

    assert [row.number for row in page.vm.state.rows] == ["A-067"]


def test_a_search_without_a_hit_says_what_to_try() -> None:
    page = Page()

    page.vm.set_search("없는 주문")

    assert page.vm.state.empty == "찾는 주문이 없어요. 주문번호나 닉네임으로 찾아 보세요."


def test_periods_are_days_of_the_shop() -> None:
    """ORD-06."""
    page = Page()

    page.vm.choose_period("yesterday")
    assert page.vm.state.rows == ()
    page.vm.choose_range(date(2026, 11, 20), date(2026, 11, 1))
    assert page.vm.state.period_word == "11/1–11/20"
    assert page.vm.state.chips[0].count == 69
    page.vm.last_days(7)
    assert page.vm.state.period_word == "11/14–11/20"


def test_a_range_is_at_most_three_months() -> None:
    page = Page()

    page.vm.choose_range(date(2000, 1, 1), date(2026, 11, 20))

    assert page.vm.state.period_word == "8/21–11/20"  # 92 days


@pytest.mark.expect_log("step_not_saved")
def test_a_step_that_could_not_be_saved_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """AGT-05"""
    page, said = Page(), []
    page.vm.on_change = lambda: said.append(page.vm.state.said)

    def full(*_given: object) -> AdvanceOutcome:
        raise StoreFull("no room")

    monkeypatch.setattr(page.orders, "advance", full)

    page.vm.advance(next(order.order_id for order in sample.ORDERS if order.number == "A-067"))

    assert said[0] == "저장하지 못했어요. 다시 시도해 주세요."


def test_a_double_click_takes_one_step_only() -> None:
    """ORD-04: accepted is not ready."""
    page = Page()
    order_id = next(order.order_id for order in sample.ORDERS if order.number == "A-069")
    page.vm.advance(order_id)

    page.vm.advance(order_id)
    assert page.orders.said == [(order_id, "이지은")]

    page.clock.advance(REST_MS)
    page.vm.advance(order_id)
    assert len(page.orders.said) == 2


def test_a_press_while_a_new_order_pushes_the_rows_down_steps_none() -> None:
    page = Page()
    first, second = page.vm.state.rows[:2]
    page.orders.orders = (replace(sample.ORDERS[0], order_id="fresh", created_ms=sample.NOW_MS), *page.orders.orders)
    page.orders.listeners.notify()

    page.vm.advance(first.order_id)
    page.vm.advance(second.order_id)

    assert page.orders.said == []


def test_a_list_that_is_cut_says_so() -> None:
    page = Page()
    page.orders.orders = tuple(replace(sample.ORDERS[0], order_id=str(n)) for n in range(LIST_MAX))

    page.vm.refresh()

    assert page.vm.state.order_word == "최근 2,000건만 보여요"


def test_a_long_day_is_shown_in_parts() -> None:
    page = Page()
    assert (len(page.vm.state.rows), page.vm.state.hidden, page.vm.state.more_word) == (60, 9, "9건 더 보기")

    page.vm.show_more()

    assert (len(page.vm.state.rows), page.vm.state.hidden) == (69, 0)


def test_out_of_sight_arrivals_cost_nothing() -> None:
    page = Page()
    changes: list[int] = []
    page.vm.on_change = lambda: changes.append(1)
    page.vm.hide()

    page.orders.orders = ()
    page.orders.listeners.notify()
    assert changes == []
    page.vm.show()
    assert page.vm.state.rows == ()


def test_the_same_order_pressed_again_closes_its_detail() -> None:
    page = Page()

    page.vm.choose("a67")
    assert page.vm.state.detail is not None
    assert [step.icon for step in page.vm.state.detail.steps] == ["circle-check", "loader-circle", "circle"]
    page.vm.choose("a67")

    assert page.vm.state.detail is None


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], ""),
        ([OrderItem("라떼", 2, 1)], "라떼 2개"),
        ([OrderItem("라떼", 1, 1), OrderItem("빵", 3, 1)], "라떼 1개, 빵 3개"),
        ([OrderItem("라떼", 1, 1), OrderItem("빵", 1, 1), OrderItem("차", 1, 1)], "라떼 외 2개"),
    ],
)
def test_the_menu_in_one_line(items: list[OrderItem], said: str) -> None:
    assert words.summary(Texts("ko"), items) == said


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("20261120", date(2026, 11, 20)),
        ("2026.11.20", date(2026, 11, 20)),
        ("2026-02-30", None),
        ("11-20", None),
        ("", None),
        ("이천이십육", None),
    ],
)
def test_dates_are_read_as_people_type_them(typed: str, day: date | None) -> None:
    assert parse_day(typed) == day


# -- sold out after acceptance (ORD-07) ------------------------------------------------------------------------------


def _told(page: Page, order_id: str = "a67", **changes: Any) -> None:
    page.orders.orders = tuple(replace(o, **changes) if o.order_id == order_id else o for o in page.orders.orders)
    page.vm.refresh()


def test_an_accepted_order_is_not_cancelled_but_its_customer_told() -> None:
    """ORD-07"""
    page = Page()
    page.vm.choose("a67")
    assert page.vm.state.detail is not None
    assert page.vm.state.detail.cancel == "품절"

    page.vm.ask_cancel("a67")
    assert page.vm.state.asking is not None
    assert page.vm.state.asking.confirm == "고객에게 알리기"
    said: list[str] = []
    page.vm.on_change = lambda: said.append(page.vm.state.said)
    page.vm.confirm_cancel()

    assert page.orders.said == [("a67", "이지은")]
    assert said[-1] == "고객에게 알렸어요."
    row = next(row for row in page.vm.state.rows if row.order_id == "a67")
    assert (row.state, row.late) == ("준비중", "품절: 고객에게 알렸어요")
    assert page.vm.state.detail.cancel == ""  # it is said once
    page.vm.ask_cancel("a67")
    assert page.vm.state.asking is None


def test_after_three_minutes_without_an_answer_somebody_is_to_call() -> None:
    """ORD-07, at the boundary"""
    page = Page()
    _told(page, sold_out=SoldOutWord.ASKED, sold_out_ms=page.clock.wall_ms())

    def late() -> str:
        page.vm.tick()
        return next(row.late for row in page.vm.state.rows if row.order_id == "a67")

    page.clock.advance(SOLD_OUT_UNANSWERED_MS - 1)
    assert late() == "품절: 고객에게 알렸어요"
    page.clock.advance(1)
    assert late() == "품절: 답이 없어요, 전화해 주세요"
    _told(page, sold_out=SoldOutWord.KEPT)
    assert late() == "품절: 고객이 그대로 원해요"
    _told(page, state=OrderState.READY)
    assert late() == ""


def test_without_a_line_staff_are_told_to_call() -> None:
    """ORD-07: the message is queued."""
    page = Page(online=False)
    page.vm.ask_cancel("a67")
    said: list[str] = []
    page.vm.on_change = lambda: said.append(page.vm.state.said)

    page.vm.confirm_cancel()

    assert said[-1] == "인터넷이 끊겨 안내가 나중에 나가요. 고객에게 전화해 주세요."


@pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.expect_log("message_not_saved"))])
def test_a_message_that_cannot_be_kept_is_said(full: bool) -> None:
    page = Page()
    page.vm.ask_cancel("a67")

    def refuse(order_id: str, _actor: str) -> SoldOutOutcome:
        if full:
            raise StoreFull("no room")
        return NotAllowed(order_id, OrderState.READY)

    page.orders.say_sold_out = refuse  # type: ignore[method-assign]
    said: list[str] = []
    page.vm.on_change = lambda: said.append(page.vm.state.said)
    page.vm.confirm_cancel()

    assert said[-1] == ("저장하지 못했어요. 다시 시도해 주세요." if full else "이미 준비완료 상태인 주문이에요")


def test_what_an_order_is_paid_with_stands_on_its_row_and_in_detail() -> None:
    """ORD-03"""
    page = Page()
    _told(page, coupon_won=3_000, points=500)
    page.vm.choose("a67")

    row = next(row for row in page.vm.state.rows if row.order_id == "a67")
    assert (row.amount, row.below_amount) == ("9,000원", "선결제 · 쿠폰 · 포인트")
    assert page.vm.state.detail is not None
    assert (page.vm.state.detail.total, page.vm.state.detail.payment) == ("9,000원", "선결제")
    assert page.vm.state.detail.items == (
        ("2", "아메리카노(HOT)", "연하게 · 개인 컵 1개", "9,000원"),
        ("1", "소금빵", "데워 주세요", "3,500원"),
        ("", "쿠폰", "", "−3,000원"),
        ("", "포인트", "", "−500P"),
    )


def test_accepted_orders_for_later_have_a_list_of_their_own() -> None:
    """ORD-10, ORD-17: counted whatever the period, soonest first, and not among those that are being made."""
    page = Page()
    page.vm.choose_period("yesterday")
    chips = {chip.key: chip.count for chip in page.vm.state.chips}
    assert (chips["reserved"], chips["preparing"]) == (2, 0)

    page.vm.choose_state("reserved")

    rows = page.vm.state.rows
    assert [(row.number, row.state, row.state_icon) for row in rows] == [
        ("A-058", "예약", "calendar"),
        ("A-070", "예약", "calendar"),
    ]
    assert rows[0].line == "WithFoM 주문 09:40 · 18:00 예약"
    assert rows[1].line == "WithFoM 주문 11:05 · 11월 21일 토요일 10:30 예약"
    assert (rows[0].late, page.vm.state.order_word) == ("", "가까운 시각부터")
    page.vm.choose("a70")
    assert page.vm.state.detail is not None
    page.vm.choose_state("all")
    assert not next(chip for chip in page.vm.state.chips if chip.key == "reserved").chosen


def test_an_order_for_later_that_nobody_accepted_is_seen_today() -> None:
    """ORD-17: it waits, whenever it is for; channel and search hold for it too."""
    page = Page()
    waiting = replace(sample.FOR_LATER[1], state=OrderState.NEW, order_id="a71", number="A-071")
    page.orders.later = (waiting,)
    page.vm.refresh()

    page.vm.choose_state("new")
    assert "A-071" in [row.number for row in page.vm.state.rows]
    page.vm.choose_channel("in_store")
    assert "A-071" not in [row.number for row in page.vm.state.rows]
    page.vm.choose_channel("all")
    page.vm.choose_period("yesterday")
    assert page.vm.state.rows == ()


def test_whoever_waits_past_the_time_of_an_order_is_named() -> None:
    """ORD-24, ORD-10: minutes count from the time that was agreed, not from the order."""
    page = Page()
    due = replace(sample.FOR_LATER[0], due_ms=sample.NOW_MS - 5 * 60_000)
    page.orders.later, page.orders.orders = (), (due,)
    page.vm.refresh()

    (row,) = page.vm.state.rows
    assert (row.state, row.late) == ("준비중", "5분 지남")


def test_no_order_for_later_is_said_in_words() -> None:
    page = Page()
    page.orders.later = ()
    page.vm.refresh()
    page.vm.choose_state("reserved")

    assert page.vm.state.empty == "예약 주문이 없어요. 접수한 예약 주문이 여기에 모여요."
