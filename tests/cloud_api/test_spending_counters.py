"""Two real counters and a real cloud: points spent at the tablet, with a line, without one and in between (PNT-10)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.approval.types import Decided, Recovering, RejectReason, RequestState
from agent.spend.types import NotSpent, SpendAsked, SpendRefused, Spent
from cloud_api.stores.service import Policy, set_policy
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from rules.spending import SpendLimit
from tests.cloud_api.world import PHONE, World
from tests.helpers.joined import Joined, joined, pass_time
from tests.helpers.lines import Line
from tests.helpers.snapshots import give_snapshot

Two = tuple[Joined, Joined]
DIGITS = "0" + PHONE.removeprefix("+82")
STAFF = "김서연"


@pytest.fixture
def two(front: World, tmp_path: Path) -> Iterator[Two]:
    """Two counters of one store and a member with 3,240 P of whom both have a snapshot; nobody has a line."""
    earner = front.device()
    earner.push(earner.earn(paid_won=324_000))
    front.cloud.database.transact(lambda work: set_policy(work, front.store.brand_id, Policy()))
    with joined(front, tmp_path / "first") as first, joined(front, tmp_path / "second") as second:
        for one in (first, second):
            one.pull()
            give_snapshot(one.counter, {DIGITS: 3_240})
            one.counter.link.online = False
        yield first, second


def ask(one: Joined, points: int | None = 3_000) -> str:
    spend = one.counter.agent.spend
    asked = spend.ask(spend.new_id(), DIGITS, points, 18_000)
    assert isinstance(asked, SpendAsked), asked
    one.show()
    return asked.spend_id


def online(one: Joined) -> Line:
    line = Line(one)
    one.counter.link.online = True
    one.counter.agent.spend.attach(line)
    return line


def settle(two: Two) -> None:
    for _ in range(2):
        for one in two:
            one.push()
        for one in two:
            one.pull()


def points(world: World) -> tuple[int, int, int]:
    return world.points(world.member())


def test_both_counters_without_a_line_spend_the_same_points_and_the_books_stay_right(front: World, two: Two) -> None:
    """I1, I5: never below zero, the store bears the second, and everybody sees it."""
    first, second = (ask(one) for one in two)
    for one, spend_id in zip(two, (first, second), strict=True):
        assert isinstance(one.counter.agent.approval.approve(spend_id, STAFF), Decided)

    settle(two)

    assert points(front) == (0, 0, 0)
    assert front.sums()["offline_loss_points"] == 2_760
    assert front.sums()["points_captured"] == 6_000
    front.assert_book_is_sound()
    figures = "SELECT covered_points, loss_points FROM spend"
    assert (two[0].counter.rows(figures), two[1].counter.rows(figures)) == ([(3_000, 0)], [(240, 2_760)])
    assert (two[0].slips(), two[1].slips()) == ([f"{first}:slip"], [f"{second}:slip"])
    for one in two:
        recent = one.counter.agent.approval.recent()
        assert [record.state for record in recent] == [RequestState.APPROVED] * 2
        assert one.counter.agent.approval.pending() == ()


def test_the_same_with_nobody_there_to_answer(front: World, two: Two) -> None:
    """APR-07: each counter's own countdown approves, once, and says so."""
    ids = [ask(one, 3_240) for one in two]
    for _ in range(TIMEOUT_MS // 1_000 + 2):
        pass_time(front, 1_000, *two)
        for one in two:
            one.counter.agent.approval.tick()

    settle(two)

    assert [front.request(spend_id)["state"] for spend_id in ids] == ["auto_approved"] * 2
    assert (points(front), front.sums()["offline_loss_points"]) == ((0, 0, 0), 3_240)
    front.assert_book_is_sound()


def test_with_a_line_the_second_counter_is_refused_before_anything_is_handed_over(front: World, two: Two) -> None:
    for one in two:
        online(one)
    spend_id = ask(two[0], None)
    refused = two[1].counter.agent.spend.ask("other", DIGITS, 1_000, 18_000)

    assert refused == SpendRefused(SpendLimit.BALANCE)
    settle(two)
    for one in two:
        one.show()
    settle(two)
    two[1].counter.agent.approval.approve(spend_id, STAFF)
    settle(two)
    assert two[0].counter.agent.spend.outcome(spend_id) == Spent(3_240, 14_760)
    assert (points(front), front.sums()["offline_loss_points"]) == ((0, 0, 0), 0)
    front.assert_book_is_sound()


@pytest.mark.parametrize("decision", ["approve", "reject", "default"])
def test_an_answer_that_was_lost_counts_once_whatever_becomes_of_it(front: World, two: Two, decision: str) -> None:
    """The cloud holds the points under the id that the counter goes on with."""
    here = two[0]
    online(here).loses = True
    spend_id = ask(here)
    assert points(front) == (240, 3_000, 0)
    if decision == "default":
        for _ in range(TIMEOUT_MS // 1_000 + 2):
            pass_time(front, 1_000, *two)
            here.counter.agent.approval.tick()
    elif decision == "approve":
        here.counter.agent.approval.approve(spend_id, STAFF)
    else:
        here.counter.agent.approval.reject(spend_id, RejectReason.CONDITION_MISMATCH, "", STAFF)

    settle(two)
    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)
    front.sweep()
    settle(two)

    expected = {"approve": "approved", "reject": "rejected", "default": "auto_approved"}[decision]
    assert front.request(spend_id)["state"] == expected
    assert points(front) == ((3_240, 0, 0) if decision == "reject" else (240, 0, 0))
    assert front.sums()["offline_loss_points"] == 0
    assert here.counter.agent.spend.outcome(spend_id) == (NotSpent() if decision == "reject" else Spent(3_000, 15_000))
    assert here.slips() == ([] if decision == "reject" else [f"{spend_id}:slip"])
    assert here.counter.agent.approval.pending() == ()
    front.assert_book_is_sound()


def test_a_line_that_comes_back_in_time_makes_it_the_clouds_request(front: World, two: Two) -> None:
    here = two[0]
    online(here).loses = True
    spend_id = ask(here)
    here.pull()
    here.push()
    here.pull()
    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)
    here.counter.agent.approval.tick()

    assert front.sweep().auto_approved == 1
    settle(two)

    assert [kind for kind, _ in here.counter.ops("points.spend")] == []
    assert here.counter.agent.spend.outcome(spend_id) == Spent(3_000, 15_000)
    assert (points(front), here.slips()) == ((240, 0, 0), [f"{spend_id}:slip"])
    front.assert_book_is_sound()


def test_a_spend_is_taken_back_from_the_other_counter_too(front: World, two: Two) -> None:
    """APR-15: it is a request like any other once the cloud has it."""
    spend_id = ask(two[0])
    two[0].counter.agent.approval.approve(spend_id, STAFF)
    settle(two)

    assert isinstance(two[1].counter.agent.approval.recover(spend_id, STAFF), Recovering)
    settle(two)

    assert (points(front), front.request(spend_id)["state"]) == ((3_240, 0, 0), "recovered")
    assert two[0].counter.agent.spend.outcome(spend_id) == NotSpent()
    front.assert_book_is_sound()


def test_a_customer_takes_it_back_and_both_counters_are_rid_of_the_card(front: World, two: Two) -> None:
    """APR-14: the points are free at once, the other counter says who took it back."""
    here, there = two
    online(here)
    spend_id = ask(here)
    settle(two)
    for one in two:
        one.show()
    settle(two)

    assert here.counter.agent.spend.withdraw(spend_id) == NotSpent(taken_back=True)
    settle(two)

    assert (front.request(spend_id)["state"], points(front)) == ("withdrawn", (3_240, 0, 0))
    assert front.request(spend_id)["decided_by"] == "consumer"
    for one in two:
        assert one.counter.agent.approval.pending() == ()
        assert one.counter.agent.approval.withdrawn([spend_id]) == {spend_id}
        assert one.slips() == []
    assert there.counter.agent.spend.outcome(spend_id) is None
    front.assert_book_is_sound()


def test_taken_back_while_the_line_was_down_beats_the_clouds_minute(front: World, two: Two) -> None:
    """APR-14, APR-19: the customer saw "taken back"; what the sweeper captured comes back."""
    here = two[0]
    online(here)
    spend_id = ask(here)
    settle(two)
    here.show()
    settle(two)
    assert here.counter.agent.spend.withdraw(spend_id) == NotSpent(taken_back=True)
    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)
    assert front.sweep().auto_approved == 1

    settle(two)

    assert (front.request(spend_id)["state"], points(front)) == ("withdrawn", (3_240, 0, 0))
    assert [one.slips() for one in two] == [[], []]
    front.assert_book_is_sound()


@pytest.mark.parametrize("first", ["customer", "staff"])
def test_taken_back_here_and_approved_there_has_one_end(front: World, two: Two, first: str) -> None:
    """APR-36: whoever reaches the cloud first; everybody shows the same."""
    here, there = two
    online(here)
    spend_id = ask(here)
    settle(two)
    for one in two:
        one.show()
    settle(two)
    here.counter.agent.spend.withdraw(spend_id)
    there.counter.agent.approval.approve(spend_id, STAFF)

    for one in two if first == "customer" else (there, here):
        one.push()
    settle(two)

    state = "withdrawn" if first == "customer" else "approved"
    assert front.request(spend_id)["state"] == state
    assert points(front) == ((3_240, 0, 0) if first == "customer" else (240, 0, 0))
    expected = NotSpent(taken_back=True) if first == "customer" else Spent(3_000, 15_000)
    assert here.counter.agent.spend.outcome(spend_id) == expected
    front.assert_book_is_sound()
