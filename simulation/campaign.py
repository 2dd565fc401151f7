"""Owns many runs: seeds spread over processes, what they add up to, and which seed kills which mutant."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from typing import TypeVar

from simulation.ground import Ground, prepare_ground
from simulation.mutants import MUTANTS, Mutant
from simulation.run import Outcome, run_seed

KILL_WITHIN = 500
CHUNK = 5

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Report:
    """Sums over seeds; ``violations`` keeps the whole outcome."""

    seeds: int = 0
    commits: int = 0
    operations: int = 0
    virtual_ms: int = 0
    cpu_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    violations: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome, cpu_s: float) -> None:
        self.seeds += 1
        self.commits += outcome.commits
        self.operations += outcome.operations
        self.virtual_ms += outcome.virtual_ms
        self.cpu_s += cpu_s
        self.faults.update(outcome.faults)
        if outcome.violation is not None:
            self.violations.append(outcome)


@dataclass(frozen=True)
class Killed:
    """``seed`` is None for a mutant that survived; ``tried`` counts the seeds that ran."""

    mutant: str
    seed: int | None
    tried: int
    violation: str | None


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
    """Garbage is collected between runs only: inside one it would cost a tenth of the time."""
    gc.disable()
    try:
        return run_seed(seed, ground)
    finally:
        gc.enable()
        gc.collect()


def run_seeds(first: int, count: int, jobs: int) -> Iterator[tuple[Outcome, float]]:
    """Outcomes in the order of their seeds."""
    return _spread(timed_run, list(range(first, first + count)), jobs)


def hunt(name: str, first: int = 0, within: int = KILL_WITHIN) -> Killed:
    """Plants the mutant and looks for the first seed that finds it."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    ground = _ground()
    with mutant.plant():
        for tried, seed in enumerate(range(first, first + within), start=1):
            outcome = _run(seed, ground)
            if outcome.violation is not None:
                return Killed(name, seed, tried, outcome.violation)
    return Killed(name, None, within, None)


class Hunt:
    """``hunt`` from one first seed, as a thing that other processes can be handed."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __call__(self, name: str) -> Killed:
        return hunt(name, self._first)


def hunt_all(first: int, jobs: int, mutants: tuple[Mutant, ...] = MUTANTS) -> Iterator[Killed]:
    """Every mutant, in order."""
    return _spread(Hunt(first), [mutant.name for mutant in mutants], jobs, chunk=1)


def _spread(job: Callable[[T], R], items: list[T], jobs: int, chunk: int = CHUNK) -> Iterator[R]:
    if jobs <= 1:
        yield from map(job, items)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(job, items, chunksize=chunk)
