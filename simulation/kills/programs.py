"""Owns what the killed processes run: the cloud as it is served, and a counter without its windows."""

from __future__ import annotations

import itertools
import json
import logging
import multiprocessing
import os
import random
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from agent.approval.types import Decided
from agent.earn import service as earning
from agent.earn.types import Earned
from cloud_api.app import create_app
from cloud_api.process_lock import only_server
from cloud_api.serve import run
from rules.requests import RejectReason
from simulation.kills.counter import RunningCounter
from simulation.kills.ground import HOST, PHONES, CounterPlace, Ground

PAUSE_S = (0.001, 0.04)  # between two things that happen at a counter
CANCELS = 0.1
KEPT_SALES = 40


def cloud(ground: Ground, line: Connection) -> None:
    """The cloud, until it is told to stop or killed."""
    _end_with_parent()
    _log_to(ground.folder / "cloud.log")
    with only_server(ground.settings):
        run(create_app(ground.settings), host=HOST, port=ground.port, on_ready=lambda _url: line.send("ready"))


def counter(ground: Ground, place: CounterPlace, seed: int, line: Connection) -> None:
    """One counter: sells, cancels and decides until the shop is closed, then waits until all of it has arrived."""
    _end_with_parent()
    _log_to(ground.folder / f"{place.name}.log")
    earning.ENTRIES_MAX = 1_000_000  # a day of customers passes in a minute here
    running = _Counter(ground, place, random.Random(seed))
    line.send("ready")
    try:
        running.work()
    finally:
        running.close()


def _end_with_parent() -> None:
    """Whoever is killed with the campaign leaves no shop behind that sells for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def _log_to(path: Path) -> None:
    logging.basicConfig(
        filename=path, level=logging.WARNING, format="%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"
    )


class _Counter:
    def __init__(self, ground: Ground, place: CounterPlace, rng: random.Random) -> None:
        self._ground = ground
        self._place = place
        self._rng = rng
        self._running = RunningCounter(place, ground.url)
        self._agent, self._store = self._running.agent, self._running.store
        self._numbers = itertools.count(1)
        self._sales: list[tuple[str, int]] = []
        # Appended with one call each: what the system has taken outlives this process, a line is never half there.
        self._record = os.open(place.record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._recorded = self._newest_seq()

    def close(self) -> None:
        self._running.close()
        os.close(self._record)

    def work(self) -> None:
        while not self._ground.closed.exists():
            if self._rng.random() < CANCELS and self._sales:
                self._cancel()
            else:
                self._sell()
            self._look()
            time.sleep(self._rng.uniform(*PAUSE_S))
        while not self._at_rest():
            self._look(decide=False)
            time.sleep(0.05)

    def _at_rest(self) -> bool:
        """Everything of ours is taken, and every row up to the end of the feeds was read."""
        if self._running.worker.status().pending:
            return False
        self._place.sent.touch()
        if not self._ground.leave.exists():
            return False
        ends = json.loads(self._ground.leave.read_text("utf-8"))
        return bool(list(self._running.cursor()[1:]) == ends)

    # --- what happens at the counter ---------------------------------------------------------------------------------

    def _sell(self) -> None:
        number = f"{self._place.name[-1]}{os.getpid()}-{next(self._numbers)}"
        paid_won = self._rng.randint(20, 400) * 100
        answer = self._running.sell(number, paid_won, self._rng.choice(PHONES).national)
        if isinstance(answer, Earned):
            self._confirmed(earn_id=answer.earn_id, points=answer.points, paid_won=answer.paid_won)
            self._sales = [*self._sales[-KEPT_SALES:], (number, paid_won)]

    def _cancel(self) -> None:
        number, paid_won = self._sales.pop(self._rng.randrange(len(self._sales)))
        self._running.cancel(number, paid_won)
        self._confirmed()

    def _look(self, *, decide: bool = True) -> None:
        """Staff see what waits, and decide some of it; a decision after closing would make the feeds grow again."""
        cards = self._agent.approval.pending()
        if not cards:
            return
        self._agent.approval.mark_shown([card.request_id for card in cards])
        self._confirmed()
        for card in cards if decide else ():
            chance = self._rng.random()
            if chance < 0.05:
                answer: Any = self._agent.approval.approve(card.request_id, "staff:1")
            elif chance < 0.08:
                answer = self._agent.approval.reject(card.request_id, RejectReason.OUT_OF_STOCK, "", "staff:1")
            else:
                continue
            if isinstance(answer, Decided):
                self._confirmed(request_id=answer.request_id, state=answer.state.value)

    # --- what the screen confirmed -----------------------------------------------------------------------------------

    def _confirmed(self, **shown: Any) -> None:
        """Whatever the queue holds now, somebody has been shown the effect of."""
        with self._store.read() as conn:
            found = conn.execute(
                "SELECT seq, op_id, hash, kind FROM outbox WHERE seq > ? ORDER BY seq", (self._recorded,)
            ).fetchall()
        lines = [dict(zip(("seq", "op_id", "hash", "kind"), row, strict=True)) for row in found]
        if not lines:
            return
        lines[-1].update(shown)
        self._recorded = lines[-1]["seq"]
        os.write(self._record, "".join(json.dumps(line) + "\n" for line in lines).encode())

    def _newest_seq(self) -> int:
        with self._store.read() as conn:
            return int(conn.execute("SELECT coalesce(max(last_seq), 0) FROM outbox_head").fetchone()[0])
