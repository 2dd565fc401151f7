"""What an owner changes at the counter about an employee's right to take approvals back (APR-16, APR-25, A3)."""

from __future__ import annotations

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.staff import service
from cloud_api.staff.facts import Right
from cloud_api.staff.service import Changes
from rules.recovery import RightChange, Role
from sync.protocol import OpStatus

OWNER_ONLY = "owner_only"
EMPLOYEE_UNKNOWN = "employee_unknown"
_CHANGES = {
    RightChange.LIFT: Changes(lift=True),
    RightChange.ALLOW: Changes(may_recover=True),
    RightChange.FORBID: Changes(may_recover=False),
}


def change_right(work: Work, origin: Origin, fact: Right) -> Outcome:
    """Only the owner's word counts, by what the cloud knows of whoever acts. Saying it twice changes nothing more."""
    person, _row = service.person_of(work.conn, origin.store_id, origin.actor)
    if person is None or person.role is not Role.OWNER:
        return Outcome(OpStatus.REJECTED, OWNER_ONLY, {"employee_id": fact.employee_id})
    try:
        changed = service.change_rights(work, origin.store_id, fact.employee_id, _CHANGES[fact.change])
    except ApiError:
        return Outcome(OpStatus.REJECTED, EMPLOYEE_UNKNOWN, {"employee_id": fact.employee_id})
    return Outcome(OpStatus.APPLIED, None, {"employee_id": fact.employee_id, "may_recover": changed["may_recover"]})
