"""The LAN API over a real socket: bad input, strangers, two tablets; reliability cases 8 to 14, 28 to 38, AGT-14."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.lan.api import ApiServices, counter_routes
from agent.lan.file import read_lan_file
from agent.lan.http import BODY_BYTES_MAX, Application, bearer
from agent.lan.late import late_routes
from agent.lan.server import LanServer
from agent.lan.status import status_of
from agent.lan.tablet import tablet_guard, tablet_routes
from sync.errors import StoreFull
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.snapshots import give_snapshot

TOKEN, SESSION = "t" * 32, "s" * 32


@dataclass
class Lan:
    shop: Counter
    server: LanServer
    web: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=10)


@pytest.fixture
def lan(tmp_path: Path) -> Iterator[Lan]:
    web = tmp_path / "web"
    web.mkdir()
    (web / "index.html").write_text("<html>고객</html>", "utf-8")
    (web / "tablet.js").write_text("1", "utf-8")
    (web / ".secret.js").write_text("no", "utf-8")
    (web / "notes.md").write_text("no", "utf-8")
    with counter(tmp_path / "agent") as shop:
        server = LanServer(folder=tmp_path / "agent", token=TOKEN)
        agent, tool = shop.agent, bearer(TOKEN)
        services = ApiServices(agent.approval, agent.orders, agent.receipts, lambda: status_of(agent, "1.2.3"))
        routes = [
            *counter_routes(services, tool),
            *late_routes(agent.late_earns, tool=tool, tablet=tablet_guard(SESSION, tool)),
            *tablet_routes(
                earn=agent.earn,
                spend=agent.spend,
                shown=lambda: {"shop": agent.link.shop(), "language": "ko", "rate_bp": 100, "online": False},
                session=SESSION,
                web=web,
                fonts=web,
                guard=tablet_guard(SESSION, tool),
            ),
        ]
        server.start(lambda one: Application(routes=routes, hosts=one.hosts, new_id=agent.ids.uuid7))
        try:
            yield Lan(shop, server, web)
        finally:
            server.stop()


@pytest.fixture
def tool(lan: Lan) -> Iterator[httpx.Client]:
    with lan.client(Authorization=f"Bearer {TOKEN}") as client:
        yield client


def request_arrives(lan: Lan, request_id: str = "r-1", remaining_ms: int | None = 60_000) -> None:
    body = {
        "request_id": request_id,
        "version": 2,
        "kind": "coupon",
        "state": "seen",
        "title": "아메리카노 1잔 무료",
        "nickname": "김*수",
        "condition": "1장",
        "amount_won": 4_500,
        "pos_discount_won": 4_500,
        "created_ms": 1,
        "remaining_ms": remaining_ms,
        "slip_code": "K7",
    }
    lan.shop.feed(lan.shop.agent.appliers()["request"], "request", body)


def assert_error(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.text
    assert any("가" <= letter <= "힣" for letter in found["message"])
    assert len(found["request_id"]) == 36
    assert "Traceback" not in answer.text
    return found


# --- who may call ----------------------------------------------------------------------------------------------------


def test_lan_json_says_where_the_agent_is(lan: Lan, tmp_path: Path) -> None:
    assert read_lan_file(tmp_path / "agent") == (lan.server.port, TOKEN)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_strangers_are_refused(lan: Lan, header: str) -> None:
    """Case 31"""
    with lan.client(**({"Authorization": header} if header else {})) as client:
        for path in ("/v1/status", "/v1/requests", "/v1/receipts", "/v1/tablet/state"):
            assert_error(client.get(path), 401, "unauthorized")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1:80", ""])
def test_a_foreign_name_is_not_answered(lan: Lan, host: str) -> None:
    """Case 34: DNS rebinding, also with the right token."""
    with lan.client(Authorization=f"Bearer {TOKEN}") as client:
        assert_error(client.get("/v1/status", headers={"Host": host}), 421, "misdirected")


def test_a_page_of_another_site_is_refused(lan: Lan, tool: httpx.Client) -> None:
    """Case 27: the cookie of the tablet does not help it either."""
    cookie = {"Cookie": f"withfom_tablet={SESSION}", "Origin": "http://evil.example"}
    with lan.client(**cookie) as client:
        assert_error(client.post("/v1/tablet/entries", json={}), 403, "foreign_origin")
    assert lan.shop.rows("SELECT count(*) FROM phone_entry") == [(0,)]
    assert tool.get("/v1/status", headers={"Origin": lan.url}).status_code == 200


def test_the_tablet_page_brings_its_own_session(lan: Lan) -> None:
    with lan.client() as client:
        page = client.get("/tablet/")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        cookie = page.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert client.get("/v1/tablet/state").json()["shop"] == "마포 시험점"
        assert_error(client.get("/v1/status"), 401, "unauthorized")


@pytest.mark.parametrize(
    "name", ["notes.md", ".secret.js", "..%2Fagent%2Fagent.sqlite3", "%2e%2e/lan.json", "none.js", "a/b.js"]
)
def test_only_files_of_the_page_are_served(lan: Lan, name: str) -> None:
    with lan.client() as client:
        assert client.get("/tablet/tablet.js").status_code == 200
        assert client.get(f"/tablet/{name}").status_code == 404


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'"text"',
        b'{"decision": NaN}',
        b'{"decision": 1.5}',
        b'{"decision": "approve", "decision": "reject"}',
        b"\xff\xfe",
        b"[" * 20_000,
    ],
)
def test_junk_is_no_json(lan: Lan, tool: httpx.Client, body: bytes) -> None:
    """Cases 9 to 11"""
    request_arrives(lan)

    answer = tool.post("/v1/requests/r-1/decision", content=body, headers={"Content-Type": "application/json"})

    assert_error(answer, 400, "bad_json")
    assert len(lan.shop.agent.approval.pending()) == 1


@pytest.mark.parametrize("size", [BODY_BYTES_MAX + 1, BODY_BYTES_MAX * 3])
def test_a_large_body_is_refused(tool: httpx.Client, size: int) -> None:
    """Case 8"""
    content = json.dumps({"digits": "1" * size}).encode()

    answer = tool.post("/v1/tablet/entries/x/phone", content=content, headers={"Content-Type": "application/json"})

    assert_error(answer, 413, "too_large")


def test_a_huge_body_is_cut_off(tool: httpx.Client) -> None:
    content = b"x" * (BODY_BYTES_MAX * 8)

    answer = tool.post("/v1/tablet/entries/x/phone", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


def test_other_content_types_and_methods_are_refused(tool: httpx.Client) -> None:
    """Cases 28, 29"""
    assert_error(tool.post("/v1/tablet/entries", data={"till": "1"}), 415, "unsupported_media_type")
    refused = tool.put("/v1/status")
    assert_error(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "GET"
    assert_error(tool.request("TRACE", "/v1/status"), 405, "method_not_allowed")
    assert_error(tool.get("/v1/nothing"), 404, "not_found")
    assert_error(tool.get("/"), 404, "not_found")
    assert tool.head("/v1/status").content == b""


def test_english_callers_get_english(tool: httpx.Client) -> None:
    assert tool.get("/v1/nothing", headers={"Accept-Language": "en-GB"}).json()["message"] == "Not found."


def test_a_bug_of_ours_is_told_without_its_details(
    lan: Lan, tool: httpx.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan.shop.agent.approval, "pending", lambda: {}["inner secret"])

    answer = tool.get("/v1/requests")

    assert_error(answer, 500, "internal")
    assert "inner secret" in caplog.text
    assert "inner secret" not in answer.text


@pytest.mark.expect_log("lan_call_refused")
def test_a_full_disk_is_said_in_words_and_nothing_is_booked(
    lan: Lan, tool: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AGT-05: 503, because the same call may be right in a minute."""

    def full(*_given: object) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(lan.shop.agent.approval, "approve", full)

    answer = tool.post("/v1/requests/r-1/decision", json={"decision": "approve"})

    assert_error(answer, 503, "not_saved")
    assert "저장 공간" in answer.json()["message"]


def test_half_a_request_holds_up_nobody(lan: Lan, tool: httpx.Client) -> None:
    """Case 36"""
    lazy = [socket.create_connection(("127.0.0.1", lan.server.port)) for _ in range(20)]
    for one in lazy:
        one.sendall(b"POST /v1/tablet/entries HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
    try:
        assert tool.get("/v1/status").status_code == 200
    finally:
        for one in lazy:
            one.close()


# --- requests and orders ---------------------------------------------------------------------------------------------


def test_two_tablets_give_one_decision(lan: Lan, tool: httpx.Client) -> None:
    """Case 38, APR-03, APR-36: the second gets the outcome of the first."""
    request_arrives(lan)
    [card] = tool.get("/v1/requests").json()["requests"]
    assert (card["request_id"], card["remaining_ms"]) == ("r-1", 60_000)

    first = tool.post("/v1/requests/r-1/decision", json={"decision": "approve", "actor": "김서연"})
    second = tool.post("/v1/requests/r-1/decision", json={"decision": "reject", "reason": "out_of_stock"})

    assert first.json()["state"] == "approved"
    found = assert_error(second, 409, "already_done")
    assert (found["state"], found["decided_by"]) == ("approved", "김서연")
    assert len(lan.shop.ops("request.decide")) == 1


def test_after_the_time_the_cloud_decides(lan: Lan, tool: httpx.Client) -> None:
    """Case 39, APR-07"""
    request_arrives(lan)
    lan.shop.clock.advance(60_000)

    assert_error(tool.post("/v1/requests/r-1/decision", json={"decision": "approve"}), 409, "too_late")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_field"),
        ({"decision": "perhaps"}, "invalid_field"),
        ({"decision": "reject"}, "invalid_field"),
        ({"decision": "reject", "reason": "because"}, "invalid_field"),
        ({"decision": "reject", "reason": "other"}, "reason_missing"),
        ({"decision": "approve", "actor": 7}, "invalid_field"),
        ({"decision": "approve", "actor": "x" * 61}, "invalid_field"),
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(
    lan: Lan, tool: httpx.Client, body: dict[str, Any], code: str
) -> None:
    """APR-08"""
    request_arrives(lan)

    assert_error(tool.post("/v1/requests/r-1/decision", json=body), 422, code)
    assert len(lan.shop.agent.approval.pending()) == 1


def test_an_unknown_request_is_not_found(tool: httpx.Client) -> None:
    assert_error(tool.post("/v1/requests/r-9/decision", json={"decision": "approve"}), 404, "not_found")


def test_orders_are_listed_and_advanced(lan: Lan, tool: httpx.Client) -> None:
    """ORD-04"""
    body = {
        "order_id": "o-1",
        "version": 1,
        "number": "A-1",
        "state": "new",
        "channel": "take_out",
        "items": [{"name": "아메리카노", "qty": 1, "amount_won": 4_500, "options": []}],
        "total_won": 4_500,
        "payment": "prepaid",
        "created_ms": lan.shop.clock.wall_ms(),
    }
    lan.shop.feed(lan.shop.agent.appliers()["order"], "order", body)

    [found] = tool.get("/v1/orders", params={"state": "new", "channel": "take_out"}).json()["orders"]
    assert found["items"][0]["name"] == "아메리카노"
    assert tool.post("/v1/orders/o-1/advance", json={"to": "preparing"}).json()["state"] == "preparing"
    refused = assert_error(tool.post("/v1/orders/o-1/advance", json={"to": "cancelled"}), 409, "not_allowed")
    assert refused["state"] == "preparing"
    assert_error(tool.post("/v1/orders/o-9/advance", json={"to": "ready"}), 404, "not_found")
    assert_error(tool.get("/v1/orders", params={"state": "eaten"}), 422, "invalid_field")


# --- receipts and tablet ---------------------------------------------------------------------------------------------


def test_receipts_are_listed_newest_first(lan: Lan, tool: httpx.Client) -> None:
    for number in range(3):
        lan.shop.agent.earn.ingest(captured(lan.shop.clock, receipt_no=f"N-{number}", approvals=(str(number),)))
        lan.shop.clock.advance(5)

    rows = tool.get("/v1/receipts", params={"limit": "2"}).json()["receipts"]

    assert [row["receipt_no"] for row in rows] == ["N-2", "N-1"]
    detail = tool.get(f"/v1/receipts/{rows[0]['document_id']}").json()
    assert detail["lines"] == ["느린오후 커피", "합계 17,800"]
    assert_error(tool.get("/v1/receipts/none"), 404, "not_found")
    for bad in ("0", "-1", "501", "1000000000000", "x", "٣"):
        assert_error(tool.get("/v1/receipts", params={"limit": bad}), 422, "invalid_field")
    assert_error(tool.get("/v1/receipts", params={"filter": "odd"}), 422, "invalid_field")


def test_a_browser_tablet_earns_like_the_window(lan: Lan, tool: httpx.Client) -> None:
    """PNT-07, AGT-06"""
    lan.shop.agent.earn.ingest(captured(lan.shop.clock))
    assert tool.get("/v1/tablet/state", params={"till": "1"}).json()["offer"]["points"] == 178

    opened = tool.post("/v1/tablet/entries", json={"till": "1"})
    path = f"/v1/tablet/entries/{opened.json()['entry_id']}"
    assert opened.status_code == 201
    assert tool.get(path).json() == {"outcome": "open"}
    first = tool.post(f"{path}/phone", json={"digits": "010-1234-5678"}).json()
    again = tool.post(f"{path}/phone", json={"digits": "010-1234-5678"}).json()

    assert (first["outcome"], first["points"], first["masked"]) == ("earned", 178, "010-****-5678")
    assert first == again == tool.get(path).json()
    assert len(lan.shop.ops("earn")) == 1


@pytest.mark.parametrize("digits", ["", "010", "01000001234", "0212345678", "０１０１２３４５６７８", "x" * 300])
def test_a_wrong_number_is_refused_in_words(lan: Lan, tool: httpx.Client, digits: str) -> None:
    """MEM-02, case 14"""
    entry = tool.post("/v1/tablet/entries", json={}).json()["entry_id"]

    answer = tool.post(f"/v1/tablet/entries/{entry}/phone", json={"digits": digits})

    assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")
    assert any("가" <= letter <= "힣" for letter in answer.json()["message"])
    assert lan.shop.rows("SELECT state FROM phone_entry") == [("open",)]


def test_too_many_numbers_are_told_when_to_come_back(lan: Lan, tool: httpx.Client) -> None:
    """R10"""
    for number in range(31):
        entry = tool.post("/v1/tablet/entries", json={}).json()["entry_id"]
        answer = tool.post(f"/v1/tablet/entries/{entry}/phone", json={"digits": f"0101234{number:04d}"})

    found = assert_error(answer, 429, "too_many_entries")
    assert found["outcome"] == "too_many"
    assert answer.headers["retry-after"] == "600"


def test_going_on_without_a_number_and_unknown_entries(tool: httpx.Client) -> None:
    entry = tool.post("/v1/tablet/entries", json={}).json()["entry_id"]

    assert tool.post(f"/v1/tablet/entries/{entry}/skip", json={}).json() == {"outcome": "skipped"}
    assert_error(tool.post("/v1/tablet/entries/none/phone", json={"digits": "01012345678"}), 404, "not_found")
    for till in ("", "x" * 9, 1, "가", "../1"):
        assert_error(tool.post("/v1/tablet/entries", json={"till": till}), 422, "invalid_field")


def test_a_browser_tablet_spends_and_learns_nothing_but_what_was_spent(lan: Lan, tool: httpx.Client) -> None:
    """PNT-10, R9: without a line, approved at the counter."""
    policy = {"version": 2, "rate_bp": 100, "minimum_payment_won": 0, "request_timeout_ms": 60_000, "use_unit": 10}
    limits = {"offline_store_day_won": 30_000, "offline_member_won": 5_000, "offline_snapshot_max_ms": 86_400_000}
    lan.shop.feed(lan.shop.agent.appliers()["policy"], "policy", policy | limits)
    give_snapshot(lan.shop, {"01012345678": 3_240})
    lan.shop.link.online = False
    with lan.client(Cookie=f"withfom_tablet={SESSION}") as tablet:
        opened = tablet.post("/v1/tablet/spends", json={}).json()
        assert (opened["possible"], opened["use_unit"], opened["most_points"]) == (True, 10, 5_000)
        path = f"/v1/tablet/spends/{opened['spend_id']}"
        assert tablet.get(path).status_code == 404
        bill = {"digits": "01012345678", "payment_won": 18_000}
        for body, words in [
            ({**bill, "points": 4_000}, {"outcome": "refused", "why": "balance"}),
            ({**bill, "points": 10, "digits": "01099998888"}, {"outcome": "refused", "why": "balance"}),
            ({**bill, "points": 15}, {"outcome": "refused", "why": "amount"}),
        ]:
            assert tablet.post(f"{path}/ask", json=body).json() == words
        no_number = tablet.post(f"{path}/ask", json={**bill, "points": 10, "digits": "021234567"}).json()
        assert (no_number["outcome"], no_number["problem"]) == ("no_number", "not_mobile")
        for points in ("10", True, -1, 10**12):
            assert tablet.post(f"{path}/ask", json={**bill, "points": points}).status_code == 422

        asked = tablet.post(f"{path}/ask", json={**bill, "points": None})

        assert (asked.status_code, asked.json()) == (201, {"outcome": "asked"})
        assert tablet.post(f"{path}/ask", json={**bill, "points": None}).json() == {"outcome": "asked"}
        assert tablet.get(path).json() == {"outcome": "waiting", "remaining_ms": None}
        [card] = tool.get("/v1/requests").json()["requests"]
        assert (card["request_id"], card["at_counter"]) == (opened["spend_id"], True)
        assert tool.post(f"/v1/requests/{card['request_id']}/decision", json={"decision": "approve"}).is_success
        assert tablet.get(path).json() == {"outcome": "spent", "points": 3_240, "left_won": 14_760}


def test_a_browser_tablet_takes_back_what_it_asked_for(lan: Lan, tool: httpx.Client) -> None:
    """APR-14: the card is gone; nothing else can be withdrawn from there."""
    policy = {"version": 2, "rate_bp": 100, "minimum_payment_won": 0, "request_timeout_ms": 60_000, "use_unit": 10}
    limits = {"offline_store_day_won": 30_000, "offline_member_won": 5_000, "offline_snapshot_max_ms": 86_400_000}
    lan.shop.feed(lan.shop.agent.appliers()["policy"], "policy", policy | limits)
    give_snapshot(lan.shop, {"01012345678": 3_240})
    lan.shop.link.online = False
    request_arrives(lan, "of-an-app")
    with lan.client(Cookie=f"withfom_tablet={SESSION}") as tablet:
        path = f"/v1/tablet/spends/{tablet.post('/v1/tablet/spends', json={}).json()['spend_id']}"
        assert_error(tablet.post(f"{path}/withdraw", json={}), 404, "not_found")
        tablet.post(f"{path}/ask", json={"digits": "01012345678", "payment_won": 18_000, "points": 1_000})

        taken_back = tablet.post(f"{path}/withdraw", json={})

        assert taken_back.json() == {"outcome": "not_spent", "taken_back": True}
        assert tablet.get(path).json() == {"outcome": "not_spent", "taken_back": True}
        assert_error(tablet.post("/v1/tablet/spends/of-an-app/withdraw", json={}), 404, "not_found")
        assert [card["request_id"] for card in tool.get("/v1/requests").json()["requests"]] == ["of-an-app"]


def test_status_says_everything_a_screen_needs(lan: Lan, tool: httpx.Client) -> None:
    """AGT-14"""
    lan.shop.link.online = False
    lan.shop.agent.earn.ingest(captured(lan.shop.clock))
    lan.shop.agent.earn.submit_phone(lan.shop.agent.earn.open_entry(), "01012345678")

    found = tool.get("/v1/status").json()

    assert {"online", "offline_since", "queued", "synced", "failing", "needs_attention", "oldest_age_ms"} <= set(found)
    assert found["store"]["name"] == "마포 시험점"
    assert (found["online"], found["version"], found["synced"]) == (False, "1.2.3", 0)
    assert found["capture"] == {"state": "not_set_up", "last_document_ms": lan.shop.clock.wall_ms(), "read_today": 1}


@pytest.mark.parametrize("actor", ["owner:e-1", "staff:e-1", "owner:"])
def test_nobody_becomes_the_owner_or_an_employee_over_the_lan(lan: Lan, tool: httpx.Client, actor: str) -> None:
    """APR-16, APR-17: only a PIN at the counter's own screen names a person."""
    request_arrives(lan)
    answer = tool.post("/v1/requests/r-1/decision", json={"decision": "approve", "actor": actor})

    assert_error(answer, 422, "invalid_field")
    assert lan.shop.ops("request.decide") == []


def test_a_receipt_without_a_number_is_credited_by_hand_or_by_its_slip(lan: Lan, tool: httpx.Client) -> None:
    """PNT-08: staff type the number, link one that waits, or the customer comes back with the slip."""
    earn, clock = lan.shop.agent.earn, lan.shop.clock
    for number in range(3):
        earn.ingest(captured(clock, receipt_no=f"L-{number}", approvals=(f"{number}",), document_id=f"late-{number}"))
    clock.advance(200_000)
    waiting = earn.open_entry("2")
    earn.submit_phone(waiting, "01087654321")

    typed = tool.post("/v1/receipts/late-0/credit", json={"digits": "010-1234-5678"})
    numbers = tool.get("/v1/numbers").json()["numbers"]
    linked = tool.post("/v1/receipts/late-1/credit", json={"entry_id": numbers[0]["entry_id"]})
    slip = tool.post("/v1/receipts/late-2/claim", json={})
    offered = tool.post("/v1/tablet/claims/offer", json={"slip": slip.json()["code"]})
    claimed = tool.post("/v1/tablet/claims", json={"slip": slip.json()["code"].lower(), "digits": "01055556666"})
    again = tool.post("/v1/tablet/claims", json={"slip": slip.json()["code"], "digits": "01055556666"})
    wrong = tool.post("/v1/receipts/late-0/credit", json={"digits": "12"})
    gone = tool.post("/v1/receipts/late-0/credit", json={"digits": "01012345678"})

    assert [answer.status_code for answer in (typed, linked, slip, claimed)] == [201] * 4
    assert [numbers[0]["masked"], linked.json()["masked"]] == ["010-****-4321"] * 2
    assert (offered.status_code, offered.json()) == (200, {"paid_won": 17_800, "points": 178})
    assert claimed.json()["points"] == 178
    assert tool.post("/v1/tablet/claims/offer", json={"slip": "WFC1.x"}).json()["code"] == "claim_unknown"
    assert (again.status_code, again.json()["code"]) == (409, "claim_used")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "not_a_number")
    assert (gone.status_code, gone.json()["code"]) == (409, "not_creditable")
