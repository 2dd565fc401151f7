"""The durable print queue against a printer on a real socket: APR-07, AGT-12, AGT-14, cases of paper and silence."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.printing import repository
from agent.printing.places import FRONT
from agent.printing.service import PrintingService
from agent.printing.types import JobKind, JobState, PrinterAddress, PrinterWord, PrintJob
from agent.printing.worker import AFTER_ERROR_S, PrintWorker
from demo.virtual_printer import VirtualPrinter
from printers import jobs
from printers.devices.delivery import Limits
from printers.devices.tcp import TcpDevice
from printers.document import Cut, Document, Qr, Text
from printers.profiles import DEFAULT_PROFILE
from printers.state import POWER_ON, after_tokens
from printers.stream.tokenizer import Tokenizer
from sync.clock import SystemClock
from sync.errors import StoreFull
from tests.helpers.counter import Counter, counter
from tests.helpers.printer_on_a_socket import SocketPrinter, printer
from tests.helpers.waiting import wait_until

SLIP = Document("쿠폰 사용 승인", (Text("아메리카노 1잔 무료"), Qr("withfom:slip:K7"), Cut()))
BYTES = b"slip\n\x1dV\x00"  # one line and a cut: a page
QUICK = Limits(status_s=0.3, stall_s=1.0, done_s=0.6, trouble_s=2.0, poll_s=0.1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


@pytest.fixture
def paper() -> Iterator[SocketPrinter]:
    with printer() as found:
        yield found


@pytest.fixture
def printing(shop: Counter, paper: SocketPrinter) -> Iterator[PrintingService]:
    service = PrintingService(
        store=shop.bench.store, clock=SystemClock(), ids=shop.bench.ids, test_page=lambda _profile: SLIP, limits=QUICK
    )
    service.set_address(PrinterAddress("127.0.0.1", paper.port))
    yield service
    service.stop()


def put(shop: Counter, printing: PrintingService, job_id: str = "r-1:slip") -> bool:
    with shop.bench.store.transaction() as conn:
        return printing.enqueue(conn, job_id, JobKind.SLIP, SLIP)


def worker_with(shop: Counter, paper: SocketPrinter, encode: Callable[[Document], bytes]) -> PrintWorker:
    """A worker whose steps the test takes."""
    return PrintWorker(
        store=shop.bench.store,
        clock=SystemClock(),
        printer=FRONT,
        device=TcpDevice("127.0.0.1", paper.port),
        profile=DEFAULT_PROFILE,
        encode=encode,
        on_change=lambda: None,
        limits=QUICK,
    )


def job(printing: PrintingService, job_id: str = "r-1:slip") -> PrintJob:
    return next(found for found in printing.jobs() if found.job_id == job_id)


def reaches(printing: PrintingService, state: JobState, job_id: str = "r-1:slip") -> PrintJob:
    wait_until(lambda: job(printing, job_id).state is state, f"{job_id} is {state}")
    return job(printing, job_id)


def test_a_job_is_printed_once_and_confirmed_by_the_printer(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    printing.start()

    assert put(shop, printing)
    assert not put(shop, printing)

    done = reaches(printing, JobState.PRINTED)
    assert (done.copies_printed, done.attempts, done.last_error) == (1, 1, None)
    assert [text.count("아메리카노 1잔 무료") for text in paper.texts()] == [1]
    [found] = printing.printers()
    assert (found.status, found.queued) == (PrinterWord.READY, 0)


def test_a_slip_gives_the_printer_back_as_the_pos_had_set_it(shop: Counter) -> None:
    """A POS may set line spacing and character set once a day; our slip between two receipts must not undo that."""
    narrow_lines = b"\x1b3\x28"
    with VirtualPrinter() as paper:
        service = PrintingService(
            store=shop.bench.store,
            clock=SystemClock(),
            ids=shop.bench.ids,
            test_page=lambda _profile: SLIP,
            left_by_pos=lambda: after_tokens(POWER_ON, Tokenizer().feed(narrow_lines)),
            limits=QUICK,
        )
        service.set_address(PrinterAddress("127.0.0.1", paper.port))
        service.start()
        try:
            assert put(shop, service)
            reaches(service, JobState.PRINTED)
        finally:
            service.stop()

        tokens = Tokenizer().feed(paper.received())

    assert after_tokens(POWER_ON, tokens).line_spacing == 0x28


def test_a_rolled_back_transaction_prints_nothing(shop: Counter, printing: PrintingService) -> None:
    """AGT-05"""

    def cut_off() -> None:
        with shop.bench.store.transaction() as conn:
            printing.enqueue(conn, "r-9:slip", JobKind.SLIP, SLIP)
            raise OSError("power cut")

    with pytest.raises(OSError, match="power cut"):
        cut_off()

    assert printing.jobs() == ()


def test_the_commit_of_another_thread_does_not_use_up_the_call_of_the_worker(
    shop: Counter, printing: PrintingService
) -> None:
    """The worker would find nothing yet, and then look again only minutes later."""
    heard: list[int] = []
    printing.listeners.subscribe(lambda: heard.append(len(printing.jobs())))

    with shop.bench.store.transaction() as conn:
        printing.enqueue(conn, "r-1:slip", JobKind.SLIP, SLIP)
        late = threading.Thread(target=printing._committed)
        late.start()
        late.join(5)
        assert heard == []

    assert heard == [1]


@pytest.mark.thorough
def test_jobs_wait_for_a_printer_that_is_off_and_say_so(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    """AGT-14: visible, and printed when it comes back."""
    paper.switch_off()
    put(shop, printing)
    printing.start()
    wait_until(lambda: job(printing).last_error == "not_answering", "the job says why it waits")
    assert job(printing).state is JobState.QUEUED
    wait_until(lambda: printing.printers()[0].status is PrinterWord.NOT_ANSWERING, "the printer is named as off")

    paper.switch_on()

    reaches(printing, JobState.PRINTED)
    assert len(paper.texts()) == 1


@pytest.mark.thorough
def test_without_paper_nothing_is_sent_and_a_new_roll_is_enough(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    paper.emulator.run_out_of_paper()
    put(shop, printing)
    printing.start()
    wait_until(lambda: printing.printers()[0].status is PrinterWord.PAPER_OUT, "paper out is said")
    assert paper.texts() == []

    paper.emulator.load_paper()

    reaches(printing, JobState.PRINTED)
    assert len(paper.texts()) == 1


@pytest.mark.thorough
def test_what_nobody_confirmed_is_unknown_and_never_repeated_by_itself(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    """Reliability: unknown = look at the paper; a person may order a marked copy."""
    paper.silent = True
    put(shop, printing)
    printing.start()
    unknown = reaches(printing, JobState.UNKNOWN)
    assert unknown.last_error == "unconfirmed"
    printing.stop()
    paper.silent = False
    printing.start()
    wait_until(lambda: printing.printers()[0].status is PrinterWord.READY, "the printer answers again")
    assert len(paper.texts()) == 1

    assert printing.reprint("r-1:slip")

    reaches(printing, JobState.PRINTED)
    first, second = paper.texts()
    assert "재출력" not in first
    assert "재출력" in second


def test_a_crash_in_the_middle_of_a_slip_leaves_an_unknown_job(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    put(shop, printing)
    with shop.bench.store.transaction() as conn:
        conn.execute("UPDATE print_job SET state = 'printing'")

    printing.start()

    assert reaches(printing, JobState.UNKNOWN).last_error == "interrupted"
    assert paper.texts() == []
    assert printing.confirm("r-1:slip")
    assert job(printing).state is JobState.PRINTED


def test_a_printed_slip_may_be_printed_again_marked_as_a_copy(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    printing.start()
    put(shop, printing)
    reaches(printing, JobState.PRINTED)

    assert printing.reprint("r-1:slip")

    wait_until(lambda: job(printing).copies_printed == 2, "the copy is printed")
    assert "재출력" in paper.texts()[1]
    assert not printing.retry("r-1:slip")


def test_a_damaged_document_fails_and_the_next_job_prints(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    put(shop, printing, "a:slip")
    put(shop, printing, "b:slip")
    with shop.bench.store.transaction() as conn:
        conn.execute("UPDATE print_job SET document_json = '{}' WHERE job_id = 'a:slip'")

    printing.start()

    reaches(printing, JobState.PRINTED, "b:slip")
    assert job(printing, "a:slip").state is JobState.FAILED


def test_a_cancelled_job_stays_off_the_paper(shop: Counter, printing: PrintingService, paper: SocketPrinter) -> None:
    put(shop, printing)
    assert printing.cancel("r-1:slip")

    printing.start()
    job_id = printing.print_test()

    reaches(printing, JobState.PRINTED, job_id)
    assert job(printing).state is JobState.CANCELLED
    assert len(paper.texts()) == 1


def test_a_job_cancelled_while_its_slip_is_drawn_stays_off_the_paper(shop: Counter, paper: SocketPrinter) -> None:
    """A person is faster than the worker between reading the queue and the first byte."""
    worker = worker_with(shop, paper, lambda _document: cancelled_meanwhile())
    store = shop.bench.store

    def cancelled_meanwhile() -> bytes:
        with store.transaction() as conn:
            conn.execute("UPDATE print_job SET state = 'cancelled'")
        return BYTES

    put(shop, shop.agent.printing)

    worker.step()

    assert job(shop.agent.printing).state is JobState.CANCELLED
    assert paper.texts() == []


@pytest.mark.expect_log("slip_not_drawn")
def test_a_slip_that_cannot_be_drawn_does_not_hold_up_the_next(shop: Counter, paper: SocketPrinter) -> None:
    drawn = iter([ZeroDivisionError("a bug")])

    def draw(_document: Document) -> bytes:
        for bug in drawn:
            raise bug
        return BYTES

    worker = worker_with(shop, paper, draw)
    put(shop, shop.agent.printing, "a:slip")
    put(shop, shop.agent.printing, "b:slip")

    worker.step()
    worker.step()

    assert job(shop.agent.printing, "a:slip").state is JobState.FAILED
    assert job(shop.agent.printing, "b:slip").state is JobState.PRINTED


@pytest.mark.expect_log("print_step_failed")
def test_a_full_disk_neither_ends_printing_nor_prints_twice(
    shop: Counter, paper: SocketPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slip is out, its outcome could not be stored: it is stored later, and the slip is not repeated."""
    worker = worker_with(shop, paper, lambda _document: BYTES)
    put(shop, shop.agent.printing)
    real, states = repository.save, []

    def save(conn: sqlite3.Connection, moved: jobs.PrintJob) -> None:
        states.append(moved.state)
        if states == [JobState.PRINTING, JobState.PRINTED]:
            raise StoreFull("no room")
        real(conn, moved)

    monkeypatch.setattr(repository, "save", save)

    assert worker._guarded_step() == AFTER_ERROR_S
    assert job(shop.agent.printing).state is JobState.PRINTING
    worker._guarded_step()

    assert job(shop.agent.printing).state is JobState.PRINTED
    assert len(paper.texts()) == 1


def test_the_printer_may_be_changed_while_jobs_wait(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    printing.set_address(PrinterAddress("127.0.0.1", 9))
    put(shop, printing)
    printing.start()
    wait_until(lambda: job(printing).attempts == 1, "tried where nothing listens")

    printing.set_address(PrinterAddress("127.0.0.1", paper.port))
    printing._changed()

    reaches(printing, JobState.PRINTED)


def test_without_a_printer_jobs_are_kept(shop: Counter) -> None:
    printing = shop.agent.printing
    put(shop, printing)

    printing.start()

    assert job(printing).state is JobState.QUEUED
    assert printing.printers() == ()


def test_a_printer_set_up_late_does_not_begin_with_old_slips(
    shop: Counter, printing: PrintingService, paper: SocketPrinter
) -> None:
    put(shop, printing, "old:slip")
    with shop.bench.store.transaction() as conn:
        conn.execute("UPDATE print_job SET created_ms = created_ms - 13 * 3600000")
    put(shop, printing, "new:slip")

    printing.start()

    reaches(printing, JobState.PRINTED, "new:slip")
    assert (job(printing, "old:slip").state, job(printing, "old:slip").last_error) == (JobState.FAILED, "stale")
    assert len(paper.texts()) == 1
    assert printing.retry("old:slip")
    reaches(printing, JobState.PRINTED, "old:slip")


@pytest.mark.parametrize(
    ("text", "host", "port"), [("10.0.0.5", "10.0.0.5", 9100), ("h:91", "h", 91), ("[::1]:9", "::1", 9)]
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert PrinterAddress.parse(text) == PrinterAddress(host, port)
    assert PrinterAddress.parse(str(PrinterAddress(host, port))) == PrinterAddress(host, port)


@pytest.mark.parametrize("text", ["", ":9100", "h:", "h:0", "h:70000", "h:x"])
def test_nonsense_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        PrinterAddress.parse(text)
