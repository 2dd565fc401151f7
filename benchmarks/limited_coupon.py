"""Two hundred who want one of a few coupons at the same moment: exactly so many get one; beside the same rows in bare
SQL."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._report import Report, percentile
from benchmarks.online_earn import Line, spelled
from benchmarks.push_throughput import call as send
from benchmarks.push_throughput import command, connect, database, serving, together, uuid7

TAKERS = 200
QUANTITY = 50
SLOWEST_S = 5.0
ROUNDS = 3


class Cafe:
    """An integrator's program for one store, with members who wait."""

    def __init__(self, address: str, key: str, store_id: str) -> None:
        self.address = address
        self._key = f"Authorization: Bearer {key}"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._store_id = store_id
        self._line = connect(address)

    def members(self, count: int) -> list[str]:
        return [self._ask("/v1/members", {"phone": f"010{20_000_000 + n}"})["member_id"] for n in range(count)]

    def coupon(self, quantity: int) -> str:
        terms = {"name": "선착순", "value_won": 4500, "pos_discount_won": 4500, "store_id": self._store_id}
        found = self._ask("/v1/coupon-definitions", terms | {"quantity": quantity, "take_max": 1})
        return str(found["definition_id"])

    def request(self, member_id: str, definition_id: str) -> bytes:
        """A taker's request, its bytes ready."""
        body = {"definition_id": definition_id, "idempotency_key": uuid7()}
        return spelled("POST", f"/v1/members/{member_id}/coupons/take", json.dumps(body).encode(), self._key)

    def _ask(self, target: str, body: dict[str, Any]) -> Any:
        status, answer = send(self._line, "POST", target, json.dumps(body).encode(), self._headers)
        if status not in (200, 201):
            raise SystemExit(f"{target}: {status} {answer[:300]!r}")
        return json.loads(answer)


def rush(jobs: Sequence[Callable[[], str]]) -> tuple[Counter[str], list[float]]:
    """All at once; what each came to and after how many seconds it knew."""
    ready = threading.Barrier(len(jobs))
    answers: Counter[str] = Counter()
    took: list[float] = []

    def run(job: Callable[[], str]) -> None:
        ready.wait()
        begun = time.perf_counter()
        answer = job()
        took.append(time.perf_counter() - begun)
        answers[answer] += 1

    together([partial(run, job) for job in jobs])
    return answers, took


def taken(line: Line, request: bytes) -> str:
    status, body = line.exchange(request)
    return "taken" if status == 201 else str(json.loads(body).get("code", status))


def measure(report: Report, kind: str, takers: int, quantity: int, workers: int) -> None:
    with tempfile.TemporaryDirectory() as place, database(kind, Path(place)) as (url, _pid):
        named = ["--database", url, "--folder", place]
        store = json.loads(command("create-store", *named, "--name", "매장", "--brand", "커피", "--json"))["store_id"]
        key = command("create-key", *named, "--label", "bench", "--per-minute", "0")
        with serving(url, Path(place), *(["--workers", str(workers)] if workers > 1 else [])) as (address, _):
            cafe = Cafe(address, key, store)
            members = cafe.members(takers)
            lines = [Line(address) for _ in members]
            slowest: list[float] = []
            wrong = 0
            for _ in range(ROUNDS):
                coupon = cafe.coupon(quantity)
                requests = [cafe.request(member_id, coupon) for member_id in members]
                jobs = [partial(taken, line, request) for line, request in zip(lines, requests, strict=True)]
                answers, took = rush(jobs)
                slowest += took
                wrong += answers != {"taken": quantity, "coupon_sold_out": takers - quantity}
                # Everybody asks again, as an app does that lost its answer: nothing changes.
                again, _ = rush(jobs)
                wrong += again != answers
        if kind == "postgresql":
            peer = by_hand(url, members, quantity)
            report.figure("  the same rows by hand (the limit), last of all", f"{max(peer):.2f} s")
    shown = f"{percentile(slowest, 0.5):.2f} / {max(slowest):.2f} s"
    report.figure(f"{kind}: {takers} at once for {quantity}, p50 / last", shown)
    report.goal(f"  of {2 * ROUNDS} rushes that did not give {quantity} exactly", wrong, at_most=0, unit="")
    report.goal("  until the last one knows", max(slowest), at_most=SLOWEST_S, unit="s")


def by_hand(url: str, members: Sequence[str], quantity: int) -> list[float]:
    """The limit: the row that counts and the coupon, one transaction each, on as many connections as the cloud has."""
    room = threading.Semaphore(16)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO coupon_definition (definition_id, brand_id, name, condition, value_won, pos_discount_won,"
            " valid_days, created_ms, quantity, take_max)"
            " SELECT 'peer', brand_id, 'peer', '', 1, 1, 30, 1, %s, 1 FROM brand",
            (quantity,),
        )
    lines = [psycopg.connect(url) for _ in range(16)]
    free = list(lines)

    def take(member_id: str) -> str:
        with room:
            conn = free.pop()
            won = conn.execute(
                "UPDATE coupon_definition SET issued = issued + 1 WHERE definition_id = 'peer' AND issued < quantity"
                " RETURNING 1"
            ).fetchone()
            if won:
                conn.execute(
                    "INSERT INTO coupon (coupon_id, definition_id, member_id, state, issued_ms, expires_ms, changed_ms)"
                    " VALUES (%s, 'peer', %s, 'available', 1, 2, 1)",
                    (uuid7(), member_id),
                )
            conn.commit()
            free.append(conn)
        return "taken" if won else "coupon_sold_out"

    answers, took = rush([partial(take, member_id) for member_id in members])
    for line in lines:
        line.close()
    if answers["taken"] != quantity:
        raise SystemExit(f"by hand: {answers}")
    return took


def main() -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite", "both"), default="both")
    parser.add_argument("--takers", type=int, default=TAKERS)
    parser.add_argument("--quantity", type=int, default=QUANTITY)
    parser.add_argument("--workers", type=int, default=2, help="server processes (PostgreSQL)")
    options = parser.parse_args()
    report = Report("limited_coupon")
    report.figure("load of the machine before", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    for kind in ("postgresql", "sqlite") if options.database == "both" else (options.database,):
        measure(report, kind, options.takers, options.quantity, options.workers if kind == "postgresql" else 1)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
