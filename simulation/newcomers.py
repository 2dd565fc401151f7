"""Owns how those inhabitants that only some worlds have are wired into a run: their day, closing time and checks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulation.backlog import Backlog
from simulation.beside import Beside
from simulation.claimants import Claimants
from simulation.counter import CounterMachine
from simulation.inhabitants import Inhabitants
from simulation.people import People
from simulation.shelves import Shelves
from simulation.spend_checks import OwnCountdowns, SpendWatch, judge_spends
from simulation.spenders import Spenders
from simulation.stampers import Stampers

if TYPE_CHECKING:
    from simulation.run import World

CUT_SHARE = 0.6
CUT_MS = (15_000, 70_000)


class Newcomers:
    """Of one world; nobody in most of them."""

    def __init__(self, world: World, who: Inhabitants) -> None:
        self._world = world
        self._spenders = Spenders(world, who) if who.spenders else None
        self._backlog = Backlog(world) if who.backlog else None
        self._claimants = Claimants(world) if who.claimants else None
        self._stampers = Stampers(world) if who.stamps else None
        self._shelves = Shelves(world) if who.shelves else None
        self._beside = Beside(world) if who.beside else None
        self._people = People(world) if who.people else None
        if who.late_taps:
            world.shop.before_tap = self._cut_often
        if self._spenders is not None:
            self._watch_spends()

    def _cut_often(self, counter: CounterMachine) -> None:
        """What staff decide in time arrives when the cloud has let the request run out (APR-19)."""
        if not self._world.plan.healed and self._world.rng.random() < CUT_SHARE:
            self._world.network.partition(counter.name, self._world.rng.randint(*CUT_MS))

    def _watch_spends(self) -> None:
        self._world.memory.on_cards = OwnCountdowns(self._world.cloud.clock).saw
        for counter in self._world.counters:
            watch = SpendWatch(counter.name)
            counter.disk.on_commit = _both(counter.disk.on_commit, watch.after_commit)

    def begin(self, span_ms: int) -> None:
        """Their day."""
        if self._spenders is not None:
            self._spenders.begin(span_ms)
        if self._backlog is not None:
            self._backlog.begin(span_ms)
        if self._claimants is not None:
            self._claimants.begin(span_ms)
        if self._stampers is not None:
            self._stampers.begin(span_ms)
        if self._shelves is not None:
            self._shelves.begin(span_ms)
        if self._beside is not None:
            self._beside.begin(span_ms)
        if self._people is not None:
            self._people.begin(span_ms)

    def close(self) -> None:
        """Called again and again after closing time, until everything rests."""
        if self._spenders is not None:
            self._spenders.close()
        if self._beside is not None:
            self._beside.close()

    def waiting(self) -> str | None:
        """What keeps the world from resting; None: nothing of theirs."""
        for who in (self._spenders, self._backlog, self._beside):
            if who is not None and (waiting := who.waiting()) is not None:
                return waiting
        return None

    def judge(self) -> None:
        """What must hold of them at rest. Raises Violation."""
        if self._spenders is not None:
            judge_spends(self._world.cloud, self._world.memory, self._spenders.visits, self._spenders.limits)
            # An old copy of a disk that comes back after this shows a card for the first time again.
            self._world.memory.on_cards = lambda _counter, _cards: None
        if self._backlog is not None:
            self._backlog.judge()
        if self._claimants is not None:
            self._claimants.judge()
        if self._stampers is not None:
            self._stampers.judge()
        if self._shelves is not None:
            self._shelves.judge()
        if self._beside is not None:
            self._beside.judge()
        if self._people is not None:
            self._people.judge()


Watch = Callable[[sqlite3.Connection], None]


def _both(first: Watch | None, second: Watch) -> Watch:
    def after_commit(conn: sqlite3.Connection) -> None:
        if first is not None:
            first(conn)
        second(conn)

    return after_commit
