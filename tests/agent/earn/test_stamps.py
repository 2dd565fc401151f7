"""Stamps and grades at the counter: the cloud's rules with what it told last; its word replaces ours (STP, PNT-05)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.earn.late import OFFER_AFTER_MS, SlipOffer
from agent.lan.api import earned_json
from agent.tablet import words
from agent.texts import Texts
from printers.document import Document
from printers.layout import as_text, lay_out
from rules.calendar import DAY_MS
from rules.programs import EarningProgram
from sync.earning import read_earning, read_spending
from sync.meta import set_meta
from sync.outbox import LAST_SYNCED
from sync.profile import StoreProfile, write_store_profile
from sync.secrets import phone_lookup
from tests.helpers.counter import STORE_KEY, Counter, captured, counter

NUMBER = "01012345678"
PROGRAM: dict[str, Any] = {
    "of": "store",
    "version": 1,
    "method": "stamp",
    "scope": None,
    "rate_bp": None,
    "bonus_bp": {},
    "grades": [],
    "stamps": {"basis": "order", "minimum_won": 5_000, "day_max": 2},
    "card": {"per_board": 10, "tiers": [10], "boards_max": 1},
    "rewards": [],
    "limits": {},
    "day_starts_minute": 0,
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path / "stamps") as found:
        yield found


def tell(shop: Counter, **changes: Any) -> None:
    shop.feed(shop.agent.appliers()["earning"], "earning", PROGRAM | changes)


def plan(shop: Counter, name: str = "plus") -> None:
    """The store's plan as the cloud told it, a moment ago."""
    with shop.bench.store.transaction() as conn:
        write_store_profile(conn, StoreProfile("store-1", "합정점", "테스트", "reward", name, "normal"))
        set_meta(conn, LAST_SYNCED, str(shop.clock.wall_ms()))


def pay(shop: Counter, paid: int = 6_000, number: str = NUMBER, **read: Any) -> Any:
    """A receipt comes out and somebody types a number for it; ``read``: what else stood on it."""
    shop.clock.advance(300_000)
    receipt = f"r-{shop.clock.wall_ms()}"
    shop.agent.earn.ingest(captured(shop.clock, total=paid, receipt_no=receipt, approvals=(), read=read))
    return shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), number)


def standing(shop: Counter, number: str, **told: Any) -> None:
    """What a snapshot told of the member."""
    lookup = phone_lookup(STORE_KEY, f"+82{number[1:]}")
    values = {"lookup": lookup, "masked": "010-****-5678", "points": 0, "taken_ms": shop.clock.wall_ms()}
    values |= {"grade": None, "stamps": 0} | told
    with shop.bench.store.transaction() as conn:
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        conn.execute(f"INSERT OR REPLACE INTO member ({names}) VALUES ({marks})", values)


def test_a_shop_of_stamps_gives_stamps_and_no_points(shop: Counter) -> None:
    """PNT-02, STP-02: also without a line; the operation says what was computed."""
    plan(shop)
    tell(shop)

    below, above = pay(shop, 4_999), pay(shop, 5_000)

    assert [(one.points, one.stamps) for one in (below, above)] == [(0, 0), (0, 1)]
    bodies = [body for _, body in shop.ops("earn")]
    assert [body.get("stamps") for body in bodies] == [None, 1]
    assert {body["points"] for body in bodies} == {0}


def test_the_cap_of_a_day_counts_what_was_given_here(shop: Counter) -> None:
    """STP-15: two a day for one number, whoever else comes."""
    plan(shop)
    tell(shop)

    given = [pay(shop).stamps for _ in range(3)]
    other = pay(shop, number="01099998888").stamps
    shop.clock.advance(DAY_MS)
    plan(shop)

    assert (given, other, pay(shop).stamps) == ([1, 1, 0], 1, 1)


def test_the_last_board_has_only_the_room_that_it_has(shop: Counter) -> None:
    """STP-05, STP-19: nine stamps in the snapshot, ten fit; what was given here since counts as well."""
    plan(shop)
    tell(shop, stamps={"basis": "order"})
    standing(shop, NUMBER, stamps=9)

    assert [pay(shop).stamps for _ in range(2)] == [1, 0]


def test_what_the_cloud_booked_replaces_what_was_computed(shop: Counter) -> None:
    """PNT-05: cloud value wins, on the screen as well."""
    plan(shop)
    tell(shop)
    earned = pay(shop)

    answer = {"earn_id": earned.earn_id, "status": "posted", "points": 0, "stamps": 0}
    shop.answer("earn", "adjusted", answer, "stamps_differ")

    shown = shop.agent.earn.entry_outcome(earned.earn_id)
    assert shown is not None
    assert getattr(shown, "stamps", None) == 0
    assert shop.rows("SELECT status, stamps, posted_stamps FROM earn") == [("adjusted", 1, 0)]


def test_a_counter_believes_the_plan_for_a_week(shop: Counter) -> None:
    """STP-01: Plus or Premium, and seven days of grace without a line."""
    plan(shop, "basic")
    tell(shop)
    assert pay(shop).stamps == 0
    plan(shop)
    assert pay(shop).stamps == 1

    shop.clock.advance(7 * DAY_MS)

    assert pay(shop).stamps == 0


def test_a_members_grade_earns_at_its_rate_and_the_offer_at_the_entry_grades(shop: Counter) -> None:
    """PNT-05, MEM-18: the rate that the cloud told last; an unknown number counts as entry grade."""
    grades = [
        {"level": 1, "code": "WELCOME", "rate_bp": 50},
        {"level": 2, "code": "VIP", "rate_bp": 100, "min_orders": 1},
    ]
    tell(shop, of="brand", method="point", stamps=None, card=None, grades=grades)
    standing(shop, NUMBER, grade="VIP")
    shop.agent.earn.ingest(captured(shop.clock, total=4_500, receipt_no="first"))
    offer = shop.agent.earn.offer()
    assert offer is not None
    assert (offer.points, offer.stamps) == (22, None)

    assert pay(shop, 4_500).points == 45
    assert pay(shop, 4_500, "01099998888").points == 22


def test_older_words_change_nothing_and_no_programme_is_points_at_the_policys_rate(shop: Counter) -> None:
    """PNT-02: a row that arrives late does not bring back what it replaced."""
    plan(shop)
    tell(shop, version=2)
    tell(shop, version=1, method="point", stamps=None, card=None)
    assert pay(shop).stamps == 1

    shop.feed(shop.agent.appliers()["earning"], "earning", {"of": "store", "version": 3, "method": None})

    earned = pay(shop)
    assert (earned.points, earned.stamps) == (60, None)
    with shop.bench.store.read() as conn:
        assert read_earning(conn) is None


def test_a_programme_that_is_none_is_left_aside(shop: Counter) -> None:
    """An unknown basis of a newer cloud must not stop the shop; what held before holds."""
    plan(shop)
    tell(shop)

    for broken in ({"stamps": {"basis": "moon"}}, {"version": "2"}, {"of": "planet"}):
        with pytest.raises((TypeError, ValueError)):
            tell(shop, **({"version": 9} | broken))

    with shop.bench.store.read() as conn:
        found = read_earning(conn)
    assert isinstance(found, EarningProgram)
    assert found.version == 1


def test_the_customers_screen_speaks_of_stamps(shop: Counter) -> None:
    """STP-02: offer, result and headline name stamps where the shop gives them."""
    plan(shop)
    tell(shop)
    shop.agent.earn.ingest(captured(shop.clock, total=6_000, receipt_no="first"))
    korean = Texts("ko")

    assert words.receipt_line(korean, shop.agent.earn.offer()) == "번호를 누르면 [스탬프 1개]가 쌓여요"
    earned = pay(shop)
    assert words.earned(korean, earned, online=True).figure == "+스탬프 1개"
    assert words.earned(korean, pay(shop, 4_000), online=True).headline == "이번에는 스탬프가 없어요"
    assert words.idle(korean, shop.agent.link.told_rate_bp(), None).headline == "번호만 누르면\n[스탬프]가 찍혀요"
    assert earned_json(earned)["stamps"] == 1
    assert "stamps" not in earned_json(replace(earned, stamps=None))


def test_the_shops_own_limits_of_spending_hold_without_a_line(shop: Counter) -> None:
    """PNT-12."""
    tell(shop, method="point", stamps=None, card=None, limits={"payment_max_percent": 30, "store_day_max_points": 700})

    with shop.bench.store.read() as conn:
        found = read_spending(conn)
    assert (found.payment_max_percent, found.store_day_max_points) == (30, 700)
    assert shop.agent.spend.terms().payment_max_percent == 30


def test_slips_of_a_shop_of_stamps_speak_of_stamps(shop: Counter) -> None:
    """AGT-12, STP-02: with a number, and for one who left none; a payment that brings nothing prints no claim slip."""
    plan(shop)
    tell(shop)
    for kind in ("points", "claim"):
        shop.agent.slip_templates.set_prints_by_itself(kind, True)
    pay(shop, 5_000)
    for paid in (4_999, 6_000):
        shop.agent.earn.ingest(captured(shop.clock, total=paid, receipt_no=f"late-{paid}", approvals=()))
    shop.clock.advance(OFFER_AFTER_MS)
    shop.agent.late_earns.tick()

    slips = shop.rows("SELECT kind, document_json FROM print_job ORDER BY kind DESC")
    texts = ["\n".join(as_text(lay_out(Document.from_json(found), 32))) for _kind, found in slips]

    assert [kind for kind, _found in slips] == ["points_slip", "claim_slip"]
    assert "[ 스탬프 적립 ]" in texts[0]
    assert all("스탬프 1개" in text and "포인트" not in text and "0P" not in text for text in texts)
    (code,) = shop.rows("SELECT code FROM claim")
    assert shop.agent.late_earns.offer(code[0]) == SlipOffer(6_000, 0, 1)
    redeemed = shop.agent.late_earns.redeem(code[0], "01099998888", "tablet")
    assert (redeemed.points, redeemed.stamps) == (0, 1)  # type: ignore[union-attr]


def menu(shop: Counter, **names: str) -> None:
    """The store's menu as the cloud told it."""
    for menu_id, name in names.items():
        row = {
            "menu_id": menu_id,
            "category_id": "c",
            "name": name,
            "name_en": "",
            "description": "",
            "price_won": 4_500,
            "visible": True,
            "position": 1,
            "version": 1,
            "options": [],
            "sale_times": {"weekdays": [], "times": []},
            "rewards": ["stamp"],
            "removed": False,
        }
        shop.feed(shop.agent.appliers()["menu"], "menu", row)


LATTES = {"items": [{"name": "카페라떼", "qty": 2, "amount": 9_000}, {"name": "마들렌", "qty": 1, "amount": 2_500}]}


def told_of_sales(shop: Counter) -> list[Any]:
    return [body.get("sale") for kind, body in shop.ops() if kind == "earn"]


@pytest.mark.parametrize(
    ("stamps", "given", "items"),
    [
        ({"basis": "items"}, 3, True),
        ({"basis": "condition_items", "products": ["latte"]}, 2, True),
        ({"products": ["latte"]}, 1, True),
        ({"products": ["cookie"]}, 0, True),
        ({"basis": "order"}, 1, False),
    ],
)
def test_what_the_paper_says_was_bought_counts_and_is_told_where_a_rule_asks_for_it(
    shop: Counter, stamps: dict[str, Any], given: int, items: bool
) -> None:
    """STP-08, STP-10: by the names of the menu; what is not on it is no product of a condition."""
    plan(shop)
    menu(shop, latte="카페 라떼", cookie="쿠키")
    tell(shop, stamps=stamps)
    seen = {"items": [{"product_id": "latte", "quantity": 2}, {"product_id": "unlisted", "quantity": 1}]}

    assert pay(shop, 11_500, **LATTES).stamps == given

    assert told_of_sales(shop) == [seen if items else None]


def test_a_paper_without_proved_goods_is_one_purchase(shop: Counter) -> None:
    """STP-10: as for a counter from before."""
    plan(shop)
    tell(shop, stamps={"basis": "items"})

    assert [pay(shop).stamps, pay(shop, items=[]).stamps] == [1, 1]

    assert told_of_sales(shop) == [None, None]


def test_only_payments_by_a_means_that_is_sure_count_where_a_rule_asks_for_it(shop: Counter) -> None:
    """STP-11: one that nobody knows is taken for a card, here and in the cloud."""
    plan(shop)
    tell(shop, stamps={"means": ["cash"]})
    cash, card = {"method": "cash", "amount": 3_000}, {"method": "card", "amount": 3_000}

    given = [pay(shop, payments=paid).stamps for paid in ([cash], [card], [cash, card], [])]

    assert given == [1, 0, 0, 0]
    assert told_of_sales(shop) == [{"means": "cash"}, {"means": "card"}, None, None]


def test_a_means_earns_extra_points_and_the_customer_is_offered_them(shop: Counter) -> None:
    """PNT-22"""
    tell(shop, method="point", stamps=None, card=None, bonus_bp={"cash": 200})
    shop.clock.advance(300_000)
    paper = captured(shop.clock, total=10_000, approvals=(), read={"payments": [{"method": "cash", "amount": 10_000}]})
    shop.agent.earn.ingest(paper)

    offer = shop.agent.earn.offer()
    assert offer is not None
    plain = pay(shop, 10_000).points

    assert (offer.points - plain, told_of_sales(shop)) == (200, [None])


def test_the_paper_counts_the_same_when_it_comes_after_the_number(shop: Counter) -> None:
    """STP-10, STP-11, PNT-08: in either order; the paper is kept only when its earn is booked."""
    plan(shop)
    menu(shop, latte="카페 라떼")
    tell(shop, stamps={"basis": "items", "means": ["cash"]})
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), NUMBER)
    read = LATTES | {"payments": [{"method": "cash", "amount": 11_500}]}

    earned = shop.agent.earn.ingest(captured(shop.clock, total=11_500, receipt_no="r-1", approvals=(), read=read))

    assert earned.outcome == "earned"
    assert shop.rows("SELECT stamps FROM earn") == [(3,)]
    items = [{"product_id": "latte", "quantity": 2}, {"product_id": "unlisted", "quantity": 1}]
    assert told_of_sales(shop) == [{"means": "cash", "items": items}]
