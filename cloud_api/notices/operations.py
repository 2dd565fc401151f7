"""What becomes of a device's word about notices."""

from __future__ import annotations

from cloud_api.database import Work
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.notices import centre
from cloud_api.notices.centre import Acked, Place
from cloud_api.notices.facts import Acknowledge
from cloud_api.staff.service import person_of
from rules.notices import NoticeKind, for_owner_alone
from rules.recovery import Role
from sync.protocol import OpStatus

OWNER_ONLY = "owner_only"


def acknowledge(work: Work, origin: Origin, fact: Acknowledge) -> Outcome:
    """What the owner has to know only the owner acknowledges, in a shop that has set up its people (APR-28)."""
    place = Place(origin.store_id)
    row = centre.find(work.conn, place, fact.notice_id)
    body = {"notice_id": fact.notice_id}
    if row is None:
        return Outcome(OpStatus.REJECTED, Acked.UNKNOWN.value, body)
    if for_owner_alone(NoticeKind(row.kind)):
        person, _ = person_of(work.conn, origin.store_id, origin.actor)
        if person is not None and person.role is not Role.OWNER:
            return Outcome(OpStatus.REJECTED, OWNER_ONLY, body)
    done = centre.acknowledge(work, place, fact.notice_id, origin.actor, seen_count=fact.count)
    if done is Acked.GREW:
        return Outcome(OpStatus.ADJUSTED, Acked.GREW.value, body)
    return Outcome(OpStatus.APPLIED, None, body)
