"""Owns the verdict after the last kill: what was confirmed is booked once, the book balances, the chains agree."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from cloud_api.bootstrap import build, opened
from cloud_api.ledger.verify import verify
from rules.requests import OPEN_STATES
from simulation.kills.ground import CounterPlace, Ground
from sync.chain import verify_chain
from sync.clock import SystemClock
from sync.protocol import FINAL_STATUSES
from sync.secrets import FieldCipher
from sync.store import Store


@dataclass
class Audit:
    """``lost`` and ``doubled`` name operations; ``wrong`` says in words what else does not hold."""

    confirmed: int = 0
    unconfirmed: int = 0  # committed, but killed before anybody was told
    entries: int = 0
    requests: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


def audit(ground: Ground) -> Audit:
    """Reads everything; all processes must have ended."""
    found = Audit()
    with opened(ground.settings) as cloud, cloud.database.read_moment() as conn:
        book = verify(conn)
        found.entries = book.entries
        if not book.sound:
            found.wrong.append(f"I1: the book is not sound: {book}")
        _effects_once(conn, found)
        _requests(conn, ground, found)
        for place in ground.counters:
            _counter(conn, place, found)
    _logs(ground, found)
    return found


def _effects_once(conn: Connection, found: Audit) -> None:
    """I2: no operation, receipt or request has more than one effect of a kind."""
    twice = "GROUP BY 1, 2 HAVING count(*) > 1"
    for sql in (
        f"SELECT op_id, kind FROM posting WHERE op_id IS NOT NULL {twice}",
        f"SELECT request_id, kind FROM posting WHERE request_id IS NOT NULL {twice}",
        f"SELECT receipt_no, store_id FROM earn WHERE receipt_no IS NOT NULL {twice}",
        f"SELECT op_id, device_id FROM device_op {twice}",
    ):
        found.doubled += [str(tuple(row)) for row in conn.execute(text(sql))]


def _requests(conn: Connection, ground: Ground, found: Audit) -> None:
    """I6: every request ended, and nothing is held for one that did."""
    rows = conn.execute(
        text("SELECT request_id, state FROM request WHERE store_id = :store"), {"store": ground.store_id}
    ).all()
    found.requests = len(rows)
    found.wrong += [f"I8: request {row.request_id} is still {row.state}" for row in rows if row.state in OPEN_STATES]
    for member in ground.member_ids:
        held = conn.execute(
            text("SELECT balance FROM account WHERE kind = 'member_hold' AND owner_id = :member"), {"member": member}
        ).scalar_one()
        if held:
            found.wrong.append(f"I6: {held} points of {member} are held for no request")


def _counter(conn: Connection, place: CounterPlace, found: Audit) -> None:
    store = Store.open(place.folder, clock=SystemClock())
    try:
        with store.read() as here:
            broken = verify_chain(here, FieldCipher(place.secrets.field_key))
            head = tuple(here.execute("SELECT last_seq, last_hash FROM outbox_head").fetchone() or (0, "0" * 64))
            rows = {
                row["op_id"]: dict(row)
                for row in here.execute("SELECT op_id, seq, hash, kind, status, result_json FROM outbox")
            }
            cursor = tuple(here.execute("SELECT store_n, brand_n FROM inbox_cursor").fetchone())
    finally:
        store.close()
    if broken is not None:
        found.wrong.append(f"I9: the chain of {place.name} breaks at {broken}")
    _chain_end(conn, place, head, found)
    _feed_end(conn, place, cursor, found)
    _operations(conn, place, rows, found)


def _chain_end(conn: Connection, place: CounterPlace, head: tuple[Any, ...], found: Audit) -> None:
    """I9: both ends stand at the same number and hash, and nobody was taken for a clone."""
    there = conn.execute(
        text("SELECT last_seq, last_hash, suspended_ms, epoch FROM device WHERE device_id = :device"),
        {"device": place.identity.device_id},
    ).one()
    if tuple(there)[:2] != head:
        found.wrong.append(f"I9: {place.name} stands at {head}, the cloud at {tuple(there)[:2]}")
    if there.suspended_ms is not None or there.epoch != place.identity.epoch:
        found.wrong.append(f"I9: {place.name} was suspended or has a new epoch without an old copy")


def _feed_end(conn: Connection, place: CounterPlace, cursor: tuple[Any, ...], found: Audit) -> None:
    """I7: both feeds were read to their end."""
    ends = _feed_ends(conn, place.identity.store_id)
    if cursor != ends:
        found.wrong.append(f"I7: {place.name} has read up to {cursor} of {ends}")


def _feed_ends(conn: Connection, store_id: str) -> tuple[int, ...]:
    sql = text(
        "SELECT feed.n FROM store JOIN feed ON feed.feed_id IN ('store:' || store.store_id, 'brand:' || store.brand_id)"
        " WHERE store.store_id = :store ORDER BY feed.feed_id DESC"
    )
    return tuple(conn.execute(sql, {"store": store_id}).scalars())


def feed_ends(ground: Ground) -> tuple[int, ...]:
    """Where the store's and the brand's feed end, beside the running server."""
    cloud = build(ground.settings, checkpoints=False)
    try:
        with cloud.database.read() as conn:
            return _feed_ends(conn, ground.store_id)
    finally:
        cloud.database.close()


def _operations(conn: Connection, place: CounterPlace, rows: dict[str, dict[str, Any]], found: Audit) -> None:
    """I3 and I10: the record of the screen, the counter's own file and the cloud tell the same story."""
    there = {
        row.op_id: row
        for row in conn.execute(
            text("SELECT op_id, seq, hash, status, result FROM device_op WHERE device_id = :device"),
            {"device": place.identity.device_id},
        )
    }
    earns = {row.earn_id: row for row in conn.execute(text("SELECT earn_id, op_id, paid_won, points FROM earn"))}
    recorded = [json.loads(line) for line in place.record.read_text("utf-8").splitlines()]
    found.confirmed += len(recorded)
    found.unconfirmed += len(rows.keys() - {line["op_id"] for line in recorded})
    found.doubled += [
        f"recorded twice: {op_id}" for op_id, n in Counter(line["op_id"] for line in recorded).items() if n > 1
    ]
    for line in recorded:
        booked = there.get(line["op_id"])
        if booked is None or (booked.seq, booked.hash) != (line["seq"], line["hash"]):
            found.lost.append(f"{place.name} {line}: the cloud has {booked}")
        elif "earn_id" in line and (
            line["earn_id"] not in earns or earns[line["earn_id"]].paid_won != line["paid_won"]
        ):
            found.lost.append(f"{place.name} showed {line}, booked is {earns.get(line['earn_id'])}")
    for op_id, row in rows.items():
        booked = there.get(op_id)
        where = f"{place.name} {row['seq']} {row['kind']}"
        if booked is None or row["status"] not in FINAL_STATUSES or row["status"] == "parked":
            found.wrong.append(f"I8: {where} is {row['status']}, the cloud has {booked}")
        elif json.loads(row["result_json"]) != json.loads(booked.result):
            found.wrong.append(f"I10: {where}: {row['result_json']}, the cloud says {booked.result}")
    found.wrong += [f"I3: the cloud took {op_id}, {place.name} has no such operation" for op_id in there.keys() - rows]


def _logs(ground: Ground, found: Audit) -> None:
    """An error that a program reported is one, also when everything adds up."""
    for path in sorted(ground.folder.glob("*.log")):
        lines = [line for line in path.read_text("utf-8", "replace").splitlines() if " ERROR " in line]
        found.wrong += [f"unexpected: {path.name}: {line}" for line in lines[:5]]
