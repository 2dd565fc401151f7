"""What the home page says, from the sample shop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.approval.cards import Ring
from agent.approval.types import RejectReason
from agent.dispatch import ImmediateDispatcher
from agent.home.viewmodel import HomeViewModel
from agent.printing.types import PrinterState, PrinterWord
from agent.steady import REST_MS
from agent.texts import Texts
from sync.clock import FakeClock
from tests.agent.screens import sample


class Decider:
    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def approve(self, request_id: str) -> None:
        self.asked.append(("approve", request_id))

    def reject(self, request_id: str, reason: RejectReason, text: str = "") -> None:
        self.asked.append(("reject", request_id, reason.value, text))

    def recover(self, request_id: str) -> None:
        self.asked.append(("recover", request_id))


class Home:
    def __init__(self, *, printers: tuple[PrinterState, ...] = ()) -> None:
        self.clock = FakeClock(wall_ms=sample.NOW_MS)
        self.approvals, self.orders, self.earn, self.link = (
            sample.Approvals(),
            sample.Orders(),
            sample.Earn(),
            sample.Link(),
        )
        self.decider = Decider()
        self.vm = HomeViewModel(
            approvals=self.approvals,
            orders=self.orders,
            earn=self.earn,
            link=self.link,
            decider=self.decider,
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
            texts=Texts("ko"),
            printers=lambda: printers,
        )


def test_requests_stand_on_their_board_least_time_first() -> None:
    """APR-04, APR-05."""
    state = Home().vm.state

    assert [row.title for row in state.rewards.rows][:2] == ["3,000P 사용", "아메리카노 1잔 무료"]
    assert state.rewards.count == 5
    assert state.orders is not None
    assert [row.title for row in state.orders.rows] == ["카페라떼(ICE) 외 2개", "바닐라라떼 1개"]


def test_a_press_on_a_row_that_just_moved_approves_nobody() -> None:
    """APR-20: a request with less time has come in above; the finger was aimed at what stood there before."""
    home = Home()
    moved = home.vm.state.rewards.rows[0].request_id
    urgent = replace(home.approvals.cards[0], request_id="urgent", remaining_ms=1_000)
    home.approvals.cards = (urgent, *home.approvals.cards)
    home.approvals.listeners.notify()

    home.vm.approve("urgent")
    home.vm.approve(moved)
    assert home.decider.asked == []

    home.clock.advance(REST_MS)
    home.vm.approve(moved)
    assert home.decider.asked == [("approve", moved)]


def test_rows_without_room_are_counted() -> None:
    home = Home()

    home.vm.set_rows(3)

    assert (len(home.vm.state.rewards.rows), home.vm.state.rewards.more_word) == (3, "+2 더보기")


def test_rows_count_down_without_reading_the_store() -> None:
    home = Home()
    first = home.vm.state.rewards.rows[0]
    assert (first.left_s, first.ring, first.flag) == (8, Ring.AMBER, "곧 자동 승인")
    home.approvals.cards = ()  # a tick must not notice

    home.clock.advance(8_000)
    home.vm.tick()

    first = home.vm.state.rewards.rows[0]
    assert (first.left_s, first.working) == (None, True)


def test_deciding_on_the_board_goes_through_the_stack() -> None:
    home = Home()

    home.vm.approve("r1")
    home.vm.ask_reject("r2")
    home.vm.confirm_reject()  # no reason yet: nothing happens
    home.vm.choose_reason(RejectReason.OTHER)
    home.vm.confirm_reject()  # no words yet
    home.vm.type_reason("기계 점검")
    home.vm.confirm_reject()

    assert home.decider.asked == [("approve", "r1"), ("reject", "r2", "other", "기계 점검")]
    assert home.vm.state.asking is None


def test_a_question_for_a_reason_closes_when_somebody_else_decided() -> None:
    home = Home()
    home.vm.ask_reject("r2")

    home.approvals.cards = tuple(card for card in home.approvals.cards if card.request_id != "r2")
    home.approvals.listeners.notify()

    assert home.vm.state.asking is None


def test_only_an_approval_by_hand_can_be_taken_back() -> None:
    """APR-15."""
    home = Home()

    home.vm.ask_recover("d4")  # was rejected
    assert home.vm.state.recovery is None
    home.vm.ask_recover("d1")
    assert home.vm.state.recovery is not None
    home.vm.confirm_recover()

    assert home.decider.asked == [("recover", "d1")]


def test_the_last_five_decisions_newest_first() -> None:
    """APR-13."""
    decisions = Home().vm.state.decisions

    assert [decision.time for decision in decisions] == ["14:31", "14:24", "14:19", "14:02", "13:57"]
    assert [decision.icon for decision in decisions] == ["check", "timer", "check", "x", "check"]
    assert decisions[3].line == "오*진 · 재고 소진"


def test_figures_of_the_day_add_up() -> None:
    """ORD-19: cancelled orders count for nothing."""
    home = Home()
    orders, rewards, receipts = home.vm.state.figures

    kept = [order for order in sample.ORDERS if order.state.value != "cancelled"]
    assert orders.figures[0].value == str(len(kept))
    assert orders.figures[1].third == Texts("ko").won(sum(order.total_won for order in kept))
    assert (rewards.figures[0].value, rewards.figures[1].value) == ("23", "1,845")
    assert (receipts.figures[0].value, receipts.figures[1].value, receipts.figures[2].value) == ("68", "41", "3")


def test_decisions_of_yesterday_are_not_of_today() -> None:
    home = Home()
    old = tuple(replace(record, decided_ms=record.decided_ms - 86_400_000) for record in sample.DECISIONS)
    home.approvals.decisions = old

    home.vm.refresh()

    assert home.vm.state.figures[1].figures[0].value == "0"
    assert len(home.vm.state.decisions) == 5


def test_a_new_day_starts_at_zero() -> None:
    home = Home()

    home.clock.advance(10 * 3_600_000)
    home.vm.tick()

    assert home.vm.state.figures[0].figures[0].value == "0"
    assert home.vm.state.figures[1].figures[0].value == "0"


def test_out_of_sight_arrivals_cost_nothing() -> None:
    home = Home()
    home.vm.hide()

    home.approvals.cards = ()
    home.approvals.listeners.notify()
    assert home.vm.state.rewards.count == 5

    home.vm.show()
    assert home.vm.state.rewards.count == 0


def test_offline_says_what_goes_on_and_marks_old_figures() -> None:
    """UXR-23, ux.md: one honest word."""
    home = Home()
    home.link.current = sample.OFFLINE_STATUS

    home.link.listeners.notify()

    state = home.vm.state
    assert state.warning is not None
    assert state.warning.sentence == "인터넷 연결이 끊겼어요. 입력한 내용은 저장해 두었다가 보내요"
    assert {tile.remark for tile in state.figures[:2]} == {"14:02 기준"}
    assert state.rewards.chip == "오프라인"


@pytest.mark.parametrize(
    ("word", "piece"),
    [
        (PrinterWord.PAPER_OUT, "용지"),
        (PrinterWord.COVER_OPEN, "덮개"),
        (PrinterWord.NOT_ANSWERING, "응답하지 않아요"),
    ],
)
def test_a_printer_in_trouble_is_the_one_warning_and_names_its_page(word: PrinterWord, piece: str) -> None:
    home = Home(printers=(PrinterState("카운터", word, "127.0.0.1:9100", 2),))

    warning = home.vm.state.warning

    assert warning is not None
    assert piece in warning.sentence
    assert (warning.remark, warning.action_page) == ("인쇄 대기 2장", "printing")


def test_entries_that_need_a_look_come_before_everything_else() -> None:
    home = Home(printers=(PrinterState("카운터", PrinterWord.PAPER_OUT, "x:1", 0),))
    home.link.current = replace(sample.OFFLINE_STATUS, needs_attention=2)

    home.link.listeners.notify()

    assert home.vm.state.warning is not None
    assert home.vm.state.warning.tone == "red"


def test_a_reward_only_shop_sees_nothing_of_orders() -> None:
    """ORD-01."""
    home = Home()
    profile = home.link.profile
    assert profile is not None
    home.link.profile = replace(profile, service_type="reward")

    home.link.listeners.notify()

    assert home.vm.state.orders is None
    assert len(home.vm.state.figures) == 2
