"""A million lots that are over, booked by the server's own job while counters go on selling; beside the same rows in
bare SQL."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._report import Report, percentile
from benchmarks.online_earn import Line, Till
from benchmarks.push_throughput import call, command, connect, cpu_s, database, serving, together

LOTS = 1_000_000
LOTS_A_MEMBER = 2
SECONDS = 600.0
RATIO = 2.0
PER_S = 50
TILLS = 4
WARM_UP = 40
CHUNK = 200_000
POINTS = 45
QUIET_S = 15
POLL_S = 0.5
JOB = "points-expiry"

# Earns of the past with everything that expiry reads and `verify` proves; one member has two lots of one store.
_FILL = (
    "INSERT INTO member (member_id, phone_lookup, phone_sealed, nickname, joined_ms)"
    " SELECT {member}, md5('a' || m) || md5('b' || m), decode(repeat(md5('s' || m), 2), 'hex'), '', m FROM {members}",
    "INSERT INTO account (account_id, kind, owner_id, balance)"
    " SELECT kind || ':' || {member}, kind, {member}, CASE kind WHEN 'member' THEN {points} * {each} ELSE 0 END"
    " FROM {members}, unnest(ARRAY['member', 'member_debt', 'member_hold']) AS kind",
    "INSERT INTO posting (posting_id, kind, store_id, member_id, actor, booked_ms)"
    " SELECT {posting}, 'earn', %(store)s, {member}, 'past', 1 FROM {lots}",
    "INSERT INTO entry (posting_id, line, account_id, amount) SELECT {posting}, line,"
    " CASE line WHEN 0 THEN 'store_issuance:' || %(store)s ELSE 'member:' || {member} END,"
    " CASE line WHEN 0 THEN -{points} ELSE {points} END FROM {lots}, generate_series(0, 1) AS line",
    "INSERT INTO lot (member_id, expires_ms, posting_id, points, remaining)"
    " SELECT {member}, 1000 + m, {posting}, {points}, {points} FROM {lots}",
)
_WORDS = {
    "member": "'019470' || lpad(to_hex(m), 8, '0') || '-7000-8000-' || substr(md5(m::text), 1, 12)",
    "posting": "'01947' || k || lpad(to_hex(m), 8, '0') || '-7000-8000-' || substr(md5(m::text), 1, 12)",
    "members": "generate_series(%(first)s::bigint, %(last)s::bigint) AS m",
    "lots": "generate_series(%(first)s::bigint, %(last)s::bigint) AS m, generate_series(1, {each}) AS k",
    "points": str(POINTS),
    "each": str(LOTS_A_MEMBER),
}
_ISSUED = ("UPDATE account SET balance = balance - %(points)s WHERE account_id = 'store_issuance:' || %(store)s",)
_LEFT = "SELECT count(*) FROM lot WHERE remaining > 0 AND expires_ms < 1000000000000"
_BREAKAGE = "SELECT sum(balance) FROM account WHERE kind = 'breakage'"

# The limit: the same rows for a copy of the lots, by one statement a portion.
_PEER = """
WITH due AS (SELECT member_id, expires_ms, posting_id, remaining FROM peer_lot WHERE remaining > 0
             ORDER BY expires_ms LIMIT 1000),
l AS (UPDATE peer_lot SET remaining = 0 FROM due
      WHERE peer_lot.member_id = due.member_id AND peer_lot.expires_ms = due.expires_ms
      AND peer_lot.posting_id = due.posting_id),
p AS (INSERT INTO posting (posting_id, kind, store_id, member_id, actor, booked_ms)
      SELECT 'peer-' || min(posting_id), 'expiry', %(store)s, member_id, 'peer', 1 FROM due GROUP BY member_id),
e AS (INSERT INTO entry (posting_id, line, account_id, amount)
      SELECT 'peer-' || min(posting_id), line, CASE line WHEN 0 THEN 'member:' || member_id ELSE 'breakage:peer' END,
      CASE line WHEN 0 THEN -sum(remaining) ELSE sum(remaining) END FROM due, generate_series(0, 1) AS line
      GROUP BY member_id, line),
u AS (INSERT INTO lot_use (posting_id, lot_posting_id, points)
      SELECT 'peer-' || min(posting_id) OVER (PARTITION BY member_id), posting_id, remaining FROM due),
a AS (UPDATE account SET balance = balance FROM due WHERE account_id = 'member:' || due.member_id)
SELECT count(*) FROM due
"""


def fill(url: str, store_id: str, lots: int) -> None:
    """Lots that are over, and nothing else to expire."""
    words = {**_WORDS, "lots": _WORDS["lots"].format(**_WORDS)}
    members = lots // LOTS_A_MEMBER
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        for first in range(1, members + 1, CHUNK):
            named: dict[str, Any] = {"first": first, "last": min(first + CHUNK - 1, members), "store": store_id}
            for statement in _FILL:
                conn.execute(statement.format(**words), named)
        for statement in _ISSUED:
            conn.execute(statement, {"points": members * LOTS_A_MEMBER * POINTS, "store": store_id})
        conn.execute("SET session_replication_role = DEFAULT")
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")


def number(url: str, query: str) -> int:
    with psycopg.connect(url) as conn:
        found = conn.execute(query).fetchone()
    assert found is not None
    return int(found[0] or 0)


class Shop:
    """Tills that sell so many times a second until they are told to stop; milliseconds from when each earn was due."""

    def __init__(self, tills: Sequence[Till]) -> None:
        self._tills = tills
        self._stopping = threading.Event()
        self.late: list[float] = []

    def sell(self) -> None:
        taking, begun = threading.Lock(), time.perf_counter() + 0.2
        numbers = iter(range(10**9))

        def run(till: Till) -> None:
            while not self._stopping.is_set():
                with taking:
                    when = begun + next(numbers) / PER_S
                time.sleep(max(0.0, when - time.perf_counter()))
                till.prepare("sell", 1)  # a signature is good for minutes only
                till.sell()
                self.late.append((time.perf_counter() - when) * 1000)

        together([partial(run, till) for till in self._tills])

    def stop(self) -> None:
        self._stopping.set()


def selling(tills: Sequence[Till], until: Any) -> list[float]:
    """Sells beside ``until``, which returns when it is enough."""
    shop = Shop(tills)
    thread = threading.Thread(target=shop.sell)
    thread.start()
    try:
        until()
    finally:
        shop.stop()
        thread.join()
    return shop.late


def postpone(url: str) -> None:
    """The job has its hours; it is not to begin by itself in the middle."""
    with psycopg.connect(url) as conn:
        conn.execute("UPDATE job SET next_ms = next_ms + 3600000 WHERE name = %s", [JOB])


def expired(url: str, address: str, key: str) -> float:
    """Seconds from making the job due to the last lot."""
    line = connect(address)
    begun = time.monotonic()
    status, answer = call(line, "POST", f"/v1/jobs/{JOB}/run", b"", {"Authorization": f"Bearer {key}"})
    if status != 202:
        raise SystemExit(f"the job does not run: {status} {answer[:200]!r}")
    with psycopg.connect(url, autocommit=True) as conn:
        while conn.execute(f"SELECT EXISTS ({_LEFT.replace('count(*)', '1')})").fetchone() == (True,):
            time.sleep(POLL_S)
    return time.monotonic() - begun


def by_hand(url: str, store_id: str) -> float:
    """Lots a second."""
    with psycopg.connect(url) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute(
            "CREATE TABLE peer_lot AS SELECT member_id, expires_ms, posting_id, points AS remaining FROM lot"
            " WHERE expires_ms < 1000000000000 LIMIT 100000"
        )
        conn.execute("ALTER TABLE peer_lot ADD PRIMARY KEY (member_id, expires_ms, posting_id)")
        conn.execute("CREATE INDEX ON peer_lot (expires_ms) WHERE remaining > 0")
        conn.execute("ANALYZE peer_lot")
        conn.commit()
        done, begun = 0, time.monotonic()
        while found := conn.execute(_PEER, {"store": store_id}).fetchone():
            conn.commit()
            if not found[0]:
                break
            done += found[0]
        return done / (time.monotonic() - begun)


def measure(report: Report, lots: int, workers: int) -> None:
    with tempfile.TemporaryDirectory() as place, database("postgresql", Path(place)) as (url, database_pid):
        named = ["--database", url, "--folder", place]
        stores = [
            json.loads(command("create-store", *named, "--name", f"매장 {n}", "--brand", "커피", "--json"))["store_id"]
            for n in range(TILLS)
        ]
        codes = [command("enrollment-code", *named, "--store", store) for store in stores]
        key = command("create-key", *named, "--label", "bench")
        fill(url, stores[0], lots)
        with serving(url, Path(place), *(["--workers", str(workers)] if workers > 1 else [])) as (address, pid):
            tills = [Till.enrolled(address, code) for code in codes]
            rng = random.Random(1)
            for till in tills:
                till.seal(int(PER_S * (2 * QUIET_S + SECONDS + 60) / TILLS), 1, rng)
                till.line = Line(address)
                till.prepare("sell", WARM_UP)
            together([partial(_warm, till) for till in tills])
            postpone(url)
            quiet = selling(tills, lambda: time.sleep(QUIET_S))
            if number(url, _LEFT) != lots:
                raise SystemExit("lots were booked before they were to be")
            before = cpu_s(pid, database_pid)
            took: list[float] = []
            busy = selling(tills, lambda: took.append(expired(url, address, key)))
            spent = [(after - was) / lots * 1e6 for was, after in zip(before, cpu_s(pid, database_pid), strict=True)]
        left, breakage = number(url, _LEFT), number(url, _BREAKAGE)
        if (left, breakage) != (0, lots // LOTS_A_MEMBER * LOTS_A_MEMBER * POINTS):
            raise SystemExit(f"{left} lots are left, {breakage} points lapsed")
        limit = by_hand(url, stores[0])
    report.figure(f"{lots:,} lots beside {PER_S} earns a second", f"{lots / took[0]:,.0f} lots a second")
    report.figure("the same rows by one statement a thousand (the limit)", f"{limit:,.0f} lots a second")
    report.figure("processor of the cloud / of PostgreSQL, with earns", f"{spent[0]:.0f} / {spent[1]:.0f} us a lot")
    shown = [f"{percentile(late, 0.5):.1f} / {percentile(late, 0.99):.1f}" for late in (quiet, busy)]
    report.figure("earns p50 / p99 before and during", f"{shown[0]} and {shown[1]} ms")
    report.goal("until all are booked", took[0], at_most=SECONDS * max(1.0, lots / LOTS), unit="s")
    report.goal(
        "p99 of earns during / before", percentile(busy, 0.99) / percentile(quiet, 0.99), at_most=RATIO, unit="x"
    )


def _warm(till: Till) -> None:
    for _ in range(WARM_UP):
        till.sell()


def main() -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lots", type=int, default=LOTS)
    parser.add_argument("--workers", type=int, default=2, help="server processes")
    options = parser.parse_args()
    report = Report("expiry")
    measure(report, options.lots, options.workers)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
