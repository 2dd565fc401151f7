"""Shops that join: STO-01 to 08, 13, RBA-02, RBA-11 to 13."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.cloud_api.world import World

CHECKED = ["business", "photos", "prices", "address"]
WEEKLY = [[480, 1320]] * 6 + [None]


def form(**changes: Any) -> dict[str, Any]:
    """A form without a gap."""
    return {
        "business_no": "123-45-67891",
        "name": "가상 카페 연남점",
        "owner": "김하늘",
        "phone": "02-000-0000",
        "address": "서울 마포구 가상로 1",
        "account": "가상은행 000-00-000000",
        "daily_cup_holders": 120,
        "groups": ["office:office", "others:residents"],
        "districts": ["office", "station"],
        "male_percent": 45,
        "female_percent": 55,
        "age_percents": {"10s": 5, "20s": 35, "30s": 30, "40s": 20, "50_up": 10},
        "photos": 3,
        "registration_scan": True,
        "prices_won": [4_500, 5_000, 5_500],
        "hours": {"weekly": WEEKLY, "holidays": ["2025-12-25"]},
        "brand_name": "가상 카페",
    } | changes


def applied(world: World, **changes: Any) -> str:
    made: str = world.ok("POST", "/v1/applications", form(**changes))["application_id"]
    return made


def approved(world: World, **changes: Any) -> Any:
    return world.ok("POST", f"/v1/applications/{applied(world, **changes)}/approve", {"checked": CHECKED})


def test_an_approval_makes_the_store_its_owner_and_a_code_for_the_first_counter(world: World) -> None:
    """STO-07, STO-13, RBA-02: from sign-up to a counter that knows its hours and its owner."""
    made = approved(world)

    store = world.ok("GET", f"/v1/stores/{made['store_id']}")
    assert (store["name"], store["brand_name"], store["state"]) == ("가상 카페 연남점", "가상 카페", "approved")
    assert store["hours"] == {"always_open": False, "weekly": WEEKLY, "holidays": ["2025-12-25"]}
    [owner] = world.ok("GET", f"/v1/stores/{made['store_id']}/employees")["employees"]
    assert (owner["name"], owner["role"]) == ("김하늘", "owner")

    welcome = world.redeem(made["enrollment"]["code"], Ed25519PrivateKey.generate())
    assert welcome.json()["store"] == store
    told = world.ok("GET", f"/v1/stores/{made['store_id']}/details")["details"]
    assert (told["road_address"], told["groups"], told["ads"]) == (
        "서울 마포구 가상로 1",
        ["office:office", "others:residents"],
        "all",
    )


def test_the_new_owner_signs_in_with_the_pin_of_the_approval_and_it_is_kept_nowhere(world: World) -> None:
    """RBA-02, STO-07"""
    made = approved(world)

    with world.cloud.database.read() as conn:
        for table in ("audit_log", "idempotent_call", "feed_row", "store_application"):
            rows = str(conn.execute(text(f"SELECT * FROM {table}")).all())
            assert made["owner_pin"] not in rows.replace(str(world.clock()), "")
    assert len(made["owner_pin"]) == 6


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"business_no": "123-45-67890"}, ["business_no"]),
        ({"registration_scan": False, "photos": 0}, ["photos", "registration_scan"]),
        ({"address": "", "account": "", "phone": ""}, ["phone", "address", "account"]),
        ({"daily_cup_holders": 0}, ["cup_holders"]),
        ({"groups": ["office:office"]}, ["groups"]),
        ({"districts": ["office", "school"]}, ["school_level"]),
        ({"male_percent": 46}, ["sexes"]),
        ({"age_percents": {"20s": 100}}, ["ages"]),
        ({"prices_won": [4_500, 5_000]}, ["prices"]),
        ({"hours": {"weekly": [None] * 7}}, ["hours"]),
    ],
)
def test_what_is_missing_is_said_all_at_once_and_nothing_is_kept(
    front: World, changes: dict[str, Any], problems: list[str]
) -> None:
    """STO-02, STO-03, STO-04, STO-05, STO-06, STO-07"""
    answer = front.call("POST", "/v1/applications", form(**changes))

    assert (answer.status_code, answer.json()["code"]) == (422, "application_refused")
    assert answer.json()["problems"] == problems
    assert front.ok("GET", "/v1/applications")["applications"] == []


def test_a_24_hour_store_is_open_from_midnight_to_midnight(world: World) -> None:
    """STO-06, Ambiguity A1"""
    made = approved(world, hours={"always_open": True, "weekly": [None] * 7})

    store = world.ok("GET", f"/v1/stores/{made['store_id']}")
    assert (store["hours"]["always_open"], store["opens_minute"]) == (True, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"service_type": "casino"},
        {"ads": "some"},
        {"male_percent": True},
        {"male_percent": 45.5},
        {"prices_won": ["4,500"]},
        {"owner": "김\u202e하늘"},
        {"state": "approved"},
        {"age_percents": {"60s": 100}},
    ],
)
def test_what_is_no_form_is_refused(front: World, changes: dict[str, Any]) -> None:
    """STO-01, STO-02, STO-08: also a field that is not the shop's to set."""
    answer = front.call("POST", "/v1/applications", form(**changes))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_rejection_says_why_and_the_mended_form_is_looked_at_again(world: World) -> None:
    """STO-07, STO-13, STO-14"""
    application = f"/v1/applications/{applied(world)}"
    assert world.call("POST", f"{application}/reject", {"reason": " "}).status_code == 422
    rejected = world.ok("POST", f"{application}/reject", {"reason": "사업자등록증이 흐립니다"})
    assert (rejected["state"], rejected["reason"]) == ("rejected", "사업자등록증이 흐립니다")
    for verb, body in (("reject", {"reason": "또"}), ("approve", {"checked": CHECKED})):
        assert world.call("POST", f"{application}/{verb}", body).json()["code"] == "already_decided"

    again = world.ok("POST", application, form(photos=5))

    assert (again["state"], again["version"], again["reason"]) == ("pending", 2, "")
    assert world.ok("GET", application)["form"]["photos"] == 5
    assert world.ok("POST", f"{application}/approve", {"checked": CHECKED})["state"] == "approved"
    assert world.call("POST", application, form()).json()["code"] == "already_decided"


@pytest.mark.parametrize("missing", CHECKED)
def test_an_approval_needs_all_that_was_to_be_checked(front: World, missing: str) -> None:
    """STO-07"""
    application = f"/v1/applications/{applied(front)}"

    answer = front.call("POST", f"{application}/approve", {"checked": [one for one in CHECKED if one != missing]})

    assert (answer.status_code, answer.json()["missing"]) == (422, [missing])
    assert front.ok("GET", application)["state"] == "pending"
    assert front.call("POST", "/v1/applications/nothing/approve", {"checked": CHECKED}).status_code == 404


def test_of_two_reviewers_at_once_one_decides(world: World) -> None:
    """STO-07, RBA-02: one store, one owner."""
    application = f"/v1/applications/{applied(world)}"
    answers: list[int] = []

    def decide() -> None:
        answers.append(world.call("POST", f"{application}/approve", {"checked": CHECKED}).status_code)

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 409, 409, 409]
    assert len(world.ok("GET", "/v1/stores")["stores"]) == 2  # and the world's own


def test_one_business_has_one_store(world: World) -> None:
    """STO-02"""
    first = applied(world)
    assert world.call("POST", "/v1/applications", form(business_no="1234567891")).json()["code"] == "business_taken"
    world.ok("POST", f"/v1/applications/{first}/reject", {"reason": "다른 매장"})

    second = applied(world)

    assert world.call("POST", f"/v1/applications/{first}", form()).json()["code"] == "business_taken"
    world.ok("POST", f"/v1/applications/{second}/approve", {"checked": CHECKED})
    assert world.call("POST", "/v1/applications", form()).json()["code"] == "business_taken"


def test_a_form_is_sealed_and_who_looked_at_it_is_written_down(world: World) -> None:
    """RBA-11, RBA-12, RBA-13"""
    application_id = applied(world)
    with world.cloud.database.read() as conn:
        kept = str(conn.execute(text("SELECT * FROM store_application")).all())
    assert "김하늘" not in kept
    assert "가상은행" not in kept
    assert "form" not in world.ok("GET", "/v1/applications?state=pending")["applications"][0]

    headers = {"user-agent": "console/3", "authorization": f"Bearer {world.key}"}
    assert world.http.get(f"/v1/applications/{application_id}", headers=headers).json()["form"]["owner"] == "김하늘"

    entry = world.ok("GET", "/v1/audit-log")["entries"][0]
    assert (entry["action"], entry["target"], entry["program"]) == ("application.view", application_id, "console/3")
    assert entry["actor_name"].startswith("key:")
    assert entry["at_ms"] == world.clock()
    for statement in ("UPDATE audit_log SET reason = 'x'", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="append-only"):
            world.cloud.database.transact(lambda work, sql=statement: work.conn.execute(text(sql)))


def test_who_speaks_for_an_employee_decides_over_no_application(front: World) -> None:
    """RBA-01: reviews are head office's."""
    owner = front.employ("정민아", "owner").partition(":")[2]
    path = f"/v1/applications/{applied(front)}"

    for method, where, body in (
        ("POST", f"{path}/approve", {"checked": CHECKED}),
        ("POST", f"{path}/reject", {"reason": "x"}),
        ("GET", path, None),
        ("GET", "/v1/audit-log", None),
        ("GET", "/v1/stores", None),
    ):
        answer = front.call(method, where, body, **{"acting-employee": owner})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), where
