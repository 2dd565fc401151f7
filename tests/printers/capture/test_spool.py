"""The spool hands over whole files, once, and survives damage (PNT-07)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from printers.capture import spool
from printers.capture.spool import CapturedDocument


def document(number: int, wall_ms: int = 1_700_000_000_000) -> CapturedDocument:
    return CapturedDocument(
        document_id=f"d{number}",
        captured_wall_ms=wall_ms,
        source="1",
        reading={"kind": "sale", "total": 4_500},
        approval_tags=("a1",),
        lines=("합계 4,500",),
    )


def test_a_document_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = spool.write(tmp_path, document(1))

    assert spool.pending(tmp_path) == [path]
    assert spool.load(path) == document(1)
    spool.done(path)
    spool.done(path)
    assert spool.pending(tmp_path) == []


def test_documents_wait_in_the_order_they_were_captured(tmp_path: Path) -> None:
    for number, wall_ms in ((1, 3_000), (2, 1_000), (3, 1_700_000_000_000)):
        spool.write(tmp_path, document(number, wall_ms))

    loaded = [spool.load(path) for path in spool.pending(tmp_path)]
    assert [found.document_id for found in loaded if found] == ["d2", "d1", "d3"]


def test_half_written_files_and_other_files_are_not_pending(tmp_path: Path) -> None:
    (tmp_path / ".000-d9.doc.json.7.tmp").write_text("{")
    (tmp_path / spool.STATUS_FILE).write_text("{}")
    (tmp_path / "approval.key").write_text("00")

    assert spool.pending(tmp_path) == []
    assert spool.pending(tmp_path / "nowhere") == []


@pytest.mark.expect_log("spool_file_damaged")
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"version":1}', b'{"version":9}', b"[" * 100_000])
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / f"000-x{spool.SUFFIX}"
    path.write_bytes(content)

    assert spool.load(path) is None
    assert spool.pending(tmp_path) == []
    assert (tmp_path / f"000-x{spool.SUFFIX}.bad").read_bytes() == content


def test_a_file_that_somebody_took_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spool.load(tmp_path / f"000-x{spool.SUFFIX}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(spool.SpoolFull):
        spool.write(tmp_path, document(1))


def test_a_file_in_place_of_the_folder_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("")
    with pytest.raises(spool.SpoolFull):
        spool.write(tmp_path / "spool", document(1))
    assert [path.name for path in tmp_path.iterdir()] == ["spool"]
