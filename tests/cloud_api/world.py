"""Owns a small world for the cloud's tests: a cloud with a store, devices that sign and chain, a clock to move."""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_api.app import create_app
from cloud_api.bootstrap import Cloud
from cloud_api.coupons.service import NewDefinition, define, issue
from cloud_api.database import Work
from cloud_api.devices.enrollment import issue_code
from cloud_api.integrators.keys import create_key
from cloud_api.ledger.verify import verify
from cloud_api.requests.sweeper import Swept, sweep
from cloud_api.settings import Settings
from cloud_api.stores.service import NewStore, Policy, Profile, create_store, profile_of
from sync.protocol import (
    AUTH_SCHEME,
    CHAIN_START,
    JWT_AUDIENCE,
    PROTOCOL_VERSION,
    Operation,
    body_digest,
    chain_hash,
    enroll_proof_message,
)
from tests.cloud_api.inprocess import InProcess

START_MS = 1_760_000_000_000
PHONE = "+821012345678"
OTHER_PHONE = "+821087654321"
PUSH = "/v1/sync/push"
SHOT = {"group_id": "샷", "options": [{"option_id": "샷 추가", "extra_won": 500}]}

_ids = itertools.count(1)


def new_id(prefix: str) -> str:
    """An id that no other call returns."""
    return f"{prefix}-{next(_ids):06d}"


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, ms: int) -> None:
        self.now_ms += ms


@dataclass(frozen=True)
class Furnished:
    """What a copied database has already: a store, and the text of a key for programs."""

    store: Profile
    key: str


class World:
    """One cloud; ``with`` is not needed when the fixture made it."""

    def __init__(self, settings: Settings, *, policy: Policy | None = None, has: Furnished | None = None) -> None:
        self.clock = FakeClock()
        self.app = create_app(settings, clock=self.clock)
        self.cloud: Cloud = self.app.state.cloud
        self._inside = InProcess(self.app)
        self.http = self._inside.client
        self.policy = policy or Policy()
        self._lattes: dict[str, str] = {}  # one in each store that has ordered
        has = has or self._furnish()
        self.store, self.key = has.store, has.key

    def _furnish(self) -> Furnished:
        key = self.cloud.database.transact(lambda work: create_key(work, "tests")).key
        return Furnished(self.new_store("합정점", "테스트 커피"), key)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that the application lives on."""
        return self._inside.loop

    def close(self) -> None:
        self._inside.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def new_store(self, name: str, brand: str) -> Profile:
        wanted = NewStore(name, brand)
        return self.cloud.database.transact(lambda work: create_store(work, self.cloud.vault, wanted, self.policy))

    # -- integrators -----------------------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A call with the integrator's key."""
        named = {"authorization": f"Bearer {self.key}"} | headers
        return self.http.request(method, path, json=body, headers=named)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        """A call that must succeed; returns its body."""
        answer = self.call(method, path, body)
        assert answer.is_success, answer.text
        return answer.json()

    def member(self, phone: str = PHONE, nickname: str = "김민지") -> str:
        found: str = self.ok("POST", "/v1/members", {"phone": phone, "nickname": nickname})["member_id"]
        return found

    def wallet(self, member_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ok("GET", f"/v1/members/{member_id}")
        return found

    def points(self, member_id: str) -> tuple[int, int, int]:
        """Balance, held, debt."""
        found = self.wallet(member_id)
        return found["points_balance"], found["points_held"], found["debt"]

    def coupon(self, member_id: str, *, valid_days: int = 30, store: Profile | None = None) -> str:
        where = store.store_id if store else None
        terms = NewDefinition(self.store.brand_id, where, "아메리카노 1잔", "5,000원 이상", 4500, 4500, valid_days)

        def give(work: Work) -> str:
            return issue(work, member_id, define(work, terms)).coupon_id

        return self.cloud.database.transact(give)

    def coupon_state(self, member_id: str, coupon_id: str) -> str:
        return str(next(c["state"] for c in self.wallet(member_id)["coupons"] if c["coupon_id"] == coupon_id))

    def ask_coupon(self, member_id: str, coupon_id: str) -> Any:
        body = {"kind": "coupon", "member_id": member_id, "coupon_id": coupon_id}
        return self.ok("POST", "/v1/requests", self._asking(body))

    def ask_points(self, member_id: str, points: int, payment_won: int = 1_000_000) -> Any:
        body = {"kind": "points", "member_id": member_id, "points": points, "payment_won": payment_won}
        return self.ok("POST", "/v1/requests", self._asking(body))

    def item(self, name: str, price_won: int = 5_000, *, store: Profile | None = None, **terms: Any) -> str:
        """Something on the menu of the store."""
        own = {"store_id": (store or self.store).store_id}
        named = own | {"name": "음료", "idempotency_key": new_id("category")}
        category = self.ok("POST", "/v1/menu/categories", named)["category_id"]
        body = own | {"category_id": category, "name": name, "price_won": price_won, "options": [SHOT]}
        return str(self.ok("POST", "/v1/menu/items", body | {"idempotency_key": new_id("item")} | terms)["menu_id"])

    def order(self, **changes: Any) -> Any:
        """Two lattes with a shot, 11,000 won, unless the changes say otherwise."""
        return self.ok("POST", "/v1/orders", self.new_order(**changes))

    def new_order(self, **changes: Any) -> dict[str, Any]:
        """The body of such an order."""
        store_id = str(changes.get("store_id", self.store.store_id))
        if store_id not in self._lattes and "items" not in changes:
            with self.cloud.database.read() as conn:
                self._lattes[store_id] = self.item("카페라떼", store=profile_of(conn, store_id))
        latte = {"menu_id": self._lattes.get(store_id), "qty": 2, "options": ["샷 추가"]}
        body = {
            "store_id": store_id,
            "nickname": "민지",
            "channel": "take_out",
            "items": [latte],
            "total_won": 11_000,
            "payment": "prepaid",
            "note": "",
            "idempotency_key": new_id("order"),
        }
        return body | changes

    def _asking(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"store_id": self.store.store_id, "idempotency_key": new_id("ask")} | body

    def request(self, request_id: str) -> Any:
        return self.ok("GET", f"/v1/requests/{request_id}")

    def employ(self, name: str, role: str = "staff", pin: str = "904731") -> str:
        """Somebody who works at the store; answers how operations name them. The owner comes first, if the test did not
        name one."""
        people = self.ok("GET", f"/v1/stores/{self.store.store_id}/employees")["employees"]
        if role == "staff" and not people:
            self.employ("점주", "owner", pin="731905")
        body = {"name": name, "role": role, "pin": pin, "idempotency_key": new_id("employee")}
        made = self.ok("POST", f"/v1/stores/{self.store.store_id}/employees", body)
        return f"{role}:{made['employee_id']}"

    # -- devices ---------------------------------------------------------------------------------------------------

    def code(self, store: Profile | None = None) -> str:
        store_id = (store or self.store).store_id
        return self.cloud.database.transact(lambda work: issue_code(work, store_id, "agent", "카운터")).code

    def device(self, store: Profile | None = None) -> Device:
        """A newly enrolled device."""
        key = Ed25519PrivateKey.generate()
        answer = self.redeem(self.code(store), key)
        assert answer.status_code == 201, answer.text
        return Device(self, key, answer.json())

    def redeem(self, code: str, key: Ed25519PrivateKey, **changes: str) -> httpx.Response:
        public_key = base64url(key.public_key().public_bytes_raw())
        proof = base64url(key.sign(enroll_proof_message(code, public_key)))
        body = {"code": code, "public_key": public_key, "proof": proof, "label": "카운터 PC"} | changes
        return self.http.post("/v1/enrollments/redeem", json=body)

    # -- time and truth --------------------------------------------------------------------------------------------

    def sweep(self) -> Swept:
        return sweep(self.cloud.database, self.clock())

    def assert_book_is_sound(self) -> None:
        with self.cloud.database.read_moment() as conn:
            report = verify(conn)
        assert report.sound, report

    def sums(self) -> Any:
        return self.ok("GET", f"/v1/stores/{self.store.store_id}/sums")


@dataclass
class Device:
    """Signs calls and seals operations into its chain."""

    world: World
    key: Ed25519PrivateKey
    welcome: dict[str, Any]
    seq: int = 0
    hash: str = CHAIN_START
    sealed: list[tuple[dict[str, Any], str, str]] = field(default_factory=list)  # op, hash before, hash after

    @property
    def device_id(self) -> str:
        return str(self.welcome["device_id"])

    @property
    def store_id(self) -> str:
        return str(self.welcome["store"]["store_id"])

    def op(self, kind: str, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The next operation of the chain."""
        self.seq += 1
        wire = (
            Operation(
                op_id=new_id("op"),
                device=self.device_id,
                epoch=self.welcome["epoch"],
                seq=self.seq,
                kind=kind,
                v=1,
                store=self.store_id,
                actor="staff:1",
                wall_ms=self.world.clock(),
                mono_ms=1,
                boot_id="boot-1",
                seen_cursor=self.welcome["cursor"],
                body=body,
            ).to_wire()
            | changes
        )
        before = self.hash
        self.hash = chain_hash(before, Operation.from_wire(wire))
        self.sealed.append((wire, before, self.hash))
        return wire

    def earn(
        self, paid_won: int = 4500, points: int | None = None, phone: str = PHONE, **receipt: Any
    ) -> dict[str, Any]:
        """An earn of a receipt of its own, unless the receipt's fields say otherwise."""
        terms = {
            "fingerprint": new_id("receipt"),
            "approval_tags": [],
            "receipt_no": "0001",
            "till": "1",
            "kind": "sale",
        } | receipt
        return self.op(
            "earn",
            {
                "earn_id": new_id("earn"),
                "phone": phone,
                "receipt": terms,
                "paid_won": paid_won,
                "points": paid_won // 100 if points is None else points,
                "rate_bp": 100,
                "policy_version": 1,
                "source": "receipt_auto",
                "occurred_ms": self.world.clock(),
            },
        )

    def reverse(self, **body: Any) -> dict[str, Any]:
        terms = {
            "reversal_id": new_id("reversal"),
            "cancel_fingerprint": new_id("slip"),
            "sale_fingerprint": None,
            "approval_tags": [],
            "amount_won": 4500,
            "earn_id": None,
            "occurred_ms": self.world.clock(),
        }
        return self.op("earn.reverse", terms | body)

    def seen(self, request_id: str) -> dict[str, Any]:
        return self.op("request.seen", {"request_id": request_id})

    def decide(self, request_id: str, decision: str = "approve", **body: Any) -> dict[str, Any]:
        terms = {
            "request_id": request_id,
            "decision": decision,
            "reason": "out_of_stock" if decision == "reject" else None,
            "reason_text": None,
            "remaining_ms": None,
            "occurred_ms": self.world.clock(),
        }
        return self.op("request.decide", terms | body)

    def recover(self, request_id: str, **changes: Any) -> dict[str, Any]:
        return self.op("request.recover", {"request_id": request_id, "occurred_ms": self.world.clock()}, **changes)

    def keep(self, request_id: str, **changes: Any) -> dict[str, Any]:
        return self.op("request.keep", {"request_id": request_id, "occurred_ms": self.world.clock()}, **changes)

    def advance(self, order_id: str, to: str) -> dict[str, Any]:
        return self.op("order.advance", {"order_id": order_id, "to": to, "occurred_ms": self.world.clock()})

    def say_sold_out(self, order_id: str, *menu_ids: str) -> dict[str, Any]:
        body = {"order_id": order_id, "menu_ids": list(menu_ids), "occurred_ms": self.world.clock()}
        return self.op("order.sold_out", body)

    def batch(self, *ops: Mapping[str, Any], **changes: Any) -> bytes:
        """The body of a push of these operations, which must be neighbours in the chain."""
        if ops:
            before = next(h for wire, h, _ in self.sealed if wire["seq"] == ops[0]["seq"])
            after = next(h for wire, _, h in self.sealed if wire["seq"] == ops[-1]["seq"])
        else:
            before = after = self.hash
        body = {
            "protocol": PROTOCOL_VERSION,
            "epoch": self.welcome["epoch"],
            "prev_hash": before,
            "last_hash": after,
            "ops": list(ops),
        }
        # As our own agent spells it (canonical_json), floats and all.
        return json.dumps(body | changes, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def push_raw(self, body: bytes, **headers: str) -> httpx.Response:
        named = {"authorization": self.sign("POST", PUSH, body), "content-type": "application/json"} | headers
        return self.world.http.post(PUSH, content=body, headers=named)

    def push_gzip(self, body: bytes) -> httpx.Response:
        return self.push_raw(gzip.compress(body), **{"content-encoding": "gzip"})

    def push(self, *ops: Mapping[str, Any], **changes: Any) -> Any:
        """Pushes and returns the answer's body."""
        answer = self.push_raw(self.batch(*ops, **changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def result(self, op: Mapping[str, Any]) -> Any:
        """Pushes one operation and returns its result."""
        return self.push(op)["results"][0]

    def pull(self, cursor: str | None = None, limit: int = 500, wait_ms: int = 0) -> Any:
        target = f"/v1/sync/pull?cursor={cursor or self.welcome['cursor']}&limit={limit}&wait_ms={wait_ms}"
        answer = self.get(target)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of all feed rows of a kind, oldest first."""
        return [row["body"] for row in self.pull()["rows"] if row["kind"] == kind]

    def get(self, target: str, **claims: Any) -> httpx.Response:
        return self.world.http.get(target, headers={"authorization": self.sign("GET", target, b"", **claims)})

    def post(self, target: str, content: Any) -> httpx.Response:
        """A signed call with a body."""
        body = json.dumps(content).encode()
        named = {"authorization": self.sign("POST", target, body), "content-type": "application/json"}
        return self.world.http.post(target, content=body, headers=named)

    def sign(self, method: str, target: str, body: bytes, *, key: Any = None, **claims: Any) -> str:
        named = {
            "iss": self.device_id,
            "aud": JWT_AUDIENCE,
            "iat": self.world.clock() // 1000,
            "jti": secrets.token_hex(16),
            "htm": method,
            "htu": target,
            "bdg": body_digest(body),
        } | claims
        named = {name: value for name, value in named.items() if value is not None}
        return f"{AUTH_SCHEME} {jwt.encode(named, key or self.key, algorithm='EdDSA')}"


def statuses(answer: Any) -> list[str]:
    return [result["status"] for result in answer["results"]]


def codes(results: Sequence[Any]) -> list[str | None]:
    return [result["code"] for result in results]
