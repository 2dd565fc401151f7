"""What integrators are told of members: joined, merged, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloud_api.integrators.keys import Grant, create_key
from cloud_api.members.announcing import announce
from cloud_api.settings import Settings
from tests.cloud_api.test_member_life import leave
from tests.cloud_api.test_member_merge import merge
from tests.cloud_api.test_webhooks import deliver, deliverer, register
from tests.cloud_api.world import OTHER_PHONE, PHONE, World
from tests.helpers.receiver import Receiver


@pytest.fixture
def world(database_url: str, key_file: Any) -> Iterator[World]:
    with World(Settings(database_url, key_file, sweeper=False, webhook_hosts=("127.0.0.1",))) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def joining(world: World, phone: str, store_id: str | None = None) -> str:
    body = {"phone": phone, "nickname": "김민지", "store_id": store_id or world.store.store_id}
    return str(world.ok("POST", "/v1/members", body)["member_id"])


def told(world: World, receiver: Receiver) -> list[Any]:
    """As the job and the deliverer do it."""
    while world.cloud.database.transact(announce):
        pass
    deliver(world, deliverer(world))
    return [(event["kind"], event["data"]["member_id"]) for event in receiver.events]


def test_joining_merging_and_leaving_are_told_once_without_name_or_number(world: World, receiver: Receiver) -> None:
    register(world, receiver.url, "member.*")
    kept, gone, leaver = joining(world, PHONE), joining(world, OTHER_PHONE), joining(world, "010-5555-0001")
    assert merge(world, gone, kept).status_code == 200
    assert leave(world, leaver).status_code == 200

    found = told(world, receiver)

    assert found == [
        ("member.joined", kept),
        ("member.joined", gone),
        ("member.joined", leaver),
        ("member.merged", gone),
        ("member.withdrawn", leaver),
    ]
    assert (receiver.events[0]["store_id"], receiver.events[3]["data"]["into"]) == (world.store.store_id, kept)
    for came in receiver.came:
        assert "김민지" not in came.body.decode()
        assert PHONE.removeprefix("+82") not in came.body.decode()
    assert told(world, receiver) == found
    first = receiver.events[0]["event_id"]
    endpoint = world.ok("GET", "/v1/webhooks")["webhooks"][0]["endpoint_id"]
    world.ok("POST", f"/v1/webhooks/{endpoint}/replay", {"from_event_id": first})
    assert len(told(world, receiver)) == 10


def test_a_brands_key_hears_of_its_own_members_only(world: World, receiver: Receiver) -> None:
    stranger = world.new_store("서교점", "다른 커피")
    brand = world.store.brand_id
    key = world.cloud.database.transact(lambda work: create_key(work, "v", Grant(("*",), brand_id=brand))).key
    register(world, receiver.url, "member.*", key=key)
    own = joining(world, PHONE)
    joining(world, OTHER_PHONE, stranger.store_id)

    assert told(world, receiver) == [("member.joined", own)]


def test_members_are_told_in_portions(world: World, receiver: Receiver) -> None:
    register(world, receiver.url, "member.joined")
    members = [joining(world, f"010-5555-000{n}") for n in range(5)]

    counts = [world.cloud.database.transact(lambda work: announce(work, 2)) for _ in range(4)]

    assert counts == [2, 2, 1, 0]
    deliver(world, deliverer(world))
    assert [event["data"]["member_id"] for event in receiver.events] == members
