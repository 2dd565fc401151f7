"""How fast the agent makes an earn durable, beside single-row commits of bare sqlite3 on the same disk."""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.bootstrap import Agent
from agent.earn.types import Earned
from agent.keys import StoreKeys
from agent.launch import AgentSettings
from benchmarks._report import Report, median, percentile
from benchmarks._shop import ShiftedClock, folder, sale
from printers.capture.spool import CapturedDocument
from sync.enroll import write_enrollment
from sync.profile import Identity, StorePolicy, StoreProfile
from sync.protocol import Cursor
from sync.secrets import FieldCipher, new_key

ROUNDS = 600
HISTORY = 1_500  # a week of a shop lies in the file before anything is measured
GOAL_SHARE = 0.6
BETWEEN_CUSTOMERS_MS = 30_000  # the limit of entries per ten minutes must not end the run
ROW_BYTES = 650  # what an operation is on the wire


@contextlib.contextmanager
def counter(place: Path, clock: ShiftedClock) -> Iterator[Agent]:
    """The services of an enrolled counter without a line to anybody; nothing runs in the background."""
    agent = Agent.open(AgentSettings(folder=place, headless=True), clock=clock)
    try:
        identity = Identity("http://127.0.0.1:9", secrets.token_hex(16), 1, secrets.token_hex(16), "bench", "bench")
        profile = StoreProfile(identity.store_id, "느린오후 커피", "느린오후", "cafe", "basic", "basic")
        policy = StorePolicy(version=1)
        with agent.store.transaction() as conn:
            write_enrollment(conn, identity, profile, policy, cursor=Cursor(1, 0, 0), server_time_ms=clock.wall_ms())
        agent.keyring.install(StoreKeys(new_key(), FieldCipher(new_key())))
        yield agent
    finally:
        agent.close()


class Customers:
    """Sales and numbers, one customer after the other."""

    def __init__(self, agent: Agent, clock: ShiftedClock) -> None:
        self._agent = agent
        self._clock = clock
        self._number = 0

    def number_after_receipt(self) -> Callable[[], object]:
        """A receipt waits and the screen is open; what is returned books the number."""
        digits, document = self._next()
        self._agent.earn.ingest(document)
        entry = self._agent.earn.open_entry()
        return lambda: isinstance(self._agent.earn.submit_phone(entry, digits), Earned)

    def receipt_after_number(self) -> Callable[[], object]:
        """A number waits; what is returned takes the receipt in, which earns."""
        digits, document = self._next()
        self._agent.earn.submit_phone(self._agent.earn.open_entry(), digits)
        return lambda: self._agent.earn.ingest(document).outcome == "earned"

    def _next(self) -> tuple[str, CapturedDocument]:
        self._number += 1
        self._clock.shift_ms += BETWEEN_CUSTOMERS_MS
        return f"010{self._number + 20_000_000:08d}", sale(self._number, self._clock.wall_ms())


@contextlib.contextmanager
def bare_rows(place: Path) -> Iterator[Callable[[], object]]:
    """The peer: one row, one transaction, the same durability (WAL, FULL)."""
    conn = sqlite3.connect(place / "bare.db", isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("CREATE TABLE row (n INTEGER PRIMARY KEY, text TEXT)")
    text = "x" * ROW_BYTES
    yield lambda: conn.execute("INSERT INTO row (text) VALUES (?)", (text,)).rowcount == 1
    conn.close()


def timed(job: Callable[[], object]) -> float:
    """Milliseconds. What is measured must have happened."""
    begun = time.perf_counter_ns()
    done = job()
    took = (time.perf_counter_ns() - begun) / 1e6
    if not done:
        raise SystemExit("an earn was not booked")
    return took


def main() -> int:
    """Earns and bare commits in turns, so that both meet the same disk; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    report = Report("agent_commit")
    clock = ShiftedClock()
    with folder() as place, counter(place / "agent", clock) as agent, bare_rows(place) as bare:
        customers = Customers(agent, clock)
        for _ in range(HISTORY):
            timed(customers.number_after_receipt())
        ways = {"number": customers.number_after_receipt, "receipt": customers.receipt_after_number}
        took: dict[str, list[float]] = {"number": [], "receipt": [], "bare": []}
        for _ in range(options.rounds):
            for way, prepare in ways.items():
                took["bare"].append(timed(bare))
                took[way].append(timed(prepare()))
    limit = 1000 * len(took["bare"]) / sum(took["bare"])
    report.figure("bare single-row commits (WAL, FULL)", f"{limit:,.0f} a second, p50 {median(took['bare']):.2f} ms")
    for way, what in (("number", "a number meets its receipt"), ("receipt", "a receipt meets its number")):
        speed = 1000 * len(took[way]) / sum(took[way])
        p99 = percentile(took[way], 0.99)
        report.figure(f"{what}: durable earns", f"{speed:,.0f} a second, p50 {median(took[way]):.2f}, p99 {p99:.2f} ms")
        report.goal(f"{what}: 60 % of bare / reached", GOAL_SHARE / (speed / limit), at_most=1, unit="x")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
