"""What stores and head office look at: boards, trades, settlement (PNT-18 to 20, STP-22)."""

from __future__ import annotations

from cloud_api.clock import DAY_MS
from cloud_api.ledger.expiry import expire_all
from rules.calendar import local_day
from tests.cloud_api.test_stamps import rewards, stamp_op, stamping
from tests.cloud_api.world import OTHER_PHONE, World


def boards(world: World) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = world.ok("GET", f"/v1/stores/{world.store.store_id}/boards")
    return found


def test_the_board_of_points_has_five_names_and_four_boxes(world: World) -> None:
    """PNT-18."""
    device = world.device()
    device.push(device.earn(100_000), device.earn(50_000, phone=OTHER_PHONE))
    for phone, points in ((None, 400), (OTHER_PHONE, 100)):
        member = world.member() if phone is None else world.member(phone, "박서준")
        device.push(device.decide(world.ask_points(member, points)["request_id"]))

    today = boards(world)["points"]
    world.clock.advance(DAY_MS)
    tomorrow = boards(world)["points"]

    assert [(one["nickname"], one["used"], one["use_rate_bp"]) for one in today["top"]] == [  # type: ignore[attr-defined]
        ("김*지", 400, 4_000),
        ("박*준", 100, 2_000),
    ]
    names = ("issued_today", "issued", "used_today", "used", "expired", "usable")
    assert [today[name] for name in names] == [1_500, 1_500, 500, 500, 0, 1_000]
    assert [tomorrow[name] for name in names] == [0, 1_500, 0, 500, 0, 1_000]
    world.clock.advance(1_827 * DAY_MS)
    expire_all(world.cloud.database)
    assert [boards(world)["points"][name] for name in ("expired", "usable")] == [1_000, 0]
    assert boards(world)["stamps"] is None


def test_the_board_of_stamps_counts_what_was_given_used_and_lapsed(world: World) -> None:
    """STP-21, STP-22: with the menu, when the sale named it."""
    device = stamping(world, rewards=rewards(world), card={"valid_days": 30})
    items = {"items": [{"product_id": "latte"}]}
    device.push(*[stamp_op(device, sale=items) for _ in range(4)], stamp_op(device, phone=OTHER_PHONE))
    coupon = world.wallet(world.member())["coupons"][0]["coupon_id"]
    device.push(device.decide(world.ask_coupon(world.member(), coupon)["request_id"]))

    found = boards(world)["stamps"]

    assert [found[name] for name in ("issued_today", "issued", "used_today", "used", "expired", "usable")] == [
        5, 5, 1, 1, 0, 5,
    ]  # fmt: skip
    first, second = found["top"]  # type: ignore[misc]
    assert (first["collected"], first["collect_rate_bp"], first["used"], first["use_rate_bp"]) == (4, 4_000, 1, 10_000)
    assert (second["collected"], second["used"], second["use_rate_bp"]) == (1, 0, 0)
    assert world.ok("GET", f"/v1/members/{world.member()}/stamps")["history"][0]["menu"] == "latte"
    world.clock.advance(31 * DAY_MS)
    expire_all(world.cloud.database)
    assert [boards(world)["stamps"][name] for name in ("issued_today", "expired", "usable")] == [0, 5, 0]


def test_trades_are_found_by_day_store_and_number(world: World) -> None:
    """PNT-19."""
    other = world.new_store("망원점", "테스트 커피")
    here, there = world.device(), world.device(other)
    first, second = here.earn(4_500, receipt_no="A-1"), here.earn(9_000, receipt_no="A-2")
    here.push(first, second)
    there.push(there.earn(7_000, receipt_no="A-1"))
    path = f"/v1/brands/{world.store.brand_id}/trades?since={local_day(world.clock()).isoformat()}"

    def paid(**query: str) -> list[int]:
        asked = "".join(f"&{name}={value}" for name, value in query.items())
        return [one["paid_won"] for one in world.ok("GET", path + asked)["trades"]]

    assert sorted(paid()) == [4_500, 7_000, 9_000]
    assert sorted(paid(receipt_no="A-1")) == [4_500, 7_000]
    assert paid(receipt_no="A-1", store_id=other.store_id) == [7_000]
    assert paid(trade=second["body"]["earn_id"]) == [9_000]
    paged = world.ok("GET", path + "&limit=2")["trades"]
    assert len(paid(before=paged[-1]["earn_id"])) == 1
    tomorrow = local_day(world.clock() + DAY_MS).isoformat()
    assert world.ok("GET", f"/v1/brands/{world.store.brand_id}/trades?since={tomorrow}")["trades"] == []
    assert world.call("GET", path.replace("since=2", "since=9999-99-9")).status_code == 422


def test_the_settlement_says_who_owes_whom_and_adds_up(world: World) -> None:
    """PNT-20, PNT-03: 500 P of one store are used at another, which is credited."""
    other = world.new_store("망원점", "테스트 커피")
    world.ok("POST", f"/v1/brands/{world.store.brand_id}/earning", {"method": "point", "scope": "integrated"})
    here, there = world.device(), world.device(other)
    cancelled = here.earn(10_000)
    here.push(cancelled, here.earn(50_000), here.reverse(earn_id=cancelled["body"]["earn_id"], amount_won=10_000))
    ask = {"kind": "points", "store_id": other.store_id, "member_id": world.member(), "points": 500}
    asked = world.ok("POST", "/v1/requests", ask | {"payment_won": 9_000, "idempotency_key": "settle-0001"})
    there.push(there.decide(asked["request_id"]))
    path = f"/v1/brands/{world.store.brand_id}/settlement?since={local_day(world.clock()).isoformat()}&days=1"

    found = world.ok("GET", path)

    by_name = {one["name"]: (one["issued"], one["taken_back"], one["used"], one["net"]) for one in found["stores"]}
    assert by_name == {"합정점": (600, 100, 0, -500), "망원점": (0, 0, 500, 500)}
    assert (found["totals"]["issued"], found["totals"]["net"]) == (600, 0)
    table = world.call("GET", path + "&form=csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert [line.split(",")[1] for line in table.text.strip().splitlines()] == ["name", "망원점", "합정점", "합계"]
