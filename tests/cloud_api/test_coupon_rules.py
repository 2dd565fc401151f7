"""Coupons that come by themselves, and coupons for many: CPN-05, CPN-29, TGT-18."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

from sqlalchemy import update

from cloud_api.clock import DAY_MS
from cloud_api.coupons.automatic import Birthdays, give_due
from cloud_api.coupons.service import issue_many
from cloud_api.database import Work
from cloud_api.members.announcing import announce
from cloud_api.members.person_models import member_profile
from cloud_api.notices.messages import tell_moves
from cloud_api.vault import Keys, Vault
from rules.calendar import MINUTE_MS, moment_ms
from rules.coupons import IssueKind
from tests.cloud_api.test_coupons import _define
from tests.cloud_api.test_member_persons import profile
from tests.cloud_api.world import OTHER_PHONE, PHONE, World, new_id


def rule(world: World, kind: str, *, count: int = 1, **terms: Any) -> Any:
    definition = _define(world, store_id=None, brand_id=world.store.brand_id, **terms)
    body = {"kind": kind, "definition_id": definition, "count": count}
    return world.ok("POST", f"/v1/brands/{world.store.brand_id}/coupon-rules", body)


def job(world: World) -> int:
    """As the jobs do it, until there is nothing left; how many members were told of coupons."""
    before = len(told(world, "coupon_issued"))
    database = world.cloud.database
    while database.transact(announce) + database.transact(tell_moves) + give_due(database, world.clock):
        pass
    return len(told(world, "coupon_issued")) - before


def coupons(world: World, member: str) -> list[str]:
    return [one["name"] for one in world.wallet(member)["coupons"]]


def joining(world: World, phone: str) -> str:
    body = {"phone": phone, "store_id": world.store.store_id}
    return str(world.ok("POST", "/v1/members", body)["member_id"])


def told(world: World, kind: str) -> list[Any]:
    return [one for one in world.ok("GET", "/v1/notices")["notices"] if one["kind"] == kind]


def test_whoever_joins_gets_the_coupon_of_joining_once(world: World) -> None:
    """CPN-05, TGT-18, NTF-09: who joined before, or in another brand, gets none; the member is told."""
    before = joining(world, PHONE)
    stranger = world.new_store("서교점", "다른 커피")
    world.clock.advance(1)
    made = rule(world, "join", count=2, name="가입 축하")
    new = joining(world, OTHER_PHONE)
    elsewhere = world.ok("POST", "/v1/members", {"phone": "010-5555-0001", "store_id": stranger.store_id})["member_id"]

    assert job(world) == 1
    assert job(world) == 0

    assert [coupons(world, one) for one in (before, new, elsewhere)] == [[], ["가입 축하"] * 2, []]
    [notice] = told(world, "coupon_issued")
    assert (notice["member_id"], notice["issued_for"], len(notice["coupon_ids"])) == (new, "join", 2)
    world.clock.advance(MINUTE_MS)
    late = joining(world, "010-5555-0002")
    ended = world.ok("POST", f"/v1/brands/{world.store.brand_id}/coupon-rules/{made['rule_id']}/end")
    assert ended["ended_ms"] == world.clock()
    assert (job(world), coupons(world, late)) == (0, [])


def test_the_first_purchase_in_the_brand_gives_its_coupon(world: World) -> None:
    """CPN-05: not to whoever bought before the rule was there, and not again with the second purchase."""
    device = world.device()
    device.push(device.earn(10_000))
    world.clock.advance(1)
    rule(world, "first_purchase", name="첫 구매")
    device.push(device.earn(10_000), device.earn(20_000, phone=OTHER_PHONE))
    world.clock.advance(MINUTE_MS)

    assert job(world) == 1
    device.push(device.earn(10_000, phone=OTHER_PHONE))
    world.clock.advance(MINUTE_MS)
    assert job(world) == 0

    assert coupons(world, world.member()) == []
    assert coupons(world, world.member(OTHER_PHONE)) == ["첫 구매"]


def test_a_birthday_coupon_comes_each_year_in_the_morning(world: World) -> None:
    """CPN-05: born on 29 February; whoever has nothing to do with the brand gets none."""
    world.clock.now_ms = moment_ms(date(2026, 2, 27), 480)
    member = joining(world, PHONE)
    stranger = world.new_store("서교점", "다른 커피")
    other = world.ok("POST", "/v1/members", {"phone": OTHER_PHONE, "store_id": stranger.store_id})["member_id"]
    for one in (member, other):
        assert profile(world, one, birth_date="2000-02-29", ci=f"ci of {one}").status_code == 200
    rule(world, "birthday", name="생일 쿠폰", valid_days=400)
    birthdays = Birthdays(world.cloud.vault)

    def morning(day: date) -> list[str]:
        world.clock.now_ms = moment_ms(day, 480)
        while birthdays.portion(world.cloud.database, world.clock):
            pass
        return coupons(world, member)

    assert morning(date(2026, 2, 27)) == []
    assert morning(date(2026, 2, 28)) == ["생일 쿠폰"]
    assert morning(date(2026, 2, 28)) == ["생일 쿠폰"]
    assert morning(date(2026, 3, 1)) == ["생일 쿠폰"]
    assert morning(date(2027, 2, 28)) == ["생일 쿠폰"] * 2
    assert coupons(world, other) == []


def opened(world: World, monkeypatch: Any) -> list[str]:
    """Places of the profiles that are opened from now on."""
    places: list[str] = []
    real = world.cloud.vault.open

    def count(sealed: bytes, *, place: str) -> bytes:
        if place.startswith("member_profile/"):
            places.append(place)
        return real(sealed, place=place)

    monkeypatch.setattr(world.cloud.vault, "open", count)
    return places


def test_only_the_profiles_of_those_whose_day_it_is_are_opened_in_portions(world: World, monkeypatch: Any) -> None:
    """CPN-05: and nobody is left out between two of them."""
    world.clock.now_ms = moment_ms(date(2026, 2, 28), 480)
    members = [joining(world, f"010-5555-000{n}") for n in range(9)]
    days = ["2000-02-29"] * 3 + ["1990-02-28"] * 2 + ["2000-02-27", "2000-03-01", "1999-12-31", "2001-02-20"]
    for one, born in zip(members, days, strict=True):
        assert profile(world, one, birth_date=born, ci=f"ci of {one}").status_code == 200
    rule(world, "birthday", name="생일 쿠폰")
    birthdays, places = Birthdays(world.cloud.vault, most=2), opened(world, monkeypatch)

    seen = []
    while found := birthdays.portion(world.cloud.database, world.clock):
        seen.append(found)

    assert seen == [2, 2, 1]
    assert sorted(places) == sorted(f"member_profile/{one}" for one in members[:5])
    assert [coupons(world, one) for one in members] == [["생일 쿠폰"]] * 5 + [[]] * 4


def test_profiles_from_before_are_looked_up_once(world: World, monkeypatch: Any) -> None:
    """CPN-05: the first morning after an update opens all of them, also one in which no birthday was said."""
    world.clock.now_ms = moment_ms(date(2026, 2, 28), 480)
    members = [joining(world, f"010-5555-000{n}") for n in range(4)]
    for one in members:
        assert profile(world, one, birth_date="2000-02-29", ci=f"ci of {one}").status_code == 200
    nothing = world.cloud.vault.seal(b"{}", place=f"member_profile/{members[3]}")
    world.cloud.database.transact(
        lambda work: (
            work.conn.execute(update(member_profile).values(birthday_lookup=None)),
            work.conn.execute(
                update(member_profile).where(member_profile.c.member_id == members[3]).values(sealed=nothing)
            ),
        )
    )
    birthdays, places = Birthdays(world.cloud.vault, most=3), opened(world, monkeypatch)
    assert birthdays.portion(world.cloud.database, world.clock) == 0  # nobody gives anything for birthdays

    rule(world, "birthday", name="생일 쿠폰")
    while birthdays.portion(world.cloud.database, world.clock):
        pass
    assert len(places) == 4 + 3
    world.clock.advance(DAY_MS)
    while birthdays.portion(world.cloud.database, world.clock):
        pass

    assert len(places) == 4 + 3
    assert [coupons(world, one) for one in members] == [["생일 쿠폰"]] * 3 + [[]]


def test_the_same_birthday_looks_different_under_another_key_and_in_another_place(world: World) -> None:
    """CPN-05, NFR-05: what is kept tells neither the day nor, beside the number's, whose it is."""
    vault, other = world.cloud.vault, Vault(Keys.first())
    assert vault.birthday_lookup("02-29") == vault.birthday_lookup("02-29")
    lookups = {vault.birthday_lookup("02-29"), vault.birthday_lookup("02-28"), other.birthday_lookup("02-29")}
    assert len(lookups) == 3
    assert vault.digest("02-29") not in lookups
    assert vault.ci_lookup("02-29") not in lookups


def test_of_a_limited_coupon_the_first_get_what_there_is(world: World) -> None:
    """CPN-05, CPN-27: nobody is told of a coupon that was not left."""
    rule(world, "join", name="선착순", quantity=1)
    first, second = joining(world, PHONE), joining(world, OTHER_PHONE)

    assert job(world) == 1
    assert (coupons(world, first), coupons(world, second)) == (["선착순"], [])


def test_both_who_recommend_and_who_come_get_a_coupon_once(world: World) -> None:
    """CPN-29: within thirty days of joining, never by oneself."""
    rule(world, "referral", name="추천 감사")
    inviter, friend = joining(world, PHONE), joining(world, OTHER_PHONE)
    third = joining(world, "010-5555-0001")
    path = f"/v1/brands/{world.store.brand_id}/referrals"

    def refer(who: str, by: str) -> Any:
        return world.call("POST", path, {"member_id": who, "referred_by": {"member_id": by}}).json()

    assert refer(friend, friend)["code"] == "referral_refused"
    assert refer(friend, inviter) == {"member": 1, "referred_by": 1}
    assert refer(friend, third)["code"] == "referral_refused"
    assert [coupons(world, one) for one in (inviter, friend, third)] == [["추천 감사"], ["추천 감사"], []]
    world.clock.advance(30 * DAY_MS + 1)
    assert refer(third, inviter)["code"] == "referral_refused"
    assert refer("nobody", inviter)["code"] == "member_unknown"


def test_a_list_of_members_gets_a_coupon_once_and_up_to_five_each(world: World) -> None:
    """CPN-05, AGT-06"""
    definition = _define(world, name="단골 감사")
    members = [joining(world, phone) for phone in (PHONE, OTHER_PHONE)]
    listed = [{"member_id": one} for one in members]
    path = f"/v1/coupon-definitions/{definition}/issue"
    body = {"members": [*listed, listed[0]], "kind": "promotion", "count": 5, "idempotency_key": "autumn-2025"}

    made = world.ok("POST", path, body)

    assert (made["issued"], [len(one["coupon_ids"]) for one in made["members"]]) == (10, [5, 5])
    assert world.ok("POST", path, body) == made
    assert [len(coupons(world, one)) for one in members] == [5, 5]
    wrong: list[dict[str, Any]] = [{"count": 6}, {"count": 0}, {"kind": "birthday"}, {"members": []}]
    for change in wrong:
        assert world.call("POST", path, body | change | {"idempotency_key": new_id("issue")}).status_code == 422
    unknown = body | {"members": [*listed, {"member_id": "nobody"}], "idempotency_key": new_id("issue")}
    assert world.call("POST", path, unknown).json()["code"] == "member_unknown"
    assert [len(coupons(world, one)) for one in members] == [5, 5]


def test_the_ten_newest_that_members_can_take_are_shown(world: World) -> None:
    """CPN-05: those of which some are left, on days on which they are issued."""
    brand = {"store_id": None, "brand_id": world.store.brand_id}
    for number in range(11):
        _define(world, **brand, name=f"쿠폰 {number}", take_max=1)
    _define(world, **brand, name="받을 수 없음")
    _define(world, **brand, name="아직", take_max=1, issue_first="2099-01-01")
    last = _define(world, **brand, name="한 장", take_max=1, quantity=1)
    path = f"/v1/brands/{world.store.brand_id}/coupons/download"

    shown = world.ok("GET", path)["coupons"]

    assert [one["name"] for one in shown] == ["한 장", *(f"쿠폰 {n}" for n in range(10, 1, -1))]
    assert (shown[0]["left"], shown[1]["left"]) == (1, None)
    body = {"definition_id": last, "idempotency_key": new_id("take")}
    world.ok("POST", f"/v1/members/{world.member()}/coupons/take", body)
    assert world.ok("GET", path)["coupons"][0]["name"] == "쿠폰 10"


def test_a_rule_takes_a_coupon_of_its_brand_and_a_kind_that_happens_by_itself(world: World) -> None:
    """CPN-05"""
    world.new_store("서교점", "다른 커피")
    path = f"/v1/brands/{world.store.brand_id}/coupon-rules"
    known = rule(world, "join")

    def refused(**changes: Any) -> str:
        body = {"kind": "join", "definition_id": known["definition_id"]} | changes
        return str(world.call("POST", path, body).json()["code"])

    assert refused(definition_id="nothing") == "definition_unknown"
    assert refused(kind="grade") == "invalid"
    assert refused(count=6) == "invalid"
    assert world.call("POST", f"{path}/nothing/end").json()["code"] == "rule_unknown"
    assert [one["kind"] for one in world.ok("GET", path)["rules"]] == ["join"]
    actions = [line["action"] for line in world.ok("GET", "/v1/audit-log")["entries"]]
    assert actions[0] == "coupon_rule.add"


def test_two_jobs_at_once_give_one_coupon(world: World) -> None:
    """CPN-05, TGT-18"""
    rule(world, "join", name="가입 축하")
    member = joining(world, PHONE)

    threads = [threading.Thread(target=job, args=(world,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert coupons(world, member) == ["가입 축하"]


def test_a_coupon_that_is_not_issued_yet_is_not_used_up_by_whoever_reaches_it(world: World) -> None:
    """CPN-05: what could not be given is there for the next one."""
    limited = _define(
        world, store_id=None, brand_id=world.store.brand_id, quantity=1, take_max=1, issue_first="2025-10-10"
    )
    member = world.member()

    def give(work: Work) -> list[str | None]:
        return issue_many(work, [(member, limited)], kind=IssueKind.STAMP_TIER)

    assert world.cloud.database.transact(give) == [None]
    world.clock.advance(DAY_MS)
    (given,) = world.cloud.database.transact(give)
    assert given is not None
    assert world.cloud.database.transact(give) == [None]
