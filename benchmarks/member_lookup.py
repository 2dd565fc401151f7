"""A number at the counter: who is it, and what do they have, among twenty million members, over HTTP; beside the same
question in bare SQL."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psycopg

from benchmarks._crowd import POINTS, Crowd, gather, size_gb
from benchmarks._report import Report, percentile
from benchmarks.online_earn import Line, spelled
from benchmarks.push_throughput import command, cpu_s, database, serving, together

MEMBERS = 20_000_000
PER_S = 50
P99_MS = 10.0
FIND = "/v1/members/find"
KEYS = 10  # a key may look up 600 numbers a minute
LINES = 4
WARM_UP = 100

# What a wallet is made of, each by an index.
_PEER = (
    "SELECT member_id, nickname, phone_sealed FROM member WHERE phone_lookup = $1",
    "SELECT account_id, balance FROM account WHERE account_id IN ('member:' || $1, 'member_hold:' || $1,"
    " 'member_debt:' || $1)",
    "SELECT coalesce(sum(remaining), 0) FROM lot WHERE member_id = $1 AND remaining > 0"
    " AND expires_ms <= 1800000000000",
    "SELECT coupon.coupon_id, name, state, value_won, expires_ms FROM coupon JOIN coupon_definition"
    " USING (definition_id) WHERE member_id = $1 ORDER BY expires_ms",
)


def asked(crowd: Crowd, keys: Sequence[str], count: int) -> list[bytes]:
    """Requests whose bytes are ready, each of somebody else."""
    return [
        spelled(
            "POST",
            FIND,
            json.dumps({"phone": crowd.phones[n % len(crowd.phones)].national}).encode(),
            f"Authorization: Bearer {keys[n % len(keys)]}",
        )
        for n in range(count)
    ]


def look_up(line: Line, request: bytes) -> None:
    status, body = line.exchange(request)
    found = json.loads(body)
    if status != 200 or found.get("points_balance") != POINTS or len(found.get("coupons", ())) != 1:
        raise SystemExit(f"a look-up failed: {status} {body[:300]!r}")


def open_loop(address: str, requests: Sequence[bytes]) -> list[float]:
    """Milliseconds from the moment at which each was due."""
    due, taking = iter(range(len(requests))), threading.Lock()
    took: list[float] = []
    begun = time.perf_counter() + 0.2

    def run(line: Line) -> None:
        while True:
            with taking:
                number = next(due, None)
            if number is None:
                return
            when = begun + number / PER_S
            time.sleep(max(0.0, when - time.perf_counter()))
            look_up(line, requests[number])
            took.append((time.perf_counter() - when) * 1000)

    together([partial(run, Line(address)) for _ in range(LINES)])
    return took


def bare(url: str, lookups: Sequence[str]) -> list[float]:
    """The limit: the same questions, prepared, one after the other on one connection."""
    took = []
    with psycopg.connect(url, autocommit=True) as conn, psycopg.RawCursor(conn) as cursor:
        for n, lookup in enumerate(lookups):
            begun = time.perf_counter()
            found = cursor.execute(_PEER[0], (lookup,), prepare=True).fetchone()
            assert found is not None
            for statement in _PEER[1:]:
                cursor.execute(statement, (found[0],), prepare=True).fetchall()
            if n >= WARM_UP:
                took.append((time.perf_counter() - begun) * 1000)
    return took


def measure(report: Report, members: int, seconds: int, workers: int) -> None:
    with tempfile.TemporaryDirectory() as place, database("postgresql", Path(place)) as (url, database_pid):
        named = ["--database", url, "--folder", place]
        brand = json.loads(command("create-store", *named, "--name", "매장", "--brand", "커피", "--json"))
        keys = [command("create-key", *named, "--label", f"bench {n}") for n in range(KEYS)]
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(
                "INSERT INTO coupon_definition (definition_id, brand_id, store_id, name, condition, value_won,"
                " pos_discount_won, valid_days, created_ms) SELECT 'bench', brand_id, store_id, '아메리카노 1잔', '',"
                " 4500, 4500, 30, 1 FROM store WHERE store_id = %s",
                (brand["store_id"],),
            )
        begun = time.monotonic()
        crowd = gather(url, Path(place) / "cloud.keys", members, "bench")
        report.figure(f"{members:,} members", f"{size_gb(url):.1f} GB, written in {time.monotonic() - begun:.0f} s")
        words = ["--workers", str(workers)] if workers > 1 else []
        with serving(url, Path(place), *words) as (address, pid):
            requests = asked(crowd, keys, WARM_UP + PER_S * seconds)
            warm = Line(address)
            for request in requests[:WARM_UP]:
                look_up(warm, request)
            before = cpu_s(pid, database_pid)
            took = open_loop(address, requests[WARM_UP:])
            spent = [
                (after - was) / len(took) * 1e6 for was, after in zip(before, cpu_s(pid, database_pid), strict=True)
            ]
            limit = bare(url, crowd.lookups[-(WARM_UP + PER_S * seconds) :])
    report.figure(
        "the same in bare SQL (the limit), p50 / p99",
        f"{percentile(limit, 0.5):.2f} / {percentile(limit, 0.99):.2f} ms",
    )
    report.figure("processor of the cloud / of PostgreSQL", f"{spent[0]:.0f} / {spent[1]:.0f} us a look-up")
    report.figure(f"{PER_S} look-ups a second for {seconds} s, p50", f"{percentile(took, 0.5):.2f} ms")
    report.goal(f"{PER_S} look-ups a second, p99", percentile(took, 0.99), at_most=P99_MS, unit="ms")


def main() -> int:
    """1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=MEMBERS, help="twenty million need about 12 GB of disk")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1, help="server processes")
    options = parser.parse_args()
    report = Report("member_lookup")
    report.figure("load of the machine before", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    measure(report, options.members, options.seconds, options.workers)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
