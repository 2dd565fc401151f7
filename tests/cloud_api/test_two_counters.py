"""Two real counters and a real cloud: one decision, one slip, one truth on both (APR-03, 07, 14, 16, 18, 19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.approval.types import AlreadyDecided, Decided, Recovering, RejectReason, RequestState, TooLate, WaitsForOwner
from agent.staff.types import PinRight
from cloud_api.database import Work
from cloud_api.devices.printing import name_printing_device
from cloud_api.stores.service import policy_of, set_policy
from rules.recovery import OWNER_WAIT_MS
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS, UNREACHABLE_AFTER_MS, AtZero
from tests.cloud_api.world import World
from tests.helpers.joined import Joined, joined, pass_time

Two = tuple[Joined, Joined]


@pytest.fixture
def two(front: World, tmp_path: Path) -> Iterator[Two]:
    with joined(front, tmp_path / "first") as first, joined(front, tmp_path / "second") as second:
        yield first, second


def asked(world: World, two: Two) -> str:
    """A request that stands on both screens; the first one showed it first."""
    member = world.member()
    request_id = str(world.ask_coupon(member, world.coupon(member))["request_id"])
    for one in two:
        one.pull()
        one.show()
        one.push()
    for one in two:
        one.pull()
    return request_id


def settle(two: Two) -> None:
    for one in two:
        one.push()
    for one in two:
        one.pull()


def test_two_counters_that_both_showed_a_card_print_one_slip_of_its_automatic_approval(front: World, two: Two) -> None:
    """APR-07, APR-36: the first that showed it prints."""
    request_id = asked(front, two)
    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)

    assert front.sweep().auto_approved == 1
    settle(two)

    assert front.request(request_id)["print_device"] == two[0].device.device_id
    assert (two[0].slips(), two[1].slips()) == ([f"{request_id}:slip"], [])
    assert all(one.counter.agent.approval.recent()[0].state is RequestState.AUTO_APPROVED for one in two)


@pytest.mark.parametrize("approver", [0, 1])
def test_the_slip_comes_out_at_the_named_device_whoever_approves(front: World, two: Two, approver: int) -> None:
    """APR-01, APR-36."""
    front.cloud.database.transact(lambda work: name_printing_device(work, two[1].device.device_id, prints=True))
    request_id = asked(front, two)

    two[approver].counter.agent.approval.approve(request_id, "직원")
    settle(two)
    settle(two)

    assert (two[0].slips(), two[1].slips()) == ([], [f"{request_id}:slip"])


def test_a_decision_before_the_cloud_named_a_printer_prints_once_it_did(front: World, two: Two) -> None:
    """APR-36: approved in the instant of its arrival, before anybody was known to have shown it."""
    member = front.member()
    request_id = str(front.ask_coupon(member, front.coupon(member))["request_id"])
    for one in two:
        one.pull()
    two[1].counter.agent.approval.approve(request_id, "직원")
    assert two[1].slips() == []

    settle(two)

    assert (two[0].slips(), two[1].slips()) == ([], [f"{request_id}:slip"])


def test_a_revoked_printing_device_leaves_printing_to_the_first_that_shows(front: World, two: Two) -> None:
    from cloud_api.devices.enrollment import revoke

    third = front.device()
    front.cloud.database.transact(lambda work: name_printing_device(work, third.device_id, prints=True))
    front.cloud.database.transact(lambda work: revoke(work, third.device_id))

    request_id = asked(front, two)

    assert front.request(request_id)["print_device"] == two[0].device.device_id


def test_the_first_decision_wins_and_the_other_card_closes_with_the_outcome(front: World, two: Two) -> None:
    """APR-03, APR-36."""
    request_id = asked(front, two)
    two[0].counter.agent.approval.approve(request_id, "직원")
    two[1].counter.agent.approval.reject(request_id, RejectReason.OUT_OF_STOCK, "", "직원")

    settle(two)

    assert front.request(request_id)["state"] == "approved"
    for one in two:
        assert one.counter.agent.approval.pending() == ()
        assert one.counter.agent.approval.recent()[0].state is RequestState.APPROVED
    again = two[1].counter.agent.approval.reject(request_id, RejectReason.OUT_OF_STOCK, "", "직원")
    assert isinstance(again, AlreadyDecided)


def test_a_withdrawal_closes_both_cards(front: World, two: Two) -> None:
    """APR-14."""
    request_id = asked(front, two)

    front.ok("POST", f"/v1/requests/{request_id}/withdraw")
    settle(two)

    assert [one.counter.agent.approval.pending() for one in two] == [(), ()]


def test_a_rejection_made_offline_before_zero_beats_the_automatic_approval_and_the_consumer_is_told(
    front: World, two: Two
) -> None:
    """APR-19, APR-10, APR-09: the value is back, both screens say so, the consumer's app hears of it and why."""
    request_id = asked(front, two)
    pass_time(front, 59_000, *two)
    two[1].counter.agent.approval.reject(request_id, RejectReason.OUT_OF_STOCK, "", "직원")
    pass_time(front, 60_000, *two)
    assert front.sweep().auto_approved == 1
    two[0].pull()
    assert two[0].counter.agent.approval.recent()[0].state is RequestState.AUTO_APPROVED

    settle(two)

    assert front.request(request_id)["state"] == "rejected"
    assert [one.counter.agent.approval.recent()[0].state for one in two] == [RequestState.REJECTED] * 2
    told = front.ok("GET", "/v1/notices")["notices"]
    assert [(n["kind"], n["request_id"], n["state"]) for n in told] == [
        ("decision_changed", request_id, "rejected"),
        ("rejected", request_id, "rejected"),
    ]
    front.assert_book_is_sound()


def _set_limit(world: World, won: int) -> None:
    def change(work: Work) -> None:
        set_policy(
            work, world.store.brand_id, replace(policy_of(work.conn, world.store.brand_id), auto_approve_max_won=won)
        )

    world.cloud.database.transact(change)


def test_above_the_brands_value_silence_is_no_approval_and_both_sides_are_told(front: World, two: Two) -> None:
    """APR-07, APR-10: the coupon is back, the consumer has a notice, the counters show how it ended, nothing prints."""
    _set_limit(front, 4_499)
    request_id = asked(front, two)
    assert {one.counter.agent.approval.pending()[0].at_zero for one in two} == {AtZero.EXPIRE}
    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)

    assert front.sweep().auto_approved == 1
    settle(two)

    member = front.member()
    assert front.request(request_id)["state"] == "expired"
    assert front.wallet(member)["coupons"][0]["state"] == "available"
    assert [n["kind"] for n in front.ok("GET", "/v1/notices")["notices"]] == ["not_approved"]
    for one in two:
        assert one.counter.agent.approval.recent()[0].state is RequestState.EXPIRED
        assert one.slips() == []


def test_at_the_brands_value_silence_still_approves(front: World, two: Two) -> None:
    """APR-07"""
    _set_limit(front, 4_500)
    request_id = asked(front, two)
    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)
    front.sweep()

    assert front.request(request_id)["state"] == "auto_approved"


@pytest.mark.parametrize("still_there", [True, False])
def test_an_approval_made_offline_before_a_lapse_takes_the_value_once_more_if_it_is_there(
    front: World, two: Two, still_there: bool
) -> None:
    """APR-19: the person at the counter decided in time; what the member spent meanwhile is not taken twice."""
    _set_limit(front, 100)
    front_member = front.member()
    two[0].device.push(two[0].device.earn(paid_won=50_000))
    request_id = str(front.ask_points(front_member, 500, payment_won=9_000)["request_id"])
    two[1].pull()
    two[1].show()
    two[1].push()
    two[1].pull()
    two[1].counter.agent.approval.approve(request_id, "직원")
    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)
    front.sweep()
    assert front.points(front_member) == (500, 0, 0)
    if not still_there:
        front.ask_points(front_member, 300, payment_won=9_000)

    two[1].push()
    two[1].pull()

    state = "approved" if still_there else "expired"
    assert front.request(request_id)["state"] == state
    assert front.points(front_member) == ((0, 0, 0) if still_there else (200, 300, 0))
    assert two[1].counter.agent.approval.recent()[0].state is RequestState(state)
    front.assert_book_is_sound()


@pytest.mark.parametrize("how", ["sleep", "restart"])
def test_after_sleep_or_a_restart_nothing_is_decided_before_the_cloud_has_spoken(
    front: World, two: Two, how: str
) -> None:
    """APR-18: the buttons wait for the answer, which brings the time that is left."""
    request_id = asked(front, two)
    counter = two[0].counter
    counter.agent.approval.tick()
    pass_time(front, 20_000, *two)
    if how == "sleep":
        counter.agent.approval.tick()
    else:
        counter.clock.reboot("boot-2", mono_ms=5_000)
        counter.agent.approval.ask_again()

    assert counter.agent.approval.pending()[0].asking is True
    assert isinstance(counter.agent.approval.approve(request_id, "직원"), TooLate)
    two[0].push()

    card = counter.agent.approval.pending()[0]
    assert (card.asking, card.remaining_ms) == (False, 40_000)
    assert isinstance(counter.agent.approval.approve(request_id, "직원"), Decided)


def test_notices_are_read_from_a_cursor_of_this_server_only(front: World) -> None:
    """A poller that remembers more than a restored server has begins again where it is told to."""
    for cursor in ("1.7", "2.0"):
        refused = front.call("GET", f"/v1/notices?cursor={cursor}")
        assert (refused.status_code, refused.json()["code"], refused.json()["cursor"]) == (410, "cursor_reset", "1.0")
    assert front.call("GET", "/v1/notices?cursor=x").status_code == 422
    assert front.http.get("/v1/notices").status_code == 401


def test_a_store_that_was_away_gets_the_request_with_a_fresh_minute(front: World, two: Two) -> None:
    """APR-18, AGT-09: told after ten seconds that nobody is there, decided all the same when somebody is."""
    member = front.member()
    request_id = str(front.ask_coupon(member, front.coupon(member))["request_id"])
    pass_time(front, UNREACHABLE_AFTER_MS - 1, *two)
    assert (front.request(request_id)["store_unreachable"], front.sweep().unreachable) == (False, 0)
    pass_time(front, 1, *two)

    assert front.request(request_id)["store_unreachable"] is True
    assert [front.sweep().unreachable, front.sweep().unreachable] == [1, 0]
    first = front.ok("GET", "/v1/notices")
    assert [n["kind"] for n in first["notices"]] == ["store_unreachable"]
    assert front.ok("GET", f"/v1/notices?cursor={first['cursor']}")["notices"] == []

    pass_time(front, 300_000, *two)
    two[0].pull()
    two[0].show()
    two[0].push()
    two[0].pull()
    assert front.request(request_id)["store_unreachable"] is False
    assert two[0].counter.agent.approval.pending()[0].remaining_ms == TIMEOUT_MS


def test_staff_ask_at_one_counter_and_the_owner_answers_at_the_other(front: World, two: Two) -> None:
    """APR-16, APR-31: with the PIN that the cloud hashed, checked without a line."""
    front.employ("정민아", "owner", pin="904731")
    front.employ("이지은", pin="280650")
    request_id = asked(front, two)
    here, there = two[0].counter.agent, two[1].counter.agent
    staff = next(one for one in here.staff.roster() if one.name == "이지은")
    assert isinstance(here.staff.sign_in(staff.employee_id, "280650"), PinRight)
    here.approval.approve(request_id, here.staff.actor())
    settle(two)
    assert isinstance(here.approval.recover(request_id, here.staff.actor()), WaitsForOwner)
    settle(two)
    assert there.approval.recent()[0].recovery_by == "이지은"

    owner = there.staff.owner()
    assert owner is not None
    answer = there.staff.check(owner.employee_id, "904731")
    assert isinstance(answer, PinRight)
    assert isinstance(there.approval.recover(request_id, answer.employee.actor), Recovering)
    settle(two)
    settle(two)

    assert front.request(request_id)["state"] == "recovered"
    for agent in (here, there):
        assert (agent.approval.recent()[0].state, agent.approval.recent()[0].decided_by) == (
            RequestState.RECOVERED,
            "이지은",
        )


def test_a_recovery_that_nobody_answers_is_done_after_a_minute_and_seen_everywhere(front: World, two: Two) -> None:
    """APR-16"""
    staff = front.employ("이지은")
    request_id = asked(front, two)
    two[0].counter.agent.approval.approve(request_id, staff)
    two[0].counter.agent.approval.recover(request_id, staff)
    settle(two)
    pass_time(front, OWNER_WAIT_MS, *two)

    assert front.sweep().recovered == 1
    settle(two)

    assert [one.counter.agent.approval.recent()[0].state for one in two] == [RequestState.RECOVERED] * 2
