"""Coupons by code: printed somewhere, typed by a member, good once (CPN-05, CPN-18)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update

from cloud_api.coupons import service
from cloud_api.coupons.models import coupon, coupon_code, coupon_code_try
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.vault import Vault
from rules.codes import RANDOM_BYTES, code_of, code_of_id, read_code, shown
from rules.coupons import IssueKind

BATCH_MAX = 1_000
TRIES_MAX = 5
_PLAIN = "sha256:"
TRIES_WITHIN_MS = 600_000


def make(work: Work, definition_id: str, count: int) -> list[str]:
    """New codes of a definition. They exist as text in this answer only; what is kept is a hash: of 80 bits of chance,
    which nobody can try, so that no key is needed and none that changes takes a printed code away.

    Raises ApiError ``definition_unknown``.
    """
    if service.find_definition(work.conn, definition_id) is None:
        raise ApiError("definition_unknown")
    codes = [code_of(work.ids.key()[:RANDOM_BYTES]) for _ in range(count)]
    rows = [{"digest": _digest(code), "definition_id": definition_id, "created_ms": work.now_ms} for code in codes]
    work.conn.execute(insert(coupon_code), rows)
    return [shown(code) for code in codes]


def redeem(work: Work, vault: Vault, member_id: str, typed: str) -> dict[str, object] | None:
    """The coupon for a code; the same member typing it again gets the same coupon, and so does who types the code on
    the slip of an own coupon. None: there is no such code, or somebody else had it, and the try counts. Raises ApiError
    ``too_many_tries``."""
    _refuse_guessing(work, member_id)
    code = read_code(typed)
    if code is None:
        _miss(work, member_id)
        return None
    own = _own(work, member_id, code)
    if own is not None:
        return service.shown_coupon(work.conn, own, work.now_ms)
    known = [_digest(code), *vault.digests(f"coupon-code\n{code}")]
    query = select(coupon_code).where(coupon_code.c.digest.in_(known)).with_for_update()
    row = work.conn.execute(query).one_or_none()
    if row is None or row.member_id not in (None, member_id):
        _miss(work, member_id)
        return None
    if row.coupon_id is not None:
        return service.shown_coupon(work.conn, row.coupon_id, work.now_ms)
    given = service.issue(work, member_id, row.definition_id, kind=IssueKind.CODE)
    taken = {"member_id": member_id, "coupon_id": given.coupon_id, "used_ms": work.now_ms}
    work.conn.execute(update(coupon_code).where(coupon_code.c.digest == row.digest).values(**taken))
    return service.shown_issued(given)


def keyed_unused(conn: Connection) -> int:
    """How many codes from before that are kept as a keyed digest could still be brought."""
    c = coupon_code.c
    query = select(func.count()).where(c.coupon_id.is_(None), c.digest.not_like(f"{_PLAIN}%"))
    return int(conn.execute(query).scalar_one())


def _own(work: Work, member_id: str, code: str) -> str | None:
    """The member's coupon whose slip shows this code."""
    ids = work.conn.execute(select(coupon.c.coupon_id).where(coupon.c.member_id == member_id)).scalars()
    return next((coupon_id for coupon_id in ids if code_of_id(coupon_id) == code), None)


def _digest(code: str) -> str:
    return _PLAIN + hashlib.sha256(code.encode()).hexdigest()


def _refuse_guessing(work: Work, member_id: str) -> None:
    since_ms = work.now_ms - TRIES_WITHIN_MS
    tries: Sequence[int] = (
        work.conn.execute(
            select(coupon_code_try.c.at_ms)
            .where(coupon_code_try.c.member_id == member_id, coupon_code_try.c.at_ms > since_ms)
            .order_by(coupon_code_try.c.at_ms)
        )
        .scalars()
        .all()
    )
    if len(tries) >= TRIES_MAX:
        wait_s = max((tries[-TRIES_MAX] + TRIES_WITHIN_MS - work.now_ms + 999) // 1000, 1)
        raise ApiError("too_many_tries", headers={"Retry-After": str(wait_s)})


def _miss(work: Work, member_id: str) -> None:
    number = select(func.coalesce(func.max(coupon_code_try.c.n), 0) + 1).where(coupon_code_try.c.member_id == member_id)
    n = work.conn.execute(number).scalar_one()
    work.conn.execute(insert(coupon_code_try).values(member_id=member_id, n=n, at_ms=work.now_ms))
