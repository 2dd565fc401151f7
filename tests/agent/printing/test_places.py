"""Several printers at one counter: what goes where, each with its own queue, what happens when one is gone (AGT-12)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.printing.places import BAR, FRONT, KITCHEN, ROUTED, ROUTES_SETTING, Places
from agent.printing.service import PrintingService
from agent.printing.types import JobKind, JobState, PrinterAddress, PrinterWord
from printers.devices.delivery import Limits
from printers.document import Cut, Document, Text
from printers.profiles import PROFILES
from sync.clock import SystemClock
from sync.store import set_meta
from tests.helpers.counter import Counter, counter
from tests.helpers.printer_on_a_socket import SocketPrinter, printer
from tests.helpers.waiting import wait_until

QUICK = Limits(status_s=0.3, stall_s=1.0, done_s=0.6, trouble_s=2.0, poll_s=0.1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


@pytest.fixture
def front() -> Iterator[SocketPrinter]:
    with printer() as found:
        yield found


@pytest.fixture
def kitchen() -> Iterator[SocketPrinter]:
    with printer() as found:
        yield found


def at(paper: SocketPrinter) -> PrinterAddress:
    return PrinterAddress("127.0.0.1", paper.port)


@pytest.fixture
def printing(shop: Counter, front: SocketPrinter, kitchen: SocketPrinter) -> Iterator[PrintingService]:
    """The receipt printer at the front; order tickets go to the kitchen."""
    service = PrintingService(
        store=shop.bench.store,
        clock=SystemClock(),
        ids=shop.bench.ids,
        test_page=lambda profile: slip(f"{profile.columns} columns"),
        limits=QUICK,
    )
    service.set_address(at(front))
    service.set_printer(at(kitchen), PROFILES["generic-80-48"], place=KITCHEN)
    service.set_route(JobKind.ORDER_TICKET, KITCHEN)
    yield service
    service.stop()


def slip(words: str) -> Document:
    return Document(words, (Text(words), Cut()))


def put(shop: Counter, printing: PrintingService, words: str, kind: JobKind) -> None:
    with shop.bench.store.transaction() as conn:
        assert printing.enqueue(conn, f"{words}:{kind.value}", kind, slip(words))


def wait_printed(paper: SocketPrinter, words: str) -> None:
    wait_until(lambda: any(words in text for text in paper.texts()), f"{words} is on paper")


def test_each_kind_of_slip_comes_out_where_the_shop_wants_it(
    shop: Counter, printing: PrintingService, front: SocketPrinter, kitchen: SocketPrinter
) -> None:
    printing.start()
    put(shop, printing, "A-17", JobKind.ORDER_TICKET)
    put(shop, printing, "45P", JobKind.POINTS)

    wait_printed(kitchen, "A-17")
    wait_printed(front, "45P")
    assert not any("A-17" in text for text in front.texts())
    assert not any("45P" in text for text in kitchen.texts())
    wait_until(lambda: {one.status for one in printing.printers()} == {PrinterWord.READY}, "both have answered")
    assert [one.name for one in printing.printers()] == [FRONT, KITCHEN]


def test_a_printer_without_paper_does_not_hold_up_the_other(
    shop: Counter, printing: PrintingService, front: SocketPrinter, kitchen: SocketPrinter
) -> None:
    """AGT-14: each has a queue and a word of its own."""
    kitchen.switch_off()
    printing.start()
    put(shop, printing, "A-17", JobKind.ORDER_TICKET)
    put(shop, printing, "45P", JobKind.POINTS)

    wait_printed(front, "45P")
    wait_until(lambda: printing.printers()[1].status is PrinterWord.NOT_ANSWERING, "the kitchen's is named as off")
    wait_until(lambda: [one.queued for one in printing.printers()] == [0, 1], "only the ticket waits")

    printing.set_route(JobKind.ORDER_TICKET, FRONT)  # somebody wants the ticket now

    wait_printed(front, "A-17")
    wait_until(lambda: [job.state for job in printing.jobs()] == [JobState.PRINTED] * 2, "both are booked")


def test_what_waits_for_a_printer_that_is_taken_away_prints_at_the_front(
    shop: Counter, printing: PrintingService, front: SocketPrinter
) -> None:
    put(shop, printing, "A-17", JobKind.ORDER_TICKET)

    printing.set_address(None, KITCHEN)
    put(shop, printing, "A-18", JobKind.ORDER_TICKET)
    printing.start()

    wait_printed(front, "A-18")
    wait_printed(front, "A-17")
    assert [one.name for one in printing.printers()] == [FRONT]


def test_a_job_for_a_place_that_is_gone_is_not_lost_when_somebody_wants_it_again(
    shop: Counter, printing: PrintingService, front: SocketPrinter
) -> None:
    put(shop, printing, "A-17", JobKind.ORDER_TICKET)
    with shop.bench.store.transaction() as conn:
        conn.execute("UPDATE print_job SET state = 'failed'")
    printing.set_address(None, KITCHEN)
    printing.start()

    assert printing.retry("A-17:order_ticket")

    wait_printed(front, "A-17")


def test_a_test_page_says_what_its_own_printer_can_do(
    printing: PrintingService, front: SocketPrinter, kitchen: SocketPrinter
) -> None:
    printing.start()
    printing.print_test(KITCHEN)
    printing.print_test()

    wait_printed(kitchen, "48 columns")
    wait_printed(front, "42 columns")


def test_places_and_routes_are_kept_and_unknown_ones_are_left_alone(shop: Counter, printing: PrintingService) -> None:
    again = Places(shop.bench.store)
    assert again.set_up() == (FRONT, KITCHEN)
    assert again.profile(KITCHEN) == PROFILES["generic-80-48"]
    assert [again.printer_for(kind) for kind in ROUTED] == [KITCHEN, *[FRONT] * (len(ROUTED) - 1)]
    with shop.bench.store.transaction() as conn:
        kept = {"order_ticket": "terrace", "fax": KITCHEN, "points_slip": BAR}
        set_meta(conn, ROUTES_SETTING, json.dumps(kept))

    newer = Places(shop.bench.store)

    assert newer.route(JobKind.ORDER_TICKET) == FRONT
    assert (newer.route(JobKind.POINTS), newer.printer_for(JobKind.POINTS)) == (BAR, FRONT), "no printer there yet"
