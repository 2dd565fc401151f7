"""Messages to members about what they have: PNT-21, NTF-09, NTF-10."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from cloud_api.clock import DAY_MS
from cloud_api.ledger.expiry import expire_all
from cloud_api.notices.messages import LAG_MS, tell_moves
from cloud_api.notices.points import tell_ending_points
from rules.calendar import local_day
from tests.cloud_api.test_member_merge import merge
from tests.cloud_api.test_stamps import stamp_op, stamping
from tests.cloud_api.world import OTHER_PHONE, PHONE, World


def look(world: World) -> int:
    """As the job does it, once everything is old enough."""
    world.clock.advance(LAG_MS + 1)
    done = 0
    while found := world.cloud.database.transact(tell_moves):
        done += found
    return done


def begin(world: World) -> None:
    """The first look: nobody is told of the past."""
    assert world.cloud.database.transact(tell_moves) == 0


def told(world: World) -> list[tuple[str, int]]:
    """Kind and how many, oldest first."""
    notices = world.ok("GET", "/v1/notices")["notices"]
    return [(one["kind"], one.get("points", one.get("stamps"))) for one in notices]


def choose(world: World, member: str, **choice: Any) -> Any:
    return world.call("POST", f"/v1/members/{member}/messages", choice)


def test_earned_used_taken_back_and_expired_points_are_told_once_each(world: World) -> None:
    """PNT-21, PNT-17: with the store, when it happened, and the channel."""
    begin(world)
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
    begin(world)
    request_id = world.ask_points(world.member(), 200)["request_id"]
    device.push(device.decide(request_id, "reject"))
    look(world)

    assert [kind for kind, _ in told(world) if kind.startswith("points_")] == []


def test_what_is_younger_than_a_minute_waits_for_transactions_that_are_open(world: World) -> None:
    """PNT-21: nothing that is committed late is left out."""
    begin(world)
    device = world.device()
    device.push(device.earn(10_000))
    world.clock.advance(LAG_MS)
    assert world.cloud.database.transact(tell_moves) == 0
    world.clock.advance(1)
    assert world.cloud.database.transact(tell_moves) == 1
    assert told(world) == [("points_earned", 100)]


def test_messages_go_out_in_portions_and_nobody_is_left_out(world: World) -> None:
    """PNT-21"""
    begin(world)
    device = world.device()
    device.push(*[device.earn(1_000 * n) for n in range(1, 6)])
    world.clock.advance(LAG_MS + 1)

    counts = [world.cloud.database.transact(lambda work: tell_moves(work, 2)) for _ in range(4)]

    assert counts == [2, 2, 1, 0]
    assert [points for _, points in told(world)] == [10, 20, 30, 40, 50]


def test_stamps_have_messages_of_their_own(world: World) -> None:
    """NTF-09, STP-21"""
    begin(world)
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
    begin(world)
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
    begin(world)
    device, kept, gone = world.device(), world.member(PHONE), world.member(OTHER_PHONE)
    device.push(device.earn(50_000, phone=OTHER_PHONE))
    assert merge(world, gone, kept).status_code == 200

    look(world)

    notices = world.ok("GET", "/v1/notices")["notices"]
    assert [(one["kind"], one["member_id"]) for one in notices] == [("points_earned", kept)]
