"""Owns many runs: seeds spread over processes, what they add up to, and which seed kills which mutant."""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from simulation.ground import Ground, prepare_ground
from simulation.mutants import MUTANTS, Mutant
from simulation.run import Outcome, run_seed

KILL_WITHIN = 500
BROKEN = ("unexpected: TypeError", "unexpected: AttributeError")
CHUNK = 5
GARBAGE = 60_000  # objects, as six runs leave behind; some 50 MB

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Report:
    """Sums over the seeds from ``first``, which follow each other."""

    first: int = 0
    seeds: int = 0
    commits: int = 0
    operations: int = 0
    virtual_ms: int = 0
    cpu_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    crash_points: Counter[str] = field(default_factory=Counter)
    violations: dict[int, str] = field(default_factory=dict)  # by seed

    def add(self, outcome: Outcome, cpu_s: float) -> None:
        self.seeds += 1
        self.commits += outcome.commits
        self.operations += outcome.operations
        self.virtual_ms += outcome.virtual_ms
        self.cpu_s += cpu_s
        self.faults.update(outcome.faults)
        self.crash_points.update(outcome.crash_points)
        if outcome.violation is not None:
            self.violations[outcome.seed] = outcome.violation

    def include(self, other: Report) -> None:
        """Adds another part of a campaign."""
        self.first = min(self.first, other.first) if self.seeds else other.first
        self.seeds += other.seeds
        self.commits += other.commits
        self.operations += other.operations
        self.virtual_ms += other.virtual_ms
        self.cpu_s += other.cpu_s
        self.faults.update(other.faults)
        self.crash_points.update(other.crash_points)
        self.violations.update(other.violations)

    def write(self, path: Path) -> None:
        """Replaces the file at once, so that a campaign that is killed can go on."""
        fields = {**vars(self), "cpu_s": round(self.cpu_s, 1)}
        new = path.with_suffix(".new")
        new.write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        new.replace(path)

    @staticmethod
    def read(path: Path) -> Report:
        """Raises OSError, or ValueError for another kind of file."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            report = Report(**fields)
            report.faults, report.crash_points = Counter(fields["faults"]), Counter(fields["crash_points"])
            report.violations = {int(seed): text for seed, text in fields["violations"].items()}
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path} is no report of a simulation") from error
        return report


@dataclass(frozen=True)
class Killed:
    """``seed`` is None for a mutant that survived; ``tried`` counts the seeds that ran."""

    mutant: str
    seed: int | None
    tried: int
    violation: str | None
    seconds: float


@cache
def _ground() -> Ground:
    """One preparation for all runs of a process.

    What is there afterwards stays for good: the collector need not look at it again.
    """
    ground = prepare_ground()
    gc.collect()
    gc.freeze()
    return ground


def timed_run(seed: int) -> tuple[Outcome, float]:
    """A run and the seconds of processor time it took."""
    ground = _ground()
    began = time.process_time()
    outcome = _run(seed, ground)
    return outcome, time.process_time() - began


def _run(seed: int, ground: Ground) -> Outcome:
    """Garbage is collected between runs only, and not after each: inside one it would cost a tenth of the time."""
    gc.disable()
    try:
        return run_seed(seed, ground)
    finally:
        gc.enable()
        if gc.get_count()[0] >= GARBAGE:
            gc.collect()


def run_seeds(first: int, count: int, jobs: int) -> Generator[tuple[Outcome, float], None, None]:
    """Outcomes in the order of their seeds; whoever stops reading stops the runs, but for those already begun."""
    return _spread(timed_run, list(range(first, first + count)), jobs)


def hunt(name: str, first: int = 0, within: int = KILL_WITHIN) -> Killed:
    """Plants the mutant and looks for the first seed that finds it.

    A mutant that does not fit the code any more is not found but broken, and proves nothing.
    """
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    ground = _ground()
    began = time.process_time()
    with mutant.plant():
        for tried, seed in enumerate(range(first, first + within), start=1):
            outcome = _run(seed, ground)
            if outcome.violation is not None:
                assert not outcome.violation.startswith(BROKEN), f"{name}: {outcome.violation}"
                return Killed(name, seed, tried, outcome.violation, time.process_time() - began)
    return Killed(name, None, within, None, time.process_time() - began)


class Hunt:
    """``hunt`` from one first seed, as a thing that other processes can be handed."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __call__(self, name: str) -> Killed:
        return hunt(name, self._first)


def hunt_all(first: int, jobs: int, mutants: tuple[Mutant, ...] = MUTANTS) -> Iterator[Killed]:
    """Every mutant, in order."""
    return _spread(Hunt(first), [mutant.name for mutant in mutants], jobs, chunk=1)


def _spread(job: Callable[[T], R], items: list[T], jobs: int, chunk: int = CHUNK) -> Generator[R, None, None]:
    if jobs <= 1:
        yield from map(job, items)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        yield from pool.map(job, items, chunksize=chunk)
    finally:
        pool.shutdown(cancel_futures=True)
