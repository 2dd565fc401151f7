"""Whole runs: every invariant of docs/reliability.md under faults, and mistakes that must be found.

The long profile is ``withfom simulate``; this is the quick one.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import simulation
from simulation.campaign import Report, hunt, hunt_all, timed_run
from simulation.mutants import MUTANTS, Mutant
from withfom.main import main

SEEDS = range(1_000, 1_014)
# (mutant, a seed that finds it): one of every kind that is cheap to run.
KNOWN = [
    ("applies_again", 0),
    ("cancel_not_sent", 0),
    ("decision_not_queued", 0),
    ("sequence_reused", 0),
    ("time_out_takes_nothing", 0),
]


def test_quick_seeds_hold_every_invariant() -> None:
    """I1 to I11, APR-07, APR-18, APR-19, PNT-09."""
    outcomes = [timed_run(seed)[0] for seed in SEEDS]

    assert {outcome.seed: outcome.violation for outcome in outcomes if outcome.violation} == {}
    faults = sum((outcome.faults for outcome in outcomes), Counter[str]())
    assert sum(outcome.commits for outcome in outcomes) / len(outcomes) >= 150
    assert sum(faults.values()) / len(outcomes) >= 10


def test_the_same_seed_does_exactly_the_same() -> None:
    first, second = timed_run(7)[0], timed_run(7)[0]

    assert first.trace == second.trace
    assert first.digest == second.digest


@pytest.mark.parametrize(("name", "seed"), KNOWN)
def test_a_planted_mistake_is_found(name: str, seed: int) -> None:
    found = hunt(name, seed, within=6)

    assert found.seed is not None, f"{name} survived"


REGRESSIONS = sorted((Path(simulation.__file__).parent / "regressions").glob("*.json"))


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_what_was_found_once_stays_mended(path: Path) -> None:
    """The seed is clean, and the mistake is among those that ``simulate --mutants`` has to find."""
    case = json.loads(path.read_text(encoding="utf-8"))

    assert timed_run(case["seed"])[0].violation is None
    assert case["undone_by"] in {mutant.name for mutant in MUTANTS}
    assert case["story"]


def test_parts_of_a_campaign_go_on_and_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part, whole = tmp_path / "part.json", ["--from", "3", "--report", str(tmp_path / "part.json")]
    assert main(["simulate", "--seeds", "1", *whole]) == 0
    assert main(["simulate", "--seeds", "2", *whole]) == 0
    capsys.readouterr()

    assert main(["simulate", "--add", str(part), str(part)]) == 0

    assert capsys.readouterr().out.startswith("seeds 4 · ")
    assert Report.read(part).first == 3


def test_a_file_that_is_no_report_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[]", encoding="utf-8")

    assert main(["simulate", "--add", str(wrong)]) == 2

    assert "is no report" in capsys.readouterr().err


def test_mutants_have_names_and_are_many() -> None:
    names = [mutant.name for mutant in MUTANTS]

    assert len(set(names)) == len(names) >= 50
    assert all(mutant.says for mutant in MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_code(mutant: Mutant) -> None:
    """The product was changed, and the mistake has to be made where it can be made now."""
    with mutant.plant():
        pass


def test_a_hunt_reports_each_mutant_once() -> None:
    chosen = tuple(mutant for mutant in MUTANTS if mutant.name == "applies_again")

    [found] = hunt_all(0, 1, chosen)

    assert (found.mutant, found.seed is not None) == ("applies_again", True)


def test_the_command_says_what_it_ran(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seeds", "1", "--from", "3"]) == 0

    said = capsys.readouterr().out
    assert "seeds 1 · commits" in said
    assert "violations: 0" in said


def test_a_violation_ends_with_one_and_says_how_to_see_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "time_out_takes_nothing")
    with mutant.plant():
        status = main(["simulate", "--seeds", "1", "--from", "0"])

    said = capsys.readouterr().out
    assert status == 1
    assert "withfom simulate --from 0 --seeds 1 --trace" in said
    assert "seed 0: I6" in said
