"""A store of 20,000 members to a new device: seconds, bytes on the wire, and the same lines without a cloud."""

from __future__ import annotations

import argparse
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
    kinds = [json.loads(line)["kind"] for line in zlib.decompress(raw, wbits=31).splitlines()]
    if kinds.count("member") != options.members or kinds[-1] != "end":
        raise SystemExit(f"{kinds.count('member')} members arrived, the last line is {kinds[-1]}")
    limit = by_hand(options.members)
    report.figure("members, at " + urlsplit(address).netloc, f"{options.members:,}")
    report.figure("the same lines by hand (the limit)", f"{limit:.2f} s; ratio {limit / took:.2f}")
    report.figure("processor of the cloud", f"{busy:.2f} s, {1e6 * busy / options.members:.0f} us a member")
    report.goal("snapshot over HTTP", took, at_most=SECONDS, unit="s")
    report.goal("on the wire", len(raw) / 1e6, at_most=MEGABYTES, unit="MB")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
