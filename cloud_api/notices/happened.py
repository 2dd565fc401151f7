"""Owns the table of what happened and is still to be told: written in the transaction in which it happens.

Whoever tells takes rows away; no clock and no order of ids decides what is still to come. A transaction may stay open
for as long as it likes, and what it did is told once it is committed (PNT-21, CPN-05).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import delete, select

from cloud_api.database import Work
from cloud_api.exchange import Statement
from cloud_api.ledger.models import PostingKind
from cloud_api.notices.models import happened
from rules.messages import Cause

AT_ONCE = 100  # ids in a row

CAUSES = {
    PostingKind.EARN: Cause.EARNED,
    PostingKind.GRANT: Cause.EARNED,
    PostingKind.STAMP: Cause.EARNED,
    PostingKind.CAPTURE: Cause.USED,
    PostingKind.SPEND: Cause.USED,
    PostingKind.REVERSAL: Cause.TAKEN_BACK,
    PostingKind.STAMP_BACK: Cause.TAKEN_BACK,
    PostingKind.EXPIRY: Cause.EXPIRED,
    PostingKind.STAMP_EXPIRY: Cause.EXPIRED,
}
IMPORTED = "import:"  # actors of what came over from another service: the member had it before


class Topic(StrEnum):
    """Who reads it, and what the ids are of."""

    POSTING = "posting"  # what members have now
    COUPON = "coupon"  # lines of coupons' lives
    MEMBER = "member"  # members who are new, and lines of what was done to members
    JOINED = "joined"  # members, for the coupons of joining
    BOUGHT = "bought"  # postings, for the coupons of a first purchase


_NOTE = Statement("INSERT INTO happened (topic, happened_id, ids, n) VALUES ($1, $2, $3, $4)")


def note(work: Work, topic: Topic, ids: Sequence[str]) -> None:
    """These are to be told; it travels with the commit, a row for a hundred of them."""
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        work.later(_NOTE, topic.value, work.ids.uuid7(), "\n".join(some), len(some))


def take(work: Work, topic: Topic, most: int) -> list[str]:
    """The oldest of them, about ``most``, at least one row's; with this transaction they are told. Of two who take at
    once the second one gets what the first one left."""
    here = happened.c.topic == topic.value
    query = select(happened).where(here).order_by(happened.c.happened_id).limit(most).with_for_update()
    taken: list[str] = []
    done: list[str] = []
    for row in work.conn.execute(query):
        if taken and len(taken) + row.n > most:
            break
        taken += row.ids.split("\n")
        done.append(row.happened_id)
    work.conn.execute(delete(happened).where(here, happened.c.happened_id.in_(done)))
    return taken
