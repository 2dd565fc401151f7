"""Requests that are born at a counter: asked for by its device, or decided there without a line and reported (PNT-10).

What was decided offline is a fact: the drink was handed over. It is always booked; what the member does not have is the
store's loss, and a member never goes below zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from cloud_api import strict_json
from cloud_api.clock import DAY_MS, KST_OFFSET_MS, korean_day
from cloud_api.database import Work
from cloud_api.devices.auth import DeviceCall
from cloud_api.devices.models import device
from cloud_api.errors import ApiError
from cloud_api.ledger import holds
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.ledger.holds import HeldPoints
from cloud_api.members import service as members
from cloud_api.monitors import events
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.requests import limits, service
from cloud_api.requests.facts import Spend
from cloud_api.requests.models import request
from cloud_api.stores.earning import holder_at, spending_at
from cloud_api.stores.service import Policy, lock_store, policy_of, profile_of
from cloud_api.vault import Vault
from rules.calendar import local_day
from rules.notices import NoticeKind, Oddity
from rules.phone import Phone
from rules.requests import OPEN_STATES, USED_STATES, RequestKind, RequestState
from rules.spending import OfflineUse, SpendFlag, SpendLimit, online_allowance, refuse_amount, spend_flags
from sync.protocol import DEVICE_SUSPENDED, OpStatus

DUPLICATE_SPEND = "duplicate_spend"
REQUEST_DIFFERS = "request_differs"


# Asked for with a line ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CounterAsk:
    """What a customer wants to spend at the device's counter; ``points`` None means as many as possible."""

    request_id: str
    phone: Phone
    points: int | None
    payment_won: int


def ask(work: Work, vault: Vault, call: DeviceCall, wanted: CounterAsk) -> dict[str, Any]:
    """Holds the points and opens an ordinary request under the device's id; the same again is answered with the
    request as it stands. Raises ApiError; nothing is held then."""
    if lock_device(work, call) is not None:
        raise ApiError(DEVICE_SUSPENDED)
    member_id = members.find(work.conn, vault, [wanted.phone]).get(wanted.phone)
    known = service.find(work.conn, wanted.request_id)
    if known is not None:
        if not _same(known, call, member_id, wanted):
            raise ApiError("idempotency_conflict")
        return service.projection(known, work.now_ms) | {"points": known.points}
    if member_id is None:
        raise ApiError("member_unknown")
    store = profile_of(work.conn, call.store_id)
    assert store is not None, "a device belongs to a store"
    points = _points(work, policy_of(work.conn, call.brand_id), call.store_id, member_id, wanted)
    who = service.asking(work.conn, vault, store, member_id)
    made = service.ask_points(
        work, who, points, wanted.payment_won, request_id=wanted.request_id, device_id=call.device_id
    )
    return made | {"points": points}


def _same(row: Any, call: DeviceCall, member_id: str | None, wanted: CounterAsk) -> bool:
    return (row.device_id, row.member_id, row.amount_won) == (call.device_id, member_id, wanted.payment_won) and (
        wanted.points is None or wanted.points == row.points
    )


def _points(work: Work, policy: Policy, store_id: str, member_id: str, wanted: CounterAsk) -> int:
    """The points to hold. Raises ApiError."""
    spending, _ = spending_at(work.conn, store_id, policy)
    if wanted.points is None:
        balance = holds.spendable(work, holder_at(work.conn, member_id, store_id), work.now_ms)
        used = limits.points_used_today(work, store_id, spending)
        allowance = online_allowance(spending, balance, wanted.payment_won, used)
        if not allowance.points:
            raise limits.limit_error(allowance.limit)
        return allowance.points
    match refuse_amount(spending, wanted.points, wanted.payment_won):
        case SpendLimit.AMOUNT:
            raise ApiError("points_not_in_units", extra={"use_unit": policy.use_unit})
        case None:
            return wanted.points
        case limit:
            raise limits.limit_error(limit)


# Decided without a line -----------------------------------------------------------------------------------------------


def book_spend(work: Work, vault: Vault, policy: Policy, origin: Origin, fact: Spend) -> Outcome:
    """Books what a counter let a customer spend, once per spend id. A hold that the same id took before the line
    broke is given back first, so that together they count once."""
    if origin.suspended and not _before_suspension(work.conn, origin, fact):
        # A clone may be speaking; what was handed over before anybody knew is a fact all the same.
        return Outcome(OpStatus.REJECTED, DEVICE_SUSPENDED)
    member_id = members.find_or_create(work, vault, [fact.phone], store_id=origin.store_id)[fact.phone]
    known = service.lock(work.conn, fact.spend_id)  # the sweeper may be about to decide it
    member_id = members.lock_now(work, member_id)
    if known is not None:
        asked = members.merged_into(work.conn, [known.member_id]).get(known.member_id, known.member_id)
        if (known.store_id, asked, known.kind) != (origin.store_id, member_id, RequestKind.POINTS):
            return Outcome(OpStatus.REJECTED, REQUEST_DIFFERS, {"spend_id": fact.spend_id})
        if known.spend_op_id is not None:
            return Outcome(OpStatus.REJECTED, DUPLICATE_SPEND, _result(known))
        _undo(work, origin, known)
    occurred_ms = min(fact.occurred_ms, work.now_ms)  # a clock that is ahead brings no other day's quota
    used = _used_before(work, origin.device_id, member_id, occurred_ms)
    held = HeldPoints(fact.spend_id, origin.store_id, holder_at(work.conn, member_id, origin.store_id), fact.points)
    covered = holds.spend(work, held, actor=origin.actor, op_id=origin.op_id, at_ms=occurred_ms)
    age_ms = fact.occurred_ms - fact.snapshot_ms
    flags = spend_flags(policy.spending, age_ms, used, fact.points, covered, suspended=origin.suspended)
    decided = {
        "state": (RequestState.AUTO_APPROVED if fact.by_default else RequestState.APPROVED).value,
        "member_id": member_id,
        "points": fact.points,
        "pos_discount_won": fact.points,
        "amount_won": fact.payment_won,
        "device_id": origin.device_id,
        "spend_op_id": origin.op_id,
        "loss_points": fact.points - covered,
        "flags": strict_json.dumps(flags),
        "decided_by": None if fact.by_default else origin.actor,
        "decided_ms": occurred_ms,
        "print_device": origin.device_id,
    }
    row = _store(work, vault, origin.store_id, member_id, fact, known, decided)
    if fact.by_default:
        service.tell_auto_approved(work, row)
    _tell_oddity(work, row, flags)
    return Outcome(OpStatus.APPLIED if covered == fact.points else OpStatus.ADJUSTED, None, _result(row))


def _tell_oddity(work: Work, row: Any, flags: tuple[SpendFlag, ...]) -> None:
    """What the store bears because of it, or may bear: one line a day (NTF-01)."""
    if {SpendFlag.OVER_QUOTA, SpendFlag.OVERSPENT}.isdisjoint(flags):
        return
    day = local_day(row.decided_ms).isoformat()
    details = {"what": Oddity.OFFLINE_SPEND.value, "request_id": row.request_id, "points": row.points}
    news = News(NoticeKind.ANOMALY, f"spend:{day}", details | {"loss_points": row.loss_points})
    centre.tell(work, row.store_id, news)


def _undo(work: Work, origin: Origin, row: Any) -> None:
    """What the request took under the same id goes back to the member."""
    if row.state not in OPEN_STATES | USED_STATES:
        return
    holder = holds.holder_of(work.conn, row.request_id)
    held = HeldPoints(row.request_id, row.store_id, holder, row.points, row.loss_points)
    if row.state in OPEN_STATES:
        holds.release(work, held, actor=origin.actor, op_id=origin.op_id)
    else:
        holds.give_back(work, held, actor=origin.actor, op_id=origin.op_id)


def _store(
    work: Work, vault: Vault, store_id: str, member_id: str, fact: Spend, known: Any, decided: dict[str, Any]
) -> Any:
    """The request as it is now: a new one, or the one that was asked for before the line broke."""
    if known is not None:
        changed = update(request).where(request.c.request_id == known.request_id)
        title = service.points_title(fact.points)
        values = decided | {"title": title, "version": known.version + 1, "reason": None, "reason_text": None}
        row = work.conn.execute(changed.values(**values).returning(*request.c)).one()
        if row.state != known.state:
            events.came_to(work, row, known.state)
        service.publish(work, row)
        return row
    store = profile_of(work.conn, store_id)
    assert store is not None, "a device belongs to a store"
    who = service.asking(work.conn, vault, store, member_id, done=True)
    made = service.new_points_request(work, who, fact.points, request_id=fact.spend_id)
    made.created_ms = min(fact.occurred_ms, work.now_ms)
    for name, value in decided.items():
        setattr(made, name, value)
    service.open_request(work, made)
    return service.find(work.conn, fact.spend_id)


def _result(row: Any) -> dict[str, Any]:
    return {
        "spend_id": row.request_id,
        "points": row.points,
        "covered_points": row.points - row.loss_points,
        "loss_points": row.loss_points,
        "flags": strict_json.loads(row.flags.encode()),
        "state": row.state,
    }


def _used_before(work: Work, device_id: str, member_id: str, occurred_ms: int) -> OfflineUse:
    """What the device reported before of that day, to everybody and to the member."""
    start_ms = korean_day(occurred_ms) * DAY_MS - KST_OFFSET_MS
    mine = func.sum(request.c.points).filter(request.c.member_id == member_id)
    everybody, member = work.conn.execute(
        select(func.coalesce(func.sum(request.c.points), 0), func.coalesce(mine, 0)).where(
            request.c.device_id == device_id,
            request.c.spend_op_id.is_not(None),
            request.c.decided_ms >= start_ms,
            request.c.decided_ms < start_ms + DAY_MS,
            request.c.state.in_([state.value for state in USED_STATES]),
        )
    ).one()
    return OfflineUse(int(everybody), int(member))


def _before_suspension(conn: Connection, origin: Origin, fact: Spend) -> bool:
    suspended_ms = _suspended_ms(conn, origin.device_id)
    return suspended_ms is not None and fact.occurred_ms < suspended_ms


def lock_device(work: Work, call: DeviceCall) -> int | None:
    """The asks of one device take turns, so that a repetition sees what it repeats. When the device was suspended."""
    lock_store(work, call.store_id)  # first, as pushes do: what limits a store's uses locks it as well
    query = select(device.c.suspended_ms).where(device.c.device_id == call.device_id)
    found: int | None = work.conn.execute(query.with_for_update(key_share=True)).scalar_one_or_none()
    return found


def _suspended_ms(conn: Connection, device_id: str) -> int | None:
    found: int | None = conn.execute(
        select(device.c.suspended_ms).where(device.c.device_id == device_id)
    ).scalar_one_or_none()
    return found
