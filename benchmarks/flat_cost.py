"""What an earn costs in a small book and in a large one: it must not grow with the entries there are."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

import psycopg

from benchmarks._report import Report
from benchmarks.push_throughput import Counter, command, cpu_s, database, serving, together

SMALL = 10_000
LARGE = 2_000_000
RATIO = 1.3
BATCHES = 12
WARM_UP = 2
CLIENTS = 2
ENTRIES_AN_EARN = 2
POINTS = 45
CHUNK = 250_000  # earns a statement

# Earns of the past as the cloud writes them, all rows of them. Ids rise, as real ones do; their members and
# the stores of the run share them, so that the pages the run needs lie among all the others.
_FILL = (
    "INSERT INTO posting (posting_id, kind, store_id, member_id, op_id, fingerprint, actor, booked_ms)"
    " SELECT {posting}, 'earn', {store}, {member}, {op}, {receipt}, 'tablet', n FROM {numbers}",
    "INSERT INTO entry (posting_id, line, account_id, amount)"
    " SELECT {posting}, line, CASE line WHEN 0 THEN 'store_issuance:' || {store} ELSE 'member:' || {member} END,"
    " CASE line WHEN 0 THEN -{points} ELSE {points} END FROM {numbers}, generate_series(0, 1) AS line",
    "INSERT INTO lot (member_id, expires_ms, posting_id, points, remaining)"
    " SELECT {member}, 1900000000000 + n, {posting}, {points}, {points} FROM {numbers}",
    "INSERT INTO earn (store_id, earn_id, op_id, device_id, member_id, fingerprint, text_ms, receipt_no, till, source,"
    " paid_won, points, provisional_points, rate_bp, policy_version, reasons, flags, status, posting_id, occurred_ms,"
    " booked_ms) SELECT {store}, {op}, {op}, 'past', {member}, {receipt}, 0, '0001', '1', 'receipt_auto', 4500,"
    " {points}, {points}, 100, 1, '[\"rate\"]', '[]', 'posted', {posting}, n, n FROM {numbers}",
    "INSERT INTO device_op (device_id, epoch, seq, op_id, kind, hash, status, result, sealed, received_ms)"
    " SELECT 'past', 1, n, {op}, 'earn', {receipt}, 'applied', repeat('x', 150), decode(repeat('ab', 100), 'hex'), n"
    " FROM {numbers}",
)
_WORDS = {
    # Of 2025, rising, as long as a UUID.
    "posting": "'019450' || lpad(to_hex(n), 8, '0') || '-7000-8000-' || substr(md5(n::text), 1, 12)",
    "op": "'019451' || lpad(to_hex(n), 8, '0') || '-7000-8000-' || substr(md5(n::text), 1, 12)",
    "receipt": "md5('r' || n) || md5('s' || n)",
    "store": "(%(stores)s::text[])[1 + n %% %(store_count)s]",
    "member": "(%(members)s::text[])[1 + (n * 7919) %% %(member_count)s]",
    "points": str(POINTS),
    "numbers": "generate_series(%(first)s::bigint, %(last)s::bigint) AS n",
}
_BALANCES = (
    "UPDATE account SET balance = replay.total FROM (SELECT account_id, sum(amount) AS total FROM entry"
    " GROUP BY account_id) AS replay WHERE replay.account_id = account.account_id"
)


def entries(url: str) -> int:
    with psycopg.connect(url) as conn:
        found = conn.execute("SELECT count(*) FROM entry").fetchone()
    assert found is not None
    return int(found[0])


def fill(url: str, stores: list[str], up_to: int) -> None:
    """Earns of the past until the book has so many entries; then the statistics that an autovacuum would make."""
    missing = max(0, up_to - entries(url)) // ENTRIES_AN_EARN
    with psycopg.connect(url, autocommit=True) as conn:
        begun = conn.execute("SELECT count(*) FROM posting WHERE posting_id LIKE '019450%'").fetchone()
        assert begun is not None
        members = [row[0] for row in conn.execute("SELECT member_id FROM member")]
        named = {"stores": stores, "store_count": len(stores), "members": members, "member_count": len(members)}
        for first in range(begun[0] + 1, begun[0] + missing + 1, CHUNK):
            last = min(first + CHUNK - 1, begun[0] + missing)
            for statement in _FILL:
                conn.execute(statement.format(**_WORDS), {**named, "first": first, "last": last})
        conn.execute(_BALANCES)
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")


def cost(counters: list[Counter], begin: int, pids: tuple[int, int | None]) -> tuple[float, float]:
    """Processor time of cloud and of PostgreSQL, in us an earn, of the batches from ``begin`` on."""
    warm, end = begin + WARM_UP, begin + WARM_UP + BATCHES
    together([partial(counter.send, counter.bodies[begin:warm]) for counter in counters])
    before = cpu_s(*pids)
    together([partial(counter.send, counter.bodies[warm:end]) for counter in counters])
    earns = sum(sum(counter.sizes[warm:end]) for counter in counters)
    cloud, postgres = (after - was for was, after in zip(before, cpu_s(*pids), strict=True))
    return cloud / earns * 1e6, postgres / earns * 1e6


def measure(report: Report, large: int) -> None:
    with tempfile.TemporaryDirectory() as place, database("postgresql", Path(place)) as (url, database_pid):
        named = ["--database", url, "--folder", place]
        stores = [
            str(
                json.loads(command("create-store", *named, "--name", f"매장 {n}", "--brand", "커피", "--json"))[
                    "store_id"
                ]
            )
            for n in range(CLIENTS)
        ]
        codes = [command("enrollment-code", *named, "--store", store) for store in stores]
        with serving(url, Path(place)) as (address, pid):
            counters = [Counter.enrolled(address, code) for code in codes]
            for counter in counters:
                counter.seal(2 * (WARM_UP + BATCHES) + WARM_UP, 400, random.Random(1))
            together([partial(counter.send, counter.bodies[:WARM_UP]) for counter in counters])
            spent = {}
            for begin, size in ((WARM_UP, SMALL), (2 * WARM_UP + BATCHES, large)):
                fill(url, stores, size)
                found = entries(url)
                spent[size] = cost(counters, begin, (pid, database_pid))
                text = " / ".join(f"{share:.0f}" for share in spent[size]) + " us in cloud / PostgreSQL"
                report.figure(f"an earn beside {found:,} entries", text)
    small, big = spent[SMALL], spent[large]
    report.goal(f"{large:,} entries / {SMALL:,}, both together", sum(big) / sum(small), at_most=RATIO, unit="x")
    report.goal(f"{large:,} entries / {SMALL:,}, PostgreSQL", big[1] / small[1], at_most=RATIO, unit="x")


def main() -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=LARGE, help="of the large book; 10000000 takes a while")
    options = parser.parse_args()
    report = Report("flat_cost")
    measure(report, options.entries)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
