"""Requests and decisions on a real store: APR-03, 07, 08, 13, 15, 17, 18, 19, 20, 36, AGT-05, AGT-09."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.approval.types import (
    AlreadyDecided,
    Decided,
    NotPossible,
    ReasonMissing,
    Recovering,
    RejectReason,
    RequestState,
    TooLate,
    UnknownRequest,
)
from printers.document import Document, Qr
from rules.requests import RequestKind
from tests.helpers.counter import Counter, counter
from tests.helpers.devices import DEVICE_ID

STAFF = "김서연"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def row(request_id: str = "r-1", **changes: Any) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "version": 1,
        "kind": "coupon",
        "state": "requested",
        "title": "아메리카노 1잔 무료",
        "nickname": "김*수",
        "condition": "1장",
        "amount_won": 4_500,
        "pos_discount_won": 4_500,
        "created_ms": 1_789_999_990_000,
        "remaining_ms": None,
        "reason": None,
        "reason_text": None,
        "decided_by": None,
        "decided_ms": None,
        "order_id": None,
        "slip_code": "K7-40W",
        "print_device": DEVICE_ID,
        **changes,
    }


def arrive(shop: Counter, request_id: str = "r-1", *, generation: int = 1, **changes: Any) -> None:
    applier = shop.agent.appliers()["request"]
    shop.feed(applier, "request", row(request_id, **changes), generation=generation)


def seen(shop: Counter, request_id: str = "r-1", remaining_ms: int = 60_000, **changes: Any) -> None:
    """The request stands on this screen and its countdown runs."""
    arrive(shop, request_id, **changes)
    shop.agent.approval.mark_shown([request_id])
    arrive(shop, request_id, version=2, state="seen", remaining_ms=remaining_ms, **changes)


def jobs(shop: Counter) -> list[tuple[Any, ...]]:
    return shop.rows("SELECT job_id, kind, state FROM print_job ORDER BY job_id")


# --- cards -----------------------------------------------------------------------------------------------------------


def test_a_stamp_is_asked_for_on_a_card_like_any_other(shop: Counter) -> None:
    """APR-06: shown, counted down, approved, and nothing is to be keyed in."""
    seen(shop, kind="stamp", title="스탬프 1개", amount_won=None, pos_discount_won=None)
    [card] = shop.agent.approval.pending()
    assert (card.kind, card.title, card.remaining_ms) == (RequestKind.STAMP, "스탬프 1개", 60_000)

    decided = shop.agent.approval.approve("r-1", "직원")

    assert isinstance(decided, Decided)
    assert decided.pos_discount_won is None
    assert [kind for kind, _ in shop.ops()] == ["request.seen", "request.decide"]


def test_a_request_waits_without_a_countdown_until_it_was_seen(shop: Counter) -> None:
    """APR-18: the sixty seconds start when it stands on a screen."""
    arrive(shop)
    [card] = shop.agent.approval.pending()
    assert (card.state, card.remaining_ms, card.pos_discount_won) == (RequestState.REQUESTED, None, 4_500)

    shop.agent.approval.mark_shown(["r-1"])
    arrive(shop, version=2, state="seen", remaining_ms=60_000)
    shop.clock.advance(13_000)

    assert shop.agent.approval.pending()[0].remaining_ms == 47_000


def test_being_shown_is_reported_once(shop: Counter) -> None:
    """APR-18"""
    arrive(shop)

    shop.agent.approval.mark_shown(["r-1", "r-1", "unknown"])
    shop.agent.approval.mark_shown(["r-1"])

    assert shop.ops() == [("request.seen", {"request_id": "r-1"})]


def test_the_least_time_comes_first_and_unseen_requests_last(shop: Counter) -> None:
    """APR-20"""
    arrive(shop, "r-new")
    for name, remaining in (("r-40", 40_000), ("r-10", 10_000), ("r-25", 25_000)):
        seen(shop, name, remaining)

    assert [card.request_id for card in shop.agent.approval.pending()] == ["r-10", "r-25", "r-40", "r-new"]


def test_the_countdown_stops_at_zero_and_the_wall_clock_does_not_matter(shop: Counter) -> None:
    seen(shop)
    shop.clock.jump_wall(86_400_000)
    assert shop.agent.approval.pending()[0].remaining_ms == 60_000

    shop.clock.advance(61_000)

    assert shop.agent.approval.pending()[0].remaining_ms == 0


def test_cards_say_when_the_line_is_down(shop: Counter) -> None:
    arrive(shop)
    shop.link.online = False

    assert shop.agent.approval.pending()[0].offline


@pytest.mark.parametrize("state", ["approved", "rejected", "withdrawn", "expired", "auto_approved"])
def test_a_request_that_ended_elsewhere_leaves_the_screen(shop: Counter, state: str) -> None:
    """APR-03, APR-14: the first decision wins, the others close."""
    seen(shop)

    arrive(shop, version=3, state=state, decided_by="other", decided_ms=shop.clock.wall_ms())

    assert shop.agent.approval.pending() == ()
    answer = shop.agent.approval.approve("r-1", STAFF)
    assert answer == AlreadyDecided("r-1", RequestState(state), "other")


def test_an_older_row_never_undoes_a_newer_one(shop: Counter) -> None:
    arrive(shop, version=5, state="withdrawn")

    arrive(shop, version=4, state="seen", remaining_ms=1_000)

    assert shop.agent.approval.pending() == ()


def test_after_a_restore_of_the_cloud_its_lower_version_counts(shop: Counter) -> None:
    arrive(shop, version=5, state="withdrawn", generation=1)

    arrive(shop, version=2, state="seen", remaining_ms=1_000, generation=2)

    assert len(shop.agent.approval.pending()) == 1


# --- decisions -------------------------------------------------------------------------------------------------------


def test_an_approval_is_decision_slip_and_operation_in_one(shop: Counter) -> None:
    """APR-07, AGT-05"""
    seen(shop)
    shop.clock.advance(10_000)

    answer = shop.agent.approval.approve("r-1", STAFF)

    assert answer == Decided("r-1", RequestState.APPROVED, 4_500, "r-1:slip")
    assert shop.agent.approval.pending() == ()
    [(_, body)] = shop.ops("request.decide")
    assert body == {
        "request_id": "r-1",
        "decision": "approve",
        "reason": None,
        "reason_text": None,
        "remaining_ms": 50_000,
        "occurred_ms": shop.clock.wall_ms(),
    }
    assert jobs(shop) == [("r-1:slip", "slip", "queued")]


def test_the_slip_says_what_to_key_into_the_pos(shop: Counter) -> None:
    seen(shop)
    shop.agent.approval.approve("r-1", STAFF)

    document = Document.from_json(shop.rows("SELECT document_json FROM print_job")[0][0])

    text = "\n".join(getattr(block, "text", "") for block in document.blocks)
    assert "POS에서 4,500원 할인 입력" in text
    assert "아메리카노 1잔 무료" in text
    assert [block.payload for block in document.blocks if isinstance(block, Qr)] == ["withfom:slip:K7-40W"]


def test_a_second_decision_gets_the_outcome_of_the_first(shop: Counter) -> None:
    """APR-36: two taps, two screens, one decision, one slip."""
    seen(shop)
    shop.agent.approval.approve("r-1", STAFF)

    again = shop.agent.approval.approve("r-1", "tablet")
    against = shop.agent.approval.reject("r-1", RejectReason.OUT_OF_STOCK, "", "tablet")

    assert again == against == AlreadyDecided("r-1", RequestState.APPROVED, STAFF)
    assert len(shop.ops("request.decide")) == 1
    assert len(jobs(shop)) == 1


def test_a_rejection_carries_its_reason_and_prints_nothing(shop: Counter) -> None:
    """APR-08"""
    seen(shop)

    answer = shop.agent.approval.reject("r-1", RejectReason.OUT_OF_STOCK, "", STAFF)

    assert isinstance(answer, Decided)
    assert answer.state is RequestState.REJECTED
    [(_, body)] = shop.ops("request.decide")
    assert (body["decision"], body["reason"], body["reason_text"]) == ("reject", "out_of_stock", None)
    assert jobs(shop) == []


def test_another_reason_needs_words(shop: Counter) -> None:
    """APR-08"""
    seen(shop)

    assert shop.agent.approval.reject("r-1", RejectReason.OTHER, "  ", STAFF) == ReasonMissing("r-1")
    assert isinstance(shop.agent.approval.reject("r-1", RejectReason.OTHER, "기계 고장", STAFF), Decided)
    assert shop.ops("request.decide")[0][1]["reason_text"] == "기계 고장"


def test_after_zero_the_cloud_decides(shop: Counter) -> None:
    """APR-07: a tap after the time changes nothing here; the card waits for the outcome."""
    seen(shop)
    shop.clock.advance(60_000)

    assert shop.agent.approval.approve("r-1", STAFF) == TooLate("r-1")
    assert shop.agent.approval.pending()[0].remaining_ms == 0
    assert shop.ops("request.decide") == []
    assert jobs(shop) == []


def test_the_last_millisecond_still_counts(shop: Counter) -> None:
    """APR-07"""
    seen(shop)
    shop.clock.advance(59_999)

    assert isinstance(shop.agent.approval.approve("r-1", STAFF), Decided)
    assert shop.ops("request.decide")[0][1]["remaining_ms"] == 1


def test_a_decision_may_come_before_the_countdown(shop: Counter) -> None:
    arrive(shop)

    assert isinstance(shop.agent.approval.approve("r-1", STAFF), Decided)
    assert shop.ops("request.decide")[0][1]["remaining_ms"] is None


def test_an_unknown_request_is_said_to_be_unknown(shop: Counter) -> None:
    assert shop.agent.approval.approve("r-9", STAFF) == UnknownRequest("r-9")


def test_a_failure_while_printing_is_queued_leaves_no_decision(shop: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """AGT-05: all or nothing."""
    seen(shop)

    def broken(*_args: object, **_named: object) -> bool:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("agent.printing.repository.insert", broken)
        with pytest.raises(OSError, match="power cut"):
            shop.agent.approval.approve("r-1", STAFF)

    assert shop.ops("request.decide") == []
    assert len(shop.agent.approval.pending()) == 1


# --- what the cloud decides ------------------------------------------------------------------------------------------


def test_an_auto_approval_of_a_card_that_stood_here_prints_one_slip(shop: Counter) -> None:
    """APR-07"""
    seen(shop)
    shop.clock.advance(62_000)
    auto = {"state": "auto_approved", "decided_by": "timeout", "decided_ms": shop.clock.wall_ms()}

    arrive(shop, version=3, **auto)
    arrive(shop, version=3, **auto)

    assert jobs(shop) == [("r-1:slip", "slip", "queued")]


def test_a_device_that_reads_an_old_feed_prints_nothing(shop: Counter) -> None:
    arrive(shop, version=3, state="auto_approved", decided_by="timeout", decided_ms=1)
    arrive(shop, "r-2")
    arrive(shop, "r-2", version=3, state="auto_approved", decided_by="timeout", decided_ms=1)

    assert jobs(shop) == []


def test_our_tap_before_zero_stands_against_the_auto_approval(shop: Counter) -> None:
    """APR-19: made offline, it wins when it arrives; one slip whichever comes first."""
    seen(shop)
    shop.link.online = False
    shop.agent.approval.approve("r-1", STAFF)
    arrive(shop, version=3, state="auto_approved", decided_by="timeout", decided_ms=shop.clock.wall_ms())

    [record] = shop.agent.approval.recent()
    assert record.state is RequestState.APPROVED
    shop.answer("request.seen", "applied")
    shop.answer("request.decide", "applied", {"state": "approved"})

    assert shop.agent.approval.recent()[0].state is RequestState.APPROVED
    assert len(jobs(shop)) == 1


def test_a_rejection_made_offline_is_shown_until_the_cloud_has_spoken(shop: Counter) -> None:
    """APR-19"""
    seen(shop)
    shop.link.online = False
    shop.agent.approval.reject("r-1", RejectReason.OUT_OF_HOURS, "", STAFF)
    arrive(shop, version=3, state="auto_approved", decided_by="timeout", decided_ms=shop.clock.wall_ms())

    assert shop.agent.approval.recent()[0].state is RequestState.REJECTED
    assert jobs(shop) == []
    shop.answer("request.seen", "applied")
    shop.answer("request.decide", "adjusted", {"state": "auto_approved"}, "already_decided")

    assert shop.agent.approval.recent()[0].state is RequestState.AUTO_APPROVED


def test_an_answer_that_comes_again_is_older_than_the_row_that_arrived_meanwhile(shop: Counter) -> None:
    """APR-17, AGT-10: the owner took the approval back before this device heard how its tap went."""
    seen(shop)
    shop.agent.approval.approve("r-1", STAFF)
    arrive(shop, version=4, state="recovered", decided_by="owner", decided_ms=shop.clock.wall_ms())

    shop.answer("request.seen", "applied")
    shop.answer("request.decide", "applied", {"state": "approved", "version": 3})

    assert shop.agent.approval.recent()[0].state is RequestState.RECOVERED


def test_against_a_withdrawal_our_decision_does_not_stand(shop: Counter) -> None:
    """APR-14"""
    seen(shop)
    shop.agent.approval.approve("r-1", STAFF)

    arrive(shop, version=3, state="withdrawn", decided_by=None, decided_ms=shop.clock.wall_ms())

    assert shop.agent.approval.approve("r-1", STAFF) == AlreadyDecided("r-1", RequestState.WITHDRAWN, None)


def test_the_last_five_decisions_are_remembered_newest_first(shop: Counter) -> None:
    """APR-13"""
    for number in range(7):
        shop.clock.advance(1_000)
        seen(shop, f"r-{number}")
        shop.agent.approval.approve(f"r-{number}", STAFF)

    records = shop.agent.approval.recent()

    assert [record.request_id for record in records] == ["r-6", "r-5", "r-4", "r-3", "r-2"]
    assert records[0].can_recover


# --- a cloud that is newer than this device ---------------------------------------------------------------------------


@pytest.mark.expect_log("request_kind_unknown")
def test_a_request_of_an_unknown_kind_shows_no_card_and_is_not_reported_as_seen(shop: Counter) -> None:
    """APR-18: what nobody can see must not start to count down."""
    arrive(shop, kind="gift_card")

    assert shop.agent.approval.pending() == ()
    shop.agent.approval.mark_shown(["r-1"])
    assert shop.ops() == []


@pytest.mark.expect_log("request_state_unknown")
def test_a_request_in_an_unknown_state_leaves_the_screen_and_cannot_be_decided(shop: Counter) -> None:
    seen(shop)

    arrive(shop, version=3, state="escalated", decided_ms=shop.clock.wall_ms())

    assert shop.agent.approval.pending() == ()
    assert shop.agent.approval.recent() == ()
    assert isinstance(shop.agent.approval.approve("r-1", STAFF), AlreadyDecided)
    assert shop.rows("SELECT state FROM request") == [("escalated",)]


def test_a_rejection_for_an_unknown_reason_is_shown_without_one(shop: Counter) -> None:
    arrive(shop, version=3, state="rejected", reason="fraud", decided_ms=shop.clock.wall_ms())

    [record] = shop.agent.approval.recent()

    assert (record.state, record.reason) == (RequestState.REJECTED, None)


# --- recovery --------------------------------------------------------------------------------------------------------


def test_a_wrong_approval_is_recovered_once(shop: Counter) -> None:
    """APR-15"""
    seen(shop)
    shop.agent.approval.approve("r-1", STAFF)

    assert shop.agent.approval.recover("r-1", "owner") == Recovering("r-1")
    assert shop.agent.approval.recover("r-1", "owner") == NotPossible("r-1", RequestState.RECOVERED)
    assert shop.ops("request.recover") == [
        ("request.recover", {"request_id": "r-1", "occurred_ms": shop.clock.wall_ms()})
    ]
    assert shop.agent.approval.recent()[0].state is RequestState.RECOVERED


def test_an_approval_taken_back_before_its_answer_stays_taken_back(shop: Counter) -> None:
    """APR-15: the answer to the approval must not offer the recovery a second time."""
    seen(shop)
    shop.agent.approval.approve("r-1", STAFF)
    shop.agent.approval.recover("r-1", "owner")

    shop.answer("request.decide", "applied", {"state": "approved"})

    assert shop.agent.approval.recent()[0].state is RequestState.RECOVERED
    assert isinstance(shop.agent.approval.recover("r-1", "owner"), NotPossible)
    shop.answer("request.recover", "applied", {"state": "recovered"})
    assert shop.rows("SELECT state, local_decision FROM request") == [("recovered", None)]


@pytest.mark.parametrize(("age_ms", "possible"), [(300_000, True), (300_001, False)])
def test_an_auto_approval_is_cancelled_within_five_minutes(shop: Counter, age_ms: int, possible: bool) -> None:
    """APR-17: inclusive, and the owner's."""
    owner = shop.employ("정민아", "owner")
    arrive(shop, version=3, state="auto_approved", decided_by="timeout", decided_ms=shop.clock.wall_ms())
    shop.clock.advance(age_ms)

    assert shop.agent.approval.recent()[0].can_recover is possible
    assert isinstance(shop.agent.approval.recover("r-1", owner), Recovering) is possible


def test_what_was_rejected_or_unknown_cannot_be_recovered(shop: Counter) -> None:
    """APR-15"""
    seen(shop)
    shop.agent.approval.reject("r-1", RejectReason.OUT_OF_STOCK, "", STAFF)

    assert shop.agent.approval.recover("r-1", "owner") == NotPossible("r-1", RequestState.REJECTED)
    assert shop.agent.approval.recover("r-9", "owner") == NotPossible("r-9", None)


# --- sleep, restart, clock jumps -------------------------------------------------------------------------------------


def test_after_sleep_a_countdown_is_asked_for_again_before_anybody_acts(shop: Counter) -> None:
    """AGT-07, AGT-09: a tick more than two seconds late."""
    seen(shop)
    shop.agent.approval.tick()
    shop.clock.advance(1_000)
    shop.agent.approval.tick()
    assert shop.agent.approval.pending()[0].remaining_ms == 59_000

    shop.clock.advance(20_000)
    shop.agent.approval.tick()

    assert shop.agent.approval.pending()[0].remaining_ms is None
    assert shop.agent.approval.approve("r-1", STAFF) == TooLate("r-1")
    assert [kind for kind, _ in shop.ops()] == ["request.seen", "request.seen"]
    arrive(shop, version=2, state="seen", remaining_ms=31_000)
    assert shop.agent.approval.pending()[0].remaining_ms == 31_000
    assert isinstance(shop.agent.approval.approve("r-1", STAFF), Decided)


def test_a_wall_clock_that_somebody_sets_also_asks_again(shop: Counter) -> None:
    seen(shop)
    shop.agent.approval.tick()
    shop.clock.jump_wall(3_600_000)
    shop.clock.advance(1_000)

    shop.agent.approval.tick()

    assert shop.agent.approval.pending()[0].remaining_ms is None


def test_the_answer_to_the_second_question_may_carry_the_time_left(shop: Counter) -> None:
    seen(shop)
    shop.agent.approval.ask_again(stop_running=True)
    shop.answer("request.seen", "applied")

    shop.answer("request.seen", "applied", {"state": "seen", "remaining_ms": 12_000})

    assert shop.agent.approval.pending()[0].remaining_ms == 12_000


def test_an_answer_that_took_too_long_is_asked_for_again(shop: Counter) -> None:
    """A stored answer is repeated word for word: what was left then says nothing about now."""
    seen(shop)
    shop.agent.approval.ask_again(stop_running=True)
    shop.answer("request.seen", "applied")
    shop.clock.advance(5_001)

    shop.answer("request.seen", "applied", {"state": "seen", "remaining_ms": 12_000})

    assert shop.agent.approval.pending()[0].remaining_ms is None
    assert len(shop.ops("request.seen")) == 1
    shop.clock.advance(100)
    shop.answer("request.seen", "applied", {"state": "seen", "remaining_ms": 6_000})
    assert shop.agent.approval.pending()[0].remaining_ms == 5_900


def test_after_a_reboot_old_deadlines_mean_nothing(shop: Counter) -> None:
    """A new boot counts its monotonic clock from elsewhere."""
    seen(shop)
    shop.clock.reboot("boot-2", mono_ms=5)

    assert shop.agent.approval.pending()[0].remaining_ms is None
    shop.agent.approval.ask_again()

    assert [kind for kind, _ in shop.ops()] == ["request.seen", "request.seen"]


def test_after_a_restart_within_the_same_boot_the_countdown_goes_on(shop: Counter) -> None:
    seen(shop)
    shop.clock.advance(5_000)

    shop.agent.approval.ask_again()

    assert shop.agent.approval.pending()[0].remaining_ms == 55_000
    assert [kind for kind, _ in shop.ops()] == ["request.seen"]


def test_offline_after_a_reboot_a_person_may_still_decide(shop: Counter) -> None:
    """AGT-08: manual confirmation; the cloud judges by arrival."""
    seen(shop)
    shop.clock.reboot("boot-2")
    shop.link.online = False

    assert isinstance(shop.agent.approval.approve("r-1", STAFF), Decided)
    assert shop.ops("request.decide")[0][1]["remaining_ms"] is None


# --- orders ----------------------------------------------------------------------------------------------------------


def order(shop: Counter, **changes: Any) -> None:
    body = {
        "order_id": "o-1",
        "version": 1,
        "number": "A-12",
        "state": "new",
        "channel": "app_order",
        "items": [{"name": "카페라떼(ICE)", "qty": 2, "amount_won": 10_000, "options": ["연하게"]}],
        "total_won": 10_000,
        "payment": "prepaid",
        "nickname": "박*호",
        "note": "얼음 적게",
        "created_ms": shop.clock.wall_ms(),
        "request_id": "r-1",
        **changes,
    }
    shop.feed(shop.agent.appliers()["order"], "order", body)


def test_an_approved_order_is_in_preparation_and_its_ticket_prints(shop: Counter) -> None:
    """APR-05, ORD-05"""
    order(shop)
    seen(shop, kind="order", order_id="o-1", title="카페라떼(ICE) 2", pos_discount_won=None)

    shop.agent.approval.approve("r-1", STAFF)

    found = shop.agent.orders.get("o-1")
    assert found is not None
    assert found.state.value == "preparing"
    assert jobs(shop) == [("r-1:order_ticket", "order_ticket", "queued")]
    document = Document.from_json(shop.rows("SELECT document_json FROM print_job")[0][0])
    written = repr(document)
    for text in ("A-12", "카페라떼(ICE)", "연하게", "10,000원", "얼음 적게"):
        assert text in written
    assert not shop.agent.approval.recent()[0].can_recover


def test_a_rejected_order_is_cancelled_at_once(shop: Counter) -> None:
    order(shop)
    seen(shop, kind="order", order_id="o-1")

    shop.agent.approval.reject("r-1", RejectReason.OUT_OF_STOCK, "", STAFF)

    found = shop.agent.orders.get("o-1")
    assert found is not None
    assert found.state.value == "cancelled"


def test_an_order_request_whose_order_has_not_arrived_still_prints(shop: Counter) -> None:
    seen(shop, kind="order", order_id="o-1", title="카페라떼 2", amount_won=10_000)

    shop.agent.approval.approve("r-1", STAFF)

    assert "카페라떼 2" in shop.rows("SELECT document_json FROM print_job")[0][0]
