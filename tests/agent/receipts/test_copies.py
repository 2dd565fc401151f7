"""A captured receipt printed once more: where staff want it, marked, as hidden as it is kept, no copy by accident."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.bootstrap import Agent
from agent.dispatch import ImmediateDispatcher
from agent.printing.places import FRONT, KITCHEN
from agent.printing.types import JobState, PrinterAddress
from agent.receipts.viewmodel import ReceiptsViewModel
from agent.texts import Texts
from printers.capture.redact import redact
from printers.profiles import PROFILES
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.printer_on_a_socket import SocketPrinter, printer
from tests.helpers.waiting import wait_until

PAPER = (
    "                 [ 영 수 증 ]",
    "느린오후 커피                        000-00-00000",
    "",
    "",
    "------------------------------------------------",
    "아이스 아메리카노 (대)         2          9,000원",
    "합계                                      9,000원",
    "카드번호 1234-5678-9012-3456        승인 30127744",
    "",
)
DOCUMENT = "paper-1"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        lines = redact(PAPER, approvals=("30127744",)).lines
        found.agent.take_document(replace(captured(found.clock, document_id=DOCUMENT), lines=lines))
        yield found


@pytest.fixture
def front() -> Iterator[SocketPrinter]:
    with printer() as found:
        yield found


@pytest.fixture
def kitchen() -> Iterator[SocketPrinter]:
    with printer() as found:
        yield found


def set_up(agent: Agent, front: SocketPrinter, kitchen: SocketPrinter) -> None:
    agent.printing.set_printer(PrinterAddress("127.0.0.1", front.port), PROFILES["generic-80-48"])
    agent.printing.set_printer(PrinterAddress("127.0.0.1", kitchen.port), PROFILES["generic-80"], place=KITCHEN)
    agent.printing.start()


def states(shop: Counter) -> list[JobState]:
    return [job.state for job in shop.agent.printing.jobs()]


def printed(shop: Counter, count: int) -> None:
    wait_until(lambda: states(shop).count(JobState.PRINTED) == count, "the copy on paper")


def test_a_copy_comes_out_where_staff_want_it_marked_and_hidden(
    shop: Counter, front: SocketPrinter, kitchen: SocketPrinter
) -> None:
    """AGT-04, AGT-12; R7: a copy says no more than what is kept."""
    set_up(shop.agent, front, kitchen)

    assert shop.agent.receipt_copies.places() == (FRONT, KITCHEN)
    assert shop.agent.receipt_copies.print_again(DOCUMENT, KITCHEN, "staff")
    printed(shop, 1)

    assert front.texts() == []
    (text,) = kitchen.texts()
    assert text.split("\n")[0].strip() == "[ 재출력 ]"
    assert "아이스 아메리카노 (대)         2   9,000원" in text, "the widest gap gives way on a narrower paper"
    assert "\n" + "-" * 42 + "\n" in text
    assert text.rstrip().endswith("포스 영수증 · 재출력 1회")
    assert "5678-9012" not in text
    assert "30127744" not in text
    assert "마포 시험점" in text


def test_a_second_press_is_no_second_copy_and_a_later_one_is_numbered(
    shop: Counter, front: SocketPrinter, kitchen: SocketPrinter
) -> None:
    """AGT-12"""
    copies = shop.agent.receipt_copies
    shop.agent.printing.set_address(PrinterAddress("127.0.0.1", front.port))

    assert [copies.print_again(DOCUMENT, FRONT, "staff") for _ in range(3)] == [True, False, False]
    assert copies.of(DOCUMENT).under_way

    set_up(shop.agent, front, kitchen)
    printed(shop, 1)
    assert copies.print_again(DOCUMENT, FRONT, "staff")
    printed(shop, 2)

    assert (copies.of(DOCUMENT).made, copies.of(DOCUMENT).under_way) == (2, False)
    assert [kind for (kind,) in shop.rows("SELECT job_id FROM print_job ORDER BY job_id")] == [
        f"{DOCUMENT}:receipt_copy:1",
        f"{DOCUMENT}:receipt_copy:2",
    ]


def test_a_number_is_never_given_twice(shop: Counter, front: SocketPrinter, kitchen: SocketPrinter) -> None:
    """Old jobs go after a while, and the next copy is not taken for one of them."""
    set_up(shop.agent, front, kitchen)
    copies = shop.agent.receipt_copies
    for done in (1, 2):
        assert copies.print_again(DOCUMENT, FRONT, "staff")
        printed(shop, done)
    with shop.bench.store.transaction() as conn:
        conn.execute("DELETE FROM print_job WHERE job_id LIKE '%:1'")

    assert copies.print_again(DOCUMENT, FRONT, "staff")

    assert copies.of(DOCUMENT).made == 3


def test_what_is_not_there_is_not_copied(shop: Counter, front: SocketPrinter) -> None:
    copies = shop.agent.receipt_copies
    assert not copies.print_again(DOCUMENT, FRONT, "staff"), "no printer is set up"

    shop.agent.printing.set_address(PrinterAddress("127.0.0.1", front.port))
    shop.agent.take_document(replace(captured(shop.clock, document_id="bare", receipt_no="7"), lines=()))

    assert not copies.print_again("bare", FRONT, "staff")
    assert not copies.print_again("unheard-of", FRONT, "staff")
    assert not copies.print_again(DOCUMENT, KITCHEN, "staff")
    assert shop.rows("SELECT * FROM print_job") == []


def test_the_page_offers_every_printer_and_says_what_was_printed(
    shop: Counter, front: SocketPrinter, kitchen: SocketPrinter
) -> None:
    set_up(shop.agent, front, kitchen)
    vm = ReceiptsViewModel(
        receipts=shop.agent.receipts,
        texts=Texts("ko"),
        clock=shop.clock,
        dispatcher=ImmediateDispatcher(),
        copies=shop.agent.receipt_copies,
    )
    vm.show()
    assert vm.state.chosen is not None
    assert [choice.key for choice in vm.state.chosen.copies] == [FRONT, KITCHEN]
    assert vm.state.chosen.copied == ""

    vm.print_again(KITCHEN)
    vm.print_again("terrace")
    printed(shop, 1)
    vm.refresh()

    assert vm.state.chosen.copied == "다시 찍은 횟수: 1번"
    assert len(kitchen.texts()) == 1
    vm.close()
