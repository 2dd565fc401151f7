"""Owns what must hold of points spent at a counter: I5's quota at every commit of a counter, the countdown that a
counter counts by itself, and at rest what each spend moved, lost and was flagged for."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from re import fullmatch

from agent.approval.types import RequestCard
from agent.spend.types import NotSpent, Spent
from rules.requests import USED_STATES
from rules.spending import SpendPolicy
from simulation.cloud import CloudMachine
from simulation.counter import CounterMachine, Incarnation
from simulation.memory import Memory
from simulation.outcomes import demand
from simulation.spenders import Visit
from sync.profile import read_policy

_GONE = ("rejected", "withdrawn", "expired")
_TAKEN = "sync.snapshot_taken"
_SPENDS = (
    "SELECT spend.spend_id, phone_lookup, points, snapshot_ms IS NOT NULL, spend.state, spend.created_ms,"
    " coalesce(request.state, '') FROM spend LEFT JOIN request ON request.request_id = spend.spend_id"
    " ORDER BY spend.rowid"
)
_GIVEN_BACK = ("recovered", "auto_cancelled")
# What a request may have moved: a hold that the cloud took before the line broke, and back; the spend; and back.
_MOVED = "(hold (release|capture return) )?spend( return)?"


class SpendWatch:
    """PNT-12 at one counter: written down apart from the product, from what its file holds after each commit. Outlives
    the counter's crashes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._day = ""
        self._days: dict[str, str] = {}  # the shop's day of each spend without a line
        self._snapshots: dict[str, str | None] = {}  # by which snapshot it was asked for
        self._of_the_cloud: set[str] = set()  # requests that its feed has brought

    def after_commit(self, conn: sqlite3.Connection) -> None:
        rows = conn.execute(_SPENDS).fetchall()
        if len(rows) != len(self._snapshots):
            self._asked(conn, rows)
        self._of_the_cloud.update(row[0] for row in conn.execute("SELECT request_id FROM request WHERE version > 0"))

    def _asked(self, conn: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> None:
        taken = conn.execute("SELECT value FROM meta WHERE key = ?", (_TAKEN,)).fetchone()
        for spend_id, lookup, points, offline, _, created_ms, _ in rows:
            if spend_id in self._snapshots:
                continue
            self._snapshots[spend_id] = taken and taken[0]
            if offline:
                covers = spend_id in self._of_the_cloud
                demand(not covers, "I4", f"{self._name} put up an own card over the cloud's, {spend_id}")
                self._day = max(self._day, _korean_day(created_ms))
                self._days[spend_id] = self._day
                self._within(conn, rows, lookup, f"{self._name} gave {points} points without a line")

    def _within(self, conn: sqlite3.Connection, rows: Sequence[sqlite3.Row], lookup: str, what: str) -> None:
        policy = read_policy(conn).spending
        given = [row for row in rows if row[3] and row[4] != "dropped" and self._days.get(row[0]) == self._day]
        everybody = sum(row[2] for row in given)
        member = sum(row[2] for row in given if row[1] == lookup)
        store_won, member_won = policy.offline_store_day_won, policy.offline_member_won
        demand(everybody <= store_won, "I5", f"{what}: {everybody} on {self._day}, the policy allows {store_won}")
        demand(member <= member_won, "I5", f"{what}: {member} to one member, the policy allows {member_won}")
        snapshot = conn.execute("SELECT points FROM member WHERE lookup = ?", (lookup,)).fetchone()
        newest = self._snapshots[rows[-1][0]]
        since = sum(
            row[2]
            for row in rows
            if row[1] == lookup
            and row[4] != "dropped"
            and row[6] not in _GONE
            and self._snapshots.get(row[0]) == newest
        )
        demand(snapshot is not None, "I5", f"{what} to somebody whom its snapshot does not know")
        demand(since <= snapshot[0], "I5", f"{what}: {since} since a snapshot of {snapshot[0]}")


def _korean_day(ms: int) -> str:
    return (datetime.fromtimestamp(ms / 1000, tz=UTC) + timedelta(hours=9)).date().isoformat()


class OwnCountdowns:
    """APR-18 for what a counter decides by itself: one countdown, on its own watch, that ends with the program."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._ends: dict[str, tuple[Incarnation, int]] = {}

    def saw(self, counter: CounterMachine, cards: Sequence[RequestCard]) -> None:
        assert counter.now is not None
        for card in cards:
            if not card.at_counter or card.remaining_ms is None:
                continue
            end_ms = self._now_ms() + card.remaining_ms
            who, before_ms = self._ends.setdefault(card.request_id, (counter.now, end_ms))
            where = f"{counter.name} shows {card.remaining_ms} ms of its own"
            demand(who is counter.now, "countdown", f"{where}, and has started since it showed it")
            demand(
                end_ms == before_ms or card.remaining_ms == 0, "countdown", f"{where}, ends {end_ms - before_ms} late"
            )


def check_story(request_id: str, states: Sequence[str]) -> None:
    """I6 of what was spent without a line: it is told as decided, or had been asked for before the line broke."""
    where = f"{request_id} {list(states)}"
    spent = [place for place, state in enumerate(states) if state in USED_STATES]
    demand(bool(spent), "I6", f"{where} was spent and is not told so")
    demand(all(state in (*USED_STATES, *_GIVEN_BACK) for state in states[spent[-1] :]), "I6", where)


def judge_spends(cloud: CloudMachine, memory: Memory, visits: Sequence[Visit], limits: SpendPolicy) -> None:
    """At rest. Raises Violation."""
    _booked(cloud)
    _flags(cloud, limits.offline_member_won, limits.offline_store_day_won)
    for visit in visits:
        if visit.asked is not None and visit.spend_id not in memory.lost_requests:
            _as_shown(cloud, visit)


def _booked(cloud: CloudMachine) -> None:
    """Once, in full; what the member did not have is the store's loss, and comes back with the rest."""
    moved: dict[str, list[str]] = defaultdict(list)
    sums: dict[tuple[str, str], int] = {}
    for request_id, kind in cloud.rows("SELECT request_id, kind FROM posting WHERE request_id > '' ORDER BY rowid"):
        moved[request_id].append(kind)
    for request_id, kind, account, amount in cloud.rows(
        "SELECT p.request_id, p.kind, a.kind, sum(e.amount) FROM posting p JOIN entry e USING (posting_id)"
        " JOIN account a USING (account_id) WHERE p.request_id IN"
        " (SELECT request_id FROM request WHERE spend_op_id > '') GROUP BY 1, 2, 3"
    ):
        sums[request_id, f"{kind} {account}"] = amount
    for request_id, points, loss, flags, state in cloud.rows(
        "SELECT request_id, points, loss_points, flags, state FROM request WHERE spend_op_id > ''"
    ):
        story = " ".join(moved[request_id])
        where = f"{request_id} of {points} points is {state}, {loss} lost, moved {story}"
        demand(fullmatch(_MOVED, story) is not None, "I2", where)
        demand(story.endswith("spend return") == (state in _GIVEN_BACK), "I6", where)
        covered = -sums.get((request_id, "spend member"), 0)
        lost = -sums.get((request_id, "spend offline_loss"), 0)
        demand((covered, lost) == (points - loss, loss), "I5", f"{where}; {covered} taken, {lost} lost in the book")
        demand(("overspent" in json.loads(flags)) == (loss > 0), "I5", f"{where}, flagged {flags}")
        if state in _GIVEN_BACK:
            lost_back = sums.get((request_id, "return offline_loss"), 0)
            demand(lost_back == loss, "I5", f"{where}; {lost_back} of the loss came back")


def _flags(cloud: CloudMachine, member_won: int, store_won: int) -> None:
    """What is above the limits of a device and day is flagged, and nothing else."""
    before: dict[tuple[str, ...], int] = defaultdict(int)
    for device, member, points, decided_ms, flags, state in cloud.rows(
        "SELECT r.device_id, r.member_id, r.points, r.decided_ms, r.flags, r.state FROM request r"
        " JOIN posting p ON p.op_id = r.spend_op_id AND p.kind = 'spend' ORDER BY p.rowid"
    ):
        if state in _GIVEN_BACK:  # it counted until then; nobody can say for which of the later ones
            return
        day = _korean_day(decided_ms)
        before[device, day] += points
        before[device, day, member] += points
        over = before[device, day] > store_won or before[device, day, member] > member_won
        where = (
            f"{points} points of {device}, {before[device, day]} that day, {before[device, day, member]} to the member"
        )
        demand(("over_quota" in json.loads(flags)) == over, "I5", f"{where}, flagged {flags}")


def _refused_here(visit: Visit) -> bool:
    if visit.counter.now is None or visit.counter.gone:
        return False
    with visit.counter.now.store.read() as conn:
        row = conn.execute("SELECT state FROM spend WHERE spend_id = ?", (visit.spend_id,)).fetchone()
    return row is not None and row[0] == "dropped"


def _as_shown(cloud: CloudMachine, visit: Visit) -> None:
    """What a customer was told about points is what happened to the points."""
    assert visit.asked is not None
    now = None
    if visit.counter.now is not None and not visit.counter.gone:
        now = visit.counter.now.agent.spend.outcome(visit.spend_id)
    found = cloud.rows("SELECT state, points, spend_op_id FROM request WHERE request_id = ?", visit.spend_id)
    state, points = found[0][:2] if found else ("unknown", 0)
    where = f"{visit.asked}; shown {visit.shown}, now {now}; the cloud says {state}, {points} points"
    # Who wanted as many as possible gets what the cloud held, if that had heard the question after all.
    held_instead = visit.points is None and bool(found) and found[0][2] is None
    demand(not found or held_instead or points == visit.asked.points, "I3", where)
    demand(now is None or isinstance(now, Spent) == (state in USED_STATES), "I4", where)
    spent = any(isinstance(outcome, Spent) for outcome in visit.shown)
    refused = any(isinstance(outcome, NotSpent) for outcome in visit.shown)
    if visit.asked.offline:
        demand(not spent or state in (*USED_STATES, *_GIVEN_BACK), "I3", where)
        # Another counter's staff may approve what was long on its way; time may not.
        demand(not (refused or _refused_here(visit)) or state != "auto_approved", "I3", f"{where}; refused here")
    taken = cloud.rows(
        "SELECT coalesce(-sum(e.amount), 0) FROM posting p JOIN entry e USING (posting_id)"
        " JOIN account a USING (account_id) WHERE p.request_id = ?"
        " AND a.kind IN ('member', 'member_hold', 'member_debt', 'offline_loss')",
        visit.spend_id,
    )[0][0]
    demand(taken == (points if state in USED_STATES else 0), "I5", f"{where}, {taken} points are gone")
