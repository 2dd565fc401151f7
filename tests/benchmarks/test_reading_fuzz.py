"""The hunt of the long profile, in short: streams nobody sends have an answer (reliability cases 45, 49, 50)."""

from __future__ import annotations

from benchmarks._report import Report
from benchmarks.reading_fuzz import hunt, pieces_of, samples


def test_bent_streams_raise_nothing_and_believe_nothing_without_witnesses() -> None:
    happened, _slowest_ms = hunt(0, 700, Report("short"))

    assert happened["inputs"] == 700
    assert happened["torn"] == 0
    assert happened["total without witnesses"] == 0
    assert happened["sale"] > 10, "inputs that never look like a receipt prove nothing"


def test_the_pieces_of_a_stream_are_the_stream() -> None:
    for sample in samples():
        assert b"".join(pieces_of(sample)) == sample
