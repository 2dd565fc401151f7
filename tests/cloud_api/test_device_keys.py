"""A device changes its key: signed with the old one, proved with the new one, a lost answer is harmless."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_api.devices.enrollment import revoke
from cloud_api.devices.keys import OLD_KEY_HOLDS_MS
from sync import keychange
from sync.clock import FakeClock
from sync.enroll import load_device, redeem
from sync.ids import SystemIds
from sync.outcomes import Denied, Pulled
from sync.protocol import key_proof_message
from sync.secrets import DeviceVault
from sync.signing import RequestSigner
from sync.store import Store
from sync.transport import HttpTransport
from tests.cloud_api.test_stream import serving
from tests.cloud_api.world import Device, World, base64url

KEY = "/v1/sync/key"
PULL = "/v1/sync/pull?cursor=1.0.0"


def ask(
    device: Device, fresh: Ed25519PrivateKey, *, by: Ed25519PrivateKey | None = None, **changes: Any
) -> httpx.Response:
    public = base64url(fresh.public_key().public_bytes_raw())
    proof = base64url(fresh.sign(key_proof_message(device.device_id, public)))
    body = json.dumps({"protocol": 1, "public_key": public, "proof": proof} | changes).encode()
    named = {"authorization": device.sign("POST", KEY, body, key=by), "content-type": "application/json"}
    return device.world.http.post(KEY, content=body, headers=named)


def may_call(device: Device, key: Ed25519PrivateKey | None) -> bool:
    named = {"authorization": device.sign("GET", PULL, b"", key=key)}
    return device.world.http.get(PULL, headers=named).status_code == 200


def test_both_keys_hold_for_ten_minutes_then_the_new_one_alone(world: World) -> None:
    device, fresh = world.device(), Ed25519PrivateKey.generate()

    answer = ask(device, fresh)

    assert answer.status_code == 200
    assert answer.json()["old_key_until_ms"] == world.clock() + OLD_KEY_HOLDS_MS
    assert may_call(device, None)
    assert may_call(device, fresh)
    world.clock.advance(OLD_KEY_HOLDS_MS)
    assert not may_call(device, None)
    assert may_call(device, fresh)


def test_a_lost_answer_is_given_again_to_either_key(world: World) -> None:
    device, fresh = world.device(), Ed25519PrivateKey.generate()
    first = ask(device, fresh).json()

    assert ask(device, fresh).json() == first
    assert ask(device, fresh, by=fresh).json() == first
    world.clock.advance(2 * OLD_KEY_HOLDS_MS)
    assert ask(device, fresh).status_code == 401
    assert ask(device, fresh, by=fresh).status_code == 200


def test_the_old_key_cannot_take_the_device_back(world: World) -> None:
    """Whoever copied it has ten minutes of nothing."""
    device, fresh, thief = world.device(), Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    ask(device, fresh)

    refused = ask(device, thief)

    assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
    assert may_call(device, fresh)
    assert not may_call(device, thief)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"proof": "AAAA"}, 422),
        ({"public_key": "AAAA"}, 422),
        ({"public_key": "é"}, 422),
        ({"public_key": 5}, 422),
        ({"protocol": 2}, 426),
        ({"protocol": None}, 422),
    ],
)
def test_a_key_without_its_proof_changes_nothing(front: World, changes: dict[str, Any], status: int) -> None:
    device, fresh = front.device(), Ed25519PrivateKey.generate()

    assert ask(device, fresh, **changes).status_code == status
    assert may_call(device, None)
    assert not may_call(device, fresh)


def test_a_proof_made_for_another_device_is_none(front: World) -> None:
    device, other, fresh = front.device(), front.device(), Ed25519PrivateKey.generate()
    public = base64url(fresh.public_key().public_bytes_raw())
    foreign = base64url(fresh.sign(key_proof_message(other.device_id, public)))

    assert ask(device, fresh, proof=foreign).json()["code"] == "bad_proof"


@pytest.mark.expect_log(r"device_forked")
def test_a_suspended_or_revoked_device_keeps_its_key(front: World) -> None:
    """A clone must not shut the counter out (R4, case 21)."""
    device, fresh = front.device(), Ed25519PrivateKey.generate()
    device.push(device.earn())
    twin = Device(device.world, device.key, device.welcome)
    twin.push(twin.earn())

    assert ask(device, fresh).json()["code"] == "device_suspended"
    front.cloud.database.transact(lambda work: revoke(work, device.device_id))
    assert ask(device, fresh).json()["code"] == "device_revoked"


@pytest.mark.usefixtures("cheap_scrypt")
def test_an_agent_changes_its_keys_at_the_real_cloud(world: World, tmp_path: Path) -> None:
    """Over a socket, from the enrollment to a pull under the new keys."""
    clock = FakeClock(wall_ms=world.clock())
    ids = SystemIds(clock)
    vault = DeviceVault(tmp_path, environ={"WITHFOM_VAULT_PASSPHRASE": "correct horse"}, open_keyring=lambda: None)
    with serving(world) as url, Store.open(tmp_path, clock=clock) as store:
        redeem(url, world.code(), "counter", store=store, vault=vault, clock=clock, ids=ids)
        before = load_device(store, vault)

        done = keychange.renew(store, vault, ids=ids, open_line=keychange.http_line(clock, ids))

        after = load_device(store, vault)
        assert before is not None
        assert after is not None
        assert done == keychange.Renewed(0, 0)
        assert after.secrets.private_key != before.secrets.private_key
        world.clock.advance(OLD_KEY_HOLDS_MS)
        clock.advance(OLD_KEY_HOLDS_MS)
        for device, outcome in ((before, Denied), (after, Pulled)):
            signer = RequestSigner(device.identity.device_id, device.secrets.signing_key(), clock=clock, ids=ids)
            with contextlib.closing(HttpTransport(url, signer=signer, clock=clock)) as line:
                assert isinstance(line.pull("1.0.0", limit=10, wait_ms=0), outcome)
    assert len(list(tmp_path.glob("vault-*.json"))) == 1
