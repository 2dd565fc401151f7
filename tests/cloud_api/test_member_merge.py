"""Two members are one: what each had before and after, what comes late, and any order of it all keeps the book."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test
from sqlalchemy import select, text, update

from cloud_api.clock import DAY_MS
from cloud_api.ledger.expiry import expire_all
from cloud_api.members import former
from cloud_api.members.models import member
from cloud_api.members.purge import purge_some
from cloud_api.members.told import device_lookup
from cloud_api.settings import Settings
from cloud_api.stores.service import Policy
from rules.phone import Phone
from rules.requests import OPEN_STATES, USED_STATES
from tests.cloud_api.test_stamps import card, rewards, stamp_op, stamping
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, from_base64url, new_id

THIRD_PHONE = "+821055556666"
NOTHING = {
    "points": 0,
    "held": 0,
    "debt": 0,
    "stamps": 0,
    "stamps_on_full_boards": 0,
    "lots": 0,
    "coupons_available": 0,
    "coupons_pending": 0,
    "coupons_used": 0,
    "coupons_expired": 0,
}


def merge(world: World, source: str, target: str) -> Any:
    return world.call("POST", f"/v1/members/{source}/merge", {"into": target, "by": "이본사", "reason": "같은 분"})


def lots_of(world: World, member_id: str) -> list[tuple[int, int]]:
    query = text("SELECT expires_ms, remaining FROM lot WHERE member_id = :m AND remaining > 0 ORDER BY 1, posting_id")
    with world.cloud.database.read() as conn:
        return [(row[0], row[1]) for row in conn.execute(query, {"m": member_id})]


def two(world: World, counter: Device) -> tuple[str, str]:
    """A member with 60 points and a coupon, and one with 45."""
    source, target = world.member(), world.member(OTHER_PHONE, "")
    counter.push(counter.earn(paid_won=2_000))
    world.clock.advance(DAY_MS)
    counter.push(counter.earn(paid_won=4_000), counter.earn(phone=OTHER_PHONE))
    return source, target


def test_the_statement_says_what_both_had_and_nothing_gets_more_or_less(world: World) -> None:
    """MEM-08, PNT-01: points keep their days and their store, entries stay as they were, both numbers find one."""
    here, there = world.device(), world.device(world.new_store("둘째 매장", "다른 커피"))
    source, target = two(world, here)
    there.push(there.earn(paid_won=1_000))
    coupon_id = world.coupon(source)
    lots = lots_of(world, source) + lots_of(world, target)
    entries = world.ok("GET", f"/v1/members/{source}/entries")["entries"]

    statement = merge(world, source, target).json()

    had = {"points": 70, "lots": 70, "coupons_available": 1}
    assert statement["before"] == {"source": NOTHING | had, "target": NOTHING | {"points": 45, "lots": 45}}
    after = {"source": NOTHING, "target": NOTHING | {"points": 115, "lots": 115, "coupons_available": 1}}
    assert statement["after"] == after
    assert merge(world, source, target).json() == statement
    assert (world.points(source), world.points(target)) == ((0, 0, 0), (115, 0, 0))
    assert sorted(lots_of(world, target)) == sorted(lots)
    assert world.coupon_state(target, coupon_id) == "available"
    assert world.ok("GET", f"/v1/members/{source}/entries")["entries"][-len(entries) :] == entries
    gone = world.wallet(source)
    assert (gone["status"], gone["merged_into"], gone["nickname"]) == ("merged", target, "")
    assert world.wallet(target)["nickname"] == "김민지"
    for phone in (PHONE, OTHER_PHONE):
        assert world.ok("POST", "/v1/members/find", {"phone": phone})["member_id"] == target
    here.push(here.earn(), here.earn(phone=OTHER_PHONE))
    assert world.points(target) == (205, 0, 0)
    world.clock.advance(1_827 * DAY_MS)
    expire_all(world.cloud.database)
    assert world.points(target) == (0, 0, 0)
    world.assert_book_is_sound()


@pytest.mark.parametrize(
    ("who", "points", "cancelled", "left"),
    [
        ("source", 60, [2_000], (25, 0, 0)),
        ("target", 45, [4_500], (15, 0, 0)),
        ("source", 60, [2_000, 4_000, 4_500], (0, 0, 60)),
    ],
)
def test_a_debt_goes_along_and_is_paid_from_what_the_other_has(
    world: World, who: str, points: int, cancelled: list[int], left: tuple[int, int, int]
) -> None:
    """MEM-08, PNT-09: nobody has points and a debt beside each other."""
    counter = world.device()
    source, target = two(world, counter)
    ask = world.ask_points(source if who == "source" else target, points)["request_id"]
    counter.push(counter.seen(ask), counter.decide(ask))
    with world.cloud.database.read() as conn:
        sales = {row.paid_won: row.earn_id for row in conn.execute(text("SELECT earn_id, paid_won FROM earn"))}
    for paid_won in cancelled:
        counter.push(counter.reverse(earn_id=sales[paid_won], amount_won=paid_won))

    assert merge(world, source, target).status_code == 200

    assert (world.points(source), world.points(target)) == ((0, 0, 0), left)
    world.assert_book_is_sound()


def test_what_waits_for_somebody_is_in_the_way_and_a_refusal_moves_nothing(world: World) -> None:
    """MEM-08: open requests and corrections of the one who goes; those of the other one do not matter."""
    counter = world.device()
    source, target = two(world, counter)
    ask = world.ask_points(source, 20)
    by_hand = {"store_id": world.store.store_id, "member_id": source, "points": 60_000, "reason": "행사", "by": "김"}
    pending = world.ok("POST", "/v1/adjustments", by_hand | {"idempotency_key": "merge-adjust"})
    other = world.ask_points(target, 5)

    refused = merge(world, source, target)

    assert (refused.status_code, refused.json()["problems"]) == (409, ["waiting", "adjustment"])
    assert (world.points(source), world.points(target)) == ((40, 20, 0), (40, 5, 0))
    assert merge(world, source, source).json()["problems"] == ["same"]
    assert merge(world, source, "nobody").json()["code"] == "member_unknown"
    counter.push(counter.seen(ask["request_id"]), counter.decide(ask["request_id"], "reject"))
    world.ok("POST", f"/v1/adjustments/{pending['adjustment_id']}/refuse", {"by": "박"})
    assert merge(world, source, target).status_code == 200
    counter.push(counter.seen(other["request_id"]), counter.decide(other["request_id"]))
    assert world.points(target) == (100, 0, 0)
    world.assert_book_is_sound()


def test_what_comes_late_for_the_one_who_went_reaches_the_one_who_is(world: World) -> None:
    """MEM-08: a cancel, a recovery, a coupon that comes back, a queued earn by the old number."""
    counter = world.device()
    owner = world.employ("김사장", "owner")
    source, target = two(world, counter)
    sale = counter.earn(paid_won=3_000)
    counter.push(sale)
    queued = counter.earn(paid_won=700)
    spent = world.ask_points(source, 50)["request_id"]
    coupon_id = world.coupon(source)
    used = world.ask_coupon(source, coupon_id)["request_id"]
    # The queued earn is already sealed, so it goes first in the chain, but after the merge in time.
    merged_later = [counter.seen(spent), counter.decide(spent), counter.seen(used), counter.decide(used)]
    counter_two = world.device()
    counter_two.push(
        counter_two.seen(spent), counter_two.decide(spent), counter_two.seen(used), counter_two.decide(used)
    )
    assert merge(world, source, target).status_code == 200
    assert world.points(target) == (85, 0, 0)

    counter.push(queued, *merged_later)
    assert world.points(target) == (92, 0, 0)
    recovered = counter.push(counter.recover(spent, actor=owner), counter.recover(used, actor=owner))["results"]
    assert [one["status"] for one in recovered] == ["applied", "applied"]
    assert world.points(target) == (142, 0, 0)
    assert world.coupon_state(target, coupon_id) == "available"
    counter.push(counter.reverse(earn_id=sale["body"]["earn_id"], amount_won=3_000))
    assert (world.points(target), world.points(source)) == ((112, 0, 0), (0, 0, 0))
    world.assert_book_is_sound()


def test_a_spend_under_an_id_that_was_asked_for_before_the_merge_is_booked(world: World) -> None:
    """MEM-08, PNT-10: the line broke, the request ran out, both numbers became one, and then the counter reports."""
    counter = world.device()
    owner = world.employ("김사장", "owner")
    source, target = two(world, counter)
    body = {"request_id": "spend-1", "phone": PHONE, "points": 30, "payment_won": 9_000}
    raw = json.dumps(body).encode()
    named = {"authorization": counter.sign("POST", "/v1/sync/requests", raw), "content-type": "application/json"}
    assert world.http.post("/v1/sync/requests", content=raw, headers=named).status_code == 201
    world.ok("POST", "/v1/requests/spend-1/withdraw", {})
    merge(world, source, target)
    fact = {"spend_id": "spend-1", "phone": PHONE, "points": 30, "payment_won": 9_000, "decided_by_default": False}
    times = {"occurred_ms": world.clock(), "snapshot_ms": world.clock()}

    result = counter.result(counter.op("points.spend", fact | times))

    assert (result["status"], result["body"]["covered_points"]) == ("applied", 30)
    assert world.points(target) == (75, 0, 0)
    assert counter.result(counter.recover("spend-1", actor=owner))["status"] == "applied"
    assert world.points(target) == (105, 0, 0)
    world.assert_book_is_sound()


def test_merging_on_and_on_keeps_one_person_with_all_numbers_and_leaving_takes_them_all(world: World) -> None:
    """MEM-05, MEM-06, MEM-08: every number of somebody who left is blocked, and forgotten."""
    counter = world.device()
    first, second = two(world, counter)
    third = world.member(THIRD_PHONE)
    merge(world, first, second)
    merge(world, second, third)
    assert world.wallet(first)["merged_into"] == third
    assert merge(world, third, second).json()["code"] == "member_gone"
    counter.push(counter.earn())
    assert world.points(third) == (150, 0, 0)

    body = {"reason": "이사", "confirmed": True, "by": "박상담"}
    assert world.call("POST", f"/v1/members/{third}/withdraw", body).status_code == 200

    phones = (PHONE, OTHER_PHONE, THIRD_PHONE)
    results = counter.push(*[counter.earn(phone=phone) for phone in phones])["results"]
    assert [one["code"] for one in results] == ["withdrawn_rejoin_block"] * 3
    assert len(counter.rows("withdrawn")) == 3
    world.clock.advance(31 * DAY_MS)
    assert purge_some(world.cloud.database, world.clock()) == 1
    with world.cloud.database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM member_number")).scalar_one() == 0
        sealed = conn.execute(text("SELECT sealed FROM device_op WHERE kind = 'earn'")).scalars().all()
    assert {bytes(field) for field in sealed} == {b""}
    world.assert_book_is_sound()


def test_stores_of_both_hear_what_the_one_has_now_by_both_numbers(world: World) -> None:
    """MEM-08, MEM-30: also a new counter, which reads it in its snapshot."""
    here, there = world.device(), world.device(world.new_store("둘째 매장", "테스트 커피"))
    here.push(here.earn())
    there.push(there.earn(phone=OTHER_PHONE))
    source, target = world.member(), world.member(OTHER_PHONE)

    merge(world, source, target)

    for device in (here, there):
        key = from_base64url(device.welcome["store_key"])
        expected = {device_lookup(key, Phone(phone)): 90 for phone in (PHONE, OTHER_PHONE)}
        assert {row["lookup"]: row["points"] for row in device.rows("member")} == expected
        lines = [json.loads(line) for line in device.get("/v1/sync/snapshot").text.splitlines()]
        held = {line["body"]["lookup"]: line["body"]["points"] for line in lines if line["kind"] == "member"}
        assert held == expected


def test_an_earn_that_overtook_the_merge_is_moved_on_by_housekeeping(world: World) -> None:
    """MEM-08: as if the push had read the member's number a moment before it went."""
    counter = world.device()
    source, target = two(world, counter)
    merge(world, source, target)
    with world.cloud.database.read() as conn:
        placeholder = conn.execute(select(member.c.phone_lookup).where(member.c.member_id == source)).scalar_one()
    for lookup in (world.cloud.vault.phone_lookup(Phone(PHONE)), placeholder):
        changed = update(member).where(member.c.member_id == source).values(phone_lookup=lookup)
        world.cloud.database.transact(lambda work, changed=changed: work.conn.execute(changed))  # type: ignore[misc]
        if lookup != placeholder:
            counter.push(counter.earn())
    assert world.points(source) == (45, 0, 0)

    assert former.settle_late(world.cloud.database, world.clock()) == 1

    assert (world.points(source), world.points(target)) == ((0, 0, 0), (150, 0, 0))
    world.assert_book_is_sound()


def test_purses_keep_their_place_and_a_cancel_finds_them_after_the_merge(world: World) -> None:
    """MEM-08, PNT-03: points of one store become the other member's points of that store, and lapse with who leaves."""
    other = world.new_store("망원점", "테스트 커피")
    world.ok("POST", f"/v1/brands/{world.store.brand_id}/earning", {"method": "point", "scope": "individual"})
    here, there = world.device(), world.device(other)
    sale = there.earn(20_000)
    here.push(here.earn(50_000), here.earn(10_000, phone=OTHER_PHONE))
    there.push(sale)
    source, target = world.member(), world.member(OTHER_PHONE)

    statement = merge(world, source, target).json()

    def usable(store_id: str) -> int:
        return int(world.ok("GET", f"/v1/members/{target}?store_id={store_id}")["usable_points"])

    assert statement["after"] == {"source": NOTHING, "target": NOTHING | {"points": 800, "lots": 800}}
    assert (usable(world.store.store_id), usable(other.store_id)) == (600, 200)
    there.push(there.reverse(earn_id=sale["body"]["earn_id"], amount_won=20_000))
    assert (usable(world.store.store_id), usable(other.store_id)) == (600, 0)
    key = from_base64url(there.welcome["store_key"])
    told = {row["lookup"]: row["points"] for row in there.rows("member")}
    assert told == {device_lookup(key, Phone(phone)): 200 for phone in (PHONE, OTHER_PHONE)}
    body = {"reason": "이사", "confirmed": True}
    assert world.call("POST", f"/v1/members/{target}/withdraw", body).json()["held"]["points"] == 600
    assert world.call("POST", f"/v1/members/{target}/withdraw", body | {"by": "박상담"}).status_code == 200
    world.assert_book_is_sound()


def test_stamps_of_two_cards_are_on_one_and_no_tier_pays_twice(world: World) -> None:
    """MEM-08, STP-04, STP-21: a cancel takes its stamps off the card that they are on now."""
    counter = stamping(world, rewards=rewards(world))
    sales = [stamp_op(counter) for _ in range(12)]
    others = [stamp_op(counter, phone=OTHER_PHONE) for _ in range(4)]
    counter.push(*sales, *others)
    source, target = world.member(), world.member(OTHER_PHONE)
    paid = [len(world.wallet(one)["coupons"]) for one in (source, target)]
    assert paid == [3, 1]

    statement = merge(world, source, target).json()

    had = {"stamps": 6, "stamps_on_full_boards": 10, "lots": 6, "coupons_available": 4}
    assert statement["after"] == {"source": NOTHING, "target": NOTHING | had}
    assert (card(world, OTHER_PHONE)["total"], card(world)["total"]) == (16, 16)
    counter.push(stamp_op(counter))
    assert len(world.wallet(target)["coupons"]) == 5  # the seventh of the second board, by both numbers
    counter.push(counter.reverse(earn_id=sales[0]["body"]["earn_id"], amount_won=6_000))
    assert card(world)["total"] == 16
    shown = world.ok("GET", f"/v1/members/{target}/held")["held"]
    assert (shown["points"], shown["stamps"]) == (0, 7)
    assert world.call("POST", f"/v1/members/{target}/withdraw", {"reason": "이사", "confirmed": True}).is_success
    with world.cloud.database.read() as conn:
        left = conn.execute(text("SELECT sum(balance) FROM account WHERE kind = 'member_stamps'")).scalar_one()
    assert left == 0
    world.assert_book_is_sound()


# --- any order of it all ------------------------------------------------------------------------------------------

PHONES = (PHONE, OTHER_PHONE, THIRD_PHONE)
PAYMENT_WON = 1_000_000


class PeopleMachine(RuleBasedStateMachine):
    """Three numbers whose people earn, spend, become one and leave; the model knows who is who and their net points."""

    requests: Bundle[tuple[str, str, int]] = Bundle("requests")
    sales: Bundle[tuple[str, str, int]] = Bundle("sales")
    phones = st.sampled_from(PHONES)

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.counter = world.device()
        self.owner = world.employ("김사장", "owner")
        self.person: dict[str, str] = {}  # number → member
        self.now: dict[str, str | None] = {}  # member → who that is now; None: left
        self.net: dict[str, int] = {}
        self.blocked: dict[str, int] = {}  # number → until when
        self.state: dict[str, str] = {}
        self.cancelled: set[str] = set()

    def who(self, member_id: str) -> str | None:
        """Who this is now."""
        while (after := self.now[member_id]) not in (None, member_id):
            assert after is not None
            member_id = after
        return after

    def give(self, member_id: str, points: int) -> None:
        """To whoever it is now; with somebody who left points lapse, and debts are nobody's."""
        person = self.who(member_id)
        if person is not None:
            self.net[person] += points

    @rule(target=sales, phone=phones, points=st.integers(0, 60))
    def earn(self, phone: str, points: int) -> Any:
        op = self.counter.earn(paid_won=points * 100, phone=phone)
        result = self.counter.result(op)
        if self.blocked.get(phone, 0) > self.world.clock():
            assert result["code"] == "withdrawn_rejoin_block"
            return multiple()
        assert result["status"] == "applied"
        if phone not in self.person:
            found = self.world.ok("POST", "/v1/members/find", {"phone": phone})["member_id"]
            assert found not in self.now
            self.person[phone], self.now[found], self.net[found] = found, found, 0
        self.give(self.person[phone], points)
        return self.person[phone], op["body"]["earn_id"], points

    @rule(sale=sales)
    def cancel(self, sale: tuple[str, str, int]) -> None:
        member_id, earn_id, points = sale
        self.counter.push(self.counter.reverse(earn_id=earn_id, amount_won=points * 100))
        if earn_id not in self.cancelled:
            self.cancelled.add(earn_id)
            self.give(member_id, -points)

    @rule(target=requests, phone=phones, points=st.integers(1, 60))
    def ask(self, phone: str, points: int) -> Any:
        if phone not in self.person:
            return multiple()
        member_id = self.who(self.person[phone])
        body = {"kind": "points", "member_id": member_id, "points": points, "payment_won": PAYMENT_WON}
        named = {"store_id": self.world.store.store_id, "idempotency_key": new_id("ask")}
        answer = self.world.call("POST", "/v1/requests", body | named)
        assert answer.status_code in (201, 409), answer.text
        if answer.status_code != 201:
            return multiple()
        assert member_id is not None
        return answer.json()["request_id"], member_id, points

    @rule(asked=requests, decision=st.sampled_from(["approve", "reject"]))
    def decide(self, asked: tuple[str, str, int], decision: str) -> None:
        request_id, member_id, points = asked
        before = self.world.request(request_id)["state"]
        self.counter.push(self.counter.seen(request_id), self.counter.decide(request_id, decision))
        if before in OPEN_STATES and decision == "approve":
            self.give(member_id, -points)

    @rule(asked=requests)
    def recover(self, asked: tuple[str, str, int]) -> None:
        request_id, member_id, points = asked
        before = self.world.request(request_id)["state"]
        self.counter.push(self.counter.recover(request_id, actor=self.owner))
        if before in USED_STATES and self.world.request(request_id)["state"] not in USED_STATES:
            self.give(member_id, points)

    @rule(one=phones, other=phones)
    def merge(self, one: str, other: str) -> None:
        if one not in self.person or other not in self.person:
            return
        source, target = self.who(self.person[one]), self.who(self.person[other])
        assert source is not None
        assert target is not None
        answer = merge(self.world, source, target)
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 200:
            self.now[source] = target
            self.net[target] += self.net.pop(source)

    @rule(phone=phones, by=st.sampled_from([{}, {"by": "박상담"}]))
    def leave(self, phone: str, by: dict[str, str]) -> None:
        if phone not in self.person:
            return
        member_id = self.who(self.person[phone])
        assert member_id is not None
        body = {"reason": "이사", "confirmed": True}
        answer = self.world.call("POST", f"/v1/members/{member_id}/withdraw", body | by)
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 200:
            assert self.net.pop(member_id) <= 0 or by
            for number in [one for one, was in self.person.items() if self.who(was) == member_id]:
                del self.person[number]
                self.blocked[number] = answer.json()["rejoin_from_ms"]
            self.now[member_id] = None

    @rule(days=st.sampled_from([1, 10, 31]))
    def days_pass(self, days: int) -> None:
        self.world.clock.advance(days * DAY_MS)
        self.world.sweep()
        purge_some(self.world.cloud.database, self.world.clock())

    @invariant()
    def everybody_has_what_is_theirs(self) -> None:
        self.world.assert_book_is_sound()
        for member_id, net in self.net.items():
            balance, held, debt = self.world.points(member_id)
            assert balance + held - debt == net
            assert not (balance and debt)
        for member_id in self.now:
            if self.who(member_id) != member_id:
                assert self.world.points(member_id)[:2] == (0, 0)


@pytest.fixture
def fresh_world(sqlite_template: Path, key_file: Path, tmp_path: Path) -> Callable[[], World]:
    def make() -> World:
        path = tmp_path / f"{new_id('people')}.db"
        shutil.copy(sqlite_template, path)
        return World(Settings(f"sqlite:///{path}", key_file, sweeper=False), policy=Policy(lot_valid_days=0))

    return make


@pytest.mark.thorough
def test_any_order_of_earning_merging_and_leaving_keeps_the_book_and_everybodys_points(
    fresh_world: Callable[[], World],
) -> None:
    """MEM-05, MEM-06, MEM-08, PNT-01: after every step the book proves sound and each person has what is theirs."""
    made: list[World] = []

    def machine() -> PeopleMachine:
        while made:
            made.pop().close()
        made.append(fresh_world())
        return PeopleMachine(made[-1])

    settings = hypothesis.settings(
        max_examples=8, stateful_step_count=25, deadline=None, derandomize=True, database=None
    )
    run_state_machine_as_test(machine, settings=settings)  # type: ignore[arg-type]
    made.pop().close()
