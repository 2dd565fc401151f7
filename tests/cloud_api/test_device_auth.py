"""Signed calls: only the device itself, only this call, only once, only now."""

from __future__ import annotations

import base64
import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_api.devices.enrollment import revoke
from cloud_api.requests.sweeper import tidy
from tests.cloud_api.world import PUSH, Device, World, base64url

PULL = "/v1/sync/pull?cursor=1.0.0"


def _refused(world: World, headers: dict[str, str], *, target: str = PULL) -> str:
    """The code of a 401; every one tells the server's time."""
    answer = world.http.get(target, headers=headers)
    assert answer.status_code == 401, answer.text
    assert answer.json()["server_time_ms"] == world.clock()
    return str(answer.json()["code"])


def test_calls_without_a_device_token_are_refused(front: World) -> None:
    """Case 1."""
    for header in ("", "Bearer abc", "WithFoM-Device", "WithFoM-Device ", f"Bearer {front.key}"):
        assert _refused(front, {"authorization": header}) == "unauthorized"
    assert _refused(front, {}) == "unauthorized"


def test_tokens_of_another_kind_are_refused(front: World) -> None:
    """Case 3: alg=none, algorithm confusion, another key, garbage."""
    device = front.device()
    good = device.sign("GET", PULL, b"").split()[1]
    head, claims, signature = good.split(".")
    public = device.key.public_key().public_bytes_raw()
    none_head = base64url(b'{"alg":"none","typ":"JWT"}')
    hs_head = base64url(b'{"alg":"HS256","typ":"JWT"}')
    hs = jwt.api_jws.PyJWS().encode(base64.urlsafe_b64decode(claims + "=="), public, algorithm="HS256")
    rs_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    rs = jwt.encode(jwt.decode(good, options={"verify_signature": False}), rs_key, algorithm="RS256")
    stranger = device.sign("GET", PULL, b"", key=Ed25519PrivateKey.generate()).split()[1]
    flipped = signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")
    tokens = [
        f"{none_head}.{claims}.",
        f"{hs_head}.{claims}.{signature}",
        hs,
        rs,
        stranger,
        f"{head}.{claims}.{flipped}",
        "a.b.c",
        "...",
        "가나다",
        "x" * 5_000,
    ]

    for token in tokens:
        assert _refused(front, {"authorization": f"WithFoM-Device {token}".encode()}) == "bad_signature"  # type: ignore[dict-item]


def test_a_token_is_bound_to_method_address_body_and_audience(front: World) -> None:
    """Case 20 and its relatives."""
    device = front.device()
    wrong: list[dict[str, object]] = [
        {"htm": "POST"},
        {"htu": "/v1/sync/pull?cursor=1.0.1"},
        {"htu": "/v1/sync/pull"},
        {"bdg": "00" * 32},
        {"aud": "somebody-else"},
        {"aud": ["withfom-cloud"]},
        {"jti": "short"},
        {"jti": "x" * 200},
        {"iat": None},
        {"iat": True},
        {"iat": "1760000000"},
        {"jti": None},
    ]

    for claims in wrong:
        header = {"authorization": device.sign("GET", PULL, b"", **claims)}
        assert _refused(front, header) == "bad_signature", claims

    body = device.batch(device.earn())
    signed = device.sign("POST", PUSH, body)
    changed = body.replace(b"4500", b"9500")
    answer = front.http.post(
        PUSH, content=changed, headers={"authorization": signed, "content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")


def test_an_unknown_device_is_told_so(world: World) -> None:
    device = world.device()

    for name in ("nobody", "' OR 1=1 --"):
        assert _refused(world, {"authorization": device.sign("GET", PULL, b"", iss=name)}) == "unknown_device"


def test_a_call_is_good_once(world: World) -> None:
    """Case 18; the nonce is kept in the database, so that a restart forgets nothing."""
    device = world.device()
    body = device.batch(device.earn())
    for method, target, content in (("GET", PULL, b""), ("POST", PUSH, body)):
        headers = {"authorization": device.sign(method, target, content), "content-type": "application/json"}
        assert world.http.request(method, target, content=content, headers=headers).status_code == 200
        again = world.http.request(method, target, content=content, headers=headers)
        assert (again.status_code, again.json()["code"]) == (401, "replayed")

    tidy(world.cloud.database)
    assert world.http.get(PULL, headers=headers).status_code == 401
    world.clock.advance(700_000)
    tidy(world.cloud.database)
    assert device.get(PULL).status_code == 200


def test_a_refused_push_leaves_its_nonce_unused(world: World) -> None:
    """The nonce is claimed in the transaction of the effect: no effect, no claim."""
    device = world.device()
    body = device.batch(device.earn(), epoch=9)
    signed = device.sign("POST", PUSH, body)
    headers = {"authorization": signed, "content-type": "application/json"}

    assert world.http.post(PUSH, content=body, headers=headers).json()["code"] == "stale_epoch"
    assert world.http.post(PUSH, content=body, headers=headers).json()["code"] == "stale_epoch"


def test_clocks_may_differ_by_three_hundred_seconds(front: World) -> None:
    """Case 19."""
    device = front.device()
    now_s = front.clock() // 1000

    for offset in (-300, 300):
        assert device.get(PULL, iat=now_s + offset).status_code == 200
    for offset in (-301, 301, 10**15, -(10**15)):
        assert _refused(front, {"authorization": device.sign("GET", PULL, b"", iat=now_s + offset)}) == "skew"


def test_a_revoked_device_is_shut_out_but_only_it_learns_why(world: World) -> None:
    """Case 21."""
    device, other = world.device(), world.device()
    assert world.cloud.database.transact(lambda work: revoke(work, device.device_id))

    assert _refused(world, {"authorization": device.sign("GET", PULL, b"")}) == "device_revoked"
    answer = device.push_raw(device.batch(device.earn()))
    assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked")
    stranger = Device(world, Ed25519PrivateKey.generate(), device.welcome)
    assert _refused(world, {"authorization": stranger.sign("GET", PULL, b"")}) == "bad_signature"
    assert other.get(PULL).status_code == 200
    assert not world.cloud.database.transact(lambda work: revoke(work, "nobody"))


def test_the_query_is_signed_as_sent(front: World) -> None:
    device = front.device()
    target = "/v1/sync/pull?limit=1&cursor=1%2E0%2E0"

    assert device.get(target).status_code == 200


def test_a_device_reads_only_its_own_store(world: World) -> None:
    """Case 5: the store is the device's, never the caller's to name."""
    ours, theirs = world.device(), world.device(world.new_store("다른 매장", "다른 브랜드"))
    asked = world.ask_coupon(world.member(), world.coupon(world.member()))

    assert [row["request_id"] for row in ours.rows("request")] == [asked["request_id"]]
    assert theirs.rows("request") == []
    result = theirs.result(theirs.decide(asked["request_id"]))
    assert (result["status"], result["code"]) == ("rejected", "request_unknown")
    assert world.request(asked["request_id"])["state"] == "requested"


def test_refusals_take_no_longer_for_unknown_devices_than_a_moment(front: World) -> None:
    """A flood of unsigned calls costs a look-up, never a write."""
    started = time.monotonic()
    for _ in range(50):
        _refused(front, {"authorization": "WithFoM-Device " + json.dumps({})})
    assert time.monotonic() - started < 5
