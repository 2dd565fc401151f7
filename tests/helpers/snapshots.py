"""Gives a counter the members of a snapshot, as if one had just arrived."""

from __future__ import annotations

import json
from dataclasses import asdict

from sync.secrets import phone_lookup
from sync.snapshot import TAKEN, Taken
from tests.helpers.counter import Counter


def give_snapshot(counter: Counter, members: dict[str, int]) -> None:
    """Points by national number; taken at this moment of the counter's clock, which is the cloud's here."""
    clock = counter.clock
    taken = Taken(clock.wall_ms(), clock.wall_ms(), clock.mono_ms(), clock.boot_id, 1, len(members))
    with counter.bench.store.transaction() as conn:
        conn.execute("DELETE FROM member")
        for digits, points in members.items():
            lookup = phone_lookup(counter.agent.keyring.keys.store_key, "+82" + digits[1:])
            values = (lookup, f"010-****-{digits[-4:]}", points, taken.taken_ms)
            conn.execute("INSERT INTO member (lookup, masked, points, taken_ms) VALUES (?, ?, ?, ?)", values)
        counter.bench.store.set_meta(conn, TAKEN, json.dumps(asdict(taken)))
