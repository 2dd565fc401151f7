"""Owns taking a snapshot: members arrive beside those in use, and all that counts is switched in one transaction.

The tables member, member_arriving and member_left are written here only, also what feeds say of members. The queue of
operations is never touched.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rules.requests import OPEN_STATES, OrderState, RequestState
from sync import inbox, outbox
from sync.clock import Clock
from sync.earning import hold_earning
from sync.inbox import Applier, RowContext
from sync.meta import get_meta, set_meta
from sync.outcomes import Denied, Reason, SnapshotEnded, SnapshotEvent, SnapshotLine, Unavailable
from sync.profile import parse_policy, parse_store_profile, write_policy, write_store_profile
from sync.protocol import Cursor, FeedKind, FeedRow

if TYPE_CHECKING:
    from sync.store import Store

log = logging.getLogger("sync")

DUE = "sync.snapshot_due"  # meta: why one has to be taken, until it was
TAKEN = "sync.snapshot_taken"  # meta: the newest one, see Taken
ARRIVING = "sync.snapshot_arriving"  # meta: how far the members of the one under way have come
LEFT_KEPT_MS = 2 * 86_400_000  # longer than a snapshot is under way that does not know of it
MEMBERS_A_COMMIT = 2_000  # a few milliseconds; a whole snapshot in one would keep the counter's taps waiting
RESUME_WITHIN_MS = 3_600_000  # older members of a snapshot that was cut off are asked for again
HELD_MAX = 50_000  # rows other than members; far above a day of the busiest shop
# What this counter decides by itself, and the cloud does not know of.
OWN_OPEN = "SELECT spend_id FROM spend WHERE state = 'open' AND snapshot_ms IS NOT NULL"
UNFINISHED_ORDERS = (OrderState.NEW.value, OrderState.PREPARING.value)
_DAY_MS, _KST_MS = 86_400_000, 9 * 3_600_000


class Why(StrEnum):
    """Why a snapshot is wanted, and with it what it may change."""

    ENROLLED = "enrolled"
    RESET = "reset"
    REBUILT = "rebuilt"
    TALLY = "tally"
    AGE = "age"  # only the members are taken over; the feeds bring everything else

    @property
    def jumps(self) -> bool:
        """Our cursor means nothing: reading goes on where the snapshot stands."""
        return self in (Why.ENROLLED, Why.RESET)


@dataclass(frozen=True)
class Taken:
    """The snapshot whose members are in use. ``taken_ms`` is the cloud's clock, the others are ours."""

    taken_ms: int
    wall_ms: int
    mono_ms: int
    boot_id: str
    generation: int
    members: int

    def age_ms(self, clock: Clock, server_time_ms: int | None) -> int:
        """At least so old: by our own watch while it ran, and by the newest time that the cloud told us."""
        same_boot = self.boot_id == clock.boot_id
        own_ms = clock.mono_ms() - self.mono_ms if same_boot else clock.wall_ms() - self.wall_ms
        return max(own_ms, (server_time_ms or 0) - self.taken_ms, 0)


@dataclass(frozen=True)
class Took:
    """``whole``: requests, orders, policy and store are the snapshot's too, not only the members."""

    members: int
    generation: int
    jumped: bool
    whole: bool


@dataclass(frozen=True)
class _Begin:
    cursor: Cursor
    server_time_ms: int
    received: RowContext


def read_taken(conn: sqlite3.Connection) -> Taken | None:
    """None before the first snapshot."""
    text = get_meta(conn, TAKEN)
    return None if text is None else Taken(**json.loads(text))


def read_age_ms(conn: sqlite3.Connection, clock: Clock) -> int | None:
    """How old the member table is; None before the first snapshot."""
    taken = read_taken(conn)
    return None if taken is None else taken.age_ms(clock, outbox.heard_ms(conn))


def read_due(conn: sqlite3.Connection) -> Why | None:
    text = get_meta(conn, DUE)
    return Why(text) if text in frozenset(Why) else None


def ask_for(conn: sqlite3.Connection, why: Why) -> None:
    """A snapshot is wanted, inside the caller's transaction; one that was wanted more urgently stays so."""
    before = read_due(conn)
    if before is None or not before.jumps:
        set_meta(conn, DUE, why.value)


class SnapshotTaker:
    """Takes one snapshot a call; never two at once."""

    def __init__(
        self,
        *,
        store: Store,
        open_snapshot: Callable[[str], Iterator[SnapshotEvent]],
        appliers: Mapping[str, Applier],
        clock: Clock,
    ) -> None:
        self._store = store
        self._open = open_snapshot
        self._appliers = appliers
        self._clock = clock

    def take(self, why: Why, stopping: Callable[[], bool] = lambda: False) -> Took | Denied | Unavailable:
        """Raises StoreError; whatever ends it early leaves everything in use as it was."""
        with self._store.read() as conn:
            after = self._resume_after(conn)
        events = self._open(after)
        try:
            return self._read(events, why, after, stopping)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()

    def _resume_after(self, conn: sqlite3.Connection) -> str:
        text = get_meta(conn, ARRIVING)
        if text is None:
            return ""
        arriving = json.loads(text)
        age_ms = self._clock.wall_ms() - arriving["began_wall_ms"]
        return str(arriving["after"]) if 0 <= age_ms <= RESUME_WITHIN_MS else ""

    def _read(
        self, events: Iterator[SnapshotEvent], why: Why, after: str, stopping: Callable[[], bool]
    ) -> Took | Denied | Unavailable:
        begin: _Begin | None = None
        held: list[FeedRow] = []
        members: list[_Member] = []
        count = 0
        for event in events:
            if stopping():
                break
            if isinstance(event, SnapshotEnded):
                self._keep(begin, members)
                return event.why or Unavailable(Reason.CUT, "a snapshot without its end")
            try:
                if begin is None:
                    begin = self._begin(event, after)
                    continue
                if event.kind == "end":
                    if event.body["rows"] != count:
                        raise ValueError(f"{event.body['rows']} rows were sent, {count} arrived")
                    self._keep(begin, members)
                    return self._switch(begin, held, why)
                count += 1
                if event.kind == "member":
                    members.append(_member(event, after))
                    after = members[-1][0]
                else:
                    held.append(_held_row(event))
                    if len(held) > HELD_MAX:
                        raise ValueError("more rows than anybody holds")
            except (KeyError, TypeError, ValueError) as broken:
                return Unavailable(Reason.BAD_ANSWER, f"snapshot: {type(broken).__name__}: {broken}")
            if len(members) >= MEMBERS_A_COMMIT:
                self._keep(begin, members)
        return Unavailable(Reason.CLOSED)

    def _begin(self, line: SnapshotLine, after: str) -> _Begin:
        """Raises ValueError, KeyError or TypeError for a beginning that is not the answer to our question."""
        clock = self._clock
        cursor = Cursor.parse(str(line.body.get("marked") or line.body["cursor"]))
        server_time_ms = line.body["server_time_ms"]
        if line.kind != "begin" or line.body["after"] != after or not isinstance(server_time_ms, int):
            raise ValueError("not the beginning that was asked for")
        context = RowContext(clock.mono_ms(), clock.boot_id, clock.wall_ms(), cursor.generation)
        with self._store.transaction() as conn:
            problem = _misfit(conn, cursor.generation, after)
            if problem is not None:
                set_meta(conn, ARRIVING, None)
            elif not after:
                conn.execute("DELETE FROM member_arriving")
                begun = {"after": "", "began_wall_ms": clock.wall_ms(), "generation": cursor.generation}
                set_meta(conn, ARRIVING, json.dumps(begun))
        if problem is not None:
            raise ValueError(problem)
        return _Begin(cursor, server_time_ms, context)

    def _keep(self, begin: _Begin | None, members: list[_Member]) -> None:
        """What arrived of the members is safe from now on; the next try goes on behind it."""
        if begin is None or not members:
            return
        with self._store.transaction() as conn:
            conn.executemany(
                "INSERT OR REPLACE INTO member_arriving (lookup, masked, points, grade, stamps, taken_ms)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(*member, begin.server_time_ms) for member in members],
            )
            arriving = json.loads(get_meta(conn, ARRIVING) or "{}")
            set_meta(conn, ARRIVING, json.dumps({**arriving, "after": members[-1][0]}))
        members.clear()

    def _switch(self, begin: _Begin, held: Sequence[FeedRow], why: Why) -> Took:
        with self._store.transaction() as conn:
            ours = inbox.read_cursor(conn)
            jumps = why.jumps or ours.generation != begin.cursor.generation
            whole = jumps or (why is not Why.AGE and ours == begin.cursor)
            if jumps:
                conn.execute("DELETE FROM member_left")
            if whole:
                self._hold(conn, begin, held)
            if jumps:
                if ours.generation != begin.cursor.generation:  # nothing else need have told us of the restore
                    outbox.resend_newest(conn)
                    if ours.generation:  # a store that knew of none cannot tell
                        outbox.went_back(conn, begin.cursor.generation)
                inbox.write_cursor(conn, begin.cursor)
            members = _use_arrived(conn, anew=jumps)
            received = begin.received
            taken = Taken(
                taken_ms=begin.server_time_ms,
                wall_ms=received.wall_ms,
                mono_ms=received.received_mono_ms,
                boot_id=received.boot_id,
                generation=begin.cursor.generation,
                members=members,
            )
            set_meta(conn, TAKEN, json.dumps(asdict(taken)))
            set_meta(conn, ARRIVING, None)
            due = read_due(conn)
            # Asked for meanwhile, another one jumps. What a rebuilt file or a newer program misses comes with no tally
            # and no later row: it is asked for until it came whole.
            waits = due is not None and (due.jumps or (due is Why.REBUILT and not whole))
            if jumps or not waits:
                set_meta(conn, DUE, None)
            if whole:
                set_meta(conn, outbox.LAST_SYNCED, str(self._clock.wall_ms()))
        log.info("snapshot_taken why=%s members=%s held=%s whole=%s", why.value, members, len(held), whole)
        return Took(members, begin.cursor.generation, jumps, whole)

    def _hold(self, conn: sqlite3.Connection, begin: _Begin, held: Sequence[FeedRow]) -> None:
        """The snapshot's word is the last: also against a version that a cloud from a backup never gave."""
        ids = {kind: json.dumps([row.body[f"{kind}_id"] for row in held if row.kind == kind]) for kind in _HELD}
        for kind, table in _HELD.items():
            conn.execute(
                f"UPDATE {table} SET generation = 0, version = 0 WHERE {kind}_id IN (SELECT value FROM json_each(?))",
                (ids[kind],),
            )
        _end_absent(conn, ids["request"], ids["order"], _day_start_ms(begin.server_time_ms))
        _forget_menu(conn, held)
        for table in _CUP_HOLDERS:  # a report is never unsaid: those from before the snapshot's days stay
            conn.execute(f"UPDATE {table} SET generation = 0, version = 0")
        hold_earning(conn, [row for row in held if row.kind == FeedKind.EARNING.value])
        for row in held:
            if row.kind == FeedKind.EARNING.value:
                continue
            if row.kind == FeedKind.POLICY.value:
                write_policy(conn, parse_policy(row.body))
            elif row.kind == FeedKind.STORE.value:
                write_store_profile(conn, parse_store_profile(row.body))
            elif (applier := self._appliers.get(row.kind)) is not None:
                inbox.apply_one(conn, row, applier, begin.received)


def _misfit(conn: sqlite3.Connection, generation: int, after: str) -> str | None:
    """Why this snapshot cannot be used, or cannot go on where an earlier try ended."""
    if generation < inbox.read_cursor(conn).generation:
        return "of an older generation than ours"
    if after and json.loads(get_meta(conn, ARRIVING) or "{}").get("generation") != generation:
        return "what arrived so far is of another generation"
    return None


_HELD = {"request": "request", "order": "customer_order"}
_CUP_HOLDERS = ("cup_report", "cup_stock")
_MENU = {"menu_category": "menu_category", "menu": "menu_item", "menu_here": "menu_here"}  # kind → table


def _held_row(line: SnapshotLine) -> FeedRow:
    """Raises ValueError for a row that nobody could find again."""
    if line.kind in _HELD and not isinstance(line.body.get(f"{line.kind}_id"), str):
        raise ValueError(f"a {line.kind} without its id")
    return FeedRow("store", 0, line.kind, line.body)


_Member = tuple[str, str, int, str | None, int]  # look-up, masked number, points, grade, stamps


def _member(line: SnapshotLine, after: str) -> _Member:
    """Grade and stamps are there where the shop has them. Raises KeyError, TypeError or ValueError."""
    grade, stamps = line.body.get("grade"), line.body.get("stamps", 0)
    if not (grade is None or isinstance(grade, str)) or not isinstance(stamps, int) or stamps < 0:
        raise TypeError("grade or stamps of a member")
    lookup, masked, points = line.body["lookup"], line.body["masked"], line.body["points"]
    if not isinstance(lookup, str) or not isinstance(masked, str):
        raise TypeError("not a member")
    if not isinstance(points, int) or isinstance(points, bool) or points < 0:
        raise TypeError("points of a member")
    if lookup <= after:
        raise ValueError("members out of order")
    return lookup, masked, points, grade, stamps


def _end_absent(conn: sqlite3.Connection, request_ids: str, order_ids: str, day_start_ms: int) -> None:
    """What stands open here and is unknown there waits for nobody any more. How it ended nobody can tell us."""
    opened = ", ".join(f"'{state.value}'" for state in sorted(OPEN_STATES))
    conn.execute(
        f"UPDATE request SET state = ?, deadline_mono_ms = NULL, deadline_boot_id = NULL WHERE state IN ({opened})"
        f" AND request_id NOT IN (SELECT value FROM json_each(?)) AND request_id NOT IN ({OWN_OPEN})",
        (RequestState.EXPIRED.value, request_ids),
    )
    conn.execute(
        "DELETE FROM customer_order WHERE (created_ms >= ? OR state IN (?, ?))"
        " AND order_id NOT IN (SELECT value FROM json_each(?))",
        (day_start_ms, *UNFINISHED_ORDERS, order_ids),
    )


def _forget_menu(conn: sqlite3.Connection, held: Sequence[FeedRow]) -> None:
    """The snapshot brings the whole menu, and its versions replace ours. A cloud that sends none of it (an older one,
    or one without a menu) leaves ours alone: an item too many does no harm, an empty menu would."""
    if not any(row.kind in _MENU for row in held):
        return
    for table in _MENU.values():
        conn.execute(f"DELETE FROM {table}")


def _use_arrived(conn: sqlite3.Connection, *, anew: bool) -> int:
    """The members that arrived take the place of those in use; how many there are now. What the feed told of a later
    moment stays, unless everything begins ``anew``."""
    if anew:
        conn.execute("DELETE FROM member")
    else:
        conn.execute(
            "DELETE FROM member_arriving WHERE EXISTS (SELECT 1 FROM member_left"
            " WHERE member_left.lookup = member_arriving.lookup AND member_left.at_ms > member_arriving.taken_ms)"
        )
        oldest = "SELECT coalesce(min(taken_ms), 9223372036854775807) FROM member_arriving"
        conn.execute(f"DELETE FROM member WHERE taken_ms <= ({oldest})")
    columns = "lookup, masked, points, taken_ms, grade, stamps"
    newer = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", ")[1:])
    conn.execute(
        f"INSERT INTO member ({columns}) SELECT {columns} FROM member_arriving WHERE true"
        f" ON CONFLICT (lookup) DO UPDATE SET {newer} WHERE excluded.taken_ms >= member.taken_ms"
    )
    conn.execute("DELETE FROM member_arriving")
    return int(conn.execute("SELECT count(*) FROM member").fetchone()[0])


def apply_member_row(conn: sqlite3.Connection, row: FeedRow, _context: RowContext) -> None:
    """Inbox applier of feed kind ``member``: what a member has now, without waiting for the next snapshot."""
    lookup, at_ms = str(row.body["lookup"]), int(row.body["at_ms"])
    conn.execute("DELETE FROM member_left WHERE lookup = ? AND at_ms <= ?", (lookup, at_ms))
    conn.execute(
        "INSERT INTO member (lookup, masked, points, taken_ms, grade, stamps) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (lookup) DO UPDATE SET masked = excluded.masked, points = excluded.points,"
        " taken_ms = excluded.taken_ms, grade = excluded.grade, stamps = excluded.stamps"
        " WHERE excluded.taken_ms >= member.taken_ms",
        (
            lookup,
            str(row.body["masked"]),
            int(row.body["points"]),
            at_ms,
            row.body.get("grade"),
            int(row.body.get("stamps", 0)),
        ),
    )


def apply_withdrawn_row(conn: sqlite3.Connection, row: FeedRow, _context: RowContext) -> None:
    """Inbox applier of feed kind ``withdrawn``: nobody's number any more (MEM-05)."""
    lookup, until_ms, at_ms = str(row.body["lookup"]), int(row.body["until_ms"]), int(row.body["at_ms"])
    conn.execute("DELETE FROM member WHERE lookup = ? AND taken_ms <= ?", (lookup, at_ms))
    conn.execute("DELETE FROM member_left WHERE until_ms <= ? AND at_ms <= ?", (at_ms, at_ms - LEFT_KEPT_MS))
    known = (lookup, until_ms, at_ms)
    conn.execute("INSERT OR REPLACE INTO member_left (lookup, until_ms, at_ms) VALUES (?, ?, ?)", known)


MEMBER_APPLIERS: Mapping[str, Applier] = {
    FeedKind.MEMBER.value: apply_member_row,
    FeedKind.WITHDRAWN.value: apply_withdrawn_row,
}


def _day_start_ms(now_ms: int) -> int:
    """Midnight in Korea."""
    return (now_ms + _KST_MS) // _DAY_MS * _DAY_MS - _KST_MS


def find_standing(conn: sqlite3.Connection, lookup: str) -> tuple[str | None, int, int] | None:
    """Grade, stamps and when they stood so by the cloud's clock, for a look-up; None for an unknown number."""
    row = conn.execute("SELECT grade, stamps, taken_ms FROM member WHERE lookup = ?", (lookup,)).fetchone()
    return None if row is None else (row[0], int(row[1]), int(row[2]))


def find_member(conn: sqlite3.Connection, lookup: str) -> tuple[str, int, int] | None:
    """Masked number, points and when they stood so by the cloud's clock, for a look-up; None for an unknown number."""
    row = conn.execute("SELECT masked, points, taken_ms FROM member WHERE lookup = ?", (lookup,)).fetchone()
    return None if row is None else (str(row[0]), int(row[1]), int(row[2]))


__all__ = [
    "DUE",
    "MEMBER_APPLIERS",
    "SnapshotTaker",
    "Taken",
    "Took",
    "Why",
    "ask_for",
    "find_member",
    "find_standing",
    "read_age_ms",
    "read_taken",
]
