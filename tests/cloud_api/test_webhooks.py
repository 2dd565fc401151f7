"""Webhooks over real sockets: signed, in order, at least once, tried again, given up, told again, nowhere inside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.integrators.keys import Grant, create_key, revoke_key
from cloud_api.rotation import rewrite
from cloud_api.settings import Settings
from cloud_api.stores.service import Profile
from cloud_api.vault import Keys, new_key
from cloud_api.webhooks import events
from cloud_api.webhooks.delivery import CALLS_AT_ONCE, LEASE_MS, RETRY_MAX_MS, Deliverer, Lane
from cloud_api.webhooks.models import webhook_endpoint, webhook_lane
from cloud_api.webhooks.sending import Sender
from cloud_api.webhooks.service import forget_tries
from sync.protocol import FeedKind
from tests.cloud_api.world import PHONE, World, new_id
from tests.helpers.receiver import Delivery, Receiver
from tests.helpers.waiting import wait_until

MINUTE_MS = 60_000


@pytest.fixture
def world(database_url: str, key_file: Path) -> Iterator[World]:
    settings = Settings(database_url, key_file, sweeper=False, webhook_hosts=("127.0.0.1",))
    with World(settings) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def deliverer(world: World, *, holder: str = "one", timeout_s: float = 10.0) -> Deliverer:
    cloud = world.cloud
    sender = Sender(cloud.settings.webhook_hosts, timeout_s=timeout_s)
    return Deliverer(cloud.database, cloud.vault, cloud.clock, sender, holder=holder, chance=lambda: 0.5)


def deliver(world: World, *who: Deliverer) -> None:
    """Until nothing is due any more."""

    async def all_due() -> None:
        while sum([await one.begin_due() for one in who]):
            await asyncio.gather(*(one.finish() for one in who))

    asyncio.run_coroutine_threadsafe(all_due(), world.loop).result(60)


def register(world: World, url: str, *kinds: str, key: str | None = None) -> dict[str, Any]:
    answer = call(world, "POST", "/v1/webhooks", {"url": url, "kinds": kinds or ("earn.*",)}, key=key)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def call(world: World, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
    return world.call(method, path, body, authorization=f"Bearer {key or world.key}")


def key_of(world: World, *scopes: str, **whose: Any) -> tuple[str, str]:
    made = world.cloud.database.transact(lambda work: create_key(work, "v", Grant(scopes or ("*",), **whose)))
    return made.key_id, made.key


def earn(world: World, store: Profile | None = None) -> str:
    body = {
        "store_id": (store or world.store).store_id,
        "phone": PHONE,
        "paid_won": 4_500,
        "receipt_no": new_id("r"),
        "occurred_ms": world.clock(),
        "idempotency_key": new_id("earn"),
    }
    return str(world.ok("POST", "/v1/earns", body)["earn_id"])


def told(receiver: Receiver) -> list[str]:
    """Ids of earns, in the order in which they came."""
    return [event["data"]["earn_id"] for event in receiver.events]


def how(world: World, endpoint: dict[str, Any]) -> Any:
    return world.ok("GET", f"/v1/webhooks/{endpoint['endpoint_id']}")


def attempts(world: World, endpoint: dict[str, Any]) -> Any:
    return world.ok("GET", f"/v1/webhooks/{endpoint['endpoint_id']}/attempts")["attempts"]


def test_an_earn_is_told_signed_and_with_what_a_vendor_needs(world: World, receiver: Receiver) -> None:
    before = earn(world)
    made = register(world, receiver.url)
    earn_id = earn(world)

    deliver(world, deliverer(world))

    (came,) = receiver.came
    event = came.event
    assert (came.path, event["kind"], event["store_id"]) == ("/events", "earn.posted", world.store.store_id)
    assert before != earn_id, "what was before is not told"
    data = event["data"]
    assert (data["earn_id"], data["points"], data["paid_won"]) == (earn_id, 45, 4_500)
    assert (data["member_id"], data["occurred_ms"]) == (world.member(), world.clock())
    assert PHONE.removeprefix("+82") not in came.body.decode()
    assert came.headers["withfom-event-id"] == event["event_id"]
    assert came.headers["withfom-timestamp"] == str(world.clock() // 1_000)
    assert came.signed_by(made["secret"])
    assert not came.signed_by(made["secret"] + "x")
    (one,) = attempts(world, made)
    assert (one["outcome"], one["answered"], one["error"]) == ("delivered", 204, None)
    assert (how(world, made)["succeeded_ms"], how(world, made)["rows_behind"]) == (world.clock(), 0)
    assert "secret" not in how(world, made)


def test_what_was_rolled_back_is_not_told(world: World, receiver: Receiver) -> None:
    """Events are written in the transaction of what they tell."""
    register(world, receiver.url, "*")

    def fail(work: Work) -> None:
        feeds.publish(work, feeds.store_feed(world.store.store_id), FeedKind.ORDER, {"order_id": "nope"})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.cloud.database.transact(fail)
    deliver(world, deliverer(world))

    assert receiver.came == []


@pytest.mark.thorough
def test_an_event_that_does_not_get_through_is_tried_again_before_the_next_and_holds_up_no_other_store(
    world: World, receiver: Receiver
) -> None:
    """Twice as long each time, up to an hour."""
    other = world.new_store("강남점", "테스트 커피")
    made = register(world, receiver.url)
    receiver.answers = lambda came: 500 if came.event["store_id"] == world.store.store_id else 204
    first, second = earn(world), earn(world)
    elsewhere = [earn(world, other), earn(world, other)]
    one = deliverer(world)

    deliver(world, one)
    assert sorted(told(receiver)) == sorted([first, *elsewhere])
    waits = []
    for _ in range(12):
        with world.cloud.database.read() as conn:
            next_ms = max(conn.execute(select(webhook_lane.c.next_ms)).scalars())
        waits.append(next_ms - world.clock())
        world.clock.advance(waits[-1] - 1)
        count = len(receiver.came)
        deliver(world, one)
        assert len(receiver.came) == count, "not before its time"
        world.clock.advance(1)
        deliver(world, one)
        assert told(receiver)[-1] == first
    assert (
        waits == [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000] + [RETRY_MAX_MS] * 3
    )
    assert how(world, made)["failing_since_ms"] is not None
    receiver.answers = lambda _came: 200
    world.clock.advance(RETRY_MAX_MS)
    deliver(world, one)

    assert told(receiver)[-2:] == [first, second]
    assert how(world, made)["failing_since_ms"] is None
    ids = {event["event_id"] for event in receiver.events if event["data"]["earn_id"] == first}
    assert len(ids) == 1, "the id is the same in every try"


def test_a_receiver_may_say_how_long_to_wait_and_is_not_followed_elsewhere(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    earn(world)
    receiver.answers = lambda _came: (429, {"retry-after": "120"})
    one = deliverer(world)
    deliver(world, one)
    world.clock.advance(119_999)
    deliver(world, one)
    assert len(receiver.came) == 1
    with Receiver() as elsewhere:
        receiver.answers = lambda _came: (302, {"location": elsewhere.url})
        world.clock.advance(1)
        deliver(world, one)
        assert elsewhere.came == []
    assert [one["answered"] for one in attempts(world, made)] == [302, 429]


@pytest.mark.expect_log("webhook_stopped")
def test_gone_stops_it_at_once_and_it_goes_on_where_it_stopped(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    receiver.answers = lambda _came: 410
    earns = [earn(world), earn(world)]
    one = deliverer(world)
    deliver(world, one)
    world.clock.advance(DAY_MS)
    deliver(world, one)
    assert (len(receiver.came), how(world, made)["state"]) == (1, "gone")

    receiver.answers = lambda _came: 204
    world.ok("POST", f"/v1/webhooks/{made['endpoint_id']}/resume")
    deliver(world, one)

    assert told(receiver) == [earns[0], *earns]


def test_a_pause_loses_nothing(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    assert world.ok("POST", f"/v1/webhooks/{made['endpoint_id']}/pause")["state"] == "paused"
    waiting = earn(world)
    one = deliverer(world)
    deliver(world, one)
    assert (receiver.came, how(world, made)["rows_behind"]) == ([], 1)
    world.ok("POST", f"/v1/webhooks/{made['endpoint_id']}/resume")
    deliver(world, one)
    assert told(receiver) == [waiting]


@pytest.mark.expect_log("webhook_stopped", "webhook_event_dead")
@pytest.mark.parametrize("others_get_through", [True, False])
def test_after_three_days_an_event_is_dead_or_the_endpoint_stops(
    world: World, receiver: Receiver, others_get_through: bool
) -> None:
    other = world.new_store("강남점", "테스트 커피")
    made = register(world, receiver.url)
    bad = earn(world)
    receiver.answers = lambda came: 500 if came.event["data"]["earn_id"] == bad else 204
    one = deliverer(world)
    deliver(world, one)
    if others_get_through:
        world.clock.advance(DAY_MS)
        earn(world, other)
        deliver(world, one)
    following = earn(world)
    world.clock.advance(3 * DAY_MS)
    deliver(world, one)

    if others_get_through:
        assert told(receiver)[-1] == following
        assert [one["outcome"] for one in attempts(world, made)][:2] == ["delivered", "dead"]
        assert how(world, made)["state"] == "active"
    else:
        assert following not in told(receiver)
        assert how(world, made)["state"] == "failing"
        receiver.answers = lambda _came: 204
        world.ok("POST", f"/v1/webhooks/{made['endpoint_id']}/resume")
        deliver(world, one)
        assert told(receiver)[-2:] == [bad, following]


@pytest.mark.thorough
def test_a_slow_receiver_waits_for_itself(world: World, receiver: Receiver) -> None:
    """A few calls at once, and others get theirs meanwhile."""
    free = threading.Event()
    stores = [world.store, *(world.new_store(f"지점 {n}", "테스트 커피") for n in range(CALLS_AT_ONCE + 2))]

    def slow(_came: Delivery) -> int:
        free.wait(20)
        return 204

    receiver.answers = slow
    register(world, receiver.url)
    with Receiver() as quick:
        register(world, quick.url)
        earns = [earn(world, store) for store in stores]
        one = deliverer(world)

        async def begin() -> None:
            await one.begin_due()

        def quick_has_all() -> bool:
            asyncio.run_coroutine_threadsafe(begin(), world.loop).result(10)
            return len(quick.came) == len(earns)

        wait_until(quick_has_all, "the quick one has all", 30)
        assert (len(receiver.came), receiver.at_once_most) == (CALLS_AT_ONCE, CALLS_AT_ONCE)
        free.set()
        deliver(world, one)
        asyncio.run_coroutine_threadsafe(one.finish(), world.loop).result(30)
        deliver(world, one)
    assert sorted(told(receiver)) == sorted(earns)
    assert receiver.at_once_most == CALLS_AT_ONCE


@pytest.mark.parametrize("drips", [True, False])
def test_a_receiver_that_does_not_answer_in_time_failed(world: World, receiver: Receiver, drips: bool) -> None:
    made = register(world, receiver.url)
    never = threading.Event()
    if drips:
        receiver.drips = True
    else:
        receiver.answers = lambda _came: 200 if never.wait(5) else 204
    earn(world)

    deliver(world, deliverer(world, timeout_s=0.3))
    never.set()

    (one,) = attempts(world, made)
    assert (one["outcome"], one["answered"], one["error"]) == ("failed", None, "timeout")
    assert one["took_ms"] < 3_000


def test_nobody_there_failed(world: World) -> None:
    with Receiver() as away:
        url = away.url
    made = register(world, url)
    earn(world)
    deliver(world, deliverer(world))
    assert attempts(world, made)[0]["error"] == "no_answer: ConnectError"


@pytest.mark.thorough
def test_of_several_processes_one_tells_each_event_and_the_order_stays(world: World, receiver: Receiver) -> None:
    stores = [world.store, *(world.new_store(f"지점 {n}", "테스트 커피") for n in range(3))]
    register(world, receiver.url)
    earns = {store.store_id: [earn(world, store) for _ in range(6)] for store in stores}

    deliver(world, *(deliverer(world, holder=f"process {n}") for n in range(3)))

    for store_id, expected in earns.items():
        assert [e["data"]["earn_id"] for e in receiver.events if e["store_id"] == store_id] == expected
    assert len(receiver.came) == 24


def test_a_process_that_dies_leaves_its_lane_to_another_one(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    earn_id = earn(world)
    dead = deliverer(world, holder="dead")
    lane = Lane(made["endpoint_id"], f"store:{world.store.store_id}")
    assert world.cloud.database.transact(lambda work: dead._take(work, lane))
    one = deliverer(world)

    deliver(world, one)
    assert receiver.came == []
    world.clock.advance(LEASE_MS)
    deliver(world, one)

    assert told(receiver) == [earn_id]


def test_to_be_stopped_does_not_wait_for_a_receiver(world: World, receiver: Receiver) -> None:
    free = threading.Event()
    receiver.answers = lambda _came: 204 if free.wait(20) else 500
    register(world, receiver.url)
    earn_id = earn(world)

    async def run_and_stop() -> None:
        stopping = asyncio.Event()
        running = asyncio.create_task(deliverer(world).run(stopping, every_ms=5))
        while not receiver.came:
            await asyncio.sleep(0.01)
        stopping.set()
        await asyncio.wait_for(running, 5)

    asyncio.run_coroutine_threadsafe(run_and_stop(), world.loop).result(20)
    free.set()
    deliver(world, deliverer(world, holder="next"))

    assert told(receiver) == [earn_id, earn_id]


def test_everything_since_a_moment_or_from_an_event_on_comes_again(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    path = f"/v1/webhooks/{made['endpoint_id']}/replay"
    first = earn(world)
    world.clock.advance(MINUTE_MS)
    since_ms = world.clock()
    rest = [earn(world), earn(world)]
    one = deliverer(world)
    deliver(world, one)
    original = receiver.events

    assert world.ok("POST", path, {"since_ms": since_ms})["rows_again"] == 2
    deliver(world, one)
    assert told(receiver) == [first, *rest, *rest]
    assert receiver.events[3:] == original[1:], "with the ids they had"
    assert world.ok("POST", path, {"from_event_id": original[2]["event_id"]})["rows_again"] == 1
    deliver(world, one)
    assert told(receiver)[5:] == rest[1:]
    assert world.ok("POST", path, {"since_ms": 0})["rows_again"] >= 3
    deliver(world, one)
    assert told(receiver)[6:] == [first, *rest]
    gone = call(world, "POST", path, {"from_event_id": "1.1.nope"})
    assert (gone.status_code, gone.json()["code"]) == (404, "event_unknown")
    for wrong in ({}, {"since_ms": 1, "from_event_id": "1.1.x"}, {"from_event_id": "9" * 30 + ".1.x"}):
        assert call(world, "POST", path, wrong).status_code == 422


def test_a_new_secret_and_both_signatures_for_a_while(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    fresh = world.ok("POST", f"/v1/webhooks/{made['endpoint_id']}/secret", {"old_hours": 1})
    one = deliverer(world)
    earn(world)
    deliver(world, one)
    world.clock.advance(3_600_000)
    earn(world)
    deliver(world, one)

    assert receiver.came[0].signed_by(fresh["secret"], made["secret"])
    assert receiver.came[1].signed_by(fresh["secret"])


def test_secrets_are_sealed_and_change_their_keys_with_everything_else(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    fresh = world.ok("POST", f"/v1/webhooks/{made['endpoint_id']}/secret", {})
    vault, database = world.cloud.vault, world.cloud.database
    old = vault.keys
    vault._ready = type(vault._ready).of(Keys({**old.fields, 2: new_key()}, old.lookups))

    done = rewrite(database, vault)

    assert done.fields >= 2
    with database.read() as conn:
        row = conn.execute(select(webhook_endpoint)).one()
    for sealed in (row.secret_sealed, row.old_secret_sealed):
        assert bytes(sealed).startswith(vault.head)
        assert b"whsec" not in bytes(sealed)
    earn(world)
    deliver(world, deliverer(world))
    assert receiver.came[0].signed_by(fresh["secret"], made["secret"])


def test_requests_orders_and_menus_are_told_and_people_never(world: World, receiver: Receiver) -> None:
    register(world, receiver.url, "*")
    member = world.member()
    asked = world.ask_coupon(member, world.coupon(member))
    ordered = world.order(member_id=member)
    world.employ("이지은")
    world.ok("POST", f"/v1/requests/{asked['request_id']}/withdraw")
    added = world.new_store("강남점", "테스트 커피")
    earn(world, added)

    deliver(world, deliverer(world))

    kinds = [event["kind"] for event in receiver.events if event["store_id"] == world.store.store_id]
    assert kinds.count("request.changed") == 3
    assert kinds.count("order.changed") == 1
    assert {event["kind"] for event in receiver.events} <= set(events.SCOPES)
    assert "pin" not in b"".join(came.body for came in receiver.came).decode()
    states = [e["data"]["state"] for e in receiver.events if e["data"].get("request_id") == asked["request_id"]]
    assert states == ["requested", "withdrawn"]
    (order,) = [event["data"] for event in receiver.events if event["kind"] == "order.changed"]
    assert (order["order_id"], order["member_id"]) == (ordered["order"]["order_id"], member)
    assert "remaining_ms" not in order
    assert added.store_id in {event["store_id"] for event in receiver.events}, "a store that came later as well"


def test_a_key_of_one_brand_is_told_what_happens_there_and_needs_the_scopes(world: World, receiver: Receiver) -> None:
    other = world.new_store("강남점", "다른 커피")
    _, brand = key_of(world, brand_id=world.store.brand_id)
    register(world, receiver.url, "*", key=brand)
    mine, _ = earn(world), earn(world, other)
    later = world.new_store("나중점", "다른 커피")
    earn(world, later)

    def tell(work: Work) -> None:
        for store in (world.store, other):
            notice = {"kind": "store_unreachable", "store_id": store.store_id, "member_id": "m", "created_ms": 1}
            feeds.publish(work, feeds.CONSUMERS, FeedKind.NOTICE, notice)

    world.cloud.database.transact(tell)
    deliver(world, deliverer(world))

    assert {event["store_id"] for event in receiver.events} == {world.store.store_id}
    assert sorted(event["kind"] for event in receiver.events) == ["earn.posted", "notice.consumer"]
    assert mine in {event["data"].get("earn_id") for event in receiver.events}
    _, narrow = key_of(world, "webhooks:*", "earns:read")
    register(world, receiver.url, "earn.*", key=narrow)
    refused = call(world, "POST", "/v1/webhooks", {"url": receiver.url + "2", "kinds": ["order.changed"]}, key=narrow)
    assert (refused.status_code, refused.json()["scope"]) == (403, "orders:read")


def test_a_revoked_key_is_told_nothing_and_another_key_sees_no_endpoint(world: World, receiver: Receiver) -> None:
    key_id, key = key_of(world)
    made = register(world, receiver.url, key=key)
    for method, path in (
        ("GET", ""),
        ("GET", "/attempts"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/remove"),
    ):
        answer = call(world, method, f"/v1/webhooks/{made['endpoint_id']}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_unknown"), path
    for path, body in (("/replay", {"since_ms": 0}), ("/secret", {})):
        assert call(world, "POST", f"/v1/webhooks/{made['endpoint_id']}{path}", body).status_code == 404
    assert world.ok("GET", "/v1/webhooks") == {"webhooks": []}
    world.cloud.database.transact(lambda work: revoke_key(work, key_id))
    earn(world)
    deliver(world, deliverer(world))
    assert receiver.came == []


def test_a_removed_endpoint_leaves_nothing(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    twice = call(world, "POST", "/v1/webhooks", {"url": receiver.url, "kinds": ["*"]})
    assert (twice.json()["code"], twice.json()["endpoint_id"]) == ("webhook_exists", made["endpoint_id"])
    earn(world)
    one = deliverer(world)
    deliver(world, one)
    world.ok("POST", f"/v1/webhooks/{made['endpoint_id']}/remove")
    earn(world)
    deliver(world, one)
    assert len(receiver.came) == 1
    with world.cloud.database.read() as conn:
        for name in ("webhook_lane", "webhook_try", "webhook_endpoint"):
            assert conn.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() == 0


def test_attempts_are_kept_for_a_month(world: World, receiver: Receiver) -> None:
    made = register(world, receiver.url)
    earn(world)
    deliver(world, deliverer(world))
    world.clock.advance(30 * DAY_MS)
    assert world.cloud.database.transact(forget_tries) == 0
    world.clock.advance(1)
    assert world.cloud.database.transact(forget_tries) == 1
    assert attempts(world, made) == []


@pytest.mark.expect_log("webhook_rows_lost")
def test_what_is_no_longer_kept_is_skipped_and_said(world: World, receiver: Receiver) -> None:
    register(world, receiver.url)
    earn(world)

    def prune(work: Work) -> None:
        work.conn.execute(text("UPDATE feed SET pruned_n = n"))
        work.conn.execute(text("DELETE FROM feed_row"))

    world.cloud.database.transact(prune)
    last = earn(world)
    deliver(world, deliverer(world))
    assert told(receiver) == [last]


def test_kinds_that_are_none_are_refused(front: World) -> None:
    for kinds in ([], ["nope.*"], ["earn.nope"], ["earn"], ["earn.*", "employee.*"], "earn.*"):
        answer = front.call("POST", "/v1/webhooks", {"url": "https://pos.example.com/", "kinds": kinds})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), kinds


def registered(front: World) -> Callable[[str], tuple[int, str]]:
    def answer(url: str) -> tuple[int, str]:
        found = front.call("POST", "/v1/webhooks", {"url": url, "kinds": ["*"]})
        return found.status_code, found.json().get("code", "")

    return answer


def test_webhooks_go_to_public_addresses_only(front: World) -> None:
    """Nobody reaches the inside of the operator's network through us."""
    ask = registered(front)
    for url in (
        "http://pos.example.com/x",
        "ftp://pos.example.com/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/x",
        "https://0.0.0.0/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x",
        "https://[fd00::1]/x",
        "https://224.0.0.1/x",
        "https://localhost/x",
        "https://2130706433/x",
        "https://127.1/x",
        "https://0x7f.0.0.1/x",
        "https://user:pw@pos.example.com/x",
        "https://pos.example.com/x#y",
        "https://pos.example.com:0/x",
        "https://pos.example.com:99999/x",
        "https://pos.example.com\\@127.0.0.1/",
        "https:///x",
        "https://포스.kr/x",
    ):
        assert ask(url) == (422, "address_refused"), url
    assert ask("https://pos.example.com/x") == (201, "")
    assert ask("https://203.0.114.7:8443/x?shop=1") == (201, "")


def test_a_public_name_with_a_private_address_is_not_called(front: World, receiver: Receiver) -> None:
    """The name is looked up for each call, and what was checked is what is called."""
    port = receiver.url.rsplit(":", 1)[1].split("/")[0]
    for url in (f"https://localhost:{port}/x", f"https://127.0.0.1:{port}/x", f"http://127.0.0.1:{port}/x"):
        came = asyncio.run_coroutine_threadsafe(Sender(()).send(url, b"{}", {}), front.loop).result(20)
        assert came.error is not None
        assert came.error.startswith("address_refused"), url
    assert receiver.came == []


def test_a_name_that_resolves_to_the_inside_is_refused_at_the_call() -> None:
    from urllib.parse import urlsplit

    from cloud_api.webhooks.addresses import RefusedAddress, resolved

    with pytest.raises(RefusedAddress, match="private"):
        asyncio.run(resolved(urlsplit("https://localhost/x"), ()))
    assert asyncio.run(resolved(urlsplit("http://localhost/x"), ("localhost",))) in ("127.0.0.1", "::1")
