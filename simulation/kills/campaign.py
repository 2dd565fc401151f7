"""Owns the killing: starts the shop's processes, ends them at random points, starts them again, and has it judged."""

from __future__ import annotations

import json
import logging
import multiprocessing
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import httpx

from rules.requests import OPEN_STATES
from simulation.kills import programs
from simulation.kills.audit import Audit, audit, feed_ends
from simulation.kills.ground import CounterPlace, Ground, database_url, prepare

log = logging.getLogger("simulation")

CLOUD_SHARE = 0.36  # of the kills; the counters share the rest
WHILE_STARTING = 0.15  # of the kills may hit a process that is not ready yet
BETWEEN_S = 0.2
READY_WITHIN_S = 60.0
REST_WITHIN_S = 120.0
ASK_PAUSE_S = (0.0, 0.03)
# Loaded once by the process that all others are forked from: a start is then a fork, a migration check and a socket.
PRELOAD = ["simulation.kills.programs", "uvicorn", "httptools", "alembic.command", "sqlalchemy.dialects.sqlite"]


class NotAtRest(Exception):
    """A process did not start, or the shop did not come to rest, within its bound (I8)."""


@dataclass
class KillReport:
    """What was done and what was found."""

    database: str
    kills: Counter[str] = field(default_factory=Counter)
    starting: int = 0
    took_s: float = 0.0
    answers: int = 0
    audit: Audit = field(default_factory=Audit)

    @property
    def cycles(self) -> int:
        return self.kills.total()


class _Process:
    """One program of the shop, through all its lives."""

    def __init__(self, name: str, start: Callable[[Connection], ForkServerProcess]) -> None:
        self.name = name
        self._start = start
        self._begin()

    def _begin(self) -> None:
        self._line, there = multiprocessing.Pipe(duplex=False)
        self._process = self._start(there)
        there.close()
        self._ready = False

    def is_ready(self, within_s: float = 0.0) -> bool:
        """Raises NotAtRest when it ended instead of becoming ready."""
        if not self._ready and self._line.poll(within_s):
            try:
                self._ready = self._line.recv() == "ready"
            except EOFError:
                raise NotAtRest(f"{self.name} ended by itself with {self._process.exitcode}") from None
        return self._ready

    def kill(self) -> None:
        """SIGKILL, and a new life at once. Raises NotAtRest when it was not alive to be killed."""
        self._process.kill()
        self._process.join()
        if self._process.exitcode != -signal.SIGKILL:
            raise NotAtRest(f"{self.name} ended by itself with {self._process.exitcode}")
        self._line.close()
        self._process.close()
        self._begin()

    def end(self, *, ask: bool, within_s: float = REST_WITHIN_S) -> None:
        """Raises NotAtRest when it does not end well by itself, or when asked to."""
        if ask:
            self._process.terminate()
        self._process.join(within_s)
        if self._process.exitcode != 0:
            raise NotAtRest(f"{self.name} did not end within {within_s:g} s: {self._process.exitcode}")

    def drop(self) -> None:
        """Whatever its state is, nothing stays behind."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._line.close()


class _Consumer(threading.Thread):
    """Somebody with the brand's app: asks to use points, and asks again until there is an answer."""

    def __init__(self, ground: Ground, rng: random.Random) -> None:
        super().__init__(name="consumer", daemon=True)
        self._ground = ground
        self._rng = rng
        self._stopping = threading.Event()
        self.answers: dict[str, tuple[dict[str, Any], int, str]] = {}
        self.changed: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._ground.url, timeout=5, trust_env=False) as client:
            while not self._stopping.wait(self._rng.uniform(*ASK_PAUSE_S)):
                if self.answers and self._rng.random() < 0.2:
                    self._ask_again(client)
                else:
                    self._ask(client)

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _ask(self, client: httpx.Client) -> None:
        points = self._rng.randint(1, 30)
        key = f"kills-{self._rng.getrandbits(64):016x}"
        body = {
            "kind": "points",
            "store_id": self._ground.store_id,
            "member_id": self._rng.choice(self._ground.member_ids),
            "points": points,
            "payment_won": points + 1_000,
            "idempotency_key": key,
        }
        answer = self._insist(client, body)
        if answer is not None:
            self.answers[key] = (body, answer.status_code, answer.text)

    def _ask_again(self, client: httpx.Client) -> None:
        """I10: what was asked before is answered as before; only a refusal may turn into a yes."""
        body, status, text = self._rng.choice(list(self.answers.values()))
        answer = self._insist(client, body) if status == 201 else None
        if answer is not None and (answer.status_code, answer.text) != (status, text):
            self.changed.append(f"I10: {body} was {status} {text}, then {answer.status_code} {answer.text}")

    def _insist(self, client: httpx.Client, body: dict[str, Any]) -> httpx.Response | None:
        """Asks until there is an answer, also after closing: a request whose answer was lost may have been taken."""
        headers = {"authorization": f"Bearer {self._ground.api_key}"}
        ends = time.monotonic() + REST_WITHIN_S
        while time.monotonic() < ends:
            try:
                answer = client.post("/v1/requests", json=body, headers=headers)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code in (201, 409):
                return answer
            if answer is not None and answer.status_code != 503:
                self.changed.append(f"unexpected: {body} was answered {answer.status_code} {answer.text}")
                return None
            time.sleep(0.01)
        self.changed.append(f"unanswered: {body}")
        return None

    def still_open(self) -> int:
        """How many of the requests that were taken wait for a decision. Raises httpx.HTTPError."""
        headers = {"authorization": f"Bearer {self._ground.api_key}"}
        asked = [text for _, status, text in self.answers.values() if status == 201]
        with httpx.Client(base_url=self._ground.url, timeout=5, trust_env=False, headers=headers) as client:
            states = [
                client.get(f"/v1/requests/{httpx.Response(200, text=text).json()['request_id']}").json()["state"]
                for text in asked
            ]
        return sum(state in OPEN_STATES for state in states)


def run_kills(kills: int, database: str, *, seed: int = 0, folder: Path | None = None) -> KillReport:
    """Kills this many times and judges. ``database``: ``sqlite``, ``postgresql``, or the address of an empty one."""
    with tempfile.TemporaryDirectory(prefix="withfom-kills-") as made:
        place = folder or Path(made)
        with database_url(database, place) as url:
            return _campaign(prepare(place, url), kills, random.Random(seed), database.partition(":")[0])


def _campaign(ground: Ground, kills: int, rng: random.Random, database: str) -> KillReport:
    report = KillReport(database)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    begun = time.monotonic()
    shop = _open_shop(ground, context, rng)
    consumer = _Consumer(ground, random.Random(rng.random()))
    try:
        for process in shop:
            _wait(process)
        consumer.start()
        _until(lambda: bool(consumer.answers), "the first request is answered")
        for _ in range(kills):
            _kill_one(shop, rng, report)
        _come_to_rest(ground, shop, consumer)
    except NotAtRest as problem:
        report.audit.wrong.append(f"I8: {problem}")
    finally:
        if consumer.is_alive():
            consumer.stop()
        for process in shop:
            process.drop()
    report.took_s = time.monotonic() - begun
    report.answers = len(consumer.answers)
    if not report.audit.wrong:
        report.audit = audit(ground)
    report.audit.wrong += consumer.changed
    return report


def _open_shop(ground: Ground, context: ForkServerContext, rng: random.Random) -> list[_Process]:
    """The cloud first, then the counters."""

    def spawn(target: Callable[..., None], *arguments: Any) -> ForkServerProcess:
        process = context.Process(target=target, args=arguments, daemon=True)
        process.start()
        return process

    def counter(place: CounterPlace) -> _Process:
        return _Process(place.name, lambda line: spawn(programs.counter, ground, place, rng.getrandbits(32), line))

    return [_Process("cloud", lambda line: spawn(programs.cloud, ground, line)), *map(counter, ground.counters)]


def _kill_one(shop: list[_Process], rng: random.Random, report: KillReport) -> None:
    cloud, *counters = shop
    victim = cloud if rng.random() < CLOUD_SHARE else rng.choice(counters)
    if rng.random() >= WHILE_STARTING:
        _wait(victim)
    time.sleep(rng.random() * BETWEEN_S)
    report.starting += not victim.is_ready()
    victim.kill()
    report.kills["cloud" if victim is cloud else "counter"] += 1


def _wait(process: _Process) -> None:
    if not process.is_ready(READY_WITHIN_S):
        raise NotAtRest(f"{process.name} was not ready within {READY_WITHIN_S:g} s")


def _until(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + REST_WITHIN_S
    while not condition():
        if time.monotonic() > ends:
            raise NotAtRest(f"not within {REST_WITHIN_S:g} s: {what}")
        time.sleep(0.1)


def _come_to_rest(ground: Ground, shop: list[_Process], consumer: _Consumer) -> None:
    """Nobody sells any more; every request ends, everything arrives, everybody goes home."""
    for process in shop:
        _wait(process)
    consumer.stop()
    ground.closed.touch()
    _until(lambda: not consumer.still_open(), "every request has ended")
    _until(lambda: all(place.sent.exists() for place in ground.counters), "every operation is taken")
    whole = ground.leave.with_suffix(".part")
    whole.write_text(json.dumps(feed_ends(ground)), encoding="utf-8")
    whole.rename(ground.leave)
    cloud, *counters = shop
    for process in counters:
        process.end(ask=False)
    cloud.end(ask=True)
