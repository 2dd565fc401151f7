"""What becomes of a device's operations about cup holders."""

from __future__ import annotations

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.staff import service as staff
from cloud_api.stock import reports, rounds
from cloud_api.stock.facts import Report, StockOrder, TakenOff
from rules.permissions import Permission
from sync.protocol import OpStatus

NOT_ALLOWED = "not_allowed"


def report(work: Work, origin: Origin, fact: Report) -> Outcome:
    """Owner and staff may (RBA-01). The answer has what stands, and what looked odd."""
    done = reports.submit(work, origin.store_id, fact, origin.actor, origin.op_id)
    body = {"report": done.report, "oddities": list(done.oddities)}
    if not done.accepted:
        return Outcome(OpStatus.REJECTED, f"report_{done.answer.value}", body)
    rounds.after_report(work, origin.store_id)
    return Outcome(OpStatus.APPLIED, None, body)


def order(work: Work, origin: Origin, fact: StockOrder) -> Outcome:
    """The owner's alone, in a shop that has set up its people (RBA-01, CUP-18)."""
    if not staff.allowed(work.conn, origin.store_id, origin.actor, Permission.ORDER_CUP_HOLDERS):
        return Outcome(OpStatus.REJECTED, NOT_ALLOWED)
    try:
        now = rounds.order(work, origin.store_id, fact.order_id, fact.pieces, origin.actor)
    except ApiError as refused:
        return Outcome(OpStatus.REJECTED, refused.code)
    return Outcome(OpStatus.APPLIED, None, {"rounds": now["rounds"]})


def take_off(work: Work, origin: Origin, fact: TakenOff) -> Outcome:
    """Owner and staff may, as with the daily report (RBA-01, CUP-26). Of two words the one that arrives last stands."""
    try:
        now = rounds.take_off(work, origin.store_id, fact.number, collected=fact.collected, soiled=fact.soiled)
    except ApiError as refused:
        return Outcome(OpStatus.REJECTED, refused.code)
    return Outcome(OpStatus.APPLIED, None, {"rounds": now["rounds"]})
