"""Corrections by hand: a reason, a person, a limit, and above it a second person (PNT-01; ASVS 2.3.5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from cloud_api.clock import DAY_MS
from cloud_api.ledger.adjustments import WAITS_MS
from cloud_api.ledger.models import PostingKind, account, adjustment, posting
from cloud_api.requests.sweeper import tidy
from tests.cloud_api.world import PHONE, World, new_id

LIMIT = 50_000


def _propose(world: World, points: int, **changes: Any) -> httpx.Response:
    body = {
        "store_id": world.store.store_id,
        "member_id": world.member(),
        "points": points,
        "reason": "개업 행사 누락분",
        "by": "김본사",
        "idempotency_key": new_id("adjust"),
    }
    return world.call("POST", "/v1/adjustments", body | changes)


def _decide(world: World, adjustment_id: str, word: str, by: str) -> httpx.Response:
    return world.call("POST", f"/v1/adjustments/{adjustment_id}/{word}", {"by": by})


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def _postings(world: World) -> int:
    with world.cloud.database.read() as conn:
        return int(
            conn.execute(select(func.count()).where(posting.c.kind == PostingKind.ADJUSTMENT.value)).scalar_one()
        )


def test_a_correction_up_to_the_limit_is_booked_at_once_with_its_reason(world: World) -> None:
    given = _propose(world, LIMIT)
    taken = _propose(world, -1_000, by="이본사")

    assert (given.status_code, given.json()["state"], given.json()["decided_by"]) == (201, "confirmed", "김본사")
    assert taken.json()["state"] == "confirmed"
    assert world.points(world.member()) == (49_000, 0, 0)
    entries = world.ok("GET", f"/v1/members/{world.member()}/entries")["entries"]
    assert [(row["kind"], row["amount"], row["actor"]) for row in entries] == [
        ("adjustment", -1_000, "person:이본사"),
        ("adjustment", LIMIT, "person:김본사"),
    ]
    assert [row["posting_id"] for row in entries] == [taken.json()["posting_id"], given.json()["posting_id"]]
    with world.cloud.database.read() as conn:
        other_side = select(account.c.balance).where(account.c.account_id == f"adjustment:{world.store.brand_id}")
        assert conn.execute(other_side).scalar_one() == -49_000
    world.assert_book_is_sound()


def test_above_the_limit_nothing_moves_before_a_second_person_confirms(world: World) -> None:
    asked = _propose(world, LIMIT + 1)
    which = asked.json()["adjustment_id"]
    assert (asked.status_code, asked.json()["state"], asked.json()["posting_id"]) == (201, "pending", None)
    assert world.points(world.member()) == (0, 0, 0)

    for first_again in ("김본사", " 김본사 "):
        assert _code(_decide(world, which, "confirm", first_again)) == (409, "second_person_needed")
    done = _decide(world, which, "confirm", "이본사")
    again = _decide(world, which, "confirm", "박본사")

    assert (done.json()["state"], done.json()["decided_by"]) == ("confirmed", "이본사")
    assert again.json() == done.json()
    assert _code(_decide(world, which, "refuse", "박본사")) == (409, "already_decided")
    assert world.points(world.member()) == (LIMIT + 1, 0, 0)
    assert _postings(world) == 1
    world.assert_book_is_sound()


def test_letter_case_and_blanks_make_no_second_person(front: World) -> None:
    which = _propose(front, LIMIT + 1, by="Kim  HQ").json()["adjustment_id"]

    assert _code(_decide(front, which, "confirm", "kim hq")) == (409, "second_person_needed")


def test_large_corrections_in_small_pieces_are_large(world: World) -> None:
    """The limit is a person's, for a member, within a day."""
    assert _propose(world, 30_000).json()["state"] == "confirmed"
    assert _propose(world, -20_000).json()["state"] == "confirmed"

    third = _propose(world, 1).json()
    assert third["state"] == "pending"
    assert _propose(world, 1, by="이본사").json()["state"] == "confirmed"
    assert _propose(world, 1, member_id=world.member("+821099990000", "다른")).json()["state"] == "confirmed"
    assert _decide(world, third["adjustment_id"], "confirm", "이본사").json()["state"] == "confirmed"
    world.clock.advance(DAY_MS)
    assert _propose(world, 50_000).json()["state"] == "confirmed"


def test_a_refused_correction_books_nothing_and_stays_refused(world: World) -> None:
    which = _propose(world, LIMIT + 1).json()["adjustment_id"]

    refused = _decide(world, which, "refuse", "김본사")

    assert refused.json()["state"] == "refused"
    assert _decide(world, which, "refuse", "이본사").json() == refused.json()
    assert _code(_decide(world, which, "confirm", "이본사")) == (409, "already_decided")
    assert _postings(world) == 0


def test_a_proposal_that_nobody_confirms_is_over_after_a_week(world: World) -> None:
    which = _propose(world, LIMIT + 1).json()["adjustment_id"]
    world.clock.advance(WAITS_MS - 1)
    assert [row["adjustment_id"] for row in world.ok("GET", "/v1/adjustments")["adjustments"]] == [which]
    world.clock.advance(1)

    assert _decide(world, which, "confirm", "이본사").json() | {"request_id": "", "message": ""} == {
        "code": "already_decided",
        "state": "expired",
        "request_id": "",
        "message": "",
    }
    assert world.ok("GET", f"/v1/adjustments/{which}")["state"] == "expired"
    tidy(world.cloud.database)
    assert world.ok("GET", f"/v1/adjustments/{which}") | {"decided_ms": 0} == {
        "adjustment_id": which,
        "store_id": world.store.store_id,
        "member_id": world.member(),
        "points": LIMIT + 1,
        "reason": "개업 행사 누락분",
        "state": "expired",
        "proposed_by": "김본사",
        "proposed_ms": world.clock() - WAITS_MS,
        "decided_by": None,
        "decided_ms": 0,
        "posting_id": None,
    }
    assert world.ok("GET", "/v1/adjustments") == {"adjustments": []}
    assert _postings(world) == 0


def test_no_correction_takes_more_than_there_is(world: World) -> None:
    """PNT-09: never below zero; what is on hold is not there to take, and no debt is made."""
    device = world.device()
    device.push(device.earn(10_000))
    world.ask_points(world.member(), 40)

    assert _code(_propose(world, -61)) == (409, "insufficient_points")
    large = _propose(world, -LIMIT - 1).json()
    assert large["state"] == "pending"
    refused = _decide(world, large["adjustment_id"], "confirm", "이본사")
    assert _code(refused) == (409, "insufficient_points")
    assert world.ok("GET", f"/v1/adjustments/{large['adjustment_id']}")["state"] == "pending"
    assert _propose(world, -60).json()["state"] == "confirmed"

    assert world.points(world.member()) == (0, 40, 0)
    world.assert_book_is_sound()


def test_given_points_repay_a_debt_first_and_live_as_long_as_the_policy_says(world: World) -> None:
    """PNT-09, PNT-17."""
    device = world.device()
    device.push(device.earn(10_000, fingerprint="a"))
    asked = world.ask_points(world.member(), 100)
    device.push(device.decide(asked["request_id"]), device.reverse(sale_fingerprint="a", amount_won=10_000))
    assert world.points(world.member()) == (0, 0, 100)

    _propose(world, 130)

    assert world.points(world.member()) == (30, 0, 0)
    world.clock.advance(1_827 * DAY_MS)
    assert world.points(world.member()) == (0, 0, 0)
    world.assert_book_is_sound()


def test_a_repeated_call_books_once(world: World) -> None:
    """PNT-01."""
    answers = [_propose(world, 500, idempotency_key="one-correction") for _ in range(3)]

    assert len({answer.text for answer in answers}) == 1
    assert _code(_propose(world, 501, idempotency_key="one-correction")) == (409, "idempotency_conflict")
    assert world.points(world.member()) == (500, 0, 0)


def test_two_people_who_confirm_at_once_book_once(world: World) -> None:
    which = _propose(world, LIMIT + 1).json()["adjustment_id"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda who: _decide(world, which, "confirm", who), ["가", "나", "다", "라"]))

    assert len({answer.text for answer in answers}) == 1
    assert world.points(world.member()) == (LIMIT + 1, 0, 0)
    assert _postings(world) == 1
    world.assert_book_is_sound()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"points": 0}, (422, "invalid")),
        ({"points": 2**63}, (422, "invalid")),
        ({"points": "100"}, (422, "invalid")),
        ({"points": 1.5}, (422, "invalid")),
        ({"points": True}, (422, "invalid")),
        ({"reason": "  "}, (422, "invalid")),
        ({"reason": "x" * 201}, (422, "invalid")),
        ({"by": ""}, (422, "invalid")),
        ({"by": "a\u202eb"}, (422, "invalid")),
        ({"state": "confirmed"}, (422, "invalid")),
        ({"store_id": "nowhere"}, (404, "store_unknown")),
        ({"member_id": "nobody"}, (404, "member_unknown")),
    ],
)
def test_bad_corrections_are_refused_and_change_nothing(front: World, changes: Any, expected: tuple[int, str]) -> None:
    """Cases 7, 12, 13."""
    points = changes.pop("points", 100)

    assert _code(_propose(front, points, **changes)) == expected
    assert _postings(front) == 0
    assert front.points(front.member(PHONE)) == (0, 0, 0)


def test_an_unknown_correction_is_told(front: World) -> None:
    assert _code(_decide(front, "nope", "confirm", "이본사")) == (404, "adjustment_unknown")
    assert _code(_decide(front, "nope", "refuse", "이본사")) == (404, "adjustment_unknown")
    assert _code(front.call("GET", "/v1/adjustments/nope")) == (404, "adjustment_unknown")


def test_what_was_proposed_never_changes_in_the_database_itself(world: World) -> None:
    _propose(world, LIMIT + 1)
    for attempt in (
        update(adjustment).values(points=1),
        update(adjustment).values(reason="anders"),
        update(adjustment).values(proposed_by="이본사"),
        delete(adjustment),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            world.cloud.database.transact(lambda work, attempt=attempt: work.conn.execute(attempt))
