"""Looking for members: four digits, a reason, a log, a limit; masked. And numbers that are corrected."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from cloud_api.clock import DAY_MS
from cloud_api.members.models import member_search
from cloud_api.members.search import SEARCHES_PER_WINDOW, WINDOW_MS
from cloud_api.members.told import device_lookup
from rules.phone import Phone
from tests.cloud_api.test_member_life import LEAVING
from tests.cloud_api.world import OTHER_PHONE, PHONE, World, from_base64url

SAME_END = "+821099995678"
NEW = "+821033334444"


def look(world: World, key: str = "last_four", value: str = "5678", **changes: Any) -> httpx.Response:
    named = {"phone": value} if key == "phone" else {"value": value}
    return world.call(
        "POST", "/v1/members/search", {"key": key, "reason": "적립 문의", "by": "김직원"} | named | changes
    )


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["member_id"] for one in answer.json()["members"]]


def test_four_digits_find_masked_members_of_the_store_and_the_search_is_kept(world: World) -> None:
    """MEM-22, MEM-30: a store sees who was there, never a whole number or name; who asked why is written down."""
    here, there = world.device(), world.device(world.new_store("둘째 매장", "테스트 커피"))
    here.push(here.earn(), here.earn())
    there.push(there.earn(phone=SAME_END))
    here.push(here.earn(phone=OTHER_PHONE))
    one, two = world.member(), world.member(SAME_END, "박하늘별")

    answer = look(world, store_id=world.store.store_id)

    (found,) = answer.json()["members"]
    assert (found["member_id"], found["phone_masked"], found["nickname"]) == (one, "010-****-5678", "김*지")
    assert (found["points_balance"], found["earns"], found["join_channel"], found["online"]) == (90, 2, "tablet", False)
    assert PHONE[4:] not in answer.text
    assert sorted(ids(look(world))) == sorted([one, two])
    assert ids(look(world, verification="verified")) == []
    (newest, *_, first) = world.ok("GET", "/v1/member-searches")["searches"]
    assert (first["by"], first["reason"], first["searched"], first["found"]) == (
        "김직원",
        "적립 문의",
        "last_four",
        [one],
    )
    assert newest["found"] == []
    with pytest.raises(DBAPIError, match="append-only"):
        world.cloud.database.transact(lambda work: work.conn.execute(text("DELETE FROM member_search")))


def test_members_are_found_by_number_id_and_nickname_page_by_page(world: World) -> None:
    """MEM-22: pages of at most fifty, each with its beginning."""
    made = [world.member(f"+821044{n}05678", "하늘") for n in range(5)]
    made.sort()

    first = look(world, limit=2).json()
    second = look(world, limit=2, after=first["next"]).json()
    third = look(world, limit=2, after=second["next"]).json()

    pages = [[one["member_id"] for one in page["members"]] for page in (first, second, third)]
    assert pages == [made[:2], made[2:4], made[4:]]
    assert third["next"] is None
    assert ids(look(world, "nickname", "하늘")) == made
    assert ids(look(world, "member_id", made[3])) == [made[3]]
    assert len(ids(look(world, "phone", "010-4400-5678"))) == 1
    assert ids(look(world, "phone", "010-9999-0000")) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"value": "567"}, "invalid"),
        ({"value": "５６７８"}, "invalid"),
        ({"reason": " "}, "invalid"),
        ({"by": ""}, "invalid"),
        ({"limit": 51}, "invalid"),
        ({"store_id": "nobody"}, "store_unknown"),
    ],
)
def test_a_search_without_a_reason_or_four_digits_finds_nobody(
    world: World, changes: dict[str, Any], code: str
) -> None:
    """MEM-22, MEM-30"""
    world.member()

    assert look(world, **changes).json()["code"] == code
    with world.cloud.database.read() as conn:
        assert conn.execute(select(member_search)).all() == []


def test_nobody_looks_through_all_endings(world: World) -> None:
    """MEM-22: thirty in ten minutes for one person, another person is not held up."""
    for n in range(SEARCHES_PER_WINDOW):
        assert look(world, value=f"{n:04d}").status_code == 200
        world.clock.advance(1_000)

    refused = look(world, value="9999")

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
    assert int(refused.headers["retry-after"]) == (WINDOW_MS - SEARCHES_PER_WINDOW * 1_000) // 1_000
    assert look(world, by="박직원").status_code == 200
    world.clock.advance(WINDOW_MS - SEARCHES_PER_WINDOW * 1_000)
    assert look(world, value="9999").status_code == 200


def test_sleepers_and_who_left_are_not_found_by_digits(world: World) -> None:
    """MEM-04, MEM-06: their data are apart, or gone."""
    member_id = world.member()
    world.ok("POST", f"/v1/members/{member_id}/withdraw", LEAVING)

    assert ids(look(world)) == []
    assert ids(look(world, "nickname", "김민지")) == []


# --- numbers ------------------------------------------------------------------------------------------------------


def change(world: World, member_id: str, phone: str = NEW, **changes: Any) -> httpx.Response:
    body = {"phone": phone, "checked": True, "by": "김직원", "reason": "번호 변경"} | changes
    return world.call("POST", f"/v1/members/{member_id}/phone", body)


def test_a_new_number_finds_the_member_and_the_old_one_somebody_new(world: World) -> None:
    """MEM-11: only after a check; points stay, stores hear of both, and no log has either number."""
    counter = world.device()
    counter.push(counter.earn())
    member_id = world.member()
    assert change(world, member_id, checked=False).json()["code"] == "possession_unchecked"
    assert world.ok("POST", "/v1/members/find", {"phone": PHONE})["member_id"] == member_id

    assert change(world, member_id).json()["phone_masked"] == "010-****-4444"

    assert change(world, member_id).status_code == 200
    assert world.ok("POST", "/v1/members/find", {"phone": NEW})["points_balance"] == 45
    (found,) = look(world, value="4444").json()["members"]
    assert (found["member_id"], found["verification"]) == (member_id, "sms_possession")
    assert ids(look(world)) == []
    counter.push(counter.earn(phone=NEW), counter.earn())
    assert world.points(member_id) == (90, 0, 0)
    assert world.member() != member_id
    key = from_base64url(counter.welcome["store_key"])
    gone = [row["lookup"] for row in counter.rows("withdrawn")]
    assert gone == [device_lookup(key, Phone(PHONE))]
    assert [row["lookup"] for row in counter.rows("member")] == [device_lookup(key, Phone(NEW))]
    events = world.ok("GET", f"/v1/members/{member_id}/events")["events"]
    assert [one["kind"] for one in events] == ["number_changed"]
    assert "4444" not in json.dumps(events)
    assert "5678" not in json.dumps(events)
    world.assert_book_is_sound()


def test_a_number_of_somebody_else_stays_theirs(world: World) -> None:
    """MEM-08, MEM-11: also one that is blocked, and one of a sleeper; a further number of one's own is taken over."""
    member_id, other = world.member(), world.member(OTHER_PHONE)
    refused = change(world, member_id, OTHER_PHONE)
    assert (refused.status_code, refused.json()["code"], refused.json()["member_id"]) == (409, "phone_taken", other)
    world.ok("POST", f"/v1/members/{other}/merge", {"into": member_id, "by": "이본사", "reason": "같은 분"})
    assert change(world, member_id, OTHER_PHONE).status_code == 200
    assert world.ok("POST", "/v1/members/find", {"phone": OTHER_PHONE})["member_id"] == member_id
    third = world.member(NEW)
    world.ok("POST", f"/v1/members/{third}/withdraw", LEAVING)
    assert change(world, member_id, NEW).json()["code"] == "rejoin_blocked"
    world.clock.advance(31 * DAY_MS)
    assert change(world, member_id, NEW).status_code == 200
    assert change(world, third, PHONE).json()["code"] == "member_gone"
    assert change(world, member_id, "010-000-1234").json()["code"] == "phone_invalid"
