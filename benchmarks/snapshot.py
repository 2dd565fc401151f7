"""A store of 20,000 members to a new device: seconds until they are in its file, bytes, a hand-made peer."""

from __future__ import annotations

import argparse
import contextlib
import hmac
import json
import random
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks._report import Report
from benchmarks._signing import authorization
from benchmarks.push_throughput import Counter, command, connect, cpu_s, database, serving
from sync.clock import SystemClock
from sync.enroll import write_enrollment
from sync.ids import SystemIds
from sync.profile import Identity, StorePolicy, StoreProfile
from sync.protocol import Cursor
from sync.signing import RequestSigner
from sync.snapshot import SnapshotTaker, Took, Why
from sync.store import Store
from sync.transport import HttpTransport

MEMBERS = 20_000
SECONDS = 5.0
MEGABYTES = 3.0
OPS_PER_BATCH = 400  # fewer than fit into a push
TARGET = "/v1/sync/snapshot"


class Newcomers(Counter):
    """Each of its earns is of another member."""

    def _earn(self, seq: int, rng: random.Random) -> dict[str, Any]:
        earn = super()._earn(seq, rng)
        earn["body"]["phone"] = f"+8210{20_000_000 + seq}"
        return earn


def filled(counter: Newcomers, members: int) -> None:
    """Pushes until the store knows so many members."""
    counter.seal(members // OPS_PER_BATCH + 1, OPS_PER_BATCH, random.Random(1))
    counter.send(counter.bodies)


def taken(counter: Counter) -> tuple[float, bytes]:
    """One snapshot as the wire carries it."""
    line = connect(counter.address)
    signed = authorization(counter.device_id, counter.key, "GET", TARGET)
    begun = time.perf_counter()
    line.request("GET", TARGET, headers={"Authorization": signed, "Accept-Encoding": "gzip"})
    answer = line.getresponse()
    raw = answer.read()
    took = time.perf_counter() - begun
    if answer.status != 200 or answer.headers["content-encoding"] != "gzip":
        raise SystemExit(f"no snapshot: {answer.status} {raw[:200]!r}")
    line.close()
    return took, raw


def applied(counter: Counter, place: Path) -> tuple[float, int]:
    """Seconds until an agent's own code has the whole snapshot in its file, and how many members it then finds."""
    clock = SystemClock()
    ids = SystemIds(clock)
    identity = Identity(counter.address, counter.device_id, 1, counter.store_id, "bench", "bench")
    profile = StoreProfile(counter.store_id, "매장", "커피", "composite", "free", "normal")
    signer = RequestSigner(counter.device_id, counter.key, clock=clock, ids=ids)
    with Store.open(place, clock=clock) as store:
        with store.transaction() as conn:
            write_enrollment(conn, identity, profile, StorePolicy(), cursor=Cursor(1, 0, 0), server_time_ms=1)
        with contextlib.closing(HttpTransport(counter.address, signer=signer, clock=clock)) as line:
            taker = SnapshotTaker(store=store, open_snapshot=line.open_snapshot, appliers={}, clock=clock)
            begun = time.perf_counter()
            done = taker.take(Why.ENROLLED)
            took = time.perf_counter() - begun
        if not isinstance(done, Took):
            raise SystemExit(f"the agent took no snapshot: {done}")
        with store.read() as conn:
            return took, int(conn.execute("SELECT count(*) FROM member").fetchone()[0])


def by_hand(count: int) -> float:
    """The limit: as many look-ups, lines of JSON and their gzip, without database, seals and HTTP."""
    key = bytes(32)
    begun = time.perf_counter()
    packer = zlib.compressobj(6, wbits=31)
    for number in sorted(range(count)):
        phone = f"+8210{20_000_000 + number}"
        lookup = hmac.digest(key, b"phone:" + phone.encode(), "sha256").hex()
        body = {"lookup": lookup, "masked": f"010-****-{phone[-4:]}", "points": number % 5_000}
        packer.compress(json.dumps({"kind": "member", "body": body}).encode() + b"\n")
    packer.flush()
    return time.perf_counter() - begun


def main() -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="sqlite")
    parser.add_argument("--members", type=int, default=MEMBERS)
    options = parser.parse_args()
    report = Report(f"snapshot ({options.database})")
    with tempfile.TemporaryDirectory() as place, database(options.database, Path(place)) as (url, _pid):
        named = ["--database", url, "--folder", place]
        made = command("create-store", *named, "--name", "매장", "--brand", "커피", "--json")
        code = command("enrollment-code", *named, "--store", json.loads(made)["store_id"])
        with serving(url, Path(place)) as (address, pid):
            one = Counter.enrolled(address, code)
            counter = Newcomers(one.address, one.key, one.device_id, one.store_id)
            filled(counter, options.members)
            before = cpu_s(pid)[0]
            took, raw = taken(counter)
            busy = cpu_s(pid)[0] - before
            held_s, held = applied(counter, Path(place) / "agent")
    kinds = [json.loads(line)["kind"] for line in zlib.decompress(raw, wbits=31).splitlines()]
    if kinds.count("member") != options.members or kinds[-1] != "end":
        raise SystemExit(f"{kinds.count('member')} members arrived, the last line is {kinds[-1]}")
    if held != options.members:
        raise SystemExit(f"the agent holds {held} members")
    limit = by_hand(options.members)
    report.figure("members, at " + urlsplit(address).netloc, f"{options.members:,}")
    report.figure("the same lines by hand (the limit)", f"{limit:.2f} s; ratio {limit / took:.2f}")
    report.figure("processor of the cloud", f"{busy:.2f} s, {1e6 * busy / options.members:.0f} us a member")
    report.goal("snapshot over HTTP", took, at_most=SECONDS, unit="s")
    report.goal("until all are in the agent's file", held_s, at_most=SECONDS, unit="s")
    report.goal("on the wire", len(raw) / 1e6, at_most=MEGABYTES, unit="MB")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
