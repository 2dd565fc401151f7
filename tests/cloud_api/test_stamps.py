"""Stamps in the cloud: earned once, on boards, paid by tiers, taken back, lapsing (STP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, text

from cloud_api import database
from cloud_api.clock import DAY_MS
from cloud_api.exchange import among, together
from cloud_api.ledger.expiry import expire_all
from cloud_api.ledger.models import lot, posting
from cloud_api.stamps import earning
from cloud_api.stores.models import store
from rules.calendar import local_day, moment_ms
from rules.codes import code_of_id, shown
from tests.cloud_api.world import OTHER_PHONE, PHONE, Device, World, new_id

CARD = {"per_board": 10, "tiers": [3, 7, 10]}
RULES = {"basis": "order", "minimum_won": 5_000}


@dataclass
class Speaking:
    """As a unit of work says which words its database wants."""

    postgres: bool


def plus(world: World, store_id: str | None = None, plan: str = "plus") -> None:
    def job(work: Any) -> None:
        work.conn.execute(
            store.update().where(store.c.store_id == (store_id or world.store.store_id)).values(plan=plan)
        )

    world.cloud.database.transact(job)


def program(**changes: Any) -> dict[str, Any]:
    stamps, card = RULES | changes.pop("stamps", {}), CARD | changes.pop("card", {})
    return {"method": "stamp", "stamps": stamps, "card": card} | changes


def stamping(world: World, **changes: Any) -> Device:
    """A store that gives stamps, and its counter."""
    plus(world)
    world.ok("POST", f"/v1/stores/{world.store.store_id}/earning", {"program": program(**changes)})
    return world.device()


def rewards(world: World, count: int = 3) -> list[str]:
    terms = {"value_won": 4_500, "pos_discount_won": 4_500, "valid_days": 30, "brand_id": world.store.brand_id}
    made = [world.ok("POST", "/v1/coupon-definitions", terms | {"name": f"보상 {n}"}) for n in range(count)]
    return [one["definition_id"] for one in made]


def card(world: World, phone: str = PHONE) -> dict[str, Any]:
    found: dict[str, Any] = world.ok("GET", f"/v1/stores/{world.store.store_id}/stamp-cards/{world.member(phone)}")
    return found


def stamp_op(device: Device, paid_won: int = 6_000, *, phone: str = PHONE, **changes: Any) -> dict[str, Any]:
    """An earn of a counter that knows the programme: no points, one stamp."""
    op = device.earn(paid_won, 0, phone)
    device.seq -= 1
    device.hash = device.sealed.pop()[1]
    return device.op("earn", op["body"] | {"stamps": 1} | changes)


def test_a_payment_of_the_base_amount_earns_one_stamp_and_no_points(world: World) -> None:
    """PNT-02, STP-02: 7,000 won less a coupon of 2,500 earns none, less 2,000 points one."""
    device = stamping(world)

    below, above = device.push(stamp_op(device, 4_500, stamps=0), stamp_op(device, 7_000, points_spent_won=2_000))[
        "results"
    ]

    assert (below["status"], below["body"]["stamps"], below["body"]["reason"]) == ("applied", 0, "below_amount")
    assert (above["status"], above["body"]["stamps"], above["body"]["points"]) == ("applied", 1, 0)
    assert card(world)["total"] == 1
    assert world.points(world.member()) == (0, 0, 0)
    assert [row["stamps"] for row in device.rows("earn")] == [0, 1]
    world.assert_book_is_sound()


def test_a_receipt_gives_its_stamps_once_whatever_is_sent_again(world: World) -> None:
    """STP-02, PNT-09."""
    device, other = stamping(world), world.device()
    first = stamp_op(device)
    assert device.result(first)["body"]["stamps"] == 1

    again = other.result(other.op("earn", first["body"] | {"earn_id": new_id("earn")}))

    assert (again["status"], again["code"]) == ("rejected", "duplicate_receipt")
    assert card(world)["total"] == 1


def test_another_figure_than_the_clouds_is_adjusted(world: World) -> None:
    """STP-15: the cloud trims and reports."""
    device = stamping(
        world, stamps={"basis": "amount", "minimum_won": 0, "per_won": 5_000, "payment_max": 2, "day_max": 3}
    )

    first, second = device.push(stamp_op(device, 20_000, stamps=4), stamp_op(device, 20_000, stamps=2))["results"]

    assert (first["status"], first["code"]) == ("adjusted", "stamps_differ")
    assert (first["body"]["stamps"], first["body"]["reason"]) == (2, "payment_cap")
    assert (second["body"]["stamps"], second["body"]["reason"]) == (1, "day_cap")


def test_a_day_of_a_shop_that_closes_at_two_ends_at_two(world: World) -> None:
    """STP-15: the cap of a day counts the store's business day."""
    week = [[480, 1_560]] * 7
    world.ok("POST", f"/v1/stores/{world.store.store_id}/hours", {"weekly": week})
    device = stamping(world, stamps={"day_max": 1})
    midnight_ms = moment_ms(local_day(world.clock()), 0)
    world.clock.now_ms = midnight_ms + DAY_MS - 1_000
    evening = device.result(stamp_op(device))
    world.clock.now_ms = midnight_ms + DAY_MS + 7_200_000 - 1
    night = device.result(stamp_op(device, stamps=0))
    world.clock.now_ms += 1
    morning = device.result(stamp_op(device))

    assert [one["body"]["stamps"] for one in (evening, night, morning)] == [1, 0, 1]
    assert night["body"]["reason"] == "day_cap"


def test_tiers_pay_once_each_and_the_last_one_starts_the_next_board(world: World) -> None:
    """STP-04, STP-19: cookie at 3, drink at 7, meal at 10; tiers do not consume stamps."""
    device = stamping(world, rewards=rewards(world), card={"boards_max": 2})
    member = world.member()
    reached = [device.result(stamp_op(device))["body"]["tiers"] for _ in range(20)]

    assert [(n, tiers) for n, tiers in enumerate(reached, start=1) if tiers] == [
        (3, [3]), (7, [7]), (10, [10]), (13, [3]), (17, [7]), (20, [10]),
    ]  # fmt: skip
    assert sorted(one["name"] for one in world.wallet(member)["coupons"]) == sorted(["보상 0", "보상 1", "보상 2"] * 2)
    full = device.result(stamp_op(device, stamps=0))
    assert (full["body"]["stamps"], full["body"]["reason"]) == (0, "boards_full")
    assert card(world) | {"rewards": []} == {
        "store_id": world.store.store_id,
        "opened": True,
        "total": 20,
        "board": 2,
        "on_board": 10,
        "per_board": 10,
        "tiers": [3, 7, 10],
        "boards_max": 2,
        "template": 1,
        "next_expiry_ms": None,
        "rewards": [],
    }
    notices = [row for row in world.ok("GET", "/v1/notices")["notices"] if row["kind"] == "stamp_reward"]
    assert [(row["board"], row["stamps"]) for row in notices] == [(1, 3), (1, 7), (1, 10), (2, 3), (2, 7), (2, 10)]
    world.assert_book_is_sound()


def test_the_counter_where_a_tier_was_reached_is_told_its_coupon_for_paper(world: World) -> None:
    """STP-04: once, with the payment that brought it; the code on paper shows the member the coupon, nobody else."""
    device = stamping(world, rewards=rewards(world))
    second = world.device()
    member, other = world.member(), world.member(OTHER_PHONE, "박서준")
    ops = []
    for _ in range(3):
        ops.append(stamp_op(device))
        device.result(ops[-1])

    (row,) = second.rows("coupon")
    (held,) = world.wallet(member)["coupons"]
    assert row | {"issued_ms": 0} == {
        "coupon_id": held["coupon_id"],
        "name": "보상 0",
        "condition": "",
        "expires_ms": held["expires_ms"],
        "issued_ms": 0,
        "why": "stamp_tier",
        "earn_id": ops[-1]["body"]["earn_id"],
        "print_device": device.device_id,
    }
    code = {"code": shown(code_of_id(held["coupon_id"]))}
    found = world.ok("POST", f"/v1/members/{member}/coupons/code", code)
    assert (found["coupon_id"], found["state"]) == (held["coupon_id"], "available")
    assert len(world.wallet(member)["coupons"]) == 1
    refused = world.call("POST", f"/v1/members/{other}/coupons/code", code)
    assert refused.json()["code"] == "coupon_code_invalid"


def test_a_cancel_takes_stamps_back_also_off_a_full_board_and_no_tier_pays_twice(world: World) -> None:
    """STP-21, PNT-16."""
    device = stamping(world, rewards=rewards(world))
    ops = [stamp_op(device) for _ in range(10)]
    device.push(*ops)
    assert card(world)["on_board"] == 10

    cancelled = device.result(device.reverse(earn_id=ops[0]["body"]["earn_id"], amount_won=6_000))

    assert (cancelled["status"], cancelled["body"]["points"]) == ("applied", 0)
    assert (card(world)["board"], card(world)["on_board"]) == (1, 9)
    assert device.result(device.reverse(earn_id=ops[0]["body"]["earn_id"]))["code"] == "already_reversed"
    assert card(world)["total"] == 9
    assert device.result(stamp_op(device))["body"]["tiers"] == [10]
    assert len(world.wallet(world.member())["coupons"]) == 3
    world.assert_book_is_sound()


def test_a_cancel_that_came_before_its_sale_leaves_no_stamp(world: World) -> None:
    """STP-21: the slip was read first."""
    device = stamping(world, card={"per_board": 1, "tiers": [1]}, rewards=rewards(world, 1))
    device.push(device.reverse(sale_fingerprint="later", amount_won=6_000))
    op = device.earn(6_000, 0, fingerprint="later")

    result = device.result(op)

    assert (result["code"], result["body"]["stamps"]) == ("cancelled_first", 0)
    assert card(world)["total"] == 0
    assert world.wallet(world.member())["coupons"] == []
    world.assert_book_is_sound()


def test_a_tier_that_a_cancelled_sale_would_have_reached_pays_with_the_next_one(world: World) -> None:
    """STP-04, STP-21: both sales in one run, the cancel slip of the first one came before them."""
    device = stamping(world, card={"per_board": 2, "tiers": [1, 2]}, rewards=rewards(world, 2))
    device.push(device.reverse(sale_fingerprint="later", amount_won=6_000))

    late = {"fingerprint": "later", "approval_tags": [], "receipt_no": "0001", "till": "1", "kind": "sale"}

    device.push(stamp_op(device, receipt=late), stamp_op(device), stamp_op(device))

    assert card(world)["total"] == 2
    assert sorted(one["name"] for one in world.wallet(world.member())["coupons"]) == ["보상 0", "보상 1"]
    world.assert_book_is_sound()


def test_stamps_lapse_after_their_last_day_but_not_those_of_a_full_board(world: World) -> None:
    """STP-05, STP-21: thirty days, to the midnight after the last of them."""
    device = stamping(world, card={"valid_days": 30})
    device.push(*[stamp_op(device) for _ in range(12)])
    last_ms = moment_ms(local_day(world.clock()), 0) + 31 * DAY_MS
    assert card(world)["next_expiry_ms"] == last_ms
    world.clock.now_ms = last_ms - 1
    assert card(world)["total"] == 12
    world.clock.now_ms = last_ms

    assert card(world)["total"] == 10
    assert expire_all(world.cloud.database).lots == 2
    assert (card(world)["total"], card(world)["on_board"]) == (10, 10)
    history = world.ok("GET", f"/v1/members/{world.member()}/stamps")["history"]
    assert [(row["move"], row["cause"], row["stamps"]) for row in history][:2] == [
        ("deduct", "expiry", -2),
        ("earn", "payment", 1),
    ]
    world.assert_book_is_sound()


def test_what_lapsed_is_not_taken_back_a_second_time(world: World) -> None:
    """STP-21: a cancel after the stamps are gone takes no other ones."""
    device = stamping(world, card={"valid_days": 30})
    old = stamp_op(device)
    device.push(old)
    world.clock.advance(40 * DAY_MS)
    expire_all(world.cloud.database)
    device.push(stamp_op(device))

    device.push(device.reverse(earn_id=old["body"]["earn_id"], amount_won=6_000))

    assert card(world)["total"] == 1
    world.assert_book_is_sound()


def test_stamps_need_plus_and_settings_wait_for_it(world: World) -> None:
    """STP-01, Ambiguity A3."""
    device = stamping(world)
    plus(world, plan="basic")

    refused = device.result(stamp_op(device, stamps=0))

    assert (refused["body"]["stamps"], refused["body"]["reason"]) == (0, "plan")
    assert world.ok("GET", f"/v1/stores/{world.store.store_id}/earning")["active"] is False
    assert world.call("GET", f"/v1/stores/{world.store.store_id}/stamp-cards/{world.member()}").json()["code"] == (
        "no_stamps_here"
    )
    plus(world, plan="premium")
    assert device.result(stamp_op(device))["body"]["stamps"] == 1


def test_a_brand_may_collect_on_one_card_in_all_its_stores(world: World) -> None:
    """STP-16, PNT-03: an integrated card counts in every store that the rules name."""
    second, third = (world.new_store(name, "테스트 커피") for name in ("망원점", "연남점"))
    for one in (world.store, second, third):
        plus(world, one.store_id)
    here = [world.store.store_id, second.store_id]
    body = program(scope="integrated", stamps={"stores": here})
    world.ok("POST", f"/v1/brands/{world.store.brand_id}/earning", body)

    given = []
    for one in (world.store, second, third):
        device = world.device(one)
        given.append(device.result(stamp_op(device, stamps=1))["body"])

    assert [(one["stamps"], one["on_board"]) for one in given] == [(1, 1), (1, 2), (0, 2)]
    assert given[2]["reason"] == "store"
    world.assert_book_is_sound()


_B = {"product_id": "b"}


@pytest.mark.parametrize(
    ("stamps", "sale", "given"),
    [
        ({"products": ["latte"]}, {"items": [{"product_id": "cookie"}]}, 0),
        ({"products": ["latte"]}, {"items": [{"product_id": "latte", "quantity": 2}]}, 1),
        ({"basis": "items"}, {"items": [{"product_id": "latte", "quantity": 2}, {"product_id": "cookie"}]}, 3),
        (
            {"basis": "condition_items", "products": ["latte"]},
            {"items": [{"product_id": "latte", "quantity": 2}, {"product_id": "cookie"}]},
            2,
        ),
        ({"basis": "amount", "per_won": 5_000}, {}, 2),
        ({"means": ["cash"]}, {"means": "card"}, 0),
        ({"means": ["cash"]}, {"means": "cash"}, 1),
        ({"services": ["delivery"]}, {"service": "pickup"}, 0),
        ({"services": ["delivery"]}, {"service": "delivery"}, 1),
        ({"channels": ["app"]}, {}, 0),
        ({"channels": ["app"]}, {"channel": "app"}, 1),
        ({"with_coupon": False}, {"coupon_used": True}, 0),
        ({"basis": "items", "coupon_items": False}, {"items": [{"product_id": "a", "by_coupon": True}, _B]}, 1),
    ],
)  # fmt: skip
def test_what_a_device_says_of_the_sale_decides(
    front: World, stamps: dict[str, Any], sale: dict[str, Any], given: int
) -> None:
    """STP-07 to STP-12, STP-14."""
    device = stamping(front, stamps=stamps)

    result = device.result(stamp_op(device, 13_500, sale=sale, stamps=given))

    assert (result["status"], result["body"]["stamps"]) == ("applied", given)


def test_what_the_menu_counts_for_no_stamp_counts_for_none_whoever_reports_it(world: World) -> None:
    """MNU-14, STP-10: a counter does not know; nothing but such products is no purchase."""
    device = stamping(world, stamps={"basis": "items"})
    latte, gift = world.item("라떼"), world.item("상품권", rewards=["coupon", "point"])
    both = [{"product_id": latte, "quantity": 2}, {"product_id": gift}, {"product_id": "unlisted"}]

    mixed = device.result(stamp_op(device, 13_500, sale={"items": both}, stamps=4))
    only = device.result(stamp_op(device, 13_500, sale={"items": [{"product_id": gift}]}, stamps=1))

    assert (mixed["status"], mixed["code"], mixed["body"]["stamps"]) == ("adjusted", "stamps_differ", 3)
    assert (only["body"]["stamps"], only["body"]["reason"]) == (0, "no_condition_item")
    world.assert_book_is_sound()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"card": {"tiers": [3, 3, 10]}}, "tier_order"),
        ({"card": {"tiers": [3, 7]}}, "completion"),
        ({"card": {"valid_days": 40, "first_day": "2026-01-01", "last_day": "2026-01-31"}}, "validity"),
        ({"card": {"first_day": "2026-02-01", "last_day": "2026-01-31"}}, "period"),
        ({"stamps": {"basis": "amount"}}, "per_won"),
        ({"rewards": ["one"]}, "rewards"),
        ({"method": "point"}, "stamps_unused"),
    ],
)
def test_a_programme_that_cannot_be_kept_is_refused_and_changes_nothing(
    front: World, changes: dict[str, Any], problem: str
) -> None:
    """STP-03, STP-05, STP-06, PNT-02."""
    path = f"/v1/stores/{front.store.store_id}/earning"

    answer = front.call("POST", path, {"program": program(**changes)})

    assert (answer.status_code, answer.json()["code"], answer.json()["problem"]) == (422, "earning_refused", problem)
    assert front.ok("GET", path) == {"program": None, "active": True}


def test_stamps_are_asked_for_where_no_order_is_taken_and_the_store_decides(world: World) -> None:
    """STP-17, Ambiguity A5: the card is a request like others, with its minute."""
    device = stamping(world)
    ask = {"kind": "stamp", "store_id": world.store.store_id, "member_id": world.member(), "payment_won": 6_000}
    by_order = world.call("POST", "/v1/requests", ask | {"idempotency_key": new_id("ask")})
    assert by_order.json()["code"] == "stamps_by_payment"

    def reward_store(work: Any) -> None:
        work.conn.execute(store.update().values(service_type="reward"))

    world.cloud.database.transact(reward_store)
    small = world.call("POST", "/v1/requests", ask | {"payment_won": 4_999, "idempotency_key": new_id("ask")})
    assert small.json()["code"] == "conditions_unmet"
    asked = [world.ok("POST", "/v1/requests", ask | {"idempotency_key": new_id("ask")}) for _ in range(3)]
    approved, rejected, silent = (one["request_id"] for one in asked)

    device.push(device.decide(approved), device.decide(rejected, "reject"), device.seen(silent))
    world.clock.advance(62_000)
    world.sweep()

    assert [world.request(one)["state"] for one in (approved, rejected, silent)] == [
        "approved", "rejected", "auto_approved",
    ]  # fmt: skip
    assert card(world)["total"] == 2
    owner = world.employ("김대표", "owner")
    device.push(device.recover(approved, actor=owner))
    assert (world.request(approved)["state"], card(world)["total"]) == ("recovered", 1)
    world.assert_book_is_sound()


def test_marking_a_store_opens_a_card_and_coming_by_earns_once_a_day(world: World) -> None:
    """STP-18, STP-23, MEM-31."""
    stamping(world)
    here, member = f"/v1/stores/{world.store.store_id}", world.member()
    assert card(world)["opened"] is False

    opened = [world.ok("POST", f"{here}/stamp-cards", {"member_id": member}) for _ in range(2)]
    assert [(one["opened"], one["total"]) for one in opened] == [(True, 0), (True, 0)]

    first, again = (world.ok("POST", f"{here}/attendance", {"member_id": member})["stamps"] for _ in range(2))
    world.clock.now_ms = moment_ms(local_day(world.clock()), 0) + DAY_MS
    next_day = world.ok("POST", f"{here}/attendance", {"member_id": member})["stamps"]

    assert (first, again, next_day) == (1, 0, 1)
    assert world.call("POST", f"{here}/attendance", {"member_id": "nobody"}).json()["code"] == "member_unknown"
    world.assert_book_is_sound()


def test_the_history_says_what_why_and_by_which_medium(world: World) -> None:
    """STP-20."""
    device = stamping(world)
    op = stamp_op(device)
    device.push(op)
    world.ok("POST", f"/v1/stores/{world.store.store_id}/attendance", {"member_id": world.member()})
    device.push(device.reverse(earn_id=op["body"]["earn_id"], amount_won=6_000))

    found = world.ok("GET", f"/v1/members/{world.member()}/stamps")

    assert [(row["move"], row["cause"], row["medium"], row["stamps"]) for row in found["history"]] == [
        ("deduct", "cancel", "auto_earn", -1),
        ("earn", "event", "auto_earn", 1),
        ("earn", "payment", "auto_earn", 1),
    ]
    assert [(one["on_open_board"], one["on_full_boards"]) for one in found["cards"]] == [(1, 0)]
    told = world.ok("GET", f"/v1/members/{world.member()}/explain")["purses"][0]
    assert (told["unit"], told["totals"]) == ("stamp", {"member_stamps": 1, "member_boards": 0})
    assert [entry["amount"] for entry in told["entries"]] == [1, 1, -1]


def test_counters_hear_of_a_programme_and_a_new_one_finds_it_in_its_snapshot(world: World) -> None:
    """STP-03, PNT-02: policy of the cloud, followed by the counter."""
    device = stamping(world)
    rows = device.rows("earning")
    assert [(row["of"], row["version"], row["method"], row["rewards"]) for row in rows] == [("store", 1, "stamp", [])]

    world.ok("POST", f"/v1/stores/{world.store.store_id}/earning", {"program": None})

    assert device.rows("earning")[-1] == {"of": "store", "version": 2, "method": None}
    assert device.result(device.earn())["body"]["points"] == 45


def test_a_run_of_many_earns_of_few_members_fills_boards_as_one_by_one_would(world: World) -> None:
    """STP-19."""
    device = stamping(world, card={"valid_days": 90}, rewards=rewards(world))
    ops = [stamp_op(device, phone=PHONE if n % 3 else OTHER_PHONE) for n in range(36)]

    device.push(*ops)

    assert (card(world)["total"], card(world)["on_board"]) == (24, 4)
    assert (card(world, OTHER_PHONE)["total"], card(world, OTHER_PHONE)["on_board"]) == (12, 2)
    assert len(world.wallet(world.member())["coupons"]) == 7
    world.assert_book_is_sound()


def test_stamps_in_the_book_are_proved(world: World) -> None:
    """PNT-01, STP-20: what somebody rewrites is named."""
    device = stamping(world)
    device.push(stamp_op(device))

    def forge(work: Any) -> None:
        work.conn.execute(text("UPDATE stamp_grant SET stamps = 2"))
        work.conn.execute(text("DELETE FROM purse"))

    world.cloud.database.transact(forge)
    with world.cloud.database.read_moment() as conn:
        from cloud_api.ledger.verify import verify

        report = verify(conn)
        kinds = conn.execute(select(posting.c.kind)).scalars().all()

    assert kinds == ["stamp"]
    assert len(report.of_rule("stamps")) == 1
    assert len(report.of_rule("purse")) == 2


def test_what_an_earn_reads_of_a_card_is_found_by_what_lies_on_it(world: World) -> None:
    """STP-19: lots that filled boards long ago cost nobody anything."""
    device = stamping(world)
    device.push(*[stamp_op(device) for _ in range(23)])
    work = Speaking(postgres=not world.cloud.database.is_sqlite)
    asked = among(work, earning.LOTS, {"purses": ["a~b", "c~b"]}, 0)

    with world.cloud.database.read() as conn:
        left = conn.execute(select(lot.c.points, lot.c.remaining).order_by(lot.c.posting_id)).all()
        assert [tuple(one) for one in left] == [(1, 0)] * 18 + [(1, 1)] * 3
        if world.cloud.database.is_sqlite:
            driver = conn.connection.driver_connection
            assert driver is not None
            plan = driver.execute(f"EXPLAIN QUERY PLAN {asked.statement.sqlite}", asked.values).fetchall()
            assert any("USING INDEX lot_on_board (member_id=? AND expires_ms>?)" in row[3] for row in plan)
    world.assert_book_is_sound()


def test_a_sale_by_itself_asks_for_its_card_ahead(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """STP-04, STP-15, STP-19: two exchanges with the database and one more where a tier is looked up and one where it
    pays; caps, tiers and boards come to what a run comes to, whichever counter sends."""
    device, second = stamping(world, stamps={"day_max": 11}, rewards=rewards(world)), world.device()
    given, exchanges = [], []

    def counted(conn: Any, asked: Any, *, commit: bool = False) -> Any:
        exchanges[-1] += 1
        return together(conn, asked, commit=commit)

    for counter in (device, second) * 2:
        counter.result(stamp_op(counter, phone=OTHER_PHONE))
    monkeypatch.setattr(database, "together", counted)
    for n in range(12):
        exchanges.append(0)
        counter = second if n % 2 else device
        given.append(counter.result(stamp_op(counter, stamps=int(n < 11)))["body"])
    monkeypatch.undo()

    assert [one["stamps"] for one in given] == [1] * 11 + [0]
    assert given[-1]["reason"] == "day_cap"
    assert [one["tiers"] for one in given if one["tiers"]] == [[3], [7], [10]]
    assert [exchanges[n] for n in (1, 3, 4, 5, 7, 8, 10)] == [2] * 7
    assert (card(world)["total"], card(world)["on_board"], card(world, OTHER_PHONE)["total"]) == (11, 1, 4)
    assert len(world.wallet(world.member())["coupons"]) == 3
    world.assert_book_is_sound()


def test_a_guess_at_what_a_store_gives_is_only_a_guess(world: World) -> None:
    """STP-01, PNT-02, PNT-03: after the shop has changed its mind the next sale earns by what holds now, also on a card
    of another place."""
    device = stamping(world)
    for _ in range(2):
        assert device.result(stamp_op(device))["body"]["stamps"] == 1
    path = f"/v1/stores/{world.store.store_id}/earning"

    world.ok("POST", path, {"program": None})
    assert device.result(device.earn())["body"] | {"earn_id": ""} == {"earn_id": "", "status": "posted", "points": 45}
    world.ok("POST", path, {"program": program(scope="integrated")})
    on_brand = [device.result(stamp_op(device))["body"]["on_board"] for _ in range(3)]

    assert on_brand == [1, 2, 3]
    assert world.points(world.member()) == (45, 0, 0)
    world.assert_book_is_sound()
