"""The pop-up stack as claims, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from agent.approval.cards import VISIBLE_MAX, CardState, Notice, NoticeAction, Phase, Ring, card_height
from agent.approval.types import (
    AlreadyDecided,
    Decided,
    DecisionOutcome,
    DecisionRecord,
    NotAllowed,
    NotPossible,
    OwnerNeeded,
    ReasonMissing,
    Recovering,
    RecoverOutcome,
    RejectReason,
    RequestCard,
    RequestKind,
    RequestState,
    TooLate,
    WaitsForOwner,
)
from agent.approval.viewmodel import ELSEWHERE_MS, NOTICE_MS, REPORT_AGAIN_MS, SLIDE_REST_MS, ApprovalViewModel
from agent.dispatch import ImmediateDispatcher, Listeners
from agent.texts import Texts
from rules.requests import AtZero
from sync.clock import FakeClock
from sync.errors import StoreFull


class FakeDoor:
    """Asks the owner; the test answers."""

    heading = ""
    choices: Sequence[tuple[str, str]] = ()

    def ask_owner(
        self, heading: str, then: Callable[[str, str], None], choices: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.heading, self.choices, self.say_to = heading, choices, then

    def say(self, actor: str, key: str = "") -> None:
        self.say_to(actor, key)


@dataclass
class FakeService:
    """Answers like the service, remembers what was asked."""

    clock: FakeClock
    cards: list[RequestCard] = field(default_factory=list)
    records: list[DecisionRecord] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    outcome: DecisionOutcome | None = None
    recovery: RecoverOutcome | None = None
    actors: list[str] = field(default_factory=list)
    listeners: Listeners = field(default_factory=Listeners)

    def pending(self) -> tuple[RequestCard, ...]:
        return tuple(self.cards)

    def recent(self, limit: int = 5) -> tuple[DecisionRecord, ...]:
        return tuple(self.records[:limit])

    def withdrawn(self, request_ids: Sequence[str]) -> frozenset[str]:
        ended = {record.request_id for record in self.records if record.state is RequestState.WITHDRAWN}
        return frozenset(request_ids) & ended

    def mark_shown(self, request_ids: Sequence[str]) -> None:
        self.shown.extend(request_ids)

    def approve(self, request_id: str, actor: str) -> DecisionOutcome:
        self.asked.append(("approve", request_id, actor))
        return self._answer(request_id, RequestState.APPROVED)

    def reject(self, request_id: str, reason: RejectReason, text: str, actor: str) -> DecisionOutcome:
        if reason is RejectReason.OTHER and not text.strip():
            return ReasonMissing(request_id)
        assert actor == "이지은"
        self.asked.append(("reject", request_id, reason.value, text))
        return self._answer(request_id, RequestState.REJECTED)

    def recover(self, request_id: str, actor: str) -> RecoverOutcome:
        self.actors.append(actor)
        self.asked.append(("recover", request_id))
        return self.recovery or Recovering(request_id)

    def keep(self, request_id: str, actor: str) -> bool:
        self.actors.append(actor)
        self.asked.append(("keep", request_id))
        return True

    def _answer(self, request_id: str, state: RequestState) -> DecisionOutcome:
        if self.outcome is not None:
            return self.outcome
        card = next(c for c in self.cards if c.request_id == request_id)
        self.drop(request_id)
        return Decided(request_id, state, card.pos_discount_won, None)

    def drop(self, request_id: str) -> None:
        """It no longer waits, and everybody hears of it."""
        self.cards = [c for c in self.cards if c.request_id != request_id]
        self.listeners.notify()

    def arrive(self, *cards: RequestCard) -> None:
        self.cards.extend(cards)
        self.cards.sort(key=lambda c: (c.remaining_ms is None, c.remaining_ms or 0))
        self.listeners.notify()

    def end(self, request_id: str, state: RequestState, by: str | None = None) -> None:
        """Decided elsewhere, or by the clock."""
        card = next(c for c in self.cards if c.request_id == request_id)
        now = self.clock.wall_ms()
        record = DecisionRecord(request_id, card.kind, card.title, card.nickname, state, by, now, None, None, True)
        self.records.insert(0, record)
        self.drop(request_id)


def request(request_id: str, left_s: int | None = 60, **changes: object) -> RequestCard:
    base = RequestCard(
        request_id,
        RequestKind.COUPON,
        RequestState.SEEN,
        "아메리카노 1잔 무료",
        "김*수",
        "1장",
        None,
        None,
        0,
        None,
        None,
        False,
        None,
    )
    return replace(base, remaining_ms=None if left_s is None else left_s * 1000, **changes)  # type: ignore[arg-type]


class Counter:
    """A stack with its service and clock."""

    def __init__(self, *cards: RequestCard, **options: object) -> None:
        self.clock = FakeClock()
        self.service = FakeService(self.clock)
        self.door = FakeDoor()
        self.vm = ApprovalViewModel(
            service=self.service,
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
            texts=Texts("ko"),
            actor=lambda: "이지은",
            owner=self.door,
            **options,  # type: ignore[arg-type]
        )
        if cards:
            self.service.arrive(*cards)
        self.rest()

    def rest(self, ms: int = SLIDE_REST_MS) -> None:
        self.clock.advance(ms)
        self.vm.tick()

    @property
    def cards(self) -> tuple[CardState, ...]:
        return self.vm.state.cards

    def notice(self, at: int = 0) -> Notice:
        found = self.cards[at].notice
        assert found is not None
        return found


def test_the_least_time_stands_lowest_at_the_corner() -> None:
    """APR-20."""
    counter = Counter(request("late", 52), request("soon", 8), request("middle", 43), request("unseen", None))

    assert [card.request_id for card in counter.cards] == ["soon", "middle", "late", "unseen"]


class FullDisk:
    """Stands before a service method and refuses until there is room."""

    def __init__(self, service: FakeService, name: str) -> None:
        self.full = True
        self._real = getattr(service, name)
        setattr(service, name, self)

    def __call__(self, *given: object) -> object:
        if self.full:
            raise StoreFull("no room")
        return self._real(*given)


@pytest.mark.expect_log("decision_not_saved")
def test_a_decision_that_could_not_be_saved_says_so_and_may_be_pressed_again() -> None:
    """AGT-05: nothing on the screen says done before it is stored."""
    counter = Counter(request("a"))
    disk = FullDisk(counter.service, "approve")

    counter.vm.press_approve("a")
    [card] = counter.cards
    assert (card.phase, card.hint) == (Phase.OPEN, ((("저장하지 못했어요. 다시 시도해 주세요.", False),),))

    disk.full = False
    counter.rest()
    counter.vm.press_approve("a")

    assert counter.cards[0].phase is Phase.NOTICE
    assert counter.service.asked == [("approve", "a", "이지은")]


@pytest.mark.expect_log("decision_not_saved")
def test_a_rejection_that_could_not_be_saved_keeps_its_reason() -> None:
    counter = Counter(request("a"))
    FullDisk(counter.service, "reject")
    counter.vm.press_reject("a")
    counter.vm.choose_reason("a", RejectReason.OUT_OF_STOCK)

    counter.vm.press_reject_confirm("a")

    reasons = counter.cards[0].reasons
    assert (reasons.chosen, reasons.note_is_error) == (RejectReason.OUT_OF_STOCK, True)
    assert reasons.note == "저장하지 못했어요. 다시 시도해 주세요."


@pytest.mark.expect_log("recovery_not_saved")
def test_a_recovery_that_could_not_be_saved_offers_its_button_again() -> None:
    counter = Counter(request("a"))
    disk = FullDisk(counter.service, "recover")
    counter.vm.press_approve("a")
    counter.rest()

    counter.vm.press_notice("a")
    assert (counter.notice().title, counter.notice().action) == ("복구하지 못했어요", NoticeAction.RECOVER)

    disk.full = False
    counter.rest()
    counter.vm.press_notice("a")
    assert counter.service.asked[-1] == ("recover", "a")


def test_a_card_whose_showing_could_not_be_stored_is_reported_later() -> None:
    """APR-18: without the report no countdown would ever begin."""
    counter = Counter(request("a", None))
    disk = FullDisk(counter.service, "mark_shown")

    counter.vm.painted()
    disk.full = False
    counter.rest(REPORT_AGAIN_MS)

    assert counter.service.shown == ["a"]


def test_never_more_than_five_cards_and_the_rest_are_counted() -> None:
    """APR-04, APR-20."""
    counter = Counter(*(request(f"r{n}", 30 + n) for n in range(8)))

    assert len(counter.cards) == VISIBLE_MAX
    assert counter.vm.state.more == 3


def test_as_many_cards_as_the_screen_has_room_for() -> None:
    counter = Counter(*(request(f"r{n}", 30 + n) for n in range(4)))

    counter.vm.set_room(728 - 24)  # a screen of 768 above its task bar

    assert (len(counter.cards), counter.vm.state.more) == (3, 1)
    counter.vm.set_room(100)
    assert (len(counter.cards), counter.vm.state.more) == (1, 3)


def test_what_is_settled_gives_way_to_what_still_waits() -> None:
    """APR-20: discounts that were not keyed in yet stay as notices, and three of them left room for one request."""
    settled = [replace(request(f"done{n}", 10 + n), pos_discount_won=4_500) for n in range(3)]
    counter = Counter(*settled)
    counter.vm.set_room(713)
    for card in settled:
        counter.vm.press_approve(card.request_id)
        counter.rest()
    assert len(counter.cards) == 3

    counter.service.arrive(*(request(f"open{n}", 40 + n) for n in range(4)))
    counter.rest()

    in_sight = [card.request_id for card in counter.cards]
    assert [key for key in in_sight if key.startswith("open")] == ["open0", "open1"]
    assert counter.vm.state.more == 2
    assert "done2" in in_sight  # what was pressed last says so
    assert "done1" not in in_sight

    for waiting in ("open1", "open2", "open3"):
        counter.service.drop(waiting)
    counter.rest()

    assert {"done0", "done1", "done2", "open0"} <= {card.request_id for card in counter.cards}


def test_cards_in_sight_and_counted_ones_are_told_as_shown_once() -> None:
    """APR-18."""
    counter = Counter(*(request(f"r{n}", None) for n in range(7)))
    assert counter.service.shown == []

    counter.vm.painted()
    counter.vm.painted()

    assert sorted(counter.service.shown) == [f"r{n}" for n in range(7)]


def test_the_ring_counts_started_seconds_and_turns_amber_below_fifteen() -> None:
    """APR-07, UXR-04."""
    counter = Counter(request("r", 20))
    assert (counter.cards[0].left_s, counter.cards[0].ring) == (20, Ring.INK)

    counter.rest(5_000)
    assert (counter.cards[0].left_s, counter.cards[0].ring) == (15, Ring.AMBER)
    assert counter.cards[0].flag == "곧 자동 승인"


def test_a_wall_clock_that_jumps_does_not_move_the_countdown() -> None:
    """APR-07: only the monotonic clock counts."""
    counter = Counter(request("r", 40))
    before = counter.cards[0].left_s

    counter.clock.jump_wall(-3_600_000)
    counter.vm.tick()

    assert counter.cards[0].left_s == before


def test_at_zero_the_buttons_close_and_nothing_is_sent() -> None:
    """APR-07: the cloud decides at 0."""
    counter = Counter(request("r", 2))

    counter.rest(2_000)
    counter.vm.press_approve("r")

    assert counter.cards[0].phase is Phase.WORKING
    assert counter.service.asked == []


def test_two_taps_give_one_decision() -> None:
    """APR-36."""
    counter = Counter(request("r"))

    counter.vm.press_approve("r")
    counter.vm.press_approve("r")

    assert counter.service.asked == [("approve", "r", "이지은")]


def test_an_approval_shrinks_into_a_notice_with_a_way_back_for_six_seconds() -> None:
    counter = Counter(request("r"))

    counter.vm.press_approve("r")

    assert counter.notice().title == "아메리카노 1잔 무료 승인"
    assert counter.notice().name == "아메리카노 1잔 무료"  # it is shortened where there is no room, the outcome is not
    assert counter.notice().action is NoticeAction.RECOVER
    assert "이지은" in counter.notice().line
    counter.rest(NOTICE_MS)
    assert counter.cards == ()


def test_a_notice_stays_while_the_pointer_rests_on_it() -> None:
    counter = Counter(request("r"))
    counter.vm.press_approve("r")

    counter.vm.hover("r")
    counter.rest(NOTICE_MS * 3)
    assert counter.cards[0].phase is Phase.NOTICE

    counter.vm.hover("")
    counter.rest(NOTICE_MS)
    assert counter.cards == ()


def test_spent_points_say_what_to_key_into_the_pos_until_it_is_closed() -> None:
    counter = Counter(request("r", kind=RequestKind.POINTS, title="3,000P 사용", pos_discount_won=3_000))
    assert counter.cards[0].hint == ((("승인 후 POS에서 ", False), ("3,000원 할인 입력", True)),)

    counter.vm.press_approve("r")
    counter.rest(NOTICE_MS * 10)

    assert counter.notice().pos_line == (("POS에서 ", False), ("3,000원 할인 입력", True))
    counter.vm.dismiss("r")
    assert counter.cards == ()


@pytest.mark.parametrize("reason", [r for r in RejectReason if r is not RejectReason.OTHER])
def test_a_rejection_needs_a_reason(reason: RejectReason) -> None:
    """APR-08."""
    counter = Counter(request("r"))

    counter.vm.press_reject("r")
    assert not counter.cards[0].reasons.ready
    counter.vm.press_reject_confirm("r")
    assert counter.service.asked == []
    counter.vm.choose_reason("r", reason)
    counter.vm.press_reject_confirm("r")

    assert counter.service.asked == [("reject", "r", reason.value, "")]
    assert counter.notice().tone == "red"


def test_another_reason_needs_its_own_words() -> None:
    """APR-08."""
    counter = Counter(request("r"))
    counter.vm.press_reject("r")
    counter.vm.choose_reason("r", RejectReason.OTHER)
    counter.vm.type_reason("r", "   ")
    assert not counter.cards[0].reasons.ready

    counter.vm.press_reject_confirm("r")
    assert counter.cards[0].reasons.note_is_error
    counter.vm.type_reason("r", "기계 점검 중")
    counter.vm.press_reject_confirm("r")

    assert counter.service.asked == [("reject", "r", "other", "기계 점검 중")]


def test_going_back_from_the_reasons_decides_nothing() -> None:
    counter = Counter(request("r"))

    counter.vm.press_reject("r")
    counter.vm.back("r")

    assert counter.cards[0].phase is Phase.OPEN
    assert counter.service.asked == []


def test_the_time_runs_on_while_somebody_looks_for_a_reason() -> None:
    counter = Counter(request("r", 10))
    counter.vm.press_reject("r")

    counter.rest(10_000)

    assert counter.cards[0].phase is Phase.WORKING


def test_a_card_that_just_slid_under_the_finger_ignores_the_press() -> None:
    counter = Counter(request("low", 8), request("high", 40))

    counter.vm.press_approve("low")  # shrinks into a notice: the other card slides down
    counter.vm.press_approve("high")
    assert counter.service.asked == [("approve", "low", "이지은")]

    counter.rest()
    counter.vm.press_approve("high")
    assert counter.service.asked[-1] == ("approve", "high", "이지은")


def test_an_arrival_never_moves_a_button_under_a_finger() -> None:
    counter = Counter(request("first", 30))

    counter.service.arrive(request("new", 60))

    assert [card.request_id for card in counter.cards] == ["first", "new"]
    counter.vm.press_approve("first")
    assert counter.service.asked


def test_a_decision_elsewhere_says_who_was_first_and_leaves() -> None:
    """APR-03."""
    counter = Counter(request("r"))

    counter.service.end("r", RequestState.APPROVED, "박서준")

    assert counter.cards[0].phase is Phase.ELSEWHERE
    assert ("박서준", True) in counter.cards[0].hint[0]
    counter.rest(ELSEWHERE_MS)
    assert counter.cards == ()


def test_a_tap_that_comes_second_shows_the_first_outcome() -> None:
    """APR-36."""
    counter = Counter(request("r"))
    counter.service.outcome = AlreadyDecided("r", RequestState.REJECTED, "박서준")

    counter.vm.press_approve("r")

    assert counter.cards[0].phase is Phase.ELSEWHERE
    assert "먼저 거절했어요" in "".join(text for text, _bold in counter.cards[0].hint[0])


def test_a_tap_at_the_last_moment_waits_for_the_cloud() -> None:
    """APR-07."""
    counter = Counter(request("r"))
    counter.service.outcome = TooLate("r")

    counter.vm.press_approve("r")

    assert counter.cards[0].phase is Phase.WORKING


def test_a_request_that_ran_out_unseen_disappears_by_itself() -> None:
    """APR-18."""
    counter = Counter(request("r"))

    counter.service.drop("r")

    assert counter.cards == ()


def test_a_withdrawn_request_disappears_by_itself_and_says_why_for_a_moment() -> None:
    """APR-14: nobody is left wondering whether to key in a discount."""
    counter = Counter(request("r"))

    counter.service.end("r", RequestState.WITHDRAWN)

    notice = counter.notice()
    assert (notice.title, notice.action, notice.pos_line) == ("고객이 요청을 취소했어요", NoticeAction.NONE, ())
    counter.rest(NOTICE_MS)
    assert counter.cards == ()


def test_an_auto_approval_can_be_cancelled_by_the_owner_for_five_minutes() -> None:
    """APR-17."""
    counter = Counter(request("r", 1))
    counter.rest(1_000)
    counter.service.end("r", RequestState.AUTO_APPROVED)
    assert counter.notice().action is NoticeAction.CANCEL
    assert "취소 5:00 남음" in counter.notice().line
    counter.vm.hover("r")

    counter.rest(300_000)
    assert counter.notice().action is NoticeAction.CANCEL
    counter.rest(1)
    assert counter.notice().action is NoticeAction.NONE


def test_cancelling_an_auto_approval_asks_for_the_owners_pin_and_is_the_owners_act() -> None:
    """APR-17."""
    counter = Counter(request("r"))
    counter.service.end("r", RequestState.AUTO_APPROVED)
    counter.service.recovery = OwnerNeeded("r", set_up=True)
    counter.rest()
    counter.vm.press_notice("r")
    assert (counter.door.heading, counter.notice().action) == ("대표 확인: 승인 취소", NoticeAction.CANCEL)

    counter.service.recovery = None
    counter.door.say("owner:e-1")

    assert counter.service.asked[-1] == ("recover", "r")
    assert counter.service.actors[-2:] == ["이지은", "owner:e-1"]
    assert counter.notice().title == "쿠폰을 고객에게 되돌렸어요"


def test_a_shop_without_an_owners_pin_is_told_how_to_get_one() -> None:
    """APR-17."""
    counter = Counter(request("r"))
    counter.service.end("r", RequestState.AUTO_APPROVED)
    counter.service.recovery = OwnerNeeded("r", set_up=False)
    counter.rest()

    counter.vm.press_notice("r")

    notice = counter.notice()
    assert (notice.title, notice.line) == ("대표만 할 수 있어요", "본사에 대표 PIN 등록을 요청하세요")


def test_who_may_not_recover_is_told_what_to_do() -> None:
    """APR-16, APR-24, APR-25."""
    counter = Counter(request("r"))
    counter.vm.press_approve("r")
    counter.service.recovery = NotAllowed("r")

    counter.vm.press_notice("r")

    assert counter.notice().title == "되돌릴 권한이 없어요"


def test_a_recovery_says_that_the_customer_has_it_back() -> None:
    """APR-15."""
    counter = Counter(request("r"))
    counter.vm.press_approve("r")

    counter.vm.press_notice("r")

    assert counter.service.asked[-1] == ("recover", "r")
    assert counter.notice().title == "쿠폰을 고객에게 되돌렸어요"


def waiting_for_the_owner() -> Counter:
    """Staff asked to take an approval back."""
    counter = Counter(request("r"))
    counter.vm.press_approve("r")
    counter.service.recovery = WaitsForOwner("r", 60_000)
    counter.vm.press_notice("r")
    return counter


def test_a_recovery_by_staff_waits_for_the_owner_and_then_says_how_it_ended() -> None:
    """APR-16."""
    counter = waiting_for_the_owner()
    assert (counter.notice().title, counter.notice().left_s) == ("복구를 요청했어요", 60)
    assert counter.notice().action is NoticeAction.OWNER

    counter.rest(60_000)
    assert counter.notice().line == "1분이 지나 되돌리고 있어요"


@pytest.mark.parametrize(
    ("state", "by", "title"),
    [
        (RequestState.RECOVERED, None, "쿠폰을 고객에게 되돌렸어요"),
        (RequestState.APPROVED, None, "승인을 그대로 둬요"),
        (RequestState.APPROVED, "이지은", "복구를 요청했어요"),
    ],
)
def test_what_became_of_a_recovery_elsewhere_is_shown(state: RequestState, by: str | None, title: str) -> None:
    """APR-16: the owner confirmed or refused it at another counter, or has not answered yet."""
    counter = waiting_for_the_owner()
    record = DecisionRecord(
        "r", RequestKind.COUPON, "아메리카노", "김*수", state, "이지은", 1, None, None, True, recovery_by=by
    )
    counter.service.records = [record]

    counter.service.listeners.notify()

    assert counter.notice().title == title


@pytest.mark.parametrize(("said", "title"), [("keep", "승인을 그대로 둬요"), ("recover", "쿠폰을 고객에게 되돌렸어요")])
def test_the_owner_confirms_or_refuses_at_this_counter(said: str, title: str) -> None:
    """APR-16."""
    counter = waiting_for_the_owner()
    counter.rest()
    counter.vm.press_notice("r")
    assert [key for key, _ in counter.door.choices] == ["recover", "keep"]

    counter.service.recovery = None
    counter.door.say("owner:e-1", said)

    assert counter.service.asked[-1] == (said, "r")
    assert counter.notice().title == title


def test_a_recovery_that_comes_too_late_says_so() -> None:
    counter = Counter(request("r"))
    counter.vm.press_approve("r")
    counter.service.recovery = NotPossible("r", RequestState.APPROVED)

    counter.vm.press_notice("r")

    assert counter.notice().title == "이제는 되돌릴 수 없어요"


def test_an_offline_card_stays_decidable_and_says_what_a_decision_is_worth() -> None:
    """APR-04 offline, APR-19."""
    counter = Counter(request("r", 41, offline=True))
    card = counter.cards[0]
    assert (card.flag, card.ring) == ("오프라인", Ring.QUIET)
    assert len(card.hint) == 2

    counter.vm.press_approve("r")

    assert counter.service.asked


def test_an_offline_recovery_is_kept_and_said_so() -> None:
    """APR-15 offline."""
    counter = Counter(request("r", offline=True))
    counter.vm.press_approve("r")

    counter.vm.press_notice("r")

    assert counter.notice().title == "복구를 요청했어요"
    assert "저장해 두었어요" in counter.notice().line


def test_only_the_card_at_the_corner_carries_the_hot_key() -> None:
    counter = Counter(request("low", 8), request("high", 40), hotkey="F9")
    assert [card.keycap for card in counter.cards] == ["F9", ""]

    counter.vm.press_hotkey()

    assert counter.service.asked == [("approve", "low", "이지은")]
    assert [card.keycap for card in counter.cards] == ["", "F9"]


def test_an_arrival_rings_once() -> None:
    """APR-33."""
    counter = Counter()
    rung: list[int] = []
    counter.vm.on_arrival = lambda: rung.append(1)

    counter.service.arrive(request("a"), request("b"))
    counter.service.listeners.notify()

    assert rung == [1]


def test_a_tick_in_which_no_second_passed_draws_nothing() -> None:
    counter = Counter(request("r", 40))
    changes: list[int] = []
    counter.vm.on_change = lambda: changes.append(1)

    for _ in range(3):
        counter.clock.advance(200)
        counter.vm.tick()

    assert len(changes) <= 1


def test_a_recovery_from_the_history_appears_as_a_notice() -> None:
    """APR-15: also long after the card has gone."""
    counter = Counter(request("r"))
    counter.service.end("r", RequestState.APPROVED, "박서준")
    counter.rest(ELSEWHERE_MS)

    counter.vm.recover("r")

    assert counter.notice().title == "쿠폰을 고객에게 되돌렸어요"


def test_old_notices_make_room_for_new_ones() -> None:
    counter = Counter(*(request(f"r{n}", 30 + n, pos_discount_won=1_000) for n in range(5)))

    for n in range(5):
        counter.rest()
        counter.vm.press_approve(f"r{n}")

    assert [card.request_id for card in counter.cards] == ["r2", "r3", "r4"]


def test_heights_are_those_of_the_picture() -> None:
    counter = Counter(request("plain", 40), request("pos", 50, pos_discount_won=3_000))

    assert [card_height(card) for card in counter.cards] == [176, 228]


def test_a_hundred_requests_at_once_cost_milliseconds() -> None:
    """APR-20: a reconnect after an outage."""
    import time

    counter = Counter()
    counter.service.cards = [request(f"r{n}", 30 + n % 30) for n in range(100)]
    started = time.thread_time()  # processor time: a busy machine does not count

    counter.service.listeners.notify()

    assert counter.vm.state.more == 95
    assert time.thread_time() - started < 0.25


def test_a_card_whose_time_must_be_asked_for_again_has_no_buttons_until_the_answer() -> None:
    """APR-18: after sleep, a restart or a clock jump."""
    counter = Counter(request("r-1"))
    counter.service.cards = [request("r-1", None, asking=True)]
    counter.service.listeners.notify()
    assert counter.cards[0].phase is Phase.WORKING
    counter.vm.press_approve("r-1")
    assert counter.service.asked == []

    counter.service.cards = [request("r-1", 20)]
    counter.service.listeners.notify()

    assert (counter.cards[0].phase, counter.cards[0].left_s) == (Phase.OPEN, 20)


def test_a_card_that_waits_for_the_clouds_word_opens_when_the_line_is_gone() -> None:
    """A person decides then, and the decision is kept and sent."""
    counter = Counter(request("r-1", None, asking=True))
    assert counter.cards[0].phase is Phase.WORKING

    counter.service.cards = [request("r-1", None, offline=True)]
    counter.service.listeners.notify()

    assert counter.cards[0].phase is Phase.OPEN


def test_a_request_that_silence_does_not_approve_says_so_before_and_after() -> None:
    """APR-07: above the brand's value."""
    counter = Counter(request("r-1", 10, at_zero=AtZero.EXPIRE))
    assert counter.cards[0].flag == "곧 종료"

    counter.service.end("r-1", RequestState.EXPIRED)

    notice = counter.cards[0].notice
    assert notice is not None
    assert (notice.title, notice.action) == ("시간이 지나 승인되지 않았어요", NoticeAction.NONE)
