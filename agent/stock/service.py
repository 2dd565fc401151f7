"""Owns the cup holders at this counter: reporting a day, what is left, ordering; line or no line (CUP-01 to 24, 26).

The same rules as in the cloud say what counts, so that nothing is promised here that comes back refused later; only
what somebody else said meanwhile can make it so.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from agent.dispatch import Listeners
from agent.logbook import topic
from agent.operations import Operations, SentOp
from agent.staff.service import StaffService
from agent.stock import repository
from agent.stock.known import Known
from agent.stock.repository import Number, StoredStock
from agent.stock.types import (
    Board,
    InUse,
    NotOrdered,
    NotTakenOff,
    Ordered,
    OrderOutcome,
    Refused,
    Reported,
    ReportOutcome,
    RoundView,
    StockView,
    TakenOff,
    TakeOffOutcome,
)
from rules.calendar import MINUTE_MS, local_day
from rules.consumption import edit_until_ms
from rules.cupholders import (
    QUICK_PERCENTS,
    THRESHOLD_DEFAULT_PERCENT,
    OrderRounding,
    Round,
    expected_days,
    order_quantity_valid,
    proposed_order,
    quick_order,
    taken_off_valid,
    threshold_reached,
)
from rules.hours import always_open
from rules.permissions import Grant, Permission, grant
from sync import inbox
from sync.clock import Clock
from sync.ids import IdSource
from sync.inbox import RowContext
from sync.profile import read_store_profile
from sync.protocol import FeedRow, OpKind, OpResult, OpStatus
from sync.store import Store

log = topic("stock")
DUE_DAYS = 33  # what is due and what is usual is found within the last month
LOOK_EVERY_MS = MINUTE_MS
_NOTHING = StoredStock(0, 0, 0, None, 100, 14, OrderRounding.HALF_UP, THRESHOLD_DEFAULT_PERCENT, 0, ())


class StockService:
    """Thread-safe. A number is shown at once and stays shown until the cloud says otherwise."""

    def __init__(
        self, *, store: Store, clock: Clock, ids: IdSource, operations: Operations, staff: StaffService
    ) -> None:
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._ids = ids
        self._operations = operations
        self._staff = staff
        self._looked_ms: int | None = None
        self._was_due: tuple[date, ...] = ()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def board(self, first: date, last: date) -> Board:
        """Today, the business day before, and the days of a calendar page, both ends included (CUP-03, CUP-07)."""
        with self._store.read() as conn:
            return self._known(conn).board(first, last)

    def due(self) -> tuple[date, ...]:
        """Days somebody should write now (CUP-03, CUP-08)."""
        with self._store.read() as conn:
            return self._known(conn, days=DUE_DAYS).due()

    def has_report(self, conn: sqlite3.Connection, day: str) -> bool:
        """Whether there is a number for a day, also one that the cloud does not know yet."""
        own = (on.isoformat() for on in repository.unanswered(conn))
        return repository.report_position(conn, day) is not None or day in own

    def stock(self) -> StockView:
        """What is left, with what this counter said and the cloud has not answered (CUP-14, CUP-23, CUP-24)."""
        with self._store.read() as conn:
            known, told = self._known(conn, days=DUE_DAYS), repository.stock(conn) or _NOTHING
            more = sum(known.numbers[day].pieces for day in known.unsent)
            stored = repository.reports(conn, min(known.unsent)) if known.unsent else {}
            less = sum(one.pieces for day, one in stored.items() if day in known.unsent)
            waiting = repository.orders_on_the_way(conn)
            rounds = _with_our_words(conn, told.rounds)
            profile = read_store_profile(conn)
        gone = (sum(int(one[name]) for one in rounds) for name in ("collected", "soiled"))
        together = Round(told.contracted, told.received, told.reported + more - less, *gone)
        average = told.daily_average or known.usual(known.today)
        base = proposed_order(average or told.expected_daily, told.cycle_days, told.rounding)
        return StockView(
            together.received,
            together.reported,
            together.stock,
            together.stock_rate_bp,
            average,
            None if average is None else expected_days(together.stock, average),
            threshold_reached(together.stock, told.stock_after_receipt, told.threshold_percent),
            together.over_reported,
            base,
            tuple((percent, quick_order(base, percent)) for percent in QUICK_PERCENTS),
            _rounds(told, waiting),
            profile is None or profile.works,
            _in_use(rounds),
        )

    def refused(self) -> tuple[Refused, ...]:
        """What the cloud did not take and nobody has seen yet."""
        with self._store.read() as conn:
            return repository.refused(conn)

    def tick(self) -> None:
        """A report becomes due, or is past it, by the clock alone (CUP-08): looked at once a minute."""
        now_ms = self._clock.mono_ms()
        if self._looked_ms is not None and now_ms - self._looked_ms < LOOK_EVERY_MS:
            return
        self._looked_ms = now_ms
        due = self.due()
        changed, self._was_due = due != self._was_due, due
        if changed:
            self.listeners.notify()

    def _known(self, conn: sqlite3.Connection, *, days: int | None = None) -> Known:
        """``days``: with the numbers of so many days only."""
        profile, now_ms = read_store_profile(conn), self._clock.wall_ms()
        hours = always_open() if profile is None else profile.hours
        since = date.min if days is None else local_day(now_ms) - timedelta(days=days)
        numbers, own = repository.reports(conn, since), repository.unanswered(conn)
        for day, (pieces, written_ms) in own.items():
            numbers[day] = Number(pieces, written_ms > edit_until_ms(hours, day), written_ms)
        return Known(hours, now_ms, numbers, frozenset(own))

    # --- what people say ---------------------------------------------------------------------------------------------

    def report(self, day: date, pieces: int, actor: str, *, sure: bool = False) -> ReportOutcome:
        """A day's number: kept, shown and queued in one transaction, or refused with what the cloud would say. What
        looks odd is asked about once; ``sure`` keeps it (CUP-01, 04, 05, 06, 09; Ambiguity A5). Raises SyncError when
        it cannot be stored."""
        with self._store.transaction() as conn:
            known = self._known(conn)
            outcome = known.judge(day, pieces, sure=sure)
            if not isinstance(outcome, Reported):
                return outcome
            body = {"day": day.isoformat(), "pieces": pieces, "written_ms": known.now_ms}
            self._operations.append(conn, OpKind.REPORT_SUBMIT, body, actor=actor)
        log.event("report_written", day=day.isoformat(), pieces=pieces, late=outcome.late)
        self.listeners.notify()
        return outcome

    def order(self, pieces: int, actor: str) -> OrderOutcome:
        """The owner orders whole thousands; anybody in a shop that has not set up its people (CUP-18, RBA-01). Raises
        SyncError when it cannot be stored."""
        if not order_quantity_valid(pieces):
            return NotOrdered("stock_quantity")
        order_id, now_ms = self._ids.uuid7(), self._clock.wall_ms()
        with self._store.transaction() as conn:
            profile, person = read_store_profile(conn), self._staff.person(conn, actor)
            if profile is not None and not profile.works:
                return NotOrdered("store_not_open")
            if person is not None and grant(person.role, Permission.ORDER_CUP_HOLDERS) is not Grant.YES:
                return NotOrdered("not_allowed")
            body = {"order_id": order_id, "pieces": pieces, "occurred_ms": now_ms}
            self._operations.append(conn, OpKind.STOCK_ORDER, body, actor=actor)
        log.event("cup_holders_ordered", pieces=pieces)
        self.listeners.notify()
        return Ordered(order_id, pieces)

    def take_off(self, collected: int, soiled: int, actor: str) -> TakeOffOutcome:
        """Pieces of the newest delivery that are gone unused, in all so far: kept, taken off what is left, and queued
        in one transaction (CUP-26). Raises SyncError when it cannot be stored."""
        with self._store.transaction() as conn:
            told = repository.stock(conn) or _NOTHING
            now = _in_use(_with_our_words(conn, told.rounds))
            if now is None or not taken_off_valid(now.received, collected, soiled):
                return NotTakenOff(0 if now is None else now.received)
            wanted = InUse(now.number, now.received, collected, soiled)
            if wanted != now:
                body = {"number": now.number, "collected": collected, "soiled": soiled}
                body["written_ms"] = self._clock.wall_ms()
                self._operations.append(conn, OpKind.STOCK_TAKE_OFF, body, actor=actor)
        log.event("cup_holders_taken_off", number=now.number, collected=collected, soiled=soiled)
        self.listeners.notify()
        return TakenOff(wanted)

    def needs_owner(self, actor: str) -> bool:
        """Whether somebody else has to order than ``actor`` (RBA-01)."""
        with self._store.read() as conn:
            person = self._staff.person(conn, actor)
        return person is not None and grant(person.role, Permission.ORDER_CUP_HOLDERS) is not Grant.YES

    def seen(self, op_id: str) -> None:
        """Somebody has read why the cloud did not take it. Raises SyncError."""
        with self._store.transaction() as conn:
            repository.forget_refused(conn, op_id)
        self.listeners.notify()

    # --- what the cloud says -----------------------------------------------------------------------------------------

    def apply_report_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of daily reports."""
        _apply_report(conn, row.body, context.generation)

    def apply_stock_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of the stock. Its version says when the setting changed; of two with the same version the
        later one counts."""
        body, average = row.body, row.body["daily_average"]
        position = (context.generation, int(body["version"]))
        before = repository.stock_position(conn)
        if before is not None and before > position:
            return
        values = {
            "generation": position[0],
            "version": position[1],
            "contracted": int(body["contracted"]),
            "received": int(body["received"]),
            "reported": int(body["reported"]),
            "daily_average": None if average is None else int(average),
            "expected_daily": int(body["expected_daily"]),
            "cycle_days": int(body["cycle_days"]),
            "rounding": str(body["rounding"]),
            "threshold_percent": int(body["threshold_percent"]),
            "stock_after_receipt": int(body["stock_after_receipt"]),
            "rounds_json": json.dumps([_round(one) for one in body["rounds"]]),
        }
        repository.upsert_stock(conn, values)

    def on_result(self, conn: sqlite3.Connection, result: OpResult, sent: SentOp) -> None:
        """The cloud answered a report or an order. What stands comes with the answer; what it did not take is kept for
        somebody to read."""
        body = result.body or {}
        if body.get("report") is not None:
            _apply_report(conn, body["report"], inbox.read_cursor(conn).generation)
        rounds = [_round(one) for one in body.get("rounds", ())]
        if sent.kind == OpKind.STOCK_TAKE_OFF and rounds:
            repository.replace_rounds(conn, rounds)
        _take_rounds(conn, rounds)
        if result.status in (OpStatus.REJECTED, OpStatus.PARKED):
            day = sent.body.get("day")
            refused = Refused(
                result.op_id,
                None if day is None else date.fromisoformat(day),
                _pieces_of(sent),
                result.code or result.status,
                self._clock.wall_ms(),
                sent.kind if sent.kind == OpKind.STOCK_TAKE_OFF else "",
            )
            repository.add_refused(conn, refused)
            log.warning("cup_holders_refused", kind=sent.kind, code=refused.code)


def _apply_report(conn: sqlite3.Connection, body: dict[str, Any], generation: int) -> None:
    """An older version than the one that stands changes nothing; a newer one changes what is left."""
    day, position = str(body["day"]), (generation, int(body["version"]))
    on = date.fromisoformat(day)
    known = repository.report_position(conn, day)
    if known is not None and known > position:
        return
    before = repository.reports(conn).get(on)
    pieces = int(body["pieces"])
    values = {
        "day": day,
        "generation": generation,
        "version": position[1],
        "pieces": pieces,
        "late": bool(body["late"]),
        "actor": str(body["actor"]),
    }
    repository.upsert_report(conn, values)
    repository.use_more(conn, pieces - (0 if before is None else before.pieces))


def _pieces_of(sent: SentOp) -> int:
    if sent.kind == OpKind.STOCK_TAKE_OFF:
        return int(sent.body["collected"]) + int(sent.body["soiled"])
    return int(sent.body["pieces"])


def _with_our_words(conn: sqlite3.Connection, rounds: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cloud's rounds, with what this counter said of them and has no answer to."""
    ours = repository.taken_off_on_the_way(conn)
    return [
        one | dict(zip(("collected", "soiled"), ours[one["number"]], strict=True)) if one["number"] in ours else one
        for one in rounds
    ]


def _in_use(rounds: Sequence[dict[str, Any]]) -> InUse | None:
    """The delivery that came last."""
    here = [one for one in rounds if one["received"] is not None]
    if not here:
        return None
    last = max(here, key=lambda one: (int(one["received_ms"]), int(one["number"])))
    return InUse(last["number"], last["received"], last["collected"], last["soiled"])


def _take_rounds(conn: sqlite3.Connection, rounds: list[dict[str, Any]]) -> None:
    """Those of an answer, unless a later row of the feed has told of them already."""
    told = repository.stock(conn)
    known = {one["order_id"] for one in (told or _NOTHING).rounds}
    if any(one["order_id"] not in known for one in rounds):
        repository.replace_rounds(conn, rounds)


def _round(body: dict[str, Any]) -> dict[str, Any]:
    """Raises KeyError or TypeError for what is no round."""
    numbers = {name: int(body[name]) for name in ("number", "ordered", "ordered_ms", "collected", "soiled")}
    maybe = {name: None if body[name] is None else int(body[name]) for name in ("received", "received_ms")}
    return {"order_id": str(body["order_id"]), **numbers, **maybe}


def _rounds(told: StoredStock, waiting: list[tuple[str, int, int]]) -> tuple[RoundView, ...]:
    """The newest first; an order whose answer is on its way may stand in the cloud's list already."""
    known = {one["order_id"] for one in told.rounds}
    shown = [
        RoundView(one["number"], one["ordered"], one["ordered_ms"], one["received"], one["received_ms"])
        for one in sorted(told.rounds, key=lambda one: int(one["number"]))
    ]
    shown += [RoundView(None, pieces, at_ms) for order_id, pieces, at_ms in waiting if order_id not in known]
    return tuple(reversed(shown))
