"""What members say of themselves: verification and age, consents with their history, cards, stores, rights."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from cloud_api.clock import DAY_MS
from cloud_api.members.models import member
from cloud_api.members.purge import purge_some
from rules.calendar import local_day, moment_ms, months_after
from rules.membership import card_number_valid
from tests.cloud_api.test_member_life import LEAVING, go_to, nights, notices
from tests.cloud_api.test_member_merge import merge
from tests.cloud_api.test_stamps import stamping
from tests.cloud_api.world import OTHER_PHONE, PHONE, World

FULL = {
    "login": "minji01",
    "password": "scrypt$verifier",
    "name": "김민지",
    "gender": "f",
    "birth_date": "1990-02-28",
    "domestic": "yes",
    "ci": "ci-of-kim",
    "di": "di-of-kim",
    "email": "minji@example.com",
    "address": "서울 마포구",
}


def profile(world: World, member_id: str, verification: str = "verified", **items: Any) -> httpx.Response:
    given = {name: value for name, value in (FULL | items).items() if value is not None}
    body = {"verification": verification, "items": given, "by": "app"}
    return world.call("POST", f"/v1/members/{member_id}/profile", body)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


# --- who they are -----------------------------------------------------------------------------------------------------


def test_what_is_needed_depends_on_the_verification_and_is_kept_sealed(world: World) -> None:
    """MEM-10, MEM-11: at a counter a number is enough; secrets are named, never told."""
    member_id = world.member()
    refused = profile(world, member_id, email=None, address=" ")
    assert (refused.status_code, code(refused), refused.json()["missing"]) == (
        422,
        "profile_incomplete",
        ["address", "email"],
    )
    assert profile(world, member_id, "sms_possession", **dict.fromkeys(set(FULL) - {"email"})).status_code == 200

    kept = profile(world, member_id).json()["items"]

    assert (kept["email"], kept["ci"], kept["password"]) == ("minji@example.com", True, True)
    with world.cloud.database.read() as conn:
        row = conn.execute(text("SELECT sealed, ci_lookup FROM member_profile")).one()
        status = conn.execute(select(member.c.verification)).scalar_one()
    assert status == "verified"
    for trace in ("minji", "ci-of-kim"):
        assert trace.encode() not in bytes(row.sealed)
        assert trace not in row.ci_lookup
    found = world.call(
        "POST",
        "/v1/members/search",
        {"key": "last_four", "value": "5678", "reason": "확인", "by": "본사", "verification": "verified"},
    )
    assert [one["member_id"] for one in found.json()["members"]] == [member_id]


@pytest.mark.parametrize(("days", "code_"), [(1, "under_age"), (0, None)])
def test_only_people_of_fourteen_join(world: World, days: int, code_: str | None) -> None:
    """MEM-07: to the day; at a counter the customer confirms it."""
    today = local_day(world.clock())
    born = months_after(today, -14 * 12) + timedelta(days=days)
    member_id = world.member()

    answer = profile(world, member_id, birth_date=born.isoformat())

    assert (answer.status_code == 200) is (code_ is None)
    if code_ is not None:
        assert code(answer) == code_
    young = world.call("POST", "/v1/members", {"phone": OTHER_PHONE, "age_confirmed": False})
    assert (young.status_code, code(young)) == (409, "under_age")
    assert world.call("POST", "/v1/members/find", {"phone": OTHER_PHONE}).status_code == 404


def test_somebody_born_on_a_leap_day_is_fourteen_on_the_first_of_march(world: World) -> None:
    """MEM-07"""
    member_id = world.member()
    go_to(world, date(2026, 2, 28), 1_439)
    assert code(profile(world, member_id, birth_date="2012-02-29")) == "under_age"
    world.clock.advance(60_000)
    assert profile(world, member_id, birth_date="2012-02-29").status_code == 200


def test_one_person_is_one_member_by_the_ci(world: World) -> None:
    """MEM-05, MEM-08: also with another number, and after leaving not before the block is over."""
    first, second = world.member(), world.member(OTHER_PHONE)
    assert profile(world, first).status_code == 200
    assert profile(world, first, address="서울 은평구").status_code == 200  # again, about the same member

    twice = profile(world, second)

    assert (twice.status_code, code(twice), twice.json()["member_id"]) == (409, "duplicate_member", first)
    assert profile(world, second, ci="ci-of-lee").status_code == 200
    world.ok("POST", f"/v1/members/{first}/withdraw", LEAVING)
    third = world.member("+821033334444")
    assert code(profile(world, third)) == "rejoin_blocked"
    world.clock.advance(31 * DAY_MS)
    purge_some(world.cloud.database, world.clock())
    assert profile(world, third).status_code == 200


def test_the_channel_of_joining_and_special_groups_are_kept(world: World) -> None:
    """MEM-12, MEM-13: app and store, with the detail; employees and foreigners are marked."""
    counter = world.device()
    counter.push(counter.earn())
    body = {"phone": OTHER_PHONE, "channel": "mobile_web", "detail": "가을 행사", "store_id": world.store.store_id}
    online = world.call("POST", "/v1/members", body).json()["member_id"]
    staff = {"verification": "unverified", "items": {}, "special": "employee", "by": "본사"}
    assert world.call("POST", f"/v1/members/{online}/profile", staff).status_code == 200

    def found(value: str) -> dict[str, Any]:
        asked = {"key": "last_four", "value": value, "reason": "확인", "by": "본사"}
        (one,) = world.ok("POST", "/v1/members/search", asked)["members"]
        return dict(one)

    app, tablet = found("4321"), found("5678")
    assert (app["join_channel"], app["online"], app["join_detail"], app["special"]) == (
        "mobile_web",
        True,
        "가을 행사",
        "employee",
    )
    assert (tablet["join_channel"], tablet["online"], tablet["join_store_id"]) == (
        "tablet",
        False,
        world.store.store_id,
    )


def test_whoever_has_an_address_is_told_there_that_the_membership_will_sleep(world: World) -> None:
    """MEM-04"""
    member_id = world.member()
    profile(world, member_id)
    first = local_day(world.clock())
    go_to(world, date(first.year + 1, first.month, first.day) - timedelta(days=20))
    nights(world)

    assert [(one["kind"], one["via"]) for one in notices(world)] == [("dormancy_soon", "email")]


# --- what they agree to -----------------------------------------------------------------------------------------------


def wording(world: World, code: str, effective: date, *, required: bool) -> int:
    body = {"code": code, "name": code, "grouped": "sign-up", "required": required, "wording": f"{code} 문구"}
    return int(world.ok("POST", "/v1/consents", body | {"effective": effective.isoformat()})["version"])


def say(world: World, member_id: str, code: str, version: int, agreed: bool, **changes: Any) -> httpx.Response:
    body = {"code": code, "version": version, "agreed": agreed, "channel": "tablet"}
    return world.call("POST", f"/v1/members/{member_id}/consents", body | changes)


def test_a_new_wording_is_asked_from_its_day_and_old_ones_stay_readable(world: World) -> None:
    """MEM-23: what was agreed to is agreed in its wording; marketing is never required (MEM-24)."""
    member_id = world.member()
    today = local_day(world.clock())
    assert wording(world, "privacy", today, required=True) == 1
    wording(world, "marketing", today, required=False)
    before = world.ok("GET", f"/v1/members/{member_id}/consents")
    assert (before["missing"], before["given"]) == (["privacy"], {"marketing": 0, "privacy": 0})
    assert say(world, member_id, "privacy", 1, True).json()["missing"] == []
    assert wording(world, "privacy", today + timedelta(days=1), required=True) == 2
    assert world.ok("GET", f"/v1/members/{member_id}/consents")["missing"] == []

    world.clock.now_ms = moment_ms(today + timedelta(days=1), 0)

    assert world.ok("GET", f"/v1/members/{member_id}/consents")["missing"] == ["privacy"]
    texts = world.ok("GET", "/v1/consents")["wordings"]
    assert [(one["code"], one["version"]) for one in texts] == [("marketing", 1), ("privacy", 1), ("privacy", 2)]
    world.ok("POST", "/v1/consents/privacy/use", {"in_use": False})
    assert world.ok("GET", f"/v1/members/{member_id}/consents")["missing"] == []
    assert code(say(world, member_id, "privacy", 3, True)) == "consent_unknown"
    assert world.call("POST", "/v1/consents/nothing/use", {"in_use": True}).json()["code"] == "consent_unknown"


def test_every_word_about_marketing_is_kept_and_the_newest_stands_also_when_it_comes_late(world: World) -> None:
    """MEM-24: said at a tablet without a line, it counts from when it was said."""
    member_id = world.member()
    wording(world, "marketing", local_day(world.clock()), required=False)
    early_ms = world.clock()
    world.clock.advance(DAY_MS)
    assert say(world, member_id, "marketing", 1, False).json()["given"] == {"marketing": 0}

    late = say(world, member_id, "marketing", 1, True, said_ms=early_ms, store_id=world.store.store_id).json()

    assert late["given"] == {"marketing": 0}
    assert [(one["agreed"], one["said_ms"]) for one in late["history"]] == [(False, world.clock()), (True, early_ms)]
    assert late["history"][1]["store_id"] == world.store.store_id
    assert say(world, member_id, "marketing", 1, True, said_ms=world.clock() + DAY_MS).json()["given"] == {
        "marketing": 1
    }
    for change in ("UPDATE consent_given SET agreed = true", "DELETE FROM consent_wording"):
        with pytest.raises(DBAPIError, match="append-only"):
            world.cloud.database.transact(lambda work, words=change: work.conn.execute(text(words)))  # type: ignore[misc]
    other = world.member(OTHER_PHONE)
    merge(world, member_id, other)
    assert world.ok("GET", f"/v1/members/{other}/consents")["given"] == {"marketing": 1}


# --- cards and stores -------------------------------------------------------------------------------------------------


def test_cards_are_registered_made_named_suspended_and_deleted(world: World) -> None:
    """MEM-22, MEM-25: any number of them; a card is found only while it is active, and one member's for ever."""
    one, other = world.member(), world.member(OTHER_PHONE)
    plastic = world.ok("POST", f"/v1/members/{one}/cards", {"number": "4000000000000002", "nickname": "회사"})
    made = world.ok("POST", f"/v1/members/{one}/cards", {})
    assert (plastic["physical"], made["physical"]) == (True, False)
    assert card_number_valid(made["number"])
    assert world.ok("POST", f"/v1/members/{one}/cards", {"number": plastic["number"]}) == plastic
    taken = world.call("POST", f"/v1/members/{other}/cards", {"number": plastic["number"]})
    assert (taken.status_code, code(taken)) == (409, "card_taken")
    assert code(world.call("POST", f"/v1/members/{one}/cards", {"number": "4000000000000003"})) == "card_invalid"

    def found(number: str) -> list[str]:
        asked = {"key": "card", "value": number, "reason": "적립", "by": "김직원"}
        return [row["member_id"] for row in world.ok("POST", "/v1/members/search", asked)["members"]]

    path = f"/v1/members/{one}/cards/{plastic['number']}"
    assert found(plastic["number"]) == [one]
    assert world.ok("POST", path, {"nickname": "집"})["nickname"] == "집"
    world.ok("POST", path, {"state": "suspended"})
    assert found(plastic["number"]) == []
    world.ok("POST", path, {"state": "active"})
    merge(world, one, other)
    assert found(plastic["number"]) == [other]
    path = f"/v1/members/{other}/cards/{plastic['number']}"
    world.ok("POST", path, {"state": "deleted"})
    assert code(world.call("POST", path, {"state": "active"})) == "card_deleted"
    assert [one["number"] for one in world.ok("GET", f"/v1/members/{other}/cards")["cards"]] == [made["number"]]
    assert code(world.call("POST", f"/v1/members/{other}/cards/4000000000000010", {})) == "card_unknown"


def test_calling_a_store_ones_own_opens_its_stamp_card(world: World) -> None:
    """MEM-31: once; taking the word back leaves the card."""
    stamping(world)
    plain = world.new_store("둘째 매장", "다른 커피")
    member_id = world.member()
    path = f"/v1/members/{member_id}/regulars"

    first = world.ok("POST", path, {"store_id": world.store.store_id})
    again = world.ok("POST", path, {"store_id": world.store.store_id})
    without = world.ok("POST", path, {"store_id": plain.store_id})

    assert first["stamp_card"]["opened"]
    assert again == first
    assert without["stamp_card"] is None
    assert len(world.wallet(member_id)["stamp_cards"]) == 1
    world.ok("POST", path, {"store_id": world.store.store_id, "regular": False})
    kept = world.ok("GET", f"/v1/members/{member_id}/data")["regulars"]
    assert [one["store_id"] for one in kept] == [plain.store_id]
    assert len(world.wallet(member_id)["stamp_cards"]) == 1
    assert code(world.call("POST", path, {"store_id": "nobody"})) == "store_unknown"


# --- rights -----------------------------------------------------------------------------------------------------------


def test_members_learn_what_is_kept_and_are_answered_within_ten_days(world: World) -> None:
    """MEM-32: items, purpose, retention, third parties; a question waits with its term and is answered once."""
    member_id = world.member()
    profile(world, member_id)
    told = world.ok("GET", f"/v1/members/{member_id}/data")
    assert {one["item"] for one in told["items"]} >= {"phone", "profile", "consents", "cards"}
    assert all(one["purpose"] and one["retention"] for one in told["items"])
    assert (told["third_parties"], told["profile"]["email"], told["profile"]["ci"]) == ([], FULL["email"], True)
    assert PHONE[4:] not in json.dumps(told)

    asked = world.ok("POST", f"/v1/members/{member_id}/data-requests", {"kind": "correction", "text": "이름이 틀려요"})
    assert asked["due_ms"] == world.clock() + 10 * DAY_MS
    assert [one["overdue"] for one in world.ok("GET", "/v1/data-requests")["requests"]] == [False]
    world.clock.advance(10 * DAY_MS)
    assert [one["overdue"] for one in world.ok("GET", "/v1/data-requests")["requests"]] == [True]
    path = f"/v1/data-requests/{asked['data_request_id']}/answer"
    done = world.ok("POST", path, {"by": "박상담", "answer": "고쳤습니다"})
    assert world.ok("POST", path, {"by": "박상담", "answer": "고쳤습니다"}) == done
    assert code(world.call("POST", path, {"by": "김", "answer": "아니오"})) == "already_decided"
    assert world.ok("GET", "/v1/data-requests")["requests"] == []
    assert code(world.call("POST", "/v1/data-requests/none/answer", {"by": "김", "answer": "네"})) == (
        "data_request_unknown"
    )


def test_a_purge_takes_profile_cards_and_questions_along(world: World) -> None:
    """MEM-06, MEM-32: who it was is nowhere; that something was agreed to stays, by an id that leads nowhere."""
    member_id = world.member()
    profile(world, member_id)
    world.ok("POST", f"/v1/members/{member_id}/cards", {"number": "4000000000000002", "nickname": "민지카드"})
    world.ok("POST", f"/v1/members/{member_id}/data-requests", {"kind": "deletion", "text": "민지입니다"})
    world.ok("POST", f"/v1/members/{member_id}/regulars", {"store_id": world.store.store_id})
    world.ok("POST", f"/v1/members/{member_id}/messages", {"channel": "email"})
    assert world.ok("GET", f"/v1/members/{member_id}/data")["messages"]["channel"] == "email"
    device = world.device()
    device.push(device.earn())
    asked = world.ask_points(member_id, 45)["request_id"]
    device.push(device.seen(asked), device.decide(asked))
    world.ok("POST", f"/v1/requests/{asked}/dispute", {"text": "민지는 쓰지 않았어요"})
    world.ok("POST", f"/v1/members/{member_id}/withdraw", LEAVING)
    world.clock.advance(31 * DAY_MS)

    purge_some(world.cloud.database, world.clock())

    with world.cloud.database.read() as conn:
        for table in ("member_profile", "member_card", "member_regular", "member_messages"):
            assert conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
        for table in ("data_request", "dispute"):
            assert conn.execute(text(f"SELECT text FROM {table}")).scalar_one() == ""
