"""Numbers that stand apart: of members who sleep, of those who became another one, of those who left.

Nobody asks here before a number was looked for among the members in vain, so that none of it costs an ordinary earn
anything (docs/adr/0028).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from cloud_api.bulk import select_among
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.members import events
from cloud_api.members.models import NumberStands, member, member_number
from cloud_api.vault import Vault
from rules.calendar import local_day, moment_ms
from rules.membership import JoinProblem, MemberStatus, join_problem
from rules.phone import Phone

# Nobody is dormant, or about to be, any earlier (MEM-04): until then housekeeping need not look at a new member.
FIRST_LOOK_MS = 330 * DAY_MS


def apart(member_id: str) -> str:
    """What stands for a look-up in the row of a member whose number is elsewhere."""
    return f"-{member_id}"


@dataclass(frozen=True)
class Elsewhere:
    """Whose number it is or was; ``blocked`` for somebody who left and may not be back yet (MEM-05)."""

    member_id: str
    stands: NumberStands
    blocked: bool


_FOUND = "SELECT * FROM member_number WHERE phone_lookup {wanted} ORDER BY since_ms, member_id"


def elsewhere(conn: Connection, vault: Vault, phones: Collection[Phone], now_ms: int) -> dict[Phone, Elsewhere]:
    """Of these numbers those that stand apart and say something: not those of somebody who left long enough ago."""
    if not phones:
        return {}
    by_lookup = {lookup: phone for phone in phones for lookup in vault.phone_lookups(phone)}
    found: dict[Phone, Elsewhere] = {}
    for row in select_among(conn, _FOUND, {"wanted": by_lookup}):
        here = Elsewhere(row.member_id, NumberStands(row.stands), blocked=_blocked(row, now_ms))
        if here.stands is not NumberStands.WITHDRAWN or here.blocked:
            found[by_lookup[row.phone_lookup]] = here
    return found


def _blocked(row: Any, now_ms: int) -> bool:
    problem = join_problem(
        local_day(now_ms), age_confirmed=True, withdrawn=local_day(row.since_ms), block_days=row.block_days
    )
    return row.stands == NumberStands.WITHDRAWN and problem is JoinProblem.REJOIN_BLOCK


def blocked_until_ms(withdrawn_ms: int, block_days: int) -> int:
    """The first moment at which somebody who left may join again (MEM-05)."""
    return moment_ms(local_day(withdrawn_ms), 0) + block_days * DAY_MS


def put_aside(
    work: Work, row: Any, stands: NumberStands, *, member_id: str, block_days: int = 0, purge_ms: int | None = None
) -> None:
    """Takes the number out of a member's row (``row``) and keeps it here as the number of ``member_id``."""
    values = {
        "phone_lookup": row.phone_lookup,
        "member_id": member_id,
        "sealed": bytes(row.phone_sealed),
        "stands": stands.value,
        "since_ms": work.now_ms,
        "nickname": row.nickname if stands is NumberStands.DORMANT else "",
        "block_days": block_days,
        "purge_ms": purge_ms,
    }
    work.conn.execute(member_number.insert().values(**values))


def wake(work: Work, member_ids: Iterable[str]) -> None:
    """Activity makes dormant members normal again, with their own number and name (MEM-04); others stay as they are."""
    ids = sorted(set(member_ids))
    if not ids:
        return
    asleep = "SELECT * FROM member_number WHERE member_id {ids} AND stands = 'dormant' ORDER BY member_id"
    for row in select_among(work.conn, asleep, {"ids": ids}):
        woken = work.conn.execute(
            update(member)
            .where(member.c.member_id == row.member_id, member.c.status == MemberStatus.DORMANT.value)
            .values(
                status=MemberStatus.NORMAL.value,
                phone_lookup=row.phone_lookup,
                phone_sealed=bytes(row.sealed),
                nickname=row.nickname,
                check_ms=work.now_ms + FIRST_LOOK_MS,
                told_ms=None,
                changed_ms=work.now_ms,
            )
        )
        if woken.rowcount:  # else somebody else was faster
            _drop(work, row)
            events.write(work, row.member_id, events.WOKEN, by="member")


def _drop(work: Work, row: Any) -> None:
    work.conn.execute(
        delete(member_number).where(
            member_number.c.phone_lookup == row.phone_lookup, member_number.c.member_id == row.member_id
        )
    )


def of_member(conn: Connection, member_id: str) -> list[Any]:
    """Rows of the numbers that stand here for a member, oldest first."""
    query = select(member_number).where(member_number.c.member_id == member_id)
    return list(conn.execute(query.order_by(member_number.c.since_ms, member_number.c.phone_lookup)))
