"""Owns calls made from the OpenAPI document: fitting and not fitting ones, signed where a device must sign."""

from __future__ import annotations

import contextlib
import itertools
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis
import requests
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from cloud_api.imports.job import Importer
from cloud_api.jobs.catalogue import JOBS
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from rules.calendar import local_day
from rules.codes import code_of_id
from rules.notices import NoticeKind
from rules.stores import business_number_valid
from sync.protocol import enroll_proof_message
from tests.cloud_api.test_applications import CHECKED, form
from tests.cloud_api.test_store_states import DETAILS
from tests.cloud_api.world import PHONE, PUSH, Device, World, base64url, new_id

AIMED = 0.7  # of the ids in a call are made ones that exist, or it would be 404 all day
UNSIGNED = 0.05  # of the calls keep the authorization that was made up
TICK_MS = 200  # a minute passes, or everything would soon be 429
TEN_MINUTES_MS = 600_000
STREAM = "/v1/sync/stream"
LEAVE = "/v1/sync/leave"
REDEEM = "/v1/enrollments/redeem"
PAPER = "/v1/sync/requests/coupon"
READING = ("/v1/sync/pull", STREAM)
KINDS = (
    "earn",
    "earn.reverse",
    "request.seen",
    "request.decide",
    "request.recover",
    "notice.ack",
    "order.advance",
    "order.sold_out",
    "report.submit",
    "stock.order",
    "stock.take_off",
    "menu.sold_out",
)
_ONCE: dict[str, str | None] = {  # the field that must be new in each call
    "/v1/requests": "idempotency_key",
    "/v1/orders": "idempotency_key",
    "/v1/earns": "idempotency_key",
    "/v1/webhooks": None,
    "/v1/webhooks/{endpoint_id}/replay": None,
    "/v1/webhooks/{endpoint_id}/secret": None,
    "/v1/coupon-definitions": "name",
    "/v1/sync/requests": "request_id",
    "/v1/members/{member_id}/coupons/take": "idempotency_key",
    "/v1/members/{member_id}/coupons/code": "code",
    "/v1/stores/{store_id}/hours": None,
    "/v1/menu/categories": "idempotency_key",
    "/v1/menu/categories/{category_id}": None,
    "/v1/menu/items": "idempotency_key",
    "/v1/menu/items/{menu_id}": None,
    "/v1/stores/{store_id}/menu/price": None,
    "/v1/stores/{store_id}/reports": None,
    "/v1/stores/{store_id}/stock/orders": "idempotency_key",
    "/v1/stores/{store_id}/refusals": "idempotency_key",
    "/v1/brands/{brand_id}/earning": None,
    "/v1/stores/{store_id}/earning": None,
    "/v1/stores/{store_id}/notices/{notice_id}/ack": None,
    "/v1/requests/{request_id}/dispute": None,
    "/v1/hq/disputes/{dispute_id}/decide": None,
    "/v1/applications": "business_no",
    "/v1/stores/{store_id}/terms": None,
    "/v1/stores/{store_id}/details": None,
    "/v1/stores/{store_id}/alerts": None,
    "/v1/stores/{store_id}/visits": None,
    "/v1/stores/{store_id}/invitations": None,
    "/v1/stores/{store_id}/stay": None,
    "/v1/stores/{store_id}/state": None,
    "/v1/stores/{store_id}/devices/{device_id}/revoke": None,
}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


class Caller:
    """Sends cases to a served cloud and has each answer checked against the document."""

    def __init__(self, world: World, url: str) -> None:
        self._world = world
        self._url = url
        self._http = httpx.Client(timeout=30, trust_env=False)
        self._sealing = world.device()
        self._businesses = 2_000_000_000
        self._raw = world.device()  # whatever a document lets it send; soon taken for a clone
        self.answered: Counter[tuple[str, int]] = Counter()
        self.wrong: dict[str, str] = {}  # the first of each kind
        self._numbers = itertools.count(1)
        member = self._rich = world.member()
        coupons = [world.coupon(member) for _ in range(3)]
        terms = {"name": "쿠폰", "value_won": 100, "pos_discount_won": 100, "valid_days": 30, "take_max": 5}
        definition = world.ok("POST", "/v1/coupon-definitions", terms | {"brand_id": world.store.brand_id})
        self._codes = f"/v1/coupon-definitions/{definition['definition_id']}/codes"
        self._sealing.push(self._sealing.earn(paid_won=100_000_000))
        employed = world.employ("이지은")
        self.known: dict[str, list[str]] = {
            "store_id": [world.store.store_id],
            "brand_id": [world.store.brand_id],
            "member_id": [member],
            "coupon_id": coupons,
            "definition_id": [definition["definition_id"]],
            "request_id": [world.ask_coupon(member, coupons[0])["request_id"]],
            "order_id": [world.order()["order"]["order_id"]],
            "device_id": [world.device().device_id],
            "application_id": [],
            "employee_id": [employed.partition(":")[2]],
        }

        own = {"store_id": world.store.store_id}
        category = world.ok("POST", "/v1/menu/categories", own | {"name": "커피", "idempotency_key": new_id("menu")})
        item = own | {"category_id": category["category_id"], "name": "카페라떼", "price_won": 5_000}
        menu_id = world.ok("POST", "/v1/menu/items", item | {"idempotency_key": new_id("menu")})["menu_id"]
        self.known |= {"category_id": [category["category_id"]], "menu_id": [menu_id]}
        news = News(NoticeKind.MANY_RECOVERIES, "today", {"times": 6, "of": 0})
        world.cloud.database.transact(lambda work: centre.tell(work, world.store.store_id, news))
        told = f"/v1/stores/{world.store.store_id}/notices"
        self.known["notice_id"] = [world.ok("GET", told)["notices"][0]["notice_id"]]
        points = {"store_id": world.store.store_id, "member_id": member, "points": 5, "payment_won": 9_000}
        sale = own | {"member_id": member, "paid_won": 4_500, "receipt_no": "2", "occurred_ms": world.clock()}
        earned = world.ok("POST", "/v1/earns", sale | {"receipt_no": "1", "idempotency_key": new_id("earn")})
        told = {"url": "https://pos.example.com/first", "kinds": ["earn.*"]}
        self.known["endpoint_id"] = [world.ok("POST", "/v1/webhooks", told)["endpoint_id"]]
        self.known["earn_id"] = [earned["earn_id"]]
        self.known["import_id"] = [self._upload("01099990000")["import_id"]]
        items = [{"menu_id": menu_id}]
        order = {"store_id": world.store.store_id, "channel": "take_out", "items": items, "total_won": 5_000}
        self._good_bodies: dict[str, dict[str, Any]] = {
            "/v1/requests": points | {"kind": "points"},
            "/v1/orders": order | {"payment": "prepaid"},
            "/v1/earns": sale,
            "/v1/webhooks": {"url": "https://pos.example.com/withfom", "kinds": ["*"]},
            "/v1/webhooks/{endpoint_id}/replay": {"since_ms": 0},
            "/v1/webhooks/{endpoint_id}/secret": {"old_hours": 1},
            "/v1/coupon-definitions": terms | {"brand_id": world.store.brand_id},
            "/v1/sync/requests": {"phone": PHONE, "points": 5, "payment_won": 9_000},
            "/v1/members/{member_id}/coupons/take": {"definition_id": definition["definition_id"]},
            "/v1/members/{member_id}/coupons/code": {},
            "/v1/menu/categories": own | {"name": "커피"},
            "/v1/menu/categories/{category_id}": own | {"name": "커피"},
            "/v1/menu/items": item,
            "/v1/menu/items/{menu_id}": item,
            "/v1/stores/{store_id}/menu/price": {"menu_id": menu_id},
            "/v1/brands/{brand_id}/earning": {"method": "point", "rate_bp": 100},
            "/v1/stores/{store_id}/earning": {"program": None},
            "/v1/stores/{store_id}/hours": {"weekly": [[480, 1_320]] * 6 + [None], "holidays": ["2025-12-25"]},
            "/v1/stores/{store_id}/reports": {
                "day": local_day(world.clock()).isoformat(),
                "pieces": 5,
                "actor": "본사",
            },
            "/v1/stores/{store_id}/stock/orders": {"pieces": 1_000, "actor": "본사"},
            "/v1/applications": form(),
            "/v1/stores/{store_id}/terms": {"plan": "premium", "reason": "가입"},
            "/v1/stores/{store_id}/details": DETAILS,
            "/v1/stores/{store_id}/alerts": {"alert_mode": "print"},
            "/v1/stores/{store_id}/visits": {"visited_by": "본사", "passed": True},
            "/v1/stores/{store_id}/invitations": {"name": "이지은", "phone": "010-5555-0001"},
            "/v1/stores/{store_id}/stay": {},
            "/v1/stores/{store_id}/state": {"to": "suspected_closed", "reason": "조용함"},
            "/v1/stores/{store_id}/devices/{device_id}/revoke": {"reason": "분실"},
            "/v1/stores/{store_id}/refusals": {"campaign": "행사", "reason": "no_storage", "actor": "김사장"},
            "/v1/imports/{import_id}/confirm": {"rows": 1, "points": 0, "stamps": 0, "by": "본사"},
            "/v1/stores/{store_id}/notices/{notice_id}/ack": {"by": "정민아"},
            "/v1/requests/{request_id}/dispute": {"text": "쓰지 않았어요"},
            "/v1/hq/disputes/{dispute_id}/decide": {"decision": "refused", "by": "본사"},
        }

    def _upload(self, phone: str) -> Any:
        """A list of one member, looked at."""
        headers = {"authorization": f"Bearer {self._world.key}", "content-type": "application/octet-stream"}
        target = f"/v1/imports?store_id={self._world.store.store_id}"
        made = self._world.http.post(target, content=phone.encode(), headers=headers).json()
        importer = Importer(self._world.cloud.vault)
        while importer.portion(self._world.cloud.database, self._world.clock):
            pass
        return made

    def close(self) -> None:
        self._http.close()

    def run(self, count: int, *, seed: int | None) -> None:
        """At least this many calls, over all operations; another ``seed``, other calls."""
        schema = schemathesis.openapi.from_dict(self._world.app.openapi())
        operations = [found.ok() for found in schema.get_all_operations()]
        each = max(count // (2 * len(operations)), 2)
        turn = 0
        while sum(self.answered.values()) < count:
            for operation in operations:
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    turn += 1
                    strategy = operation.as_strategy(generation_mode=mode)
                    self._several(strategy, each, turn if seed is None else seed + turn)

    def _several(self, strategy: Any, count: int, seed: int) -> None:
        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=count,
            database=None,
            deadline=None,
            derandomize=False,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=strategy)
        def several(case: Case) -> None:
            self._send(case)

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong about a call without parameters
            several()

    # --- one call ----------------------------------------------------------------------------------------------------

    def _send(self, case: Case) -> None:
        # With how many came before: of few cases many are equal, and must not all be aimed alike.
        place = (sum(self.answered.values()), case.path, case.path_parameters, case.query, case.body)
        rng = random.Random(zlib.crc32(repr(place).encode()))
        self._world.clock.advance(TICK_MS)
        self._aim(case, rng)
        by = self._device(case, rng)
        before = (by.seq, by.hash) if by is not None else None
        prepared = requests.Request(**case.as_transport_kwargs(base_url=self._url)).prepare()
        headers = {name: value for name, value in prepared.headers.items() if name.lower() != "content-length"}
        body = prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode()
        try:
            request = self._http.build_request(prepared.method or "GET", prepared.url or "", content=body or None)
            request.headers.update(headers)
            self._sign(request, by, rng)
            answer = self._answer(request)
        except (UnicodeEncodeError, httpx.LocalProtocolError, httpx.InvalidURL):
            return  # no HTTP client can send it
        self.answered[case.operation.label, answer.status_code] += 1
        if by is self._sealing and before is not None and case.path == PUSH:
            taken = answer.status_code == 200 and answer.json()["expected_seq"] == by.seq + 1
            if not taken:
                by.seq, by.hash = before
        if answer.status_code in (200, 201) and case.path != STREAM:
            self._learn(answer)
        if case.path != STREAM or answer.status_code != 200:
            self._check(case, answer)

    def _learn(self, answer: httpx.Response) -> None:
        """What was made can be asked for later."""
        if answer.headers.get("content-type") == "application/json" and isinstance(made := answer.json(), dict):
            for name, value in made.items():
                if name.endswith("_id") and isinstance(value, str) and value not in self.known.setdefault(name, []):
                    self.known[name] = [*self.known[name][-9:], value]

    def _check(self, case: Case, answer: httpx.Response) -> None:
        try:
            case.validate_response(answer, checks=CHECKS)
        except BaseExceptionGroup as group:
            for problem in group.exceptions:
                kind = f"{case.operation.label} {answer.status_code} {type(problem).__name__}"
                self.wrong.setdefault(kind, f"{problem}\n{case.as_curl_command()}\n{answer.text[:500]}")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """The whole answer; of a stream its beginning, for it has no end."""
        answer = self._http.send(request, stream=True)
        try:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                assert next(answer.iter_text()).startswith("event: hello\n")
            else:
                answer.read()
        finally:
            answer.close()
        return answer

    def _sign(self, request: httpx.Request, by: Device | None, rng: random.Random) -> None:
        if rng.random() < UNSIGNED:
            return
        if by is None:
            request.headers["authorization"] = f"Bearer {self._world.key}"
        else:
            target = request.url.raw_path.decode("ascii")
            request.headers["authorization"] = by.sign(request.method, target, request.content)

    # --- calls that get further than the door ------------------------------------------------------------------------

    def _aim(self, case: Case, rng: random.Random) -> None:
        likely = {
            "phone": lambda: rng.choice((PHONE, f"0105550{rng.randrange(10_000):04d}")),
            "points": lambda: rng.randint(1, 50),
            "pin": lambda: rng.choice(("904731", "585027")),
            "payment_won": lambda: rng.randint(1_000, 50_000),
            "cursor": lambda: rng.choice(("1.0.0", "1.1.1")),
            **dict.fromkeys(("since", "first", "last"), lambda: local_day(self._world.clock()).isoformat()),
            "days": lambda: rng.randint(1, 31),
        }
        if case.path.startswith("/v1/jobs/"):
            likely["name"] = lambda: rng.choice(JOBS).name
        if case.headers and rng.random() < AIMED:
            case.headers.pop("acting-employee", None)  # nobody works here under a name that was made up
        for place in (case.path_parameters, case.query, case.body):
            for name in place if isinstance(place, dict) else ():
                if rng.random() < AIMED:
                    if self.known.get(name) and not (name == "request_id" and place is case.body):
                        place[name] = rng.choice(self.known[name])
                    elif name in likely:
                        place[name] = likely[name]()
        if case.path.endswith("/state") and isinstance(case.body, dict) and case.body.get("to") == "suspended":
            case.body["to"] = "suspected_closed"  # or everything else would be refused from now on
        wait = (case.query or {}).get("wait_ms")
        if isinstance(wait, int) and 0 <= wait <= 30_000:
            case.query["wait_ms"] = wait % 20  # nobody waits half a minute here
        if not self._went_well(case) or rng.random() < 0.5:
            self._make_possible(case, rng)

    def _went_well(self, case: Case) -> bool:
        return any((case.operation.label, status) in self.answered for status in (200, 201))

    def _make_possible(self, case: Case, rng: random.Random) -> None:
        """What can be done once only must first be there."""
        if case.path.startswith("/v1/applications/{application_id}"):
            wanted = form() | {"business_no": self._new("business_no")}
            case.path_parameters["application_id"] = self._world.ok("POST", "/v1/applications", wanted)[
                "application_id"
            ]
            if case.path.endswith("/approve"):
                case.body = {"checked": CHECKED}
        if case.path.endswith("{request_id}/withdraw"):
            self._open_shop()
            self._ask_again(case)
        elif case.path.startswith("/v1/imports/"):
            case.path_parameters["import_id"] = self._upload(f"0109999{next(self._numbers):04d}")["import_id"]
            if case.path in self._good_bodies:
                case.body = self._good_bodies[case.path]
        elif case.path == "/v1/imports" and case.method.upper() == "POST":
            case.body = f"0109999{next(self._numbers):04d}".encode()
        elif case.path == REDEEM:
            self._world.clock.advance(TEN_MINUTES_MS)  # wrong codes have closed the door
            key, code = Ed25519PrivateKey.generate(), self._world.code()
            public_key = base64url(key.public_key().public_bytes_raw())
            proof = base64url(key.sign(enroll_proof_message(code, public_key)))
            case.body = {"code": code, "public_key": public_key, "proof": proof, "label": "카운터"}
        elif case.path in READING:
            case.query = {"cursor": "1.0.0"}  # a cursor that was made up is refused nearly always
        elif case.path == PAPER:
            printed = {"definition_id": self.known["definition_id"][0], "idempotency_key": new_id("issue")}
            to = f"/v1/members/{self._rich}/coupons"
            given = self._world.ok("POST", to, printed | {"print_at": self._world.store.store_id})
            case.body = {"request_id": self._new("request_id"), "code": code_of_id(given["coupon_id"])}
        elif case.path in self._good_bodies:
            if case.path == "/v1/orders":
                self._open_shop()
                self._add_to_menu()
            once = _ONCE[case.path]
            case.body = self._good_bodies[case.path] | ({} if once is None else {once: self._new(once)})
        else:
            self._as_in_the_document(case, rng)

    def _as_in_the_document(self, case: Case, rng: random.Random) -> None:
        """The example of the body, with ids that exist and a key that no call had before."""
        content = self._world.app.openapi()["paths"][case.path][case.method.lower()].get("requestBody", {})
        example = content.get("content", {}).get("application/json", {}).get("example")
        if not isinstance(example, dict) or case.path.startswith("/v1/sync/"):
            return
        case.body = example | {name: rng.choice(self.known[name]) for name in example if name in self.known}
        if "idempotency_key" in example:
            case.body["idempotency_key"] = new_id("made-up")

    def _ask_again(self, case: Case) -> None:
        """A new request to withdraw, unless an earlier call has closed the shop or ended its rewards."""
        wanted = self._good_bodies["/v1/requests"] | {"idempotency_key": new_id("made-up")}
        answer = self._world.call("POST", "/v1/requests", wanted)
        assert answer.status_code < 500, answer.text
        if answer.is_success:
            case.path_parameters["request_id"] = answer.json()["request_id"]

    def _open_shop(self) -> None:
        """Day and night."""
        always = {"weekly": [[0, 1_440]] * 7, "holidays": []}
        self._world.ok("POST", f"/v1/stores/{self._world.store.store_id}/hours", always)

    def _add_to_menu(self) -> None:
        """Something that nobody has taken off yet."""
        item = self._good_bodies["/v1/menu/items"] | {"idempotency_key": new_id("menu")}
        made = self._world.ok("POST", "/v1/menu/items", item)
        self._good_bodies["/v1/orders"] |= {"items": [{"menu_id": made["menu_id"]}]}

    def _new(self, name: str) -> str:
        """A value that no call had before."""
        if name == "business_no":
            return next(found for found in map(str, itertools.count(self._business())) if business_number_valid(found))
        if name != "code":
            return new_id("made-up")
        made: str = self._world.ok("POST", self._codes, {"count": 1})["codes"][0]
        return made

    def _business(self) -> int:
        self._businesses += 20
        return self._businesses

    def _device(self, case: Case, rng: random.Random) -> Device | None:
        """Who must sign. What a document calls an operation is put into a real one half of the time, in its chain."""
        if not case.path.startswith("/v1/sync/"):
            return None
        if case.path == LEAVE:
            return self._world.device()  # who leaves is nobody afterwards
        if case.path == PUSH and not self._went_well(case):
            case.body = {"ops": [None]}  # one real operation; from then on as it was made up
        body = case.body
        if case.path != PUSH or not isinstance(body, dict) or not isinstance(body.get("ops"), list):
            return self._sealing if case.path != "/v1/sync/epoch" else self._raw
        if self._went_well(case) and rng.random() < 0.5:
            return self._raw
        before = self._sealing.hash
        ops = [self._op(_plain(raw), rng) for raw in body["ops"][:20]]
        body |= {"protocol": 1, "epoch": self._sealing.welcome["epoch"], "ops": ops}
        body |= {"prev_hash": before, "last_hash": self._sealing.hash}
        return self._sealing

    def _op(self, raw: Any, rng: random.Random) -> dict[str, Any]:
        """A real operation with one or two fields as they were made up."""
        device = self._sealing
        request_id = rng.choice(self.known["request_id"])
        kind = rng.choice(KINDS)
        real: dict[str, Any] = {
            "earn": {
                "earn_id": new_id("earn"),
                "phone": "+821055500001",
                "receipt": None,
                "paid_won": 4_500,
                "points": 45,
            }
            | {"rate_bp": 100, "policy_version": 1, "source": "tablet", "occurred_ms": self._world.clock()},
            "earn.reverse": {"reversal_id": new_id("rev"), "cancel_fingerprint": new_id("slip"), "amount_won": 4_500}
            | {"sale_fingerprint": None, "approval_tags": [], "earn_id": None, "occurred_ms": self._world.clock()},
            "request.seen": {"request_id": request_id},
            "request.decide": {"request_id": request_id, "decision": "approve", "reason": None, "reason_text": None}
            | {"remaining_ms": None, "occurred_ms": self._world.clock()},
            "request.recover": {"request_id": request_id, "occurred_ms": self._world.clock()},
            "notice.ack": {"notice_id": rng.choice(self.known["notice_id"]), "count": 1}
            | {"occurred_ms": self._world.clock()},
            "order.advance": {"order_id": rng.choice(self.known["order_id"]), "to": "preparing"}
            | {"occurred_ms": self._world.clock()},
            "order.sold_out": {"order_id": rng.choice(self.known["order_id"]), "menu_ids": []}
            | {"occurred_ms": self._world.clock()},
            "report.submit": {"day": local_day(self._world.clock()).isoformat(), "pieces": 5}
            | {"written_ms": self._world.clock()},
            "menu.sold_out": {"menu_id": rng.choice(self.known["menu_id"]), "kind": "today"}
            | {"occurred_ms": self._world.clock()},
            "stock.take_off": {"number": 1, "collected": 1, "soiled": 0, "written_ms": self._world.clock()},
            "stock.order": {"order_id": new_id("stock"), "pieces": 1_000, "occurred_ms": self._world.clock()},
        }[kind]
        made_up = list(raw.values()) if isinstance(raw, dict) and raw else [raw]
        for _ in range(rng.randrange(3)):
            real[rng.choice(sorted(real))] = rng.choice(made_up)
        return device.op(kind, real | (raw if isinstance(raw, dict) and rng.random() < 0.2 else {}))


def _plain(value: Any) -> Any:
    """The wire of operations knows no fractions and no half characters."""
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return 7
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def shown(answered: Counter[tuple[str, int]]) -> Iterator[str]:
    """One line an operation."""
    for label in sorted({label for label, _ in answered}):
        found = {status: count for (name, status), count in sorted(answered.items()) if name == label}
        yield f"{label}: " + ", ".join(f"{status} × {count}" for status, count in found.items())
