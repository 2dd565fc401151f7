"""Coupons on paper: by themselves at the counter that is named, on a press, never twice unmarked (STP-04, AGT-12)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.coupons.service import STILL_THERE_MS
from agent.dispatch import ImmediateDispatcher
from agent.printing.places import KITCHEN
from agent.printing.types import JobKind, JobState, PrinterAddress
from agent.receipts.viewmodel import Chip, ReceiptsViewModel
from agent.texts import Texts
from printers.document import Document, Qr
from printers.emulator.paper import Page
from rules.calendar import DAY_MS
from rules.codes import code_of_id, read_code, shown
from sync.profile import require_identity
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.printer_on_a_socket import SocketPrinter, printer
from tests.helpers.waiting import wait_until

COUPON = "0198c5c0-7a11-7d46-b52e-93d1c8f0a65e"
OTHER = "0198c5c0-7a11-7d46-b52e-93d1c8f0a65f"
CODE = shown(code_of_id(COUPON))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def tell(shop: Counter, coupon_id: str = COUPON, *, here: bool = True, age_ms: int = 0, **changes: Any) -> None:
    """The cloud's row."""
    with shop.bench.store.read() as conn:
        me = require_identity(conn).device_id
    body = {
        "coupon_id": coupon_id,
        "name": "아메리카노 1잔",
        "condition": "매장에서만",
        "expires_ms": shop.clock.wall_ms() + 30 * DAY_MS,
        "issued_ms": shop.clock.wall_ms() - age_ms,
        "why": "stamp_tier",
        "earn_id": None,
        "print_device": me if here else "another",
    }
    shop.feed(shop.agent.appliers()["coupon"], "coupon", body | changes)


def jobs(shop: Counter) -> list[str]:
    return [job_id for (job_id,) in shop.rows("SELECT job_id FROM print_job ORDER BY created_ms, job_id")]


def test_a_reward_prints_by_itself_at_the_counter_that_is_named(shop: Counter) -> None:
    shop.agent.slip_templates.set_prints_by_itself("coupon", True)

    tell(shop)
    tell(shop)
    tell(shop, OTHER, here=False)

    assert jobs(shop) == [f"{COUPON}:coupon_slip"]


def test_nothing_prints_by_itself_until_the_shop_wants_it_or_when_the_customer_has_left(shop: Counter) -> None:
    tell(shop)
    shop.agent.slip_templates.set_prints_by_itself("coupon", True)
    tell(shop, OTHER, age_ms=STILL_THERE_MS + 1)

    assert jobs(shop) == []
    assert [found.coupon_id for found in shop.agent.coupons.newest()] == [COUPON, OTHER], "staff may still print them"


def test_the_slip_is_real_paper_with_a_code_and_a_qr_that_name_the_coupon(shop: Counter) -> None:
    """The bytes on a virtual printer, at the place where this shop wants its coupons."""
    with printer() as front, printer() as kitchen:
        shop.agent.printing.set_address(PrinterAddress("127.0.0.1", front.port))
        shop.agent.printing.set_address(PrinterAddress("127.0.0.1", kitchen.port), KITCHEN)
        shop.agent.printing.set_route(JobKind.COUPON, KITCHEN)
        shop.agent.printing.start()
        tell(shop)

        assert shop.agent.coupons.print_slip(COUPON, "staff")
        wait_until(lambda: shop.agent.printing.jobs()[0].state is JobState.PRINTED, "on paper")
        (page,) = papers(kitchen)
        assert shop.agent.coupons.print_slip(COUPON, "staff")
        wait_until(lambda: len(papers(kitchen)) == 2, "one more")

        assert papers(front) == []
    text = page.text()
    assert "아메리카노 1잔" in text
    assert "매장에서만" in text
    assert f"[QR withfom:coupon:{COUPON}]" in text
    assert CODE in text
    assert read_code(CODE) == code_of_id(COUPON)
    assert "재출력" not in text
    assert "[ 재출력 ]" in papers(kitchen)[1].text()


def papers(found: SocketPrinter) -> list[Page]:
    found.texts()
    return found.pages


def test_a_press_while_the_slip_is_on_its_way_makes_no_second_one(shop: Counter) -> None:
    tell(shop)

    assert [shop.agent.coupons.print_slip(COUPON, "staff") for _ in range(2)] == [True, False]
    assert not shop.agent.coupons.print_slip(OTHER, "staff"), "nobody knows it"
    assert len(jobs(shop)) == 1


def test_an_expired_coupon_is_not_offered(shop: Counter) -> None:
    tell(shop, expires_ms=shop.clock.wall_ms() + 1_000)
    shop.clock.advance(1_000)

    assert shop.agent.coupons.newest() == ()


@pytest.mark.parametrize("changes", [{"coupon_id": "no id"}, {"expires_ms": "soon"}, {"name": None, "issued_ms": None}])
def test_a_row_that_is_no_coupon_is_refused_as_a_whole(shop: Counter, changes: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        tell(shop, **changes)

    assert shop.agent.coupons.newest() == ()


def test_the_receipts_page_lists_coupons_to_give_and_prints_the_opened_one(shop: Counter) -> None:
    entry = shop.agent.earn.open_entry()
    shop.agent.earn.submit_phone(entry, "01000005678")
    shop.agent.earn.ingest(captured(shop.clock))
    ((earn_id,),) = shop.rows("SELECT earn_id FROM earn")
    vm = ReceiptsViewModel(
        receipts=shop.agent.receipts,
        texts=Texts("ko"),
        clock=shop.clock,
        dispatcher=ImmediateDispatcher(),
        coupons=shop.agent.coupons,
    )
    vm.show()
    assert vm.state.counts[Chip.COUPONS] == 0
    vm.choose_chip(Chip.COUPONS)
    assert "드릴 쿠폰이 없어요" in vm.state.empty

    tell(shop, earn_id=earn_id)

    (row,) = vm.state.rows
    assert (row.amount, row.line, row.chip) == ("아메리카노 1잔", "스탬프 카드 보상 · 010-****-5678", "안 찍음")
    opened = vm.state.chosen
    assert opened is not None
    assert "[QR]" in opened.paper
    assert CODE in "".join(opened.paper)
    vm.answer("print_coupon")

    assert jobs(shop) == [f"{COUPON}:coupon_slip"]
    ((document,),) = shop.rows("SELECT document_json FROM print_job")
    assert any(isinstance(block, Qr) for block in Document.from_json(document).blocks)
    assert vm.state.rows[0].chip == "기다림"
    vm.close()
