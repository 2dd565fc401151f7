"""Copies become documents in the spool, whatever the stream does (PNT-07; reliability cases 45 to 47, 53, 55)."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest

from printers.capture import spool
from printers.capture.copies import BYTES, CLOSE, LOST, OPEN, STUCK_S, CopyReader
from printers.capture.counters import Counters
from printers.capture.shadow import SHADOW_FILE, load_shadow
from printers.capture.spool import CapturedDocument
from printers.capture.tags import KEY_FILE, write_key
from printers.state import POWER_ON
from printers.stream.documents import CutDocument, DocumentCutter
from rules.receipts import approval_tag

GOLDEN = Path(__file__).parents[2] / "golden" / "receipts"
S01 = (GOLDEN / "s01_sale_card_42col_cp949.bin").read_bytes()
R01 = (GOLDEN / "r01_reprint_of_s01.bin").read_bytes()
C01 = (GOLDEN / "c01_cancel_negative_of_s01.bin").read_bytes()
KEY = bytes(range(32))


class Bench:
    """A reader on a folder, with a clock that only the test moves."""

    def __init__(self, folder: Path, make_cutter: type[DocumentCutter] = DocumentCutter) -> None:
        self.folder = folder
        self.now_s = 100.0
        self.counters = Counters()
        numbers = itertools.count(1)
        self.reader = CopyReader(
            folder,
            source="2",
            counters=self.counters,
            wall_ms=lambda: 1_700_000_000_000 + int(self.now_s * 1000),
            monotonic=lambda: self.now_s,
            new_id=lambda: f"document-{next(numbers)}",
            make_cutter=make_cutter,
        )
        self.reader.take(OPEN, 1, b"")

    def send(self, stream: bytes, session: int = 1) -> None:
        self.reader.take(BYTES, session, stream)

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds
        self.reader.tick()

    def documents(self) -> list[CapturedDocument]:
        found = [spool.load(path) for path in spool.pending(self.folder)]
        return [document for document in found if document is not None]

    def kinds(self) -> list[str]:
        return [document.reading["kind"] for document in self.documents()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    write_key(tmp_path, KEY)
    return Bench(tmp_path)


def test_a_sale_is_handed_over_with_tags_instead_of_approval_numbers(bench: Bench) -> None:
    bench.send(S01)

    (document,) = bench.documents()
    assert document.source == "2"
    assert (document.reading["kind"], document.reading["total"], document.reading["paid"]) == ("sale", 17_800, 17_800)
    assert document.approval_tags == (approval_tag(KEY, "30127744"),)
    assert document.reading["payments"] == [
        {"method": "card", "amount": 17_800, "approval_tag": approval_tag(KEY, "30127744")}
    ]
    assert document.reading["till"] == "01"
    assert bench.counters.documents == 1


def test_nothing_written_holds_an_approval_card_or_phone_number(bench: Bench) -> None:
    """R7"""
    bench.send(S01 + C01)

    written = "".join(path.read_text(encoding="utf-8") for path in bench.folder.iterdir())
    for secret in ("30127744", "5409-26", "02-555-0142"):
        assert secret not in written
    assert "합    계" in written


def test_a_cancel_names_its_original_by_number_and_tag(bench: Bench) -> None:
    bench.send(C01)

    (document,) = bench.documents()
    assert document.original_receipt_no == "20261120-01-0057"
    assert document.original_approval_tags == (approval_tag(KEY, "30127744"),)
    assert document.reading["total"] == -17_800


def test_a_reprint_has_the_digest_of_its_sale_and_another_sale_has_not(bench: Bench) -> None:
    """PNT-09; reliability case 55."""
    bench.send(S01 + R01 + C01)

    sale, reprint, cancel = bench.documents()
    assert reprint.reading["kind"] == "reprint"
    assert reprint.text_digest == sale.text_digest
    assert cancel.text_digest != sale.text_digest


def test_silence_ends_a_document_without_a_cut(bench: Bench) -> None:
    bench.send(S01[: S01.index(b"\x1dV")])
    bench.pass_s(1.0)
    assert bench.documents() == []

    bench.pass_s(1.5)

    assert bench.kinds() == ["sale"]


def test_a_picture_that_never_ends_does_not_swallow_the_next_receipt(bench: Bench) -> None:
    bench.send(b"\x1dv0\x00\xff\xff\xff\xff")
    bench.pass_s(STUCK_S + 1)
    bench.send(S01)
    bench.send(S01)

    assert bench.kinds()[-1] == "sale"


def test_closing_the_line_ends_its_document_and_leaves_others_alone(bench: Bench) -> None:
    bench.reader.take(OPEN, 2, b"")
    bench.send(S01[:600], 1)
    bench.send(S01[:-20], 2)
    bench.reader.take(CLOSE, 2, b"")
    bench.send(S01[600:], 1)

    assert sorted(bench.kinds()) == ["sale", "sale"]


def test_lost_bytes_make_the_document_incomplete_and_the_next_one_is_read(bench: Bench) -> None:
    bench.send(S01[:500])
    bench.reader.take(LOST, 1, b"")
    bench.send(S01[700:])
    bench.send(S01)

    assert bench.kinds() == ["incomplete", "sale"]
    assert bench.documents()[0].reading["total"] is None
    assert bench.counters.incomplete == 1


def test_a_reader_started_in_the_middle_of_a_session_trusts_nothing_before_a_cut(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.send(S01[300:], 77)
    bench.send(S01, 77)

    assert bench.kinds() == ["incomplete", "sale"]


@pytest.mark.expect_log("reader_failed")
def test_a_parser_fault_costs_one_document(tmp_path: Path) -> None:
    class Stumbling(DocumentCutter):
        def feed(self, chunk: bytes) -> list[CutDocument]:
            if b"stumble" in chunk:
                raise ValueError("a fault of ours")
            return super().feed(chunk)

    bench = Bench(tmp_path, Stumbling)
    bench.send(S01[:500])
    bench.send(b"stumble")
    bench.send(S01[500:])
    bench.send(S01)

    assert bench.kinds() == ["incomplete", "sale"]
    assert bench.counters.parser_failures == 1


def test_junk_is_counted_and_credited_to_nobody(bench: Bench) -> None:
    """Reliability case 45."""
    bench.send(random.Random(45).randbytes(1_000_000))
    bench.send(bytes(random.Random(46).choices(range(0x20, 0x7F), k=400_000)))
    bench.reader.finish()

    assert all(document.reading["total"] is None for document in bench.documents())
    assert not {"sale", "reprint", "cancel", "refund"} & set(bench.kinds())
    assert bench.counters.not_receipts > 0


@pytest.mark.expect_log("spool_full")
def test_a_full_disk_keeps_documents_until_there_is_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes, **_options: object) -> None:
        raise OSError(28, f"No space left on device: {path.name} {len(content)}")

    with monkeypatch.context() as disk:
        disk.setattr(spool, "replace_file", full)
        bench.send(S01)
        bench.send(R01)
    assert bench.documents() == []
    assert (bench.counters.spool_failures, bench.counters.waiting_for_disk) == (1, 2)

    bench.pass_s(3.0)

    assert bench.kinds() == ["sale", "reprint"]
    assert bench.counters.waiting_for_disk == 0


@pytest.mark.expect_log("unmasked_card_seen")
def test_a_whole_card_number_is_hidden_and_reported(bench: Bench) -> None:
    """Reliability case 53: parted by packets and by the end of a line."""
    stream = S01.replace(b"5409-26**-****-118*", b"4111-1111-11\n11-1111     ")
    for at in range(0, len(stream), 5):
        bench.send(stream[at : at + 5])

    (document,) = bench.documents()
    text = "\n".join(document.lines)
    assert "4111" not in text
    assert "1111-11" not in text
    assert bench.counters.full_cards == 1
    assert document.reading["total"] == 17_800


def test_the_key_is_made_when_absent_and_read_again_when_the_agent_changes_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.send(S01)
    first = bench.documents()[0].approval_tags
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0

    write_key(tmp_path, KEY)
    bench.send(S01)

    tags = {document.approval_tags for document in bench.documents()}
    assert tags == {first, (approval_tag(KEY, "30127744"),)}


def test_documents_are_plain_json_of_the_promised_shape(bench: Bench) -> None:
    bench.send(S01)
    (path,) = spool.pending(bench.folder)
    found = json.loads(path.read_text(encoding="utf-8"))

    assert found.keys() == {
        "version", "document_id", "captured_wall_ms", "source", "reading", "approval_tags", "original_approval_tags",
        "original_receipt_no", "text_digest", "lines",
    }  # fmt: skip
    assert "approval_numbers" not in found["reading"]


def test_what_the_pos_has_set_is_remembered_for_our_own_slips(bench: Bench) -> None:
    bench.send(b"\x1b@\x1b3\x28\x1b\x4d\x01\x1c.one\n\x1dV\x00")
    bench.pass_s(1.0)

    state = load_shadow(bench.folder)
    assert (state.line_spacing, state.font, state.hangul) == (40, 1, False)
    assert load_shadow(bench.folder / "nowhere") == POWER_ON
    (bench.folder / SHADOW_FILE).write_text('{"font": "big"}')
    assert load_shadow(bench.folder) == POWER_ON
