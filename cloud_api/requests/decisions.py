"""Every way a request ends: a tap, a time-out, a withdrawal, an expiry, and the ways back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import update

from cloud_api.clock import DAY_MS, KST_OFFSET_MS, korean_day
from cloud_api.coupons.service import valid_until
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.notices.service import ConsumerNotice, tell_consumer
from cloud_api.orders import states
from cloud_api.requests import service, words
from cloud_api.requests.facts import Decide, Keep, Recover
from cloud_api.requests.models import request
from cloud_api.requests.service import CLOCK, CONSUMER, Caller
from cloud_api.staff import oplog
from cloud_api.staff.service import person_of
from cloud_api.stores.service import opens_minute
from rules.recovery import OWNER_WAIT_MS, Role, Way, opened_ms, way_back
from rules.requests import (
    OPEN_STATES,
    AtZero,
    Effect,
    Move,
    Moved,
    OrderState,
    RejectReason,
    RequestKind,
    RequestState,
    Stands,
    at_stake_won,
    at_zero,
    late_human_decision,
    transition,
)
from sync.protocol import DEVICE_SUSPENDED, OpStatus

REQUEST_UNKNOWN = "request_unknown"
ALREADY_DECIDED = "already_decided"
REASON_MISSING = "reason_missing"
NOT_ASKED_HERE = "not_asked_here"
WAITS_FOR_OWNER = "waits_for_owner"
NOT_RECOVERABLE = "not_recoverable"

# A loser of compare-and-set reads again; every loss means that somebody else finished, so this ends soon.
_ROUNDS_MAX = 10


class _Contended(AssertionError):
    pass


def seen(work: Work, origin: Origin, request_id: str, timeout_ms: int, auto_approve_max_won: int = 0) -> Outcome:
    """The sixty seconds start with the first device that shows the request (APR-18). A suspended one starts none: what
    it rejects is not believed, and time would approve what nobody else has seen (R4)."""
    for _ in range(_ROUNDS_MAX):
        row = service.find(work.conn, request_id, store_id=origin.store_id)
        if row is None:
            return Outcome(OpStatus.REJECTED, REQUEST_UNKNOWN)
        step = transition(RequestState(row.state), Move.SEE)
        if isinstance(step, Stands):
            return Outcome(OpStatus.APPLIED, None, _state(row) | _time_left(row, work.now_ms))
        if origin.suspended:
            return Outcome(OpStatus.REJECTED, DEVICE_SUSPENDED, _state(row))
        deadline_ms = work.now_ms + timeout_ms
        stake_won = at_stake_won(row.amount_won, row.pos_discount_won)
        moved = service.move(
            work,
            row,
            step,
            Caller(origin.actor, origin.op_id),
            seen_ms=work.now_ms,
            deadline_ms=deadline_ms,
            print_device=row.print_device or origin.device_id,
            at_zero=at_zero(stake_won, auto_approve_max_won, at_counter=service.scanned(row)).value,
        )
        if moved is not None:
            return Outcome(OpStatus.APPLIED, None, _state(moved) | _time_left(moved, work.now_ms))
    raise _Contended(request_id)


def _time_left(row: Any, now_ms: int) -> dict[str, int]:
    """For a device that lost its countdown (sleep, restart) and asks by showing the request again."""
    running = row.state == RequestState.SEEN and row.deadline_ms is not None
    return {"remaining_ms": max(row.deadline_ms - now_ms, 0)} if running else {}


def decide(work: Work, origin: Origin, fact: Decide) -> Outcome:
    """A person decided. Before the deadline a person wins, also over the sweeper (APR-19); later the outcome stands.
    A customer takes back only what a counter asked for: what an app asked for, the app withdraws (APR-14)."""
    rejects = fact.move is Move.REJECT
    if rejects and not _reason_given(fact):
        return Outcome(OpStatus.REJECTED, REASON_MISSING)
    for _ in range(_ROUNDS_MAX):
        row = service.find(work.conn, fact.request_id, store_id=origin.store_id)
        if row is None:
            return Outcome(OpStatus.REJECTED, REQUEST_UNKNOWN)
        if fact.move is Move.WITHDRAW and row.device_id is None:
            return Outcome(OpStatus.REJECTED, NOT_ASKED_HERE, _state(row))
        in_time = tapped_in_time(row, fact.remaining_ms, work.now_ms)
        if row.state == RequestState.SEEN and not in_time:
            # The time was over at the tap; what the sweeper is about to write is written now.
            _time_out(work, row)
            continue
        # What expired without a countdown had no deadline that a tap could have come before.
        had_a_deadline = row.deadline_ms is not None
        step = late_human_decision(
            RequestState(row.state), fact.move, tapped_before_deadline=in_time and had_a_deadline
        )
        caller = Caller(origin.actor, origin.op_id)
        if isinstance(step, Moved) and step.effect is Effect.RETURN and _went_out(work, row):
            step = Stands(RequestState(row.state))
        if isinstance(step, Moved) and step.effect is Effect.RETAKE:
            step = Moved(step.state, Effect.CAPTURE) if service.retake(work, row, caller) else Stands(row.state)
        if isinstance(step, Stands):
            return Outcome(OpStatus.ADJUSTED, ALREADY_DECIDED, _state(row))
        moved = service.move(
            work,
            row,
            step,
            caller,
            reason=fact.reason.value if fact.reason and rejects else None,
            reason_text=fact.reason_text if rejects else None,
            decided_by=origin.actor,
            decided_ms=work.now_ms,
            print_device=row.print_device or origin.device_id,
        )
        if moved is not None:
            if fact.move is not Move.WITHDRAW:  # the log is of what people of the store did
                oplog.write(work, origin, oplog.REJECT if rejects else oplog.APPROVE, moved, reason=moved.reason)
            if row.state in (RequestState.AUTO_APPROVED, RequestState.EXPIRED):
                tell_consumer(work, ConsumerNotice.DECISION_CHANGED, moved)
            if rejects:
                told = {"reason": moved.reason, "message": words.rejection(work.conn, moved)}
                tell_consumer(work, ConsumerNotice.REJECTED, moved, **told)
            return Outcome(OpStatus.APPLIED, None, _state(moved))
    raise _Contended(fact.request_id)


def _went_out(work: Work, row: Any) -> bool:
    """An order that is ready was made: what a late tap says of it came too late, and its rewards stay used."""
    order = None if row.order_id is None else states.lock(work, row.order_id)
    return order is not None and order.state == OrderState.READY


def _reason_given(fact: Decide) -> bool:
    """APR-08."""
    if fact.reason is RejectReason.OTHER:
        return bool((fact.reason_text or "").strip())
    return fact.reason is not None


def tapped_in_time(row: Any, remaining_ms: int | None, now_ms: int) -> bool:
    """Whether the tap came before 0: it arrived before the deadline, or the countdown still showed time.

    The device's word is taken for a countdown that was possible, not for any number.
    """
    if row.deadline_ms is None or now_ms < row.deadline_ms:
        return True
    return remaining_ms is not None and 0 < remaining_ms <= row.deadline_ms - row.seen_ms


def recover(work: Work, origin: Origin, fact: Recover) -> Outcome:
    """An approval was wrong: the owner takes it back, staff ask for it (APR-15, 16); an automatic one the owner
    cancels within five minutes (APR-17)."""
    for _ in range(_ROUNDS_MAX):
        row = service.find(work.conn, fact.request_id, store_id=origin.store_id)
        if row is None:
            return Outcome(OpStatus.REJECTED, REQUEST_UNKNOWN)
        if row.kind == RequestKind.ORDER:
            return Outcome(OpStatus.REJECTED, NOT_RECOVERABLE, _state(row))
        way = _way_back(work, origin, row, fact.occurred_ms)
        match way:
            case Way.NOTHING_TO_RECOVER | Way.TOO_LATE:
                return Outcome(OpStatus.ADJUSTED, way.value, _state(row))
            case Way.OWNER_ONLY | Way.NOT_ALLOWED:
                return Outcome(OpStatus.REJECTED, way.value, _state(row))
            case Way.OWNER_OR_WAIT:
                moved = _ask_back(work, origin, row, _acted_ms(row, fact.occurred_ms, work.now_ms))
                answer = Outcome(OpStatus.ADJUSTED, WAITS_FOR_OWNER)
            case Way.AT_ONCE:
                moved = _take_back(work, origin, row, asked_by=row.recovery_by)
                answer = Outcome(OpStatus.APPLIED)
        if moved is not None:
            answer.body = _state(moved)
            return answer
    raise _Contended(fact.request_id)


def _way_back(work: Work, origin: Origin, row: Any, occurred_ms: int) -> Way:
    person, _ = person_of(work.conn, origin.store_id, origin.actor)
    midnight_ms = korean_day(work.now_ms) * DAY_MS - KST_OFFSET_MS
    return way_back(
        person,
        RequestState(row.state),
        decided_ms=row.decided_ms or 0,
        acted_ms=_acted_ms(row, occurred_ms, work.now_ms),
        arrived_ms=work.now_ms,
        opened_ms=opened_ms(work.now_ms, opens_minute(work.conn, origin.store_id), midnight_ms),
        valid_until_ms=valid_until(work.conn, row.coupon_id) if row.coupon_id is not None else None,
    )


def _acted_ms(row: Any, occurred_ms: int, now_ms: int) -> int:
    """When it was tapped, by a counter's clock that may be wrong: not after now, and not before what it answers."""
    return max(min(occurred_ms, now_ms), row.decided_ms or 0)


def _ask_back(work: Work, origin: Origin, row: Any, asked_ms: int) -> Any | None:
    """The owner confirms, or it happens by itself after a minute (APR-16). Asking twice changes nothing."""
    if row.recovery_by is not None:
        return row
    stays = Moved(RequestState(row.state), Effect.NONE)
    due_ms = asked_ms + OWNER_WAIT_MS
    caller = Caller(origin.actor, origin.op_id)
    moved = service.move(work, row, stays, caller, recovery_by=origin.actor, recovery_due_ms=due_ms)
    if moved is not None:
        oplog.write(work, origin, oplog.ASK_BACK, moved)
    return moved


def _take_back(work: Work, origin: Origin, row: Any, *, asked_by: str | None) -> Any | None:
    """It counts as the recovery of who asked for it; the owner's confirmation stands beside it."""
    automatic = row.state == RequestState.AUTO_APPROVED
    step = transition(RequestState(row.state), Move.CANCEL_AUTO if automatic else Move.RECOVER)
    assert isinstance(step, Moved)
    who = asked_by or origin.actor
    moved = service.move(
        work,
        row,
        step,
        Caller(who, origin.op_id or None),
        decided_by=who,
        decided_ms=work.now_ms,
        recovery_by=None,
        recovery_due_ms=None,
    )
    if moved is None:
        return None
    tell_consumer(work, ConsumerNotice.VALUE_RETURNED, moved)
    asker = replace(origin, actor=who)
    confirmed_by = origin.actor if asked_by is not None else None
    oplog.write(work, asker, oplog.CANCEL_AUTO if automatic else oplog.RECOVER, moved, confirmed_by=confirmed_by)
    oplog.judge(work, asker)
    return moved


def finish_recovery(work: Work, request_id: str) -> bool:
    """The owner did not answer in time: what staff asked for happens (APR-16). False when somebody was faster."""
    row = service.find(work.conn, request_id)
    if row is None or row.recovery_due_ms is None or work.now_ms < row.recovery_due_ms:
        return False
    clock = Origin("", "", row.store_id, CLOCK.actor)
    return _take_back(work, clock, row, asked_by=row.recovery_by) is not None


def keep(work: Work, origin: Origin, fact: Keep) -> Outcome:
    """The owner says no to a recovery that staff asked for: the approval stands (APR-16)."""
    for _ in range(_ROUNDS_MAX):
        row = service.find(work.conn, fact.request_id, store_id=origin.store_id)
        if row is None:
            return Outcome(OpStatus.REJECTED, REQUEST_UNKNOWN)
        person, _ = person_of(work.conn, origin.store_id, origin.actor)
        if person is None or person.role is not Role.OWNER:
            return Outcome(OpStatus.REJECTED, Way.OWNER_ONLY.value, _state(row))
        if row.recovery_by is None:
            return Outcome(OpStatus.ADJUSTED, ALREADY_DECIDED, _state(row))
        stays = Moved(RequestState(row.state), Effect.NONE)
        caller = Caller(origin.actor, origin.op_id)
        moved = service.move(work, row, stays, caller, recovery_by=None, recovery_due_ms=None)
        if moved is not None:
            oplog.write(work, origin, oplog.KEEP, moved, asked_by=row.recovery_by)
            return Outcome(OpStatus.APPLIED, None, _state(moved))
    raise _Contended(fact.request_id)


def withdraw(work: Work, request_id: str) -> dict[str, Any]:
    """The consumer takes the request back while nobody decided (APR-14). Raises ApiError; doing it
    twice is fine."""
    for _ in range(_ROUNDS_MAX):
        row = service.find(work.conn, request_id)
        if row is None:
            raise ApiError("request_unknown")
        if row.state == RequestState.WITHDRAWN:
            return service.consumer_view(row, work.now_ms)
        step = transition(RequestState(row.state), Move.WITHDRAW)
        over = row.deadline_ms is not None and work.now_ms >= row.deadline_ms
        if isinstance(step, Stands) or over:
            raise ApiError("already_decided", extra={"state": row.state})
        moved = service.move(work, row, step, CONSUMER, decided_by=CONSUMER.actor, decided_ms=work.now_ms)
        if moved is not None:
            return service.consumer_view(moved, work.now_ms)
    raise _Contended(request_id)


def time_out(work: Work, request_id: str) -> bool:
    """Nobody answered: the default is approval (APR-07), unless too much is at stake. False: somebody was faster."""
    row = service.find(work.conn, request_id)
    return row is not None and _time_out(work, row)


def _time_out(work: Work, row: Any) -> bool:
    lapses = row.at_zero == AtZero.EXPIRE
    step = transition(RequestState(row.state), Move.LAPSE if lapses else Move.TIME_OUT)
    if not isinstance(step, Moved) or row.deadline_ms is None or work.now_ms < row.deadline_ms:
        return False
    moved = service.move(work, row, step, CLOCK, decided_by=None, decided_ms=work.now_ms)
    if moved is None:
        return False
    if lapses:
        tell_consumer(work, ConsumerNotice.NOT_APPROVED, moved)
    else:
        service.tell_auto_approved(work, moved)
    return True


def expire(work: Work, request_id: str) -> bool:
    """No device showed the request in time; what it held goes back (APR-18). False when somebody was faster."""
    row = service.find(work.conn, request_id)
    if row is None or RequestState(row.state) not in OPEN_STATES:
        return False
    step = transition(RequestState(row.state), Move.EXPIRE)
    if isinstance(step, Stands):
        return False
    return service.move(work, row, step, CLOCK, decided_by=None, decided_ms=work.now_ms) is not None


def tell_unreachable(work: Work, request_id: str) -> bool:
    """Nobody showed the request in time: its consumer is told, once (APR-18). The request goes on waiting."""
    told = work.conn.execute(
        update(request)
        .where(
            request.c.request_id == request_id,
            request.c.state == RequestState.REQUESTED.value,
            request.c.unreachable_ms.is_(None),
        )
        .values(unreachable_ms=work.now_ms)
        .returning(*request.c)
    ).one_or_none()
    if told is None:
        return False
    tell_consumer(work, ConsumerNotice.STORE_UNREACHABLE, told)
    return True


def _state(row: Any) -> dict[str, Any]:
    return {
        "request_id": row.request_id,
        "state": row.state,
        "version": row.version,
        "decided_by": row.decided_by,
        "reason": row.reason,
    }
