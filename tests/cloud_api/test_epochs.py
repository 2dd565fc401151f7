"""A device whose store came back from a backup begins a new chain: booked once, no number means two things."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from sync.protocol import CHAIN_START
from tests.cloud_api.world import Device, World, statuses

EPOCH = "/v1/sync/epoch"
pytestmark = pytest.mark.expect_log("epoch_renewed")


def ask(device: Device, after: Any, **named: str) -> httpx.Response:
    body = json.dumps({"protocol": 1, "after": after}).encode()
    headers = {"authorization": device.sign("POST", EPOCH, body), "content-type": "application/json"} | named
    return device.world.http.post(EPOCH, content=body, headers=headers)


def renewed(device: Device, after: int) -> Device:
    """The same device in its new epoch."""
    answer = ask(device, after)
    assert answer.status_code == 200, answer.text
    return Device(device.world, device.key, {**device.welcome, "epoch": answer.json()["epoch"]})


def test_what_comes_again_in_the_new_epoch_keeps_its_outcome(world: World) -> None:
    """I2: an operation is known by its id, also under another number."""
    device = world.device()
    first, second, lost = device.earn(), device.earn(), device.earn()
    before = device.push(first, second, lost)

    answer = ask(device, 1).json()
    again = renewed(device, 1)
    carried = again.op(second["kind"], second["body"], op_id=second["op_id"])
    after = again.push(carried, again.earn())

    assert (answer["epoch"], answer["last_seq"]) == (2, 3)
    assert after["results"][0] == {**before["results"][1], "seq": 1}
    assert statuses(after) == ["applied", "applied"]
    assert world.points(world.member()) == (4 * 45, 0, 0)
    world.assert_book_is_sound()


def test_asked_again_after_a_lost_answer_it_is_the_same_epoch_until_it_is_used(world: World) -> None:
    device = world.device()
    device.push(device.earn())

    assert [ask(device, 1).json()["epoch"] for _ in range(3)] == [2, 2, 2]
    again = renewed(device, 1)
    again.push(again.earn())
    assert ask(device, 1).json() | {"server_time_ms": 0} == {"epoch": 3, "last_seq": 1, "server_time_ms": 0}
    assert ask(device, 2).json()["last_seq"] == 1


def test_a_device_that_used_more_epochs_than_a_restored_cloud_remembers_goes_above_them(front: World) -> None:
    assert ask(front.device(), 7).json()["epoch"] == 8


def test_the_old_epoch_is_stale_afterwards(front: World) -> None:
    device = front.device()
    ask(device, 1)

    answer = device.push_raw(device.batch(device.earn()))

    assert (answer.status_code, answer.json()["code"]) == (401, "stale_epoch")


@pytest.mark.parametrize("after", [-1, 1.0, "1", None, True, 1_000_001, 2**70, [1]])
def test_a_wrong_number_changes_nothing(front: World, after: Any) -> None:
    device = front.device()

    assert ask(device, after).status_code in (400, 422)
    assert statuses(device.push(device.earn())) == ["applied"]


def test_it_needs_the_devices_own_signature_once(front: World) -> None:
    device = front.device()
    body = b'{"protocol": 1, "after": 1}'
    signed = {"authorization": device.sign("POST", EPOCH, body), "content-type": "application/json"}

    assert front.http.post(EPOCH, content=body, headers={"content-type": "application/json"}).status_code == 401
    assert front.http.post(EPOCH, content=body.replace(b"1}", b"2}"), headers=signed).status_code == 401
    assert front.http.post(EPOCH, content=body, headers=signed).status_code == 200
    assert front.http.post(EPOCH, content=body, headers=signed).json()["code"] == "replayed"


@pytest.mark.expect_log("device_forked", "epoch_renewed")
def test_a_new_epoch_does_not_lift_a_suspension(front: World) -> None:
    """R4: a cloned disk must not get rid of its suspension by asking for a new chain."""
    device = front.device()
    device.push(device.earn())
    clone = replace(device, seq=0, hash=CHAIN_START, sealed=[])
    assert statuses(clone.push(clone.earn(paid_won=9_900))) == ["forked"]
    request_id = front.ask_points(front.member(), 10)["request_id"]
    again = renewed(device, 1)
    result = again.result(again.decide(request_id))

    assert result["status"] != "applied"
    assert front.request(request_id)["state"] not in ("approved", "auto_approved")
