"""Enrollment: one code, one device, ten minutes, five tries."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from cloud_api.devices.models import device as device_table
from cloud_api.devices.models import enrollment_code
from cloud_api.settings import Settings
from cloud_api.stores.service import store_key
from sync.protocol import ENROLL_ALPHABET, ENROLL_CODE_LENGTH, enroll_proof_message
from tests.cloud_api.test_stream import serving
from tests.cloud_api.world import World, base64url


def test_a_code_lets_one_device_in_and_tells_it_everything(world: World) -> None:
    """R1, R2."""
    code = world.code()
    key = Ed25519PrivateKey.generate()

    welcome = world.redeem(code, key).json()

    assert len(code) == ENROLL_CODE_LENGTH
    assert set(code) <= set(ENROLL_ALPHABET)
    assert set(welcome) == {
        "device_id",
        "epoch",
        "generation",
        "cursor",
        "server_time_ms",
        "store_key",
        "store",
        "policy",
    }
    assert welcome["store"] == {
        "store_id": world.store.store_id,
        "name": "합정점",
        "brand_name": "테스트 커피",
        "service_type": "composite",
        "plan": "free",
        "grade": "normal",
        "opens_minute": None,
        "state": "approved",
        "state_reason": "",
        "alert_mode": "both",
    }
    assert welcome["policy"] == {
        "version": 1,
        "rate_bp": 100,
        "minimum_payment_won": 0,
        "request_timeout_ms": 60_000,
        "lot_valid_days": 1_827,
        "use_unit": 1,
        "offline_store_day_won": 30_000,
        "offline_member_won": 5_000,
        "offline_snapshot_max_ms": 86_400_000,
        "auto_approve_max_won": 0,
        "payment_max_percent": 100,
        "store_day_max_points": 0,
    }
    with world.cloud.database.read() as conn:
        kept = store_key(conn, world.cloud.vault, world.store.store_id)
        assert code not in str(conn.execute(select(enrollment_code)).all())
    assert welcome["store_key"] == base64url(kept)


def test_a_code_may_be_typed_as_people_type(front: World) -> None:
    code = front.code()
    key = Ed25519PrivateKey.generate()
    public_key = base64url(key.public_key().public_bytes_raw())
    proof = base64url(key.sign(enroll_proof_message(code, public_key)))
    typed = f" {code[:4].lower()}-{code[4:]} "

    assert front.redeem(typed, key, public_key=public_key, proof=proof).status_code == 201


def test_a_used_code_is_unknown_to_others_and_repeats_its_answer_to_its_device(world: World) -> None:
    """A lost answer must not cost the shop a new code; a second device needs one of its own."""
    code, key = world.code(), Ed25519PrivateKey.generate()
    first = world.redeem(code, key)

    again = world.redeem(code, key)
    other = world.redeem(code, Ed25519PrivateKey.generate())

    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (404, "code_unknown")
    with world.cloud.database.read() as conn:
        assert len(conn.execute(select(device_table.c.device_id)).all()) == 1


def test_a_code_ends_after_ten_minutes(world: World) -> None:
    code = world.code()
    world.clock.advance(600_000)

    answer = world.redeem(code, Ed25519PrivateKey.generate())

    assert (answer.status_code, answer.json()["code"]) == (410, "code_expired")


def test_a_key_without_proof_does_not_enroll(front: World) -> None:
    code = front.code()
    key, stranger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    strange_proof = base64url(stranger.sign(b"anything"))

    for changes in ({"proof": strange_proof}, {"proof": "%%%"}, {"proof": "AAAA"}, {"public_key": "AAAA"}):
        answer = front.redeem(code, key, **changes)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_proof"), changes

    assert front.redeem(code, key).status_code == 201


def test_five_wrong_codes_from_one_address_close_the_door_for_ten_minutes(world: World) -> None:
    """R1, case 22: the address is the socket's; a header does not make another one of it."""
    key = Ed25519PrivateKey.generate()
    code = world.code()
    for index, wrong in enumerate(["BBBBBBBB", "AEIOU123", "", "bbbb", "CCCCCCCC"]):
        world.http.headers["x-forwarded-for"] = f"198.51.100.{index}"
        answer = world.redeem(wrong, key)
        assert (answer.status_code, answer.json()["code"]) == (404, "code_unknown")

    closed = world.redeem(code, key)

    assert (closed.status_code, closed.json()["code"]) == (429, "too_many_tries")
    assert closed.headers["retry-after"] == "600"
    world.clock.advance(599_000)
    assert world.redeem(code, key).status_code == 429
    world.clock.advance(1_000)
    assert world.redeem(world.code(), key).status_code == 201


def test_one_code_and_many_devices_at_once_give_one_device(world: World) -> None:
    code = world.code()
    keys = [Ed25519PrivateKey.generate() for _ in range(5)]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda key: world.redeem(code, key).status_code, keys))

    assert sorted(answers)[0] == 201
    assert answers.count(201) == 1


def test_codes_are_made_only_for_stores_that_exist_and_kinds_that_exist(front: World) -> None:
    body = {"store_id": front.store.store_id, "device_kind": "agent", "label": ""}

    made = front.ok("POST", "/v1/enrollments", body)
    assert made["expires_ms"] == front.clock() + 600_000
    assert front.redeem(made["code"], Ed25519PrivateKey.generate()).status_code == 201
    assert front.call("POST", "/v1/enrollments", body | {"store_id": "nope"}).json()["code"] == "store_unknown"
    assert front.call("POST", "/v1/enrollments", body | {"device_kind": "owner"}).status_code == 422
    assert front.call("POST", "/v1/enrollments", body | {"role": "owner"}).status_code == 422
    assert front.http.post("/v1/enrollments", json=body).status_code == 401


@pytest.fixture
def behind(sqlite_template: Path, key_file: Path, tmp_path: Path) -> Callable[..., World]:
    """A cloud whose operator trusts these proxies."""
    path = tmp_path / "cloud.db"
    shutil.copy(sqlite_template, path)
    return lambda *trusted: World(Settings(f"sqlite:///{path}", key_file, sweeper=False, trusted_proxies=trusted))


def _guess(url: str, forwarded: str) -> tuple[int, str]:
    body = {"code": "BBBBBBBB", "public_key": "A" * 43, "proof": "A" * 86}
    headers = {"x-forwarded-for": forwarded}
    answer = httpx.post(f"{url}/v1/enrollments/redeem", json=body, headers=headers, trust_env=False, timeout=10)
    return answer.status_code, str(answer.json()["code"])


@pytest.mark.parametrize("trusted", [(), ("192.0.2.7",)], ids=["nobody", "another"])
def test_a_forged_address_is_not_believed_on_a_real_socket(
    behind: Callable[..., World], trusted: tuple[str, ...]
) -> None:
    """Case 22: also where some proxy is trusted, which the caller is not."""
    with behind(*trusted) as world, serving(world) as url:
        answers = [_guess(url, f"198.51.100.{number}") for number in range(6)]

    assert answers == [(404, "code_unknown")] * 5 + [(429, "too_many_tries")]


def test_behind_a_trusted_proxy_each_caller_has_tries_of_its_own(behind: Callable[..., World]) -> None:
    """R1, case 22: the proxy appends whom it saw; what the caller wrote before that counts for nothing."""
    with behind("127.0.0.1") as world, serving(world) as url:
        one = [_guess(url, f"203.0.113.{number}, 198.51.100.1") for number in range(6)]
        other = _guess(url, "198.51.100.2")

    assert one == [(404, "code_unknown")] * 5 + [(429, "too_many_tries")]
    assert other == (404, "code_unknown")
