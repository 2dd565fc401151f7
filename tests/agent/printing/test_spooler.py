"""Every fault of a printer against the whole spooler: durable job, worker, delivery, virtual printer on a socket.

What holds in each: nothing prints twice by itself, nothing waits for ever, and the job says what is known of the paper.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.printing.service import PrintingService
from agent.printing.types import JobKind, JobState, PrinterAddress, PrinterWord, PrintJob
from demo.virtual_printer import VirtualPrinter
from printers.devices.address import WayKind
from printers.devices.delivery import Limits
from printers.document import BLOCKS_MAX, Columns, Cut, Document, Qr, Text
from printers.profiles import PROFILES
from sync.clock import SystemClock
from tests.helpers.counter import Counter, counter
from tests.helpers.pseudo_terminal import PrinterOnATerminal
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.thorough  # waits of real printers, shortened as far as they can be

LIMITS = Limits(status_s=0.6, stall_s=0.8, done_s=0.8, trouble_s=20.0, poll_s=0.05)
LINES = 60
LONG = Document(
    "긴 전표", (*(Columns(f"{n:03} 아메리카노", f"{n:,}원") for n in range(LINES)), Qr("withfom:slip:K7"), Cut())
)
SHORT = Document("짧은 전표", (Text("짧은 전표"), Cut()))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as found:
        yield found


class Spooler:
    def __init__(self, shop: Counter, address: PrinterAddress) -> None:
        self.shop = shop
        self.service = PrintingService(
            store=shop.bench.store,
            clock=SystemClock(),
            ids=shop.bench.ids,
            test_page=lambda _profile: SHORT,
            profile=PROFILES["generic-80-48"],
            limits=LIMITS,
        )
        self.service.set_address(address)
        self.service.start()

    def put(self, name: str, document: Document = LONG) -> None:
        with self.shop.bench.store.transaction() as conn:
            assert self.service.enqueue(conn, name, JobKind.SLIP, document)

    def job(self, name: str) -> PrintJob:
        return next(job for job in self.service.jobs() if job.job_id == name)

    def reaches(self, name: str, state: JobState) -> PrintJob:
        wait_until(lambda: self.job(name).state is state, f"{name} is {state}", 15.0)
        return self.job(name)

    def says(self, word: PrinterWord) -> None:
        wait_until(lambda: self.service.printers()[0].status is word, f"the printer is {word}", 15.0)


@pytest.fixture
def spooler(shop: Counter, printer: VirtualPrinter) -> Iterator[Spooler]:
    made = Spooler(shop, PrinterAddress("127.0.0.1", printer.port))
    yield made
    made.service.stop()


def whole(text: str) -> bool:
    return [line[:3] for line in text.splitlines()[-LINES - 1 : -1]] == [f"{n:03}" for n in range(LINES)]


def test_paper_that_ends_in_the_middle_is_told_and_the_slip_goes_on_with_the_new_roll(
    spooler: Spooler, printer: VirtualPrinter
) -> None:
    printer.run_out_of_paper(after_lines=20)
    spooler.put("a")
    spooler.put("b", SHORT)
    spooler.says(PrinterWord.PAPER_OUT)
    assert spooler.job("a").state is JobState.PRINTING

    printer.load_paper()

    assert spooler.reaches("a", JobState.PRINTED).attempts == 1
    spooler.reaches("b", JobState.PRINTED)
    spooler.says(PrinterWord.READY)
    first, second = printer.wait_for_pages(2)
    assert whole(first.text)
    assert second.text == "짧은 전표\n"


def test_a_cover_opened_in_the_middle_is_told_and_the_slip_goes_on_when_it_is_closed(
    spooler: Spooler, printer: VirtualPrinter
) -> None:
    printer.open_cover()
    spooler.put("a")
    spooler.says(PrinterWord.COVER_OPEN)
    spooler.reaches("a", JobState.QUEUED)  # nothing was sent; the word is told a moment before

    printer.close_cover()

    spooler.reaches("a", JobState.PRINTED)
    assert [whole(page.text) for page in printer.wait_for_pages(1)] == [True]


def test_slips_that_waited_for_a_printer_that_was_off_print_in_order_and_once(
    spooler: Spooler, printer: VirtualPrinter
) -> None:
    printer.go_off()
    for name in ("a", "b", "c"):
        spooler.put(name, Document(name, (Text(f"slip {name}"), Cut())))
    spooler.says(PrinterWord.NOT_ANSWERING)

    printer.come_on()

    for name in ("a", "b", "c"):
        spooler.reaches(name, JobState.PRINTED)
    assert [page.text for page in printer.wait_for_pages(3)] == ["slip a\n", "slip b\n", "slip c\n"]


def test_a_plug_pulled_in_the_middle_leaves_an_unknown_slip_that_only_a_person_repeats(
    spooler: Spooler, printer: VirtualPrinter
) -> None:
    printer.run_out_of_paper(after_lines=20)
    spooler.put("a")
    spooler.says(PrinterWord.PAPER_OUT)
    printer.go_off()
    assert spooler.reaches("a", JobState.UNKNOWN).copies_printed == 0
    printer.load_paper()
    printer.come_on()
    spooler.put("b", SHORT)

    spooler.reaches("b", JobState.PRINTED)
    assert spooler.job("a").state is JobState.UNKNOWN
    assert spooler.service.reprint("a")
    spooler.reaches("a", JobState.PRINTED)

    pages = [page.text for page in printer.pages()]
    assert sum("재출력" in text for text in pages) == 1
    assert "재출력" in pages[-1]
    assert whole(pages[-1])


def test_a_printer_that_hangs_gets_one_try_and_the_slip_is_unknown(spooler: Spooler, printer: VirtualPrinter) -> None:
    """Reliability §3: a printer that hangs; its own thread, ten seconds, nothing else waits."""
    spooler.says(PrinterWord.READY)
    printer.hang()
    spooler.put("a", SHORT)

    assert spooler.reaches("a", JobState.UNKNOWN).attempts == 1
    printer.recover()

    spooler.put("b", Document("b", (Text("slip b"), Cut())))
    spooler.reaches("b", JobState.PRINTED)
    assert [page.text for page in printer.wait_for_pages(2)] == ["짧은 전표\n", "slip b\n"]  # once, late
    assert spooler.job("a").state is JobState.UNKNOWN


def test_a_printer_busy_with_the_pos_is_waited_for(spooler: Spooler, printer: VirtualPrinter) -> None:
    spooler.says(PrinterWord.READY)
    with socket.create_connection(("127.0.0.1", printer.port)) as pos:
        wait_until(lambda: _is_served(pos), "the POS has the printer")
        spooler.put("a", SHORT)
        spooler.says(PrinterWord.NOT_ANSWERING)
        spooler.reaches("a", JobState.QUEUED)

    spooler.reaches("a", JobState.PRINTED)
    assert len(printer.wait_for_pages(1)) == 1


def _is_served(pos: socket.socket) -> bool:
    pos.sendall(b"\x10\x04\x01")
    pos.settimeout(0.2)
    try:
        return bool(pos.recv(1))
    except TimeoutError:
        return False


def test_status_frames_that_the_pos_has_switched_on_confuse_nobody(spooler: Spooler, printer: VirtualPrinter) -> None:
    """GS a stays in force between connections: its frames come between the answers to our questions."""
    spooler.says(PrinterWord.READY)
    with socket.create_connection(("127.0.0.1", printer.port)) as pos:
        pos.sendall(b"\x1da\xff")
        pos.settimeout(2.0)
        assert len(pos.recv(4)) == 4
    spooler.put("a")
    spooler.reaches("a", JobState.PRINTED)

    printer.run_out_of_paper(after_lines=10)
    spooler.put("b")
    spooler.says(PrinterWord.PAPER_OUT)
    printer.load_paper()

    spooler.reaches("b", JobState.PRINTED)
    assert len(printer.wait_for_pages(2)) == 2


def test_low_paper_prints_and_is_told(spooler: Spooler, printer: VirtualPrinter) -> None:
    printer.paper_low()
    spooler.put("a", SHORT)

    spooler.reaches("a", JobState.PRINTED)

    spooler.says(PrinterWord.PAPER_LOW)


def test_a_silent_clone_gets_each_slip_once_and_a_person_is_asked(spooler: Spooler, printer: VirtualPrinter) -> None:
    printer.mute()
    spooler.put("a", SHORT)
    spooler.put("b", SHORT)

    assert spooler.reaches("a", JobState.UNKNOWN).attempts == 1
    assert spooler.reaches("b", JobState.UNKNOWN).attempts == 1
    assert len(printer.wait_for_pages(2)) == 2


def test_the_longest_slip_prints_whole(spooler: Spooler, printer: VirtualPrinter) -> None:
    blocks = tuple(Text(f"{n:04} 한 줄") for n in range(BLOCKS_MAX - 1))
    spooler.put("a", Document("긴", (*blocks, Cut())))

    spooler.reaches("a", JobState.PRINTED)

    (page,) = printer.wait_for_pages(1)
    assert page.text.splitlines() == [f"{n:04} 한 줄" for n in range(BLOCKS_MAX - 1)]


@pytest.mark.parametrize("kind", [WayKind.USB, WayKind.SERIAL])
def test_a_printer_plugged_in_again_goes_on_by_itself(kind: WayKind, shop: Counter, tmp_path: Path) -> None:
    """Hot-plug: the device file goes and comes back; here it is a link to a pseudo terminal."""
    link = tmp_path / "lp0"
    spooler: Spooler | None = None
    try:
        with PrinterOnATerminal() as first:
            link.symlink_to(first.path)
            spooler = Spooler(shop, PrinterAddress(str(link), 9600, kind))
            spooler.put("a", SHORT)
            spooler.reaches("a", JobState.PRINTED)
            assert len(first.emulated.take_pages()) == 1
            link.unlink()
            spooler.put("b", SHORT)
            spooler.says(PrinterWord.NOT_ANSWERING)
        with PrinterOnATerminal() as second:
            link.symlink_to(second.path)
            spooler.reaches("b", JobState.PRINTED)
            assert len(second.emulated.take_pages()) == 1
    finally:
        if spooler is not None:
            spooler.service.stop()


@pytest.mark.parametrize(
    ("trouble", "help_it"),
    [
        (VirtualPrinter.run_out_of_paper, VirtualPrinter.load_paper),
        (VirtualPrinter.open_cover, VirtualPrinter.close_cover),
        (VirtualPrinter.go_off, VirtualPrinter.come_on),
    ],
)
def test_a_restart_of_the_agent_while_a_slip_waits_prints_it_once(
    trouble: Callable[[VirtualPrinter], None],
    help_it: Callable[[VirtualPrinter], None],
    shop: Counter,
    printer: VirtualPrinter,
) -> None:
    trouble(printer)
    first = Spooler(shop, PrinterAddress("127.0.0.1", printer.port))
    first.put("a", SHORT)
    wait_until(lambda: first.job("a").attempts > 0, "the slip was tried")
    first.service.stop()
    second = Spooler(shop, PrinterAddress("127.0.0.1", printer.port))
    try:
        help_it(printer)
        second.reaches("a", JobState.PRINTED)
        assert len(printer.wait_for_pages(1)) == 1
    finally:
        second.service.stop()


def test_another_printer_is_chosen_at_once_while_a_slip_waits_in_the_first(
    spooler: Spooler, printer: VirtualPrinter
) -> None:
    """The screen does not wait for the slip, the slip is not lost, and the next ones go to the new printer."""
    printer.run_out_of_paper(after_lines=10)
    spooler.put("a")
    spooler.says(PrinterWord.PAPER_OUT)
    with VirtualPrinter() as other:
        began = time.monotonic()
        spooler.service.set_printer(PrinterAddress("127.0.0.1", other.port), PROFILES["generic-80-48"])
        assert time.monotonic() - began < 1.5
        spooler.put("b", SHORT)
        spooler.reaches("b", JobState.PRINTED)
        assert [page.text for page in other.wait_for_pages(1)] == ["짧은 전표\n"]

        printer.load_paper()

        spooler.reaches("a", JobState.PRINTED)
        assert [whole(page.text) for page in printer.wait_for_pages(1)] == [True]
        assert len(other.pages()) == 1
