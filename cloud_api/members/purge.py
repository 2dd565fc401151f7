"""The end of former members' personal data: numbers, names, and the numbers inside what devices sent (MEM-06).

The book stays as it is, without anybody in it: an id that leads nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from cloud_api.bulk import select_among
from cloud_api.database import Database, Work
from cloud_api.gateway.models import device_op
from cloud_api.members import events
from cloud_api.members.models import member, member_number
from cloud_api.members.person_models import data_request, member_card, member_profile, member_regular
from cloud_api.members.told import accounts_of
from cloud_api.notices.models import member_messages
from cloud_api.orders.models import customer_order
from cloud_api.requests.models import dispute, request

MEMBERS_AT_ONCE = 20  # each with all operations that named the number
OPERATIONS_AT_ONCE = 500


def purge_some(database: Database, now_ms: int) -> int:
    """Purges those who are due for longest, each in a transaction of its own; returns how many. It may stop anywhere
    and run again."""
    due = (
        select(member_number.c.member_id)
        .where(member_number.c.purge_ms <= now_ms)
        .order_by(member_number.c.purge_ms)
        .limit(MEMBERS_AT_ONCE)
    )
    with database.read() as conn:
        members = sorted(set(conn.execute(due).scalars()))
    for member_id in members:
        database.transact(lambda work, which=member_id: purge(work, which))  # type: ignore[misc]
    return len(members)


def purge(work: Work, member_id: str) -> None:
    """Everything that says who this was. Of an operation its hash and its result stay: the chain goes on with them, and
    a repetition is answered as before."""
    numbers_due = member_number.c.member_id == member_id, member_number.c.purge_ms <= work.now_ms
    if not work.conn.execute(delete(member_number).where(*numbers_due)).rowcount:
        return  # another process was faster
    was = [member_id, *work.conn.execute(select(member.c.member_id).where(member.c.merged_into == member_id)).scalars()]
    for ops in _portions(_operations(work.conn, was)):
        work.conn.execute(update(device_op).where(device_op.c.op_id.in_(ops)).values(sealed=b""))
    asked = request.c.member_id.in_(was)
    orders = select(request.c.order_id).where(asked, request.c.order_id.is_not(None))
    work.conn.execute(
        update(customer_order).where(customer_order.c.order_id.in_(orders)).values(nickname="", note="", member_id=None)
    )
    work.conn.execute(update(request).where(asked).values(nickname=""))
    work.conn.execute(update(member).where(member.c.member_id.in_(was)).values(nickname="", join_detail=None))
    for said in (member_profile, member_card, member_regular, member_messages):
        work.conn.execute(delete(said).where(said.c.member_id.in_(was)))
    work.conn.execute(update(dispute).where(dispute.c.member_id.in_(was)).values(text="", note=None))
    work.conn.execute(update(data_request).where(data_request.c.member_id.in_(was)).values(text="", answer=""))
    events.write(work, member_id, events.PURGED, by=events.CLOCK)


_OPERATIONS = (
    "SELECT posting.op_id FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    " WHERE entry.account_id {accounts} AND posting.op_id IS NOT NULL"
    " UNION SELECT op_id FROM earn WHERE member_id {members} AND posting_id IS NULL"
    " UNION SELECT spend_op_id FROM request WHERE member_id {members} AND spend_op_id IS NOT NULL"
)
_REFUSED = "SELECT detail FROM member_event WHERE member_id {members} AND kind = '" + events.EARN_REFUSED + "'"


def _operations(conn: Connection, member_ids: Sequence[str]) -> list[str]:
    """Operations that carry the number: what was earned and spent with it, and what was refused for it."""
    accounts = accounts_of(conn, member_ids)
    found = {str(row[0]) for row in select_among(conn, _OPERATIONS, {"accounts": accounts, "members": member_ids})}
    refused = select_among(conn, _REFUSED, {"members": member_ids})
    return sorted(found | {str(json.loads(row.detail)["op_id"]) for row in refused})


def _portions(op_ids: Sequence[str]) -> list[Sequence[str]]:
    return [op_ids[at : at + OPERATIONS_AT_ONCE] for at in range(0, len(op_ids), OPERATIONS_AT_ONCE)]
