"""The client that is made from the document, against a served cloud; and its hand-written parts against their edges."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from client import Cloud, Refused, Transport, Unreachable, WrongSignature, opened
from client.shapes import CODES
from cloud_api.errors import CATALOGUE
from cloud_api.settings import Settings
from cloud_api.webhooks.sending import signature
from demo.channels import OrderChannel, Wanted, open_menu
from demo.customers import CloudClient
from demo.virtual_pos import SEOUL, VirtualPos, main
from installers import client as generator
from tests.cloud_api.test_stream import serving
from tests.cloud_api.world import OTHER_PHONE, PHONE, World

AT = datetime(2026, 11, 20, 14, 3, 22, tzinfo=SEOUL)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(Settings(f"sqlite:///{tmp_path / 'cloud.db'}", tmp_path / "keys", sweeper=False)) as made:
        made.clock.now_ms = int(AT.timestamp() * 1_000)
        yield made


@pytest.fixture
def api(world: World) -> Iterator[Cloud]:
    with serving(world) as url, contextlib.closing(Cloud(url, world.key)) as made:
        yield made


@pytest.fixture
def closing() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def test_a_virtual_pos_earns_and_takes_back_through_the_api(world: World, api: Cloud) -> None:
    pos = VirtualPos("127.0.0.1", 0, now=lambda: AT)

    first, second = (pos.report(api, world.store.store_id, PHONE) for _ in range(2))
    taken = pos.take_back(api, first)

    assert taken == api.earns.show(first)["points"] > 0
    assert api.earns.show(first)["status"] == "reversed"
    found = api.members.find(phone=PHONE)
    assert api.members.show(found["member_id"])["points_balance"] == api.earns.show(second)["points"]
    world.assert_book_is_sound()


def test_the_virtual_pos_is_a_program(world: World, api: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    url = str(api.transport._http.base_url)
    words = ["--cloud", url, "--key", world.key, "--store", world.store.store_id, "--phone", OTHER_PHONE]
    world.clock.now_ms += 400 * 86_400_000  # the program's clock is the computer's

    assert main([*words, "--count", "2"]) == 0
    assert capsys.readouterr().out.count("P\n") == 2
    assert main([*words[:-1], "02-123-4567"]) == 1
    assert "phone_invalid" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--cloud", url])


def test_virtual_customers_use_it(world: World, api: Cloud, closing: contextlib.ExitStack) -> None:
    shop = CloudClient(str(api.transport._http.base_url), world.key, world.store.store_id)
    closing.callback(shop.close)
    assert shop.find_member(PHONE) is None
    member = shop.join(PHONE, "민지")
    coupon = shop.give_coupon(member, shop.define_coupon("아메리카노", "1장", 4_500))
    asked = shop.ask_coupon(member, coupon)
    open_menu(shop)
    placed = OrderChannel(shop, "app_order").order(member, [Wanted("소금빵", 2)])

    assert shop.coupon_state(member, coupon) == "pending"
    assert shop.request(asked)["state"] == "requested"
    assert shop.order_state(placed["order"]["order_id"]) == "new"
    assert shop.sums()["coupons_used"] == 0
    assert shop.stock_up(2_000)["stock"] == 2_000


def test_a_refusal_has_its_code_and_words(world: World, api: Cloud) -> None:
    with pytest.raises(Refused) as told:
        api.members.show("nobody/../x")
    assert (told.value.status, told.value.code) == (404, "not_found"), "a part of an address stays a part"
    english = Cloud("", "", transport=Transport(str(api.transport._http.base_url), world.key, language="en"))
    with pytest.raises(Refused) as told:
        english.orders.show("nobody")
    assert (told.value.code, told.value.message) == ("order_unknown", "There is no such order.")
    assert len(told.value.request_id) == 16
    english.close()


def test_every_code_of_the_cloud_is_known_to_the_client() -> None:
    assert set(CODES) == set(CATALOGUE)


def answering(*answers: httpx.Response | Exception) -> tuple[Cloud, list[httpx.Request], list[float]]:
    """A client whose calls get these answers in turn; what it sent, and how long it waited."""
    sent: list[httpx.Request] = []
    waited: list[float] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    http = httpx.Client(base_url="http://cloud.test", transport=httpx.MockTransport(answer))
    return Cloud("", "", transport=Transport("", "wfk_x", http=http, wait=waited.append)), sent, waited


BUSY = {"code": "busy", "message": "…", "request_id": "1"}


def test_what_may_be_repeated_is_tried_again_and_waits_as_it_is_told() -> None:
    api, sent, waited = answering(
        httpx.ConnectError("no line"),
        httpx.Response(503, json=BUSY, headers={"retry-after": "2"}),
        httpx.Response(200, json={"earn_id": "e"}),
    )
    assert api.earns.show("e")["earn_id"] == "e"
    assert (len(sent), waited) == (3, [0.5, 2.0])


def test_a_call_with_an_idempotency_key_is_sent_again_with_the_same_body() -> None:
    api, sent, _ = answering(httpx.ReadTimeout("late"), httpx.Response(201, json={"coupon_id": "c"}))
    assert api.members.issue("m", definition_id="d", idempotency_key="once-0001")["coupon_id"] == "c"
    assert sent[0].content == sent[1].content
    assert json.loads(sent[0].content) == {"definition_id": "d", "idempotency_key": "once-0001"}


def test_a_call_without_one_is_sent_once() -> None:
    api, sent, _ = answering(httpx.ReadTimeout("late"))
    with pytest.raises(Unreachable):
        api.earns.cancel("e")
    assert len(sent) == 1


def test_it_gives_up_after_three_tries_and_never_repeats_what_was_refused() -> None:
    api, sent, _ = answering(*[httpx.Response(503, json=BUSY)] * 3)
    with pytest.raises(Refused, match="busy"):
        api.earns.show("e")
    assert len(sent) == 3
    api, sent, _ = answering(httpx.Response(404, text="<html>nothing</html>"))
    with pytest.raises(Refused, match="unknown"):
        api.earns.show("e")
    assert len(sent) == 1


def test_a_delivery_is_opened_by_the_secret_that_signed_it() -> None:
    body, secrets = b'{"event_id":"1.1.s"}', [b"new", b"old"]
    headers = {"withfom-timestamp": "1000", "withfom-signature": signature(secrets, 1_000, body)}

    assert opened("new", headers, body, now_s=1_300)["event_id"] == "1.1.s"
    assert opened("old", headers, body, now_s=700)["event_id"] == "1.1.s"
    wrong: list[tuple[str, dict[str, str], bytes, float]] = [
        ("other", headers, body, 1_000),
        ("new", headers, body + b" ", 1_000),
        ("new", headers | {"withfom-timestamp": "1001"}, body, 1_000),
        ("new", headers, body, 1_301),
        ("new", headers, body, 699),
        ("new", {}, body, 1_000),
        ("new", headers | {"withfom-signature": ""}, body, 1_000),
    ]
    for secret, told, sent, now_s in wrong:
        with pytest.raises(WrongSignature):
            opened(secret, told, sent, now_s=now_s)


@pytest.mark.thorough
def test_the_kept_client_belongs_to_the_kept_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0
    assert "up to date" in capsys.readouterr().out


@pytest.mark.thorough
def test_a_route_that_is_new_or_changed_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    document: dict[str, Any] = json.loads(generator.DOCUMENT.read_text(encoding="utf-8"))
    changed = copy.deepcopy(document)
    earn = changed["components"]["schemas"]["NewEarn"]
    earn["properties"]["table_no"] = {"type": "integer"}
    earn["required"].append("table_no")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(changed), encoding="utf-8")
    monkeypatch.setattr(generator, "DOCUMENT", file)

    assert "table_no: int," in generator.sources(changed)["cloud.py"]
    assert generator.main(["--check"]) == 1
