"""What consumer apps and POS vendors call: strict bodies, repeatable calls, one shape for every refusal."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update

from cloud_api import limits
from cloud_api.bootstrap import Cloud
from cloud_api.errors import CATALOGUE
from cloud_api.integrators.keys import create_key
from cloud_api.integrators.models import integrator_key
from cloud_api.members import benefits
from cloud_api.members.models import member as member_table
from tests.cloud_api.world import OTHER_PHONE, PHONE, World, new_id

JSON = {"content-type": "application/json"}


def _code(answer: Any) -> tuple[int, str]:
    body = answer.json()
    assert set(body) >= {"code", "message", "request_id"}, body
    assert body["request_id"] == answer.headers["x-request-id"]
    assert CATALOGUE[body["code"]].status == answer.status_code
    return answer.status_code, body["code"]


def test_health_tells_what_runs(world: World) -> None:
    found = world.http.get("/v1/health").json()

    assert found == {
        "status": "ok",
        "version": "0.1.0",
        "generation": 1,
        "database": world.cloud.database.kind,
    }


def test_calls_need_a_key_that_was_not_revoked(world: World) -> None:
    """Case 1, 7.2.3."""
    body = {"phone": PHONE}
    for header in ("", "Bearer", "Bearer wrong", "Basic abc", f"Bearer {world.key}x", "Bearer " + "x" * 500):
        answer = world.http.post("/v1/members", json=body, headers={"authorization": header})
        assert _code(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert world.call("POST", "/v1/members", body).status_code == 201
    world.cloud.database.transact(lambda work: work.conn.execute(update(integrator_key).values(revoked_ms=1)))
    assert _code(world.call("POST", "/v1/members", body)) == (401, "unauthorized")
    with world.cloud.database.read() as conn:
        assert world.key not in str(conn.execute(select(integrator_key)).all())


def test_one_number_is_one_member_however_it_is_written(world: World) -> None:
    """MEM-01, MEM-02."""
    first = world.call("POST", "/v1/members", {"phone": "010-1234-5678", "nickname": "김민지"})
    second = world.call("POST", "/v1/members", {"phone": "+82 10 1234 5678"})
    renamed = world.call("POST", "/v1/members", {"phone": PHONE, "nickname": "민지"})

    assert (first.status_code, second.status_code, renamed.status_code) == (201, 200, 200)
    assert first.json() == second.json()
    assert renamed.json() == first.json() | {"nickname": "민지"}
    found = world.ok("POST", "/v1/members/find", {"phone": "01012345678"})
    assert renamed.json().items() <= found.items()
    assert _code(world.call("POST", "/v1/members/find", {"phone": OTHER_PHONE})) == (404, "member_unknown")
    assert _code(world.call("GET", "/v1/members/by-phone?phone=01012345678")) == (404, "member_unknown")


def test_numbers_that_are_no_mobile_numbers_are_refused(front: World) -> None:
    """Case 14."""
    bad: list[object] = [
        "010-000-1234",
        "010-0000-1234",
        "02-123-4567",
        "010123456789",
        "٠١٠١٢٣٤٥٦٧٨",
        "０１０１２３４５６７８",
        "",
        "x" * 500,
        1012345678,
        None,
        ["01012345678"],
    ]

    for phone in bad:
        answer = front.call("POST", "/v1/members", {"phone": phone})
        assert _code(answer) == (422, "phone_invalid"), phone
        assert "1012345678" not in answer.text.replace("request_id", "")
    with front.cloud.database.read() as conn:
        assert conn.execute(select(member_table)).all() == []


@pytest.mark.expect_log("phone_lookups_limited")
def test_trying_out_numbers_is_slowed_down_whatever_the_headers_say(
    front: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases 22, 23."""
    assert limits.LOOKUPS_PER_WINDOW <= 1_000
    monkeypatch.setattr(limits, "LOOKUPS_PER_WINDOW", 4)
    front.member()

    def look(number: int) -> httpx.Response:
        path = "/v1/members/find" if number % 2 else "/v1/members"
        forged = {"x-forwarded-for": f"198.51.100.{number}"}
        return front.call("POST", path, {"phone": f"0105550{number:04d}"}, **forged)

    assert [look(number).status_code for number in range(5)] == [201, 404, 201, 429, 429]
    assert (look(9).json()["code"], look(9).headers["retry-after"]) == ("too_many_tries", "60")
    front.clock.advance(30_000)
    assert look(9).headers["retry-after"] == "30"
    front.clock.advance(30_000)
    assert look(11).status_code == 404
    other = front.cloud.database.transact(lambda work: create_key(work, "another")).key
    assert look(12).status_code == 201
    assert front.call("POST", "/v1/members", {"phone": PHONE}, authorization=f"Bearer {other}").status_code == 200


def test_amounts_are_whole_numbers_in_range(front: World) -> None:
    """Cases 12, 13."""
    member = front.member()
    good = {
        "kind": "points",
        "store_id": front.store.store_id,
        "member_id": member,
        "points": 10,
        "payment_won": 1000,
        "idempotency_key": "amounts-1",
    }

    for name in ("points", "payment_won"):
        for value in (-1, 2**63, "1,000", "10", 1000.5, True, None, [], {}):
            assert _code(front.call("POST", "/v1/requests", good | {name: value})) == (422, "invalid"), (name, value)
    assert _code(front.call("POST", "/v1/requests", good | {"points": 0})) == (422, "invalid")
    assert _code(front.call("POST", "/v1/requests", good)) == (409, "insufficient_points")
    assert _code(front.call("POST", "/v1/requests", good | {"points": 1001})) == (409, "points_exceed_payment")


def test_fields_that_are_not_the_callers_to_set_are_refused(front: World) -> None:
    """Cases 6, 7 (mass assignment)."""
    for extra in ({"balance": 10**6}, {"member_id": "x"}, {"role": "owner"}):
        assert _code(front.call("POST", "/v1/members", {"phone": PHONE} | extra)) == (422, "invalid")
    assert _code(front.call("POST", "/v1/members", [])) == (422, "invalid")
    assert _code(front.call("POST", "/v1/members")) == (422, "invalid")


def test_bodies_that_are_not_strict_json_are_refused(front: World) -> None:
    """Cases 8, 9, 11, 29."""
    auth = {"authorization": f"Bearer {front.key}"}
    bad = [
        b'{"phone":"01012345678","phone":"01087654321"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"{",
        b"\xff\xfe",
        b'{"phone":"\xed\xa0\x80"}',
        b"9" * 5_000,
    ]
    for raw in bad:
        answer = front.http.post("/v1/members", content=raw, headers=auth | JSON)
        assert _code(answer) == (400, "bad_json"), raw[:40]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"):
        answer = front.http.post("/v1/members", content=b"{}", headers=auth | {"content-type": kind})
        assert _code(answer) == (415, "wrong_content_type"), kind
    answer = front.http.post("/v1/members", content=b" " * 10_000_000, headers=auth | JSON)
    assert _code(answer) == (413, "too_large")
    gzipped = front.http.post("/v1/members", content=b"\x1f\x8b", headers=auth | JSON | {"content-encoding": "gzip"})
    assert _code(gzipped) == (400, "bad_encoding")


def test_a_body_without_a_declared_length_is_limited_too(front: World) -> None:
    def endless() -> Any:
        for _ in range(100):
            yield b" " * 10_000

    headers = {"authorization": f"Bearer {front.key}"} | JSON
    assert _code(front.http.post("/v1/members", content=endless(), headers=headers)) == (413, "too_large")


def test_names_are_text_and_nothing_else(world: World) -> None:
    """Cases 15, 16."""
    injected = "'); DROP TABLE member;--"
    assert world.ok("POST", "/v1/members", {"phone": PHONE, "nickname": injected})["nickname"] == injected
    headers = {"authorization": f"Bearer {world.key}"} | JSON
    for bad in ("a\x00b", "\ud800", "‮evil", "​", "line\nbreak", "x" * 31):
        raw = json.dumps({"phone": PHONE, "nickname": bad}).encode()
        assert _code(world.http.post("/v1/members", content=raw, headers=headers)) == (422, "invalid"), repr(bad)
    composed = world.ok("POST", "/v1/members", {"phone": PHONE, "nickname": " 가 "})
    assert composed["nickname"] == "가"


def test_the_same_key_and_body_get_the_same_answer_and_another_body_a_conflict(world: World) -> None:
    """Case 17."""
    member = world.member()
    coupon = world.coupon(member)
    body = {
        "kind": "coupon",
        "store_id": world.store.store_id,
        "member_id": member,
        "coupon_id": coupon,
        "idempotency_key": "same-key-1",
    }
    first = world.call("POST", "/v1/requests", body)
    world.clock.advance(90_000)

    again = world.call("POST", "/v1/requests", dict(reversed(body.items())))

    assert (again.status_code, again.text) == (201, first.text)
    for name in ("coupon_id", "member_id"):
        changed = world.call("POST", "/v1/requests", body | {name: "other"})
        assert _code(changed) == (409, "idempotency_conflict")
    points = {"kind": "points", "points": 5, "payment_won": 10} | {
        name: body[name] for name in ("store_id", "member_id", "idempotency_key")
    }
    assert _code(world.call("POST", "/v1/requests", points)) == (409, "idempotency_conflict")
    assert len(world.device().rows("request")) == 1


def test_coupons_and_orders_repeat_their_answers_too(world: World) -> None:
    member = world.member()
    terms = {"name": "쿠폰", "condition": "", "value_won": 100, "pos_discount_won": 100, "valid_days": 7}
    made = world.ok("POST", "/v1/coupon-definitions", terms | {"store_id": world.store.store_id})
    issue = {"definition_id": made["definition_id"], "idempotency_key": "issue-key-1"}

    path = f"/v1/members/{member}/coupons"
    assert world.ok("POST", path, issue) == world.ok("POST", path, issue)
    assert len(world.wallet(member)["coupons"]) == 1
    first, again = world.order(idempotency_key="order-key-1"), world.order(idempotency_key="order-key-1")
    assert first == again


def test_a_refused_call_may_be_tried_again_with_its_key(world: World) -> None:
    device, member = world.device(), world.member()
    body = {
        "kind": "points",
        "store_id": world.store.store_id,
        "member_id": member,
        "points": 45,
        "payment_won": 4500,
        "idempotency_key": "later-key-1",
    }
    assert _code(world.call("POST", "/v1/requests", body)) == (409, "insufficient_points")
    device.push(device.earn())

    assert world.call("POST", "/v1/requests", body).status_code == 201


def test_one_key_from_many_threads_is_one_request(world: World) -> None:
    device, member = world.device(), world.member()
    device.push(device.earn(), device.earn())
    body = {
        "kind": "points",
        "store_id": world.store.store_id,
        "member_id": member,
        "points": 5,
        "payment_won": 4500,
        "idempotency_key": new_id("threads"),
    }

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.call("POST", "/v1/requests", body), range(16)))

    assert {answer.text for answer in answers} == {answers[0].text}
    assert world.points(member) == (85, 5, 0)


def test_coupons_are_used_where_they_are_valid_and_by_their_owner(world: World) -> None:
    """APR-02."""
    sister = world.new_store("둘째 매장", "테스트 커피")
    stranger = world.new_store("남의 매장", "다른 커피")
    member, other = world.member(), world.member(OTHER_PHONE)
    local, everywhere = world.coupon(member, store=world.store), world.coupon(member)

    def use(coupon: str, **changes: str) -> Any:
        body = {"kind": "coupon", "store_id": world.store.store_id, "member_id": member, "coupon_id": coupon}
        return world.call("POST", "/v1/requests", body | {"idempotency_key": new_id("use")} | changes)

    assert _code(use(local, store_id=sister.store_id)) == (409, "coupon_not_here")
    assert _code(use(everywhere, store_id=stranger.store_id)) == (409, "coupon_not_here")
    assert _code(use(local, member_id=other)) == (404, "coupon_unknown")
    assert _code(use("nope")) == (404, "coupon_unknown")
    assert _code(use(local, member_id="nope")) == (404, "member_unknown")
    assert _code(use(local, store_id="nope")) == (404, "store_unknown")
    assert use(everywhere, store_id=sister.store_id).status_code == 201
    assert _code(use(everywhere)) == (409, "coupon_not_available")
    assert use(local).status_code == 201


def test_definitions_and_issues_name_what_exists(front: World) -> None:
    terms = {"name": "쿠폰", "value_won": 100, "pos_discount_won": 100, "valid_days": 30}
    here = {"store_id": front.store.store_id}

    def define(**changes: Any) -> Any:
        return front.call("POST", "/v1/coupon-definitions", terms | changes)

    assert _code(define()) == (422, "invalid")
    assert _code(define(**here, brand_id=front.store.brand_id)) == (422, "invalid")
    assert _code(define(store_id="nope")) == (404, "store_unknown")
    assert _code(define(brand_id="nope")) == (404, "brand_unknown")
    for wrong in ({"name": " "}, {"valid_days": 0}, {"value_won": -1}):
        assert _code(define(**(here | wrong))) == (422, "invalid")
    issue = {"definition_id": "nope", "idempotency_key": "issue-nope"}
    assert _code(front.call("POST", f"/v1/members/{front.member()}/coupons", issue)) == (404, "definition_unknown")
    assert _code(front.call("POST", "/v1/members/nope/coupons", issue)) == (404, "member_unknown")


def test_things_that_do_not_exist_are_404_in_the_same_shape(front: World) -> None:
    for path in ("/", "/v1", "/v1/nope", "/docs", "/openapi.json", "/v1/members/", "/v1/health/"):
        assert _code(front.call("GET", path)) == (404, "not_found"), path
    assert _code(front.call("GET", "/v1/members/nope")) == (404, "member_unknown")
    assert _code(front.call("GET", "/v1/members/nope/entries")) == (404, "member_unknown")
    assert _code(front.call("GET", "/v1/requests/nope")) == (404, "request_unknown")
    assert _code(front.call("GET", "/v1/orders/nope")) == (404, "order_unknown")
    assert _code(front.call("GET", "/v1/stores/nope/sums")) == (404, "store_unknown")


def test_other_methods_are_405(front: World) -> None:
    """Case 28."""
    for method in ("TRACE", "DELETE", "PATCH", "PUT", "BREW"):
        answer = front.http.request(method, "/v1/health")
        assert _code(answer) == (405, "method_not_allowed"), method
    assert (
        "access-control-allow-origin"
        not in front.http.get("/v1/health", headers={"origin": "https://evil.test"}).headers
    )


def test_messages_are_korean_first_and_english_on_demand(front: World) -> None:
    korean = front.http.get("/v1/nope").json()
    english = front.http.get("/v1/nope", headers={"accept-language": "en-US,en;q=0.9"}).json()

    assert korean["message"] == "없는 주소입니다."
    assert english["message"] == "There is nothing at this address."


@pytest.mark.expect_log("request_failed")
def test_a_failure_inside_is_a_plain_500_without_a_trace(front: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 16.5.1."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(benefits, "of_member", fail)

    answer = front.call("GET", "/v1/members/somebody")

    assert _code(answer) == (500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.expect_log("database_failed")
def test_a_database_that_is_full_or_away_is_503_and_books_nothing(front: World) -> None:
    """Disk full: the same call works when there is room again."""
    pages = front.cloud.database.transact(lambda work: work.conn.execute(text("PRAGMA page_count")).scalar_one())

    def limit(count: int) -> None:
        front.cloud.database.transact(lambda work: work.conn.execute(text(f"PRAGMA max_page_count = {count}")).all())

    device = front.device()
    ops = [device.earn(approval_tags=[new_id("t" * 90) for _ in range(20)]) for _ in range(60)]
    limit(pages)

    refused = device.push_raw(device.batch(*ops))

    assert _code(refused) == (503, "busy")
    assert refused.headers["retry-after"] == "2"
    limit(1_000_000)
    assert device.push(*ops)["expected_seq"] == 61
    front.assert_book_is_sound()


def test_a_caller_that_hangs_up_in_the_middle_is_no_failure(front: World) -> None:
    async def hang_up() -> list[object]:
        sent: list[object] = []
        scope = {"type": "http", "method": "POST", "path": "/v1/members", "headers": [], "query_string": b""}

        async def receive() -> dict[str, object]:
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            sent.append(message)

        await front.app(scope, receive, send)  # type: ignore[arg-type]
        return sent

    future = asyncio.run_coroutine_threadsafe(hang_up(), front.loop)
    assert future.result(10) == []


@pytest.mark.thorough
def test_the_openapi_document_names_every_refusal_and_both_keys(front: World) -> None:
    document = front.app.openapi()

    assert set(document["x-error-catalogue"]) == set(CATALOGUE)
    assert document["paths"]["/v1/sync/push"]["post"]["security"] == [{"device": []}]
    assert document["paths"]["/v1/members"]["post"]["security"] == [{"integrator": []}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert operation["summary"], (path, method)
            assert any(int(status) >= 400 for status in answers), (path, method)
    json.dumps(document)


def test_sums_add_up(world: World) -> None:
    first, second = world.device(), world.device()
    first.push(first.earn(), first.earn(fingerprint="x"), first.reverse(sale_fingerprint="x"))
    second.push(second.earn())

    assert world.sums() == {
        "points_issued": 135,
        "points_reversed": 45,
        "points_captured": 0,
        "points_returned": 0,
        "offline_loss_points": 0,
        "coupons_used": 0,
        "earns": 3,
        "reversals": 1,
        "ops_by_device": {first.device_id: 3, second.device_id: 1},
        "entries_sum": 0,
    }


def test_the_cloud_is_one_object_without_globals(front: World) -> None:
    assert isinstance(front.app.state.cloud, Cloud)
