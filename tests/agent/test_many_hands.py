"""Screens, tools and workers act at the same moment on real threads: one outcome each (APR-36, PNT-08, AGT-05)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agent.approval.types import AlreadyDecided, Decided, NotPossible, Recovering, RejectReason, RequestState
from agent.earn.types import Earned, Expired
from agent.orders.types import Advanced, NotAllowed
from agent.printing.types import JobKind
from printers.document import Document, Text
from rules.requests import OrderState
from sync.protocol import OpKind
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.devices import DEVICE_ID

ROUNDS = 12
HANDS = 4


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def together(*actions: Callable[[], object]) -> list[object]:
    """Every action on a thread of its own, let go at the same moment; their answers. An exception fails the test."""
    gate = threading.Barrier(len(actions))
    answers: list[object] = [None] * len(actions)

    def act(place: int, action: Callable[[], object]) -> None:
        gate.wait(10)
        try:
            answers[place] = action()
        except Exception as problem:
            answers[place] = problem

    threads = [threading.Thread(target=act, args=(place, action)) for place, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "an action never ended"
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    return answers


def of(kind: type, answers: Sequence[object]) -> list[object]:
    return [answer for answer in answers if isinstance(answer, kind)]


def request(shop: Counter, request_id: str, version: int, state: str) -> None:
    body = {
        "request_id": request_id,
        "version": version,
        "kind": "coupon",
        "state": state,
        "title": "아메리카노 1잔 무료",
        "nickname": "김*수",
        "created_ms": shop.clock.wall_ms(),
        "remaining_ms": 60_000 if state == "seen" else None,
        "decided_ms": shop.clock.wall_ms() if state == "auto_approved" else None,
        "slip_code": "K7-40W",
        "print_device": DEVICE_ID,
    }
    shop.feed(shop.agent.appliers()["request"], "request", body)


def slips(shop: Counter, request_id: str) -> int:
    return len(shop.rows("SELECT 1 FROM print_job WHERE job_id = ?", f"{request_id}:slip"))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_four_hands_and_the_clock_give_one_decision_and_one_slip_at_most(shop: Counter, number: int) -> None:
    """Approve and reject on two screens each, while the cloud's time-out arrives."""
    approval, key = shop.agent.approval, f"r-{number}"
    request(shop, key, 1, "requested")
    approval.mark_shown([key])
    request(shop, key, 2, "seen")

    answers = together(
        lambda: approval.approve(key, "window"),
        lambda: approval.reject(key, RejectReason.OUT_OF_STOCK, "", "tablet"),
        lambda: approval.approve(key, "lan"),
        lambda: approval.reject(key, RejectReason.OTHER, "품절", "owner"),
        lambda: request(shop, key, 3, "auto_approved"),
    )

    decided = of(Decided, answers)
    assert len(decided) + len(of(AlreadyDecided, answers)) == HANDS
    operations = shop.ops(OpKind.REQUEST_DECIDE)
    assert len(operations) == len(decided) <= 1
    [shown] = approval.recent()
    assert {answer.state for answer in of(AlreadyDecided, answers)} <= {shown.state}  # type: ignore[attr-defined]
    assert slips(shop, key) == (0 if shown.state is RequestState.REJECTED else 1)


def test_one_approval_is_taken_back_once(shop: Counter) -> None:
    """APR-15"""
    approval = shop.agent.approval
    request(shop, "r-1", 1, "seen")
    approval.approve("r-1", "window")

    answers = together(*[lambda: approval.recover("r-1", "owner")] * HANDS)

    assert (len(of(Recovering, answers)), len(of(NotPossible, answers))) == (1, HANDS - 1)
    assert len(shop.ops(OpKind.REQUEST_RECOVER)) == 1


def test_a_card_painted_on_four_screens_is_reported_once(shop: Counter) -> None:
    """APR-18"""
    request(shop, "r-1", 1, "requested")

    together(*[lambda: shop.agent.approval.mark_shown(["r-1"])] * HANDS)

    assert len(shop.ops(OpKind.REQUEST_SEEN)) == 1


def test_one_entry_sent_four_times_earns_once(shop: Counter) -> None:
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    entry_id = earn.open_entry()

    answers = together(*[lambda: earn.submit_phone(entry_id, "01012345678")] * HANDS)

    assert answers == [Earned(entry_id, 178, 17_800, 100, "010-****-5678")] * HANDS
    assert len(shop.ops(OpKind.EARN)) == 1


def test_one_receipt_goes_to_one_of_four_numbers(shop: Counter) -> None:
    """PNT-08: the others saw this receipt and no other; their numbers do not wait for the next customer's."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    entries = [earn.open_entry() for _ in range(HANDS)]

    answers = together(
        *[lambda n=n, key=key: earn.submit_phone(key, f"0101234567{n}") for n, key in enumerate(entries)]  # type: ignore[misc]
    )

    assert (len(of(Earned, answers)), len(of(Expired, answers))) == (1, HANDS - 1)
    assert len(shop.ops(OpKind.EARN)) == 1
    assert shop.rows("SELECT count(*) FROM phone_entry WHERE state = 'waiting'") == [(0,)]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_number_and_its_receipt_that_arrive_together_earn_once(shop: Counter, number: int) -> None:
    """PNT-07, PNT-09: the same paper twice, a cancel slip and a number, in whatever order they are booked."""
    earn = shop.agent.earn
    sale = captured(shop.clock, receipt_no=f"N-{number}")
    copy = captured(shop.clock, receipt_no=f"N-{number}")
    entry_id = earn.open_entry()

    together(
        lambda: earn.ingest(sale),
        lambda: earn.ingest(sale),
        lambda: earn.ingest(copy),
        lambda: earn.submit_phone(entry_id, "01012345678"),
    )

    assert earn.entry_outcome(entry_id) == Earned(entry_id, 178, 17_800, 100, "010-****-5678")
    assert len(shop.ops(OpKind.EARN)) == 1
    assert shop.rows("SELECT outcome, count(*) FROM document GROUP BY outcome ORDER BY outcome") == [
        ("duplicate", 1),
        ("earned", 1),
    ]


def test_a_step_of_an_order_is_taken_once(shop: Counter) -> None:
    """ORD-04"""
    body = {
        "order_id": "o-1",
        "version": 1,
        "number": "A-12",
        "state": "new",
        "channel": "in_store",
        "items": [],
        "total_won": 4_500,
        "payment": "prepaid",
        "created_ms": shop.clock.wall_ms(),
    }
    shop.feed(shop.agent.appliers()["order"], "order", body)

    answers = together(
        *[lambda: shop.agent.orders.advance("o-1", OrderState.PREPARING, "window")] * 2,
        *[lambda: shop.agent.orders.advance("o-1", OrderState.CANCELLED, "tablet")] * 2,
    )

    assert (len(of(Advanced, answers)), len(of(NotAllowed, answers))) == (1, HANDS - 1)
    assert len(shop.ops(OpKind.ORDER_ADVANCE)) == 1


def test_one_slip_asked_for_by_four_is_one_job(shop: Counter) -> None:
    slip = Document("전표", (Text("한 장"),))

    def ask() -> bool:
        with shop.bench.store.transaction() as conn:
            return shop.agent.printing.enqueue(conn, "r-1:slip", JobKind.SLIP, slip)

    assert sorted(map(bool, together(*[ask] * HANDS))) == [False] * (HANDS - 1) + [True]
    assert len(shop.agent.printing.jobs()) == 1
