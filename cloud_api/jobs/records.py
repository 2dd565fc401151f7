"""Records whose time is over: the operation log after three years, the contents of operations after five, invitations
after a month (RBA-15).

The book stays, and so does the audit log: it names no customer, and who changed what is asked about for longer.
"""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from functools import partial

from sqlalchemy import delete, insert, select, tuple_, update

from cloud_api.clock import DAY_MS, Clock
from cloud_api.database import Database, Work
from cloud_api.devices.models import device
from cloud_api.gateway.models import device_op, server_state
from cloud_api.staff.models import invitation, operation_log
from rules.calendar import local_day, moment_ms, months_after
from rules.permissions import Record, kept_until
from sync.protocol import OpStatus

LOG_FROM = "operation_log_from_ms"  # state: the database lets go of the log's rows from before this, and of no other
ROWS_AT_ONCE = 2_000
INVITATIONS_MS = 30 * DAY_MS


def forget_records(database: Database, clock: Clock) -> int:
    """In short transactions; returns 0: one pass is all there is."""
    now_ms = clock()
    database.transact(_forget_invitations)
    log_from_ms = oldest_kept_ms(Record.OPERATION_LOG, now_ms)
    while database.transact(partial(_forget_log, before_ms=log_from_ms)) == ROWS_AT_ONCE:
        pass
    ops_from_ms = oldest_kept_ms(Record.TRANSACTION, now_ms)
    with database.read() as conn:
        devices = conn.execute(select(device.c.device_id).order_by(device.c.device_id)).scalars().all()
    for device_id in devices:
        while database.transact(partial(_forget_ops, device_id=device_id, before_ms=ops_from_ms)) == ROWS_AT_ONCE:
            pass
    return 0


def oldest_kept_ms(record: Record, now_ms: int) -> int:
    """The first moment whose records of this kind are kept: midnight in Korea of the first day that may not go yet."""
    today = local_day(now_ms)
    day = today
    while not _may_go(record, day, today):
        day = months_after(day, -1)
    while _may_go(record, day, today):
        day += timedelta(days=1)
    return moment_ms(day, 0)


def _may_go(record: Record, day: date, today: date) -> bool:
    until = kept_until(record, day)
    return until is not None and until <= today


def _forget_invitations(work: Work) -> None:
    work.conn.execute(delete(invitation).where(invitation.c.created_ms < work.now_ms - INVITATIONS_MS))


def _forget_log(work: Work, before_ms: int) -> int:
    """The database itself refuses any younger row."""
    here = server_state.c.name == LOG_FROM
    if work.conn.execute(update(server_state).where(here).values(value=str(before_ms))).rowcount == 0:
        work.conn.execute(insert(server_state).values(name=LOG_FROM, value=str(before_ms)))
    old = select(operation_log.c.log_id).where(operation_log.c.at_ms < before_ms).limit(ROWS_AT_ONCE)
    gone = list(work.conn.execute(old).scalars())
    if gone:
        work.conn.execute(delete(operation_log).where(operation_log.c.log_id.in_(gone)))
    return len(gone)


def _forget_ops(work: Work, device_id: str, before_ms: int) -> int:
    """The contents of a device's next old operations: what a customer typed is gone, that there was an operation and
    what became of it stays, for the book leads back to it. What is parked waits for a person, however long."""
    c = device_op.c
    here = device.c.device_id == device_id
    row = work.conn.execute(select(device.c.forgotten_epoch, device.c.forgotten_seq).where(here)).one()
    after = tuple_(c.epoch, c.seq) > tuple_(row.forgotten_epoch, row.forgotten_seq)
    query = select(c.epoch, c.seq, c.received_ms, c.status).where(c.device_id == device_id, after)
    rows = work.conn.execute(query.order_by(c.epoch, c.seq).limit(ROWS_AT_ONCE)).all()
    old = list(itertools.takewhile(lambda one: one.received_ms < before_ms, rows))
    if not old:
        return 0
    gone = [(one.epoch, one.seq) for one in old if one.status != OpStatus.PARKED]
    if gone:
        blank = update(device_op).where(c.device_id == device_id, tuple_(c.epoch, c.seq).in_(gone))
        work.conn.execute(blank.values(sealed=b""))
    last = {"forgotten_epoch": old[-1].epoch, "forgotten_seq": old[-1].seq}
    work.conn.execute(update(device).where(here).values(**last))
    return len(old)
