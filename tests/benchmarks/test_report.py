"""A benchmark's verdict must not depend on a rounding nobody sees."""

from __future__ import annotations

import pytest

from benchmarks._report import Report, median, percentile


def test_percentiles_are_values_that_were_measured() -> None:
    samples = [float(n) for n in range(1, 201)]

    assert percentile(samples, 0.99) == 198.0
    assert percentile(samples, 1.0) == 200.0
    assert median(samples) == 100.0
    assert percentile([7.0], 0.99) == 7.0


def test_a_missed_goal_is_named_and_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("example")
    report.goal("first", 1.0, at_most=1.0, unit="ms")
    report.goal("second", 1.01, at_most=1.0, unit="ms")

    assert report.close() == 1
    assert "missed: second" in capsys.readouterr().out


def test_met_goals_give_status_zero(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("example")
    report.figure("what", "42")

    assert report.close() == 0
    assert "every goal met" in capsys.readouterr().out
