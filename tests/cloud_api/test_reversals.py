"""Cancelled sales: taken back once, also when the slip comes first; never below zero."""

from __future__ import annotations

from typing import Any

from tests.cloud_api.world import OTHER_PHONE, Device, World


def _earned(device: Device, points: int, **receipt: Any) -> dict[str, Any]:
    op = device.earn(paid_won=points * 100, **receipt)
    assert device.result(op)["status"] == "applied"
    return op


def test_a_cancel_takes_back_by_fingerprint_by_approval_or_by_earn_id(world: World) -> None:
    """PNT-09, PNT-16, case 56."""
    device = world.device()
    _earned(device, 10, fingerprint="a")
    _earned(device, 20, fingerprint="b", approval_tags=["tag-b", "tag-b2"])
    third = _earned(device, 30, fingerprint="c")

    by_print = device.result(device.reverse(sale_fingerprint="a", amount_won=-1000))
    by_tag = device.result(device.reverse(approval_tags=["tag-b2", "else"], amount_won=2000))
    by_id = device.result(device.reverse(earn_id=third["body"]["earn_id"], amount_won=3000))

    assert [item["body"]["points"] for item in (by_print, by_tag, by_id)] == [10, 20, 30]
    assert world.points(world.member()) == (0, 0, 0)
    assert [row["status"] for row in device.rows("earn")] == ["posted"] * 3 + ["reversed"] * 3
    sums = world.sums()
    assert (sums["points_issued"], sums["points_reversed"], sums["reversals"]) == (60, 60, 3)
    entries = world.ok("GET", f"/v1/members/{world.member()}/entries")["entries"]
    earned = {entry["fingerprint"]: entry["posting_id"] for entry in entries if entry["kind"] == "earn"}
    assert {entry["reverses_id"] for entry in entries if entry["kind"] == "reversal"} == set(earned.values())
    world.assert_book_is_sound()


def test_one_slip_acts_once_and_a_sale_is_cancelled_once(world: World) -> None:
    device, other = world.device(), world.device()
    _earned(device, 10, fingerprint="a")

    first = device.result(device.reverse(sale_fingerprint="a", cancel_fingerprint="slip"))
    same_slip = other.result(other.reverse(sale_fingerprint="a", cancel_fingerprint="slip"))
    other_slip = other.result(other.reverse(sale_fingerprint="a", cancel_fingerprint="slip-2"))

    assert first["status"] == "applied"
    assert (same_slip["status"], same_slip["code"]) == ("rejected", "duplicate_cancel")
    assert (other_slip["status"], other_slip["code"]) == ("rejected", "already_reversed")
    assert world.points(world.member()) == (0, 0, 0)


def test_a_slip_that_comes_first_cancels_its_sale_later(world: World) -> None:
    device = world.device()
    waiting = device.push(
        device.reverse(sale_fingerprint="later", cancel_fingerprint="s1"),
        device.reverse(approval_tags=["later-tag"], cancel_fingerprint="s2"),
    )["results"]

    results = device.push(
        device.earn(fingerprint="later"),
        device.earn(fingerprint="tagged", approval_tags=["later-tag"]),
        device.earn(fingerprint="free"),
    )["results"]

    assert [item["code"] for item in waiting] == ["waiting_for_sale"] * 2
    assert [(item["status"], item["code"]) for item in results] == [
        ("adjusted", "cancelled_first"),
        ("adjusted", "cancelled_first"),
        ("applied", None),
    ]
    assert [row["status"] for row in device.rows("earn")] == ["reversed", "reversed", "posted"]
    assert world.points(world.member()) == (45, 0, 0)
    assert device.result(device.earn(fingerprint="later"))["code"] == "duplicate_receipt"
    assert world.sums()["points_reversed"] == 90
    world.assert_book_is_sound()


def test_what_was_spent_becomes_a_debt_that_the_next_earns_repay(world: World) -> None:
    """PNT-09: never below zero."""
    device = world.device()
    _earned(device, 100, fingerprint="big")
    member = world.member()
    asked = world.ask_points(member, 80)
    device.push(device.decide(asked["request_id"]))
    assert world.points(member) == (20, 0, 0)

    result = device.result(device.reverse(sale_fingerprint="big", amount_won=10_000))

    assert result["body"] | {"reversal_id": "", "earn_id": ""} == {
        "reversal_id": "",
        "earn_id": "",
        "points": 100,
        "debt_points": 80,
    }
    assert world.points(member) == (0, 0, 80)
    device.push(device.earn(paid_won=3000), device.earn(paid_won=6000), device.earn(paid_won=1000))
    assert world.points(member) == (20, 0, 0)
    world.assert_book_is_sound()


def test_points_that_were_held_while_their_sale_was_cancelled_do_not_come_back_as_a_gift(world: World) -> None:
    device = world.device()
    _earned(device, 100, fingerprint="big")
    member = world.member()
    asked = world.ask_points(member, 100)

    device.push(device.reverse(sale_fingerprint="big", amount_won=10_000))
    assert world.points(member) == (0, 100, 100)
    world.ok("POST", f"/v1/requests/{asked['request_id']}/withdraw")

    assert world.points(member) == (0, 0, 0)
    world.assert_book_is_sound()


def test_of_several_sales_with_one_approval_only_a_certain_one_is_taken(world: World) -> None:
    """What is not certain is not guessed: it waits for a person."""
    device = world.device()
    _earned(device, 10, fingerprint="a", approval_tags=["t"])
    _earned(device, 20, fingerprint="b", approval_tags=["t"])
    _earned(device, 20, fingerprint="c", approval_tags=["t"])

    unsure = device.result(device.reverse(approval_tags=["t"], amount_won=2000))
    sure = device.result(device.reverse(approval_tags=["t"], amount_won=1000))

    assert unsure["code"] == "waiting_for_sale"
    assert sure["body"]["points"] == 10
    assert world.points(world.member()) == (40, 0, 0)


def test_a_cancel_finds_only_sales_of_its_own_store(world: World) -> None:
    here, there = world.device(), world.device(world.new_store("다른 매장", "테스트 커피"))
    op = _earned(here, 10, fingerprint="a", approval_tags=["t"])

    earn_id = op["body"]["earn_id"]
    result = there.result(there.reverse(sale_fingerprint="a", approval_tags=["t"], earn_id=earn_id))

    assert result["code"] == "waiting_for_sale"
    assert world.points(world.member()) == (10, 0, 0)


def test_two_members_in_one_batch_keep_their_own_debts(world: World) -> None:
    device = world.device()
    for phone, name in ((None, "a"), (OTHER_PHONE, "b")):
        op = device.earn(10_000, fingerprint=name, **({"phone": phone} if phone else {}))
        device.push(op)
    member, other = world.member(), world.member(OTHER_PHONE)
    asked = world.ask_points(member, 100)
    device.push(device.decide(asked["request_id"]))
    device.push(device.reverse(sale_fingerprint="a", amount_won=10_000))

    device.push(device.earn(5000), device.earn(5000, phone=OTHER_PHONE), device.earn(10_000))

    assert world.points(member) == (50, 0, 0)
    assert world.points(other) == (150, 0, 0)
