"""How long a list of another service takes from its upload to its last posting, beside the same rows written bare."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks._report import Report
from benchmarks.push_throughput import call, command, connect, cpu_s, database, serving, uuid7

MEMBERS = 100_000
SECONDS = 120.0
SEEN_EVERY_S = 10.0
POLL_S = 0.2

# What a member leaves behind, written as plainly as each database can.
_TABLES = {
    "member": ("member_id", "phone_lookup", "phone_sealed", "nickname", "joined_ms", "join_store_id"),
    "account": ("account_id", "kind", "owner_id", "balance"),
    "posting": ("posting_id", "kind", "store_id", "member_id", "actor", "booked_ms"),
    "entry": ("posting_id", "line", "account_id", "amount"),
    "lot": ("member_id", "expires_ms", "posting_id", "points", "remaining"),
}


def a_list(members: int) -> bytes:
    """As an export of a Korean service looks: CP949, names, dates, thousands with commas."""
    rng = random.Random(1)
    lines = ["번호,고객명,휴대폰번호,보유 포인트,누적 포인트,스탬프,등급,가입일"]
    for n, number in enumerate(rng.sample(range(20_000_000, 99_999_999), members), start=1):
        phone = f"010-{number // 10_000:04d}-{number % 10_000:04d}"
        points = rng.randrange(10, 30_000)
        day = f"20{rng.randrange(18, 26)}.{rng.randrange(1, 13):02d}.{rng.randrange(1, 29):02d}"
        lines.append(f'{n},김손님{n},{phone},"{points:,}","{points * 3:,}",{rng.randrange(10)},일반,{day}')
    return "\r\n".join(lines).encode("cp949")


class Client:
    """An integrator's program that uploads, looks and confirms."""

    def __init__(self, address: str, key: str) -> None:
        self._line = connect(address)
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> Any:
        status, answer = call(self._line, method, target, body, {**self._headers, **headers})
        if status not in (200, 202):
            raise SystemExit(f"{method} {target}: {status} {answer[:300]!r}")
        return json.loads(answer)

    def watched(self, import_id: str, until: str) -> tuple[Any, float]:
        """How it is when it has come that far, and the longest time in which no progress was to be seen."""
        last, changed, longest = None, time.monotonic(), 0.0
        while True:
            found = self.ask("GET", f"/v1/imports/{import_id}")
            seen = (found["state"], found["rows_read"], found["progress"]["rows"])
            if seen != last:
                longest = max(longest, time.monotonic() - changed) if last else 0.0
                last, changed = seen, time.monotonic()
            if found["state"] not in ("checking", "importing"):
                if found["state"] != until:
                    raise SystemExit(f"the import is {found['state']}: {found['problem']}")
                return found, longest
            time.sleep(POLL_S)


@dataclass
class Took:
    """Seconds."""

    upload: float
    check: float
    book: float
    unseen: float

    @property
    def all(self) -> float:
        return self.upload + self.check + self.book


def imported(client: Client, store_id: str, raw: bytes) -> Took:
    begun = time.monotonic()
    kind = {"Content-Type": "text/csv"}
    made = client.ask("POST", f"/v1/imports?store_id={store_id}", raw, **kind)
    up = time.monotonic()
    checked, unseen = client.watched(made["import_id"], "checked")
    looked = time.monotonic()
    sums = checked["sums"] | {"by": "bench"}
    client.ask("POST", f"/v1/imports/{made['import_id']}/confirm", json.dumps(sums).encode())
    done, unseen_too = client.watched(made["import_id"], "done")
    booked = time.monotonic()
    if done["progress"]["points"] != checked["sums"]["points"]:
        raise SystemExit(f"imported {done['progress']}, confirmed {checked['sums']}")
    return Took(up - begun, looked - up, booked - looked, max(unseen, unseen_too))


# --- the limit: the same rows, made before the clock starts, one transaction -----------------------------------------


def bare_rows(members: int, store_id: str) -> dict[str, list[tuple[Any, ...]]]:
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
    sealed = os.urandom(44)
    for n in range(members):
        member_id, posting_id, points = uuid7(), uuid7(), 100 + n % 1000
        rows["member"].append((member_id, os.urandom(32).hex(), sealed, "김손님", 1, store_id))
        rows["account"] += [
            (f"{kind}:{member_id}", kind, member_id, points if kind == "member" else 0)
            for kind in ("member", "member_hold", "member_debt")
        ]
        rows["posting"].append((posting_id, "import", store_id, member_id, "import:bare", 1))
        rows["entry"] += [(posting_id, 0, "import:bare", -points), (posting_id, 1, f"member:{member_id}", points)]
        rows["lot"].append((member_id, 2**53 - 1, posting_id, points, points))
    return rows


def written_bare(url: str, rows: dict[str, list[tuple[Any, ...]]]) -> float:
    begun = time.monotonic()
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as lite, lite:
            lite.execute("PRAGMA synchronous = FULL")
            for name, columns in _TABLES.items():
                places = ", ".join("?" * len(columns))
                lite.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})", rows[name])
        return time.monotonic() - begun
    with psycopg.connect(url) as conn:
        for name, columns in _TABLES.items():
            _copied(conn, name, columns, rows[name])
    return time.monotonic() - begun


def _copied(conn: psycopg.Connection[Any], name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    with conn.cursor() as cursor, cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


# --- the run ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def served(kind: str) -> Iterator[tuple[Client, str, str, tuple[int | None, int | None], list[str]]]:
    with tempfile.TemporaryDirectory() as place, database(kind, Path(place)) as (url, database_pid):
        named = ["--database", url, "--folder", place]
        made = command("create-store", *named, "--name", "매장", "--brand", "커피", "--json")
        key = command("create-key", *named, "--label", "bench")
        with serving(url, Path(place)) as (address, pid):
            yield Client(address, key), json.loads(made)["store_id"], url, (pid, database_pid), named


def measure(report: Report, kind: str, members: int, goal_s: float) -> None:
    with served(kind) as (client, store_id, url, pids, named):
        before = cpu_s(*pids)
        took = imported(client, store_id, a_list(members))
        spent = [(after - was) / members * 1e6 for was, after in zip(before, cpu_s(*pids), strict=True)]
        said = command("verify", *named)
        if f"postings {members} " not in said or len(said.splitlines()) != 1:
            raise SystemExit(f"the book is not sound: {said[:500]}")
        bare = written_bare(url, bare_rows(members, store_id))
    report.figure("  processor of the cloud / of PostgreSQL", f"{spent[0]:.0f} / {spent[1]:.0f} us a member")
    report.figure("  the same rows written bare (the limit)", f"{bare:.1f} s; ratio {bare / took.all:.2f}")
    report.goal("  from the upload to the last posting", took.all, at_most=goal_s, unit="s")
    report.goal("  longest time without visible progress", took.unseen, at_most=SEEN_EVERY_S, unit="s")


def main() -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite", "both"), default="both")
    parser.add_argument("--members", type=int, default=MEMBERS)
    options = parser.parse_args()
    report = Report("member_import")
    report.figure("load of the machine before", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    for kind in ("postgresql", "sqlite") if options.database == "both" else (options.database,):
        measure(report, kind, options.members, SECONDS * max(1.0, options.members / MEMBERS))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
