"""The hunt of the long profile, in short: streams nobody sends have an answer (reliability cases 45, 49, 50)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import reading_fuzz
from benchmarks._hunted import Hunted
from benchmarks.reading_fuzz import campaign, hunt, pieces_of, samples
from printers.receipts.reading import Reading


@pytest.mark.thorough
def test_bent_streams_raise_nothing_and_believe_nothing_without_witnesses() -> None:
    found = hunt((0, 700))

    assert found.inputs == 700
    assert not found.faults, found.inputs_of
    assert found.documents["sale"] > 10, "inputs that never look like a receipt prove nothing"


def test_the_pieces_of_a_stream_are_the_stream() -> None:
    for sample in samples():
        assert b"".join(pieces_of(sample)) == sample


def test_what_the_reader_raises_is_counted_and_its_input_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(stream: bytes, _chunks: int) -> list[Reading]:
        raise KeyError(len(stream))

    monkeypatch.setattr(reading_fuzz, "readings", broken)

    found = hunt((0, 30))

    assert found.faults == {"crashed: KeyError": 30}
    assert 0 < len(found.inputs_of["crashed: KeyError"]) < 30


def test_a_hunt_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_fuzz, "PART", 40)
    kept = tmp_path / "part.json"
    campaign((0, 80), 1, kept)
    whole = campaign((0, 160), 1, kept)

    assert whole.ranges == Hunted.read(kept).ranges == [(0, 160)]
    assert whole.documents == campaign((0, 160), 1, None).documents
    assert (whole.inputs, whole.size_bytes) == (160, Hunted.read(kept).size_bytes)


def test_parts_add_up_and_count_no_input_twice() -> None:
    first, later = hunt((0, 20)), hunt((40, 60))
    first.include(later)

    assert (first.inputs, first.ranges) == (40, [(0, 20), (40, 60)])
    with pytest.raises(ValueError, match="twice"):
        first.include(later)


def test_a_file_that_is_no_report_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[]", encoding="utf-8")

    with pytest.raises(ValueError, match="no report"):
        Hunted.read(wrong)
