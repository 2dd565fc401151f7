"""Messages to members about what they have: PNT-21, NTF-09, NTF-10."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from cloud_api.clock import DAY_MS
from cloud_api.coupons.automatic import give_due
from cloud_api.coupons.service import expire_due
from cloud_api.coupons.telling import tell_lives
from cloud_api.database import Work
from cloud_api.ledger.expiry import expire_all
from cloud_api.ledger.grants import GrantCause, NewGrant, grant_points
from cloud_api.members.announcing import announce
from cloud_api.notices import happened
from cloud_api.notices.happened import AT_ONCE, Topic
from cloud_api.notices.messages import tell_moves
from cloud_api.notices.points import tell_ending_points
from rules.calendar import local_day
from tests.cloud_api.test_coupon_rules import coupons, joining, rule
from tests.cloud_api.test_member_merge import merge
from tests.cloud_api.test_stamps import stamp_op, stamping
from tests.cloud_api.world import OTHER_PHONE, PHONE, World


def look(world: World) -> int:
    """As the job does it."""
    done = 0
    database = world.cloud.database
    while found := database.transact(tell_moves) + database.transact(tell_lives):
        done += found
    return done


def told(world: World) -> list[tuple[str, int]]:
    """Kind and how many, oldest first."""
    notices = world.ok("GET", "/v1/notices")["notices"]
    return [(one["kind"], one.get("points", one.get("stamps"))) for one in notices]


def choose(world: World, member: str, **choice: Any) -> Any:
    return world.call("POST", f"/v1/members/{member}/messages", choice)


def test_earned_used_taken_back_and_expired_points_are_told_once_each(world: World) -> None:
    """PNT-21, PNT-17: with the store, when it happened, and the channel."""
    device, member = world.device(), world.member()
    earned_ms = world.clock()
    cancelled = device.earn(10_000)
    device.push(cancelled, device.earn(50_000))
    look(world)
    device.push(device.decide(world.ask_points(member, 200)["request_id"]))
    look(world)
    device.push(device.reverse(earn_id=cancelled["body"]["earn_id"], amount_won=10_000))
    look(world)
    world.clock.advance(1_827 * DAY_MS)
    expire_all(world.cloud.database)
    look(world)

    assert told(world) == [
        ("points_earned", 100),
        ("points_earned", 500),
        ("points_used", 200),
        ("points_taken_back", 100),
        ("points_expired", 300),
    ]
    first = world.ok("GET", "/v1/notices")["notices"][0]
    assert (first["member_id"], first["store_id"], first["channel"], first["happened_ms"]) == (
        member,
        world.store.store_id,
        "push",
        earned_ms,
    )
    assert look(world) == 0
    assert len(told(world)) == 5


def test_a_request_that_only_holds_points_tells_nothing(world: World) -> None:
    """PNT-21: asked for and refused is not used."""
    device = world.device()
    device.push(device.earn(50_000))
    look(world)
    request_id = world.ask_points(world.member(), 200)["request_id"]
    device.push(device.decide(request_id, "reject"))
    look(world)

    assert [kind for kind, _ in told(world) if kind.startswith("points_")] == ["points_earned"]


def test_messages_go_out_in_portions_and_nobody_is_left_out(world: World) -> None:
    """PNT-21"""
    device = world.device()
    for n in range(1, 6):
        device.push(device.earn(1_000 * n))

    counts = [world.cloud.database.transact(lambda work: tell_moves(work, 2)) for _ in range(4)]

    assert counts == [2, 2, 1, 0]
    assert [points for _, points in told(world)] == [10, 20, 30, 40, 50]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_is_committed_a_day_behind_its_time_is_told_all_the_same(world: World) -> None:
    """PNT-21: a transaction of one store stays open while later ones are committed and told of; then it comes."""
    device, member = world.device(world.new_store("성수점", "테스트 커피")), world.member()
    database = world.cloud.database
    slow = NewGrant(member, world.store.store_id, world.store.brand_id, 7, GrantCause.PROMOTION, "slow", "test")
    with database._writer.connect() as conn:
        early = Work(conn, world.clock(), world.cloud.ids)
        grant_points(early, slow)
        early.exchange()
        world.clock.advance(1)
        device.push(device.earn(10_000, phone=OTHER_PHONE))
        assert look(world) == 1
        world.clock.advance(DAY_MS)
        device.push(device.earn(20_000, phone=OTHER_PHONE))
        assert look(world) == 1
        assert told(world) == [("points_earned", 100), ("points_earned", 200)]
        conn.commit()

    assert look(world) == 1
    assert told(world)[2:] == [("points_earned", 7)]
    assert look(world) == 0


def test_two_who_tell_at_once_tell_each_thing_once(world: World) -> None:
    """PNT-21: the second one gets what the first one left."""
    device = world.device()
    for n in range(1, 41):
        device.push(device.earn(1_000 * n))
    database = world.cloud.database

    def both() -> int:
        done = 0
        while found := database.transact(lambda work: tell_moves(work, 3)):
            done += found
        return done

    with ThreadPoolExecutor(2) as pool:
        done = [one.result(60) for one in [pool.submit(both), pool.submit(both)]]

    assert sum(done) == 40
    assert sorted(points for _, points in told(world)) == [10 * n for n in range(1, 41)]


def test_much_at_once_stands_in_few_rows_and_comes_in_portions(world: World) -> None:
    """PNT-21: a row for a hundred; a portion is never less than a row."""
    ids = [f"{n:04}" for n in range(2 * AT_ONCE + 1)]
    database = world.cloud.database
    database.transact(lambda work: happened.note(work, Topic.BOUGHT, ids))

    taken = [database.transact(lambda work: happened.take(work, Topic.BOUGHT, 150)) for _ in range(3)]

    assert [len(some) for some in taken] == [AT_ONCE, AT_ONCE + 1, 0]
    assert [one for some in taken for one in some] == ids
    assert database.transact(lambda work: happened.take(work, Topic.POSTING, 150)) == []


def test_what_is_rolled_back_is_told_to_nobody(world: World) -> None:
    """PNT-21"""

    def fail(work: Work) -> None:
        happened.note(work, Topic.POSTING, ["nothing"])
        work.exchange()
        raise RuntimeError("after writing")

    with pytest.raises(RuntimeError):
        world.cloud.database.transact(fail)
    assert look(world) == 0


def test_a_coupon_that_is_used_or_over_is_told_and_one_that_is_only_asked_for_is_not(world: World) -> None:
    """NTF-09, CPN-15: the store's answer decides; a refused one is used by nobody."""
    device, member = world.device(), world.member()
    used, refused = world.coupon(member), world.coupon(member)
    answers = [(used, "approve"), (refused, "reject")]
    requests = [(world.ask_coupon(member, one)["request_id"], decision) for one, decision in answers]
    assert look(world) == 0
    device.push(*[device.decide(request_id, decision) for request_id, decision in requests])
    look(world)

    def about(kind: str) -> list[Any]:
        return [one for one in world.ok("GET", "/v1/notices")["notices"] if one["kind"] == kind]

    [notice] = about("coupon_used")
    assert (notice["coupon_id"], notice["member_id"], notice["store_id"], notice["channel"], notice["name"]) == (
        used,
        member,
        world.store.store_id,
        "push",
        "아메리카노 1잔",
    )
    assert notice["request_id"] == requests[0][0]
    world.clock.advance(31 * DAY_MS)
    world.cloud.database.transact(expire_due)
    look(world)
    assert [one["coupon_id"] for one in about("coupon_expired")] == [refused]


def test_whoever_is_new_gets_the_coupon_of_joining_with_what_is_told(world: World) -> None:
    """CPN-05: one row leads from the first to the second."""
    rule(world, "join", name="가입 축하")
    member = joining(world, PHONE)
    database = world.cloud.database
    assert give_due(database, world.clock) == 0
    assert database.transact(announce) == 1
    assert give_due(database, world.clock) == 1
    assert coupons(world, member) == ["가입 축하"]


def test_stamps_have_messages_of_their_own(world: World) -> None:
    """NTF-09, STP-21"""
    device = stamping(world, card={"valid_days": 30})
    first = stamp_op(device)
    device.push(first, stamp_op(device))
    look(world)
    device.push(device.reverse(earn_id=first["body"]["earn_id"], amount_won=6_000))
    look(world)
    world.clock.advance(31 * DAY_MS)
    expire_all(world.cloud.database)
    look(world)

    assert told(world) == [
        ("stamps_earned", 1),
        ("stamps_earned", 1),
        ("stamps_taken_back", 1),
        ("stamps_expired", 1),
    ]


def test_a_member_chooses_the_channel_and_what_not_to_hear(world: World) -> None:
    """NTF-10, PNT-21: also for messages that something ends."""
    device, member, other = world.device(), world.member(), world.member(OTHER_PHONE)
    path = f"/v1/members/{member}/messages"
    assert world.ok("GET", path) == {"channel": "push", "switched_off": []}
    chosen = {"channel": "sms", "switched_off": ["points_used"]}
    assert choose(world, member, **chosen).json() == chosen == world.ok("GET", path)
    assert choose(world, other, channel="none").status_code == 200
    device.push(device.earn(50_000), device.earn(50_000, phone=OTHER_PHONE))
    device.push(device.decide(world.ask_points(member, 200)["request_id"]))

    look(world)

    notices = world.ok("GET", "/v1/notices")["notices"]
    assert [(one["kind"], one["member_id"], one["channel"]) for one in notices] == [("points_earned", member, "sms")]
    ends: date = local_day(world.clock()) + timedelta(days=1_825)
    world.clock.advance((ends - local_day(world.clock())).days * DAY_MS)
    world.cloud.database.transact(tell_ending_points)
    ending = [one for one in world.ok("GET", "/v1/notices")["notices"] if one["kind"] == "points_expiry"]
    assert [(one["member_id"], one["channel"]) for one in ending] == [(member, "sms")]
    assert choose(world, member, switched_off=["approval_request"]).status_code == 422
    assert choose(world, member, channel="pigeon").status_code == 422
    assert choose(world, "nobody").json()["code"] == "member_unknown"


def test_whoever_is_another_member_now_is_told_as_that_one(world: World) -> None:
    """PNT-21, MEM-08"""
    device, kept, gone = world.device(), world.member(PHONE), world.member(OTHER_PHONE)
    device.push(device.earn(50_000, phone=OTHER_PHONE))
    assert merge(world, gone, kept).status_code == 200

    look(world)

    notices = world.ok("GET", "/v1/notices")["notices"]
    assert [(one["kind"], one["member_id"]) for one in notices] == [("points_earned", kept)]
