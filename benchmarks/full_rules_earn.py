"""An earn by full rules (grades, extras and limits; stamps with caps and tiers) beside the bare one, in turns."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._report import Report
from benchmarks.push_throughput import Counter, command, cpu_s, database, serving, together
from cloud_api.bootstrap import opened
from cloud_api.clock import DAY_MS
from cloud_api.coupons.service import NewDefinition, define
from cloud_api.database import Work
from cloud_api.settings import Settings
from cloud_api.stores.earning import set_for_brand
from cloud_api.stores.service import find_brand
from rules.programs import read_program
from sync.protocol import OPS_PER_PUSH_MAX

GOAL_SHARE = 0.7  # of what the bare earn reaches
BATCHES, SINGLES, WARM_UP = 4, 100, 2
MEMBERS = 100
FIRST_MS = 1_760_000_000_000
ROUNDS = 3  # in turns, so that what else the machine does falls on all alike

_GRADES = [
    {"level": 1, "code": "WELCOME", "rate_bp": 100},
    {"level": 2, "code": "VIP", "rate_bp": 100, "min_orders": 3},
    {"level": 3, "code": "KING", "rate_bp": 100, "min_orders": 9},
]
_POINTS: dict[str, Any] = {
    "method": "point",
    "grades": _GRADES,
    "bonus_bp": {"local_currency": 100},
    "limits": {"payment_max_percent": 50, "store_day_max_points": 1_000_000},
}
_STAMPS: dict[str, Any] = {
    "method": "stamp",
    "grades": _GRADES,
    "stamps": {"minimum_won": 4_000, "means": ["card", "cash"], "payment_max": 3, "day_max": 1_000_000},
    "card": {"per_board": 10, "tiers": [3, 7, 10], "valid_days": 365},
}


@dataclass
class Shop:
    """A store of a brand of its own, by one set of rules; ``stamps``: what its counter computes for each sale."""

    name: str
    program: dict[str, Any] | None
    stamps: int = 0
    ops: int = 0
    took_s: float = 0.0
    cloud_s: float = 0.0
    database_s: float = 0.0

    @property
    def speed(self) -> float:
        return self.ops / self.took_s

    @property
    def cost_us(self) -> float:
        """Processor time of cloud and database for each earn."""
        return (self.cloud_s + self.database_s) / self.ops * 1e6


class PointCounter(Counter):
    """Its customers come again and again, each about once a day; who comes for the first time is another question."""

    def _earn(self, seq: int, rng: random.Random) -> dict[str, Any]:
        op = super()._earn(seq, rng)
        sold_ms = FIRST_MS + seq * DAY_MS // MEMBERS
        op["body"] |= {"phone": f"+8210{20_000_000 + rng.randrange(MEMBERS)}", "occurred_ms": sold_ms}
        return op | {"wall_ms": sold_ms}


class StampCounter(PointCounter):
    """As a counter of a shop that gives stamps reports a sale."""

    def _earn(self, seq: int, rng: random.Random) -> dict[str, Any]:
        op = super()._earn(seq, rng)
        op["body"] |= {"points": 0, "rate_bp": 0, "stamps": 1}
        return op


def set_program(url: str, folder: Path, shop: Shop) -> None:
    """As head office would through the API."""
    if shop.program is None:
        return
    with opened(Settings(url, folder / "cloud.keys"), checkpoints=False) as cloud:

        def job(work: Work) -> None:
            brand_id = find_brand(work.conn, shop.name)
            assert brand_id is not None
            assert shop.program is not None
            rewards = []
            if shop.stamps:
                terms = partial(NewDefinition, brand_id, None, condition="", value_won=1, pos_discount_won=1)
                rewards = [define(work, terms(name=f"보상 {n}", valid_days=30)) for n in range(3)]
            set_for_brand(work, brand_id, read_program(shop.program | {"rewards": rewards}), {})

        cloud.database.transact(job)


def measure(report: Report, kind: str, per_batch: int, batches: int) -> None:
    rng = random.Random(1)
    shops = [Shop("bare", None), Shop("points", _POINTS), Shop("stamps", _STAMPS, 1)]
    with tempfile.TemporaryDirectory() as place, database(kind, Path(place)) as (url, server_pid):
        folder = Path(place)
        named = ["--database", url, "--folder", place]
        codes = []
        for shop in shops:
            words = ["create-store", *named, "--name", shop.name, "--brand", shop.name, "--plan", "plus", "--json"]
            store_id = json.loads(command(*words))["store_id"]
            set_program(url, folder, shop)
            codes.append(command("enrollment-code", *named, "--store", store_id))
        with serving(url, folder) as (address, pid):
            counters: list[Counter] = [
                (StampCounter if shop.stamps else PointCounter).enrolled(address, code)
                for shop, code in zip(shops, codes, strict=True)
            ]
            for counter in counters:
                warm_up = WARM_UP if per_batch > 1 else MEMBERS
                counter.seal(warm_up + batches * ROUNDS, per_batch, rng)
                counter.send(counter.bodies[:warm_up])
            for turn in range(ROUNDS):
                first = warm_up + turn * batches
                for shop, counter in zip(shops, counters, strict=True):
                    run(shop, counter, range(first, first + batches), pid, server_pid)
    tell(report, f"{kind}, {per_batch} earn{'s' if per_batch > 1 else ''} a call", shops)


def run(shop: Shop, counter: Counter, which: Sequence[int], pid: int, server_pid: int | None) -> None:
    before = cpu_s(pid, server_pid)
    shop.took_s += together([partial(counter.send, [counter.bodies[n] for n in which])])
    after = cpu_s(pid, server_pid)
    shop.cloud_s += after[0] - before[0]
    shop.database_s += after[1] - before[1]
    shop.ops += sum(counter.sizes[n] for n in which)


def tell(report: Report, what: str, shops: Sequence[Shop]) -> None:
    bare = shops[0]
    for shop in shops:
        spent = f"{shop.cloud_s / shop.ops * 1e6:,.0f} / {shop.database_s / shop.ops * 1e6:,.0f} us"
        report.figure(f"{what}: {shop.name}", f"{shop.speed:,.0f} ops/s, cloud / database {spent} an earn")
    for shop in shops[1:]:
        report.goal(f"  bare / {shop.name}, throughput", bare.speed / shop.speed, at_most=1 / GOAL_SHARE, unit="x")
        report.figure(f"  {shop.name} / bare, processor time", f"{shop.cost_us / bare.cost_us:.2f} x")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite", "both"), default="both")
    options = parser.parse_args()
    report = Report("full_rules_earn")
    report.figure("load of the machine before", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    for kind in ("postgresql", "sqlite") if options.database == "both" else (options.database,):
        measure(report, kind, OPS_PER_PUSH_MAX, BATCHES)
        measure(report, kind, 1, SINGLES)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
