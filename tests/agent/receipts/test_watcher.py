"""The spool folder against real files: AGT-05, AGT-06, PNT-07; a crash at every point books a document once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.receipts.types import DocumentOutcome, ReceiptFilter
from agent.receipts.watcher import SpoolWatcher
from printers.capture import spool
from printers.capture.spool import CapturedDocument
from sync.errors import StoreFull
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.waiting import wait_until


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path / "agent") as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def watcher(shop: Counter, folder: Path, ingest: object = None) -> SpoolWatcher:
    take = ingest or shop.agent.earn.ingest
    return SpoolWatcher(folder=folder, ingest=take, on_taken=lambda: None, trouble_s=0.05)  # type: ignore[arg-type]


def test_documents_are_booked_in_order_and_their_files_go(shop: Counter, folder: Path) -> None:
    for number in range(3):
        spool.write(folder, captured(shop.clock, receipt_no=f"N-{number}", approvals=(f"{number}",)))
        shop.clock.advance(10)

    assert watcher(shop, folder).take_all() == 3

    assert [row.receipt_no for row in shop.agent.receipts.list(10)] == ["N-2", "N-1", "N-0"]
    assert spool.pending(folder) == []


def test_no_folder_is_no_document(shop: Counter, folder: Path) -> None:
    assert watcher(shop, folder).take_all() == 0


def test_a_crash_between_booking_and_removing_books_once(shop: Counter, folder: Path) -> None:
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), "01012345678")
    path = spool.write(folder, captured(shop.clock))
    kept = path.read_bytes()
    watcher(shop, folder).take_all()
    path.write_bytes(kept)

    assert watcher(shop, folder).take_all() == 1

    assert [row.outcome for row in shop.agent.receipts.list(10)] == [DocumentOutcome.EARNED]
    assert len(shop.ops("earn")) == 1
    assert spool.pending(folder) == []


def test_a_document_that_could_not_be_booked_stays(shop: Counter, folder: Path) -> None:
    """A full disk: nothing is removed before it is safe."""
    spool.write(folder, captured(shop.clock))

    def full(_document: object) -> None:
        raise StoreFull("no room")

    with pytest.raises(StoreFull):
        watcher(shop, folder, full).take_all()

    assert len(spool.pending(folder)) == 1
    assert watcher(shop, folder).take_all() == 1


@pytest.mark.expect_log("spool_file_damaged", "document_set_aside")
def test_damaged_files_are_set_aside_and_hold_up_nothing(shop: Counter, folder: Path) -> None:
    folder.mkdir()
    (folder / f"000000000000001-x{spool.SUFFIX}").write_bytes(b"\xff\x00 not json")
    bad = captured(shop.clock, document_id="fraction")
    bad.reading["total"] = 1.5
    spool.write(folder, bad)
    spool.write(folder, captured(shop.clock))

    watcher(shop, folder).take_all()

    assert len(shop.agent.receipts.list(10)) == 1
    assert len(list(folder.glob("*.bad"))) == 2
    assert spool.pending(folder) == []


@pytest.mark.expect_log("document_not_booked")
def test_a_document_that_trips_a_bug_stays_and_holds_up_nothing(shop: Counter, folder: Path) -> None:
    """PNT-07: the reading of receipts goes on; the next start tries the one that failed again."""
    first = spool.write(folder, captured(shop.clock, document_id="odd"))
    shop.clock.advance(1)
    spool.write(folder, captured(shop.clock, receipt_no="N-2", approvals=("2",)))
    tries: list[str] = []

    def ingest(document: CapturedDocument) -> object:
        tries.append(document.document_id)
        assert document.document_id != "odd", "a bug of ours"
        return shop.agent.earn.ingest(document)

    running = watcher(shop, folder, ingest)
    assert running.take_all() == 1
    assert running.take_all() == 0

    assert spool.pending(folder) == [first]
    assert tries.count("odd") == 1
    assert watcher(shop, folder).take_all() == 1


@pytest.mark.expect_log("spool_not_taken")
def test_the_thread_survives_trouble_and_stops_when_told(shop: Counter, folder: Path) -> None:
    troubles = iter([StoreFull("no room")])

    def ingest(document: object) -> object:
        for trouble in troubles:
            raise trouble
        return shop.agent.earn.ingest(document)  # type: ignore[arg-type]

    spool.write(folder, captured(shop.clock))
    running = watcher(shop, folder, ingest)
    running.start()
    wait_until(lambda: shop.agent.receipts.list(10), "the document is booked at the second try")
    running.stop()

    assert spool.pending(folder) == []


def test_the_list_says_what_became_of_each_document(shop: Counter) -> None:
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock, document_id="d-1"))
    earn.submit_phone(earn.open_entry(), "01012345678")
    shop.clock.advance(1)
    earn.ingest(captured(shop.clock, "unknown", None, document_id="d-2", approvals=(), receipt_no=None))

    rows = {row.document_id: row for row in shop.agent.receipts.list(10)}
    detail = shop.agent.receipts.get("d-1")

    assert (rows["d-1"].outcome, rows["d-1"].points, rows["d-1"].masked) == ("earned", 178, "010-****-5678")
    assert rows["d-2"].outcome is DocumentOutcome.ASK
    assert [row.document_id for row in shop.agent.receipts.list(10, ReceiptFilter.ASK)] == ["d-2"]
    assert detail is not None
    assert detail.lines == ("느린오후 커피", "합계 17,800")
    assert detail.reading["total"] == 17_800
    assert shop.agent.receipts.get("nothing") is None
