"""The real run: books what was confirmed, some rows at a time. Each step is one transaction with how far it came, so
that whatever ends it in the middle, the next step goes on and no row is booked twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text

from cloud_api.bulk import NewRows, listed
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.grades.service import has_grades
from cloud_api.grades.taking_over import take_over
from cloud_api.imports import service, words
from cloud_api.imports.checking import opened_row
from cloud_api.imports.models import ImportState, Verdict, import_row, imported_member
from cloud_api.ledger.facts import Origin
from cloud_api.ledger.lots import expiry_ms
from cloud_api.ledger.models import AccountKind, PostingKind
from cloud_api.ledger.purses import open_purses, points_holder
from cloud_api.ledger.service import Line, NewPosting, account_id, credit_member, lock_balances, post
from cloud_api.members import service as members
from cloud_api.stamps.earning import Cause, Stamping
from cloud_api.stores.earning import points_scope, terms_at
from cloud_api.stores.service import policy_of
from cloud_api.vault import Vault
from rules.boards import StampCause, StampMedium
from rules.stamps import StampGrant, StampReason

ROWS_AT_ONCE = 500  # other bookings wait for no longer than this takes
_IMPORTED_COLUMNS = (
    *("brand_id", "source", "member_id", "import_id", "line", "points", "stamps", "grade", "posting_id", "booked_ms"),
)


@dataclass
class _Step:
    """What one step books."""

    postings: list[NewPosting] = field(default_factory=list)
    imported: list[tuple[Any, ...]] = field(default_factory=list)
    stamped: list[tuple[str, int]] = field(default_factory=list)
    grades: dict[str, str] = field(default_factory=dict)
    graded: int = 0
    points: int = 0
    stamps: int = 0
    skipped: int = 0


def book_some(work: Work, vault: Vault, import_id: str) -> int:
    """Books the next rows; returns how many, 0 when it is over or not confirmed."""
    row = service.locked(work, import_id)
    if row.state != ImportState.IMPORTING:
        return 0
    query = (
        select(import_row)
        .where(
            import_row.c.import_id == import_id,
            import_row.c.line > row.done_line,
            import_row.c.verdict != Verdict.BEFORE.value,
        )
        .order_by(import_row.c.line)
        .limit(ROWS_AT_ONCE)
    )
    rows = work.conn.execute(query).all()
    if not rows:
        service.forget(work, import_id)
        service.change(work, import_id, state=ImportState.DONE.value, finished_ms=work.now_ms)
        return 0
    made, step = _book(work, vault, row, rows)
    service.change(
        work,
        import_id,
        done_line=rows[-1].line,
        done_rows=row.done_rows + len(rows),
        members_made=row.members_made + made,
        points_booked=row.points_booked + step.points,
        stamps_booked=row.stamps_booked + step.stamps,
        skipped=row.skipped + step.skipped,
        graded=row.graded + step.graded,
    )
    return len(rows)


def _book(work: Work, vault: Vault, row: Any, rows: Sequence[Any]) -> tuple[int, _Step]:
    opened = {one.line: opened_row(vault, one) for one in rows}
    phones = [phone for phone, _ in opened.values()]
    known = members.find(work.conn, vault, phones)
    unknown = [phone for phone in phones if phone not in known]
    admitted = members.admit(work, vault, unknown, members.Join.at_counter(row.store_id))
    ids = known | admitted.ids
    _introduce(
        work,
        [
            (ids[phone], name, one.joined_ms)
            for one in rows
            for phone, name in [opened[one.line]]
            if phone not in known and phone in ids
        ],
    )
    before = service.imported_among(work.conn, row, sorted(known.values()))
    holders = _holders(work, row, ids.values())
    debts = _debts(work, [holders[member_id] for member_id in known.values()])
    valid_days = policy_of(work.conn, row.brand_id).lot_valid_days
    become = words.meaning(json.loads(row.grades))
    step = _Step()
    for one in rows:
        member_id = ids.get(opened[one.line][0])
        if member_id is None or member_id in before:  # None: left, and may not be back yet (MEM-05)
            step.skipped += 1
            continue
        before.add(member_id)
        posting = None
        if one.points:
            holder = holders[member_id]
            lines = credit_member(holder, one.points, debts.get(holder, 0))
            posting = _posting(work, row, holder, one.points, lines, expiry_ms(work.now_ms, valid_days))
            step.postings.append(posting)
        step.imported.append(
            (
                *(row.brand_id, row.source, member_id, row.import_id, one.line, one.points, one.stamps, one.grade),
                *(posting and posting.posting_id, work.now_ms),
            )
        )
        step.points += one.points
        step.stamps += one.stamps
        if one.stamps:
            step.stamped.append((member_id, one.stamps))
        if one.grade in become:
            step.grades[member_id] = become[one.grade]
    post(work, step.postings, beside=[NewRows(imported_member, _IMPORTED_COLUMNS, step.imported)])
    _give_stamps(work, row, step.stamped)
    if step.grades and has_grades(work.conn, row.brand_id):
        step.graded = take_over(work, row.brand_id, step.grades, f"import:{row.import_id}")
    return len(set(ids.values()) - set(known.values())), step


def _give_stamps(work: Work, row: Any, wanted: Sequence[tuple[str, int]]) -> None:
    """Onto the members' cards, where the store has one; as many as it has room for (STP-19, STP-20). Tiers that they
    reach paid over there. They are booked for yesterday, so that they use up nothing of what may be earned today."""
    here = terms_at(work.conn, row.store_id)
    if here is None or not here.stamps_on or not wanted:
        return
    occurred_ms = work.now_ms - DAY_MS
    members_there = [member_id for member_id, _ in wanted]
    stamping = Stamping(work, here, row.store_id, members_there, [occurred_ms] * len(wanted))
    origin = Origin("", "", row.store_id, f"import:{row.import_id}")
    for member_id, stamps in wanted:
        cause = Cause(origin, StampCause.TRANSFER, StampMedium.PHONE_NUMBER, member_id, occurred_ms)
        stamping.give(cause, stamping.fitting(member_id, StampGrant(stamps, StampReason.EARNED, stamps)))
    post(work, stamping.postings, beside=(stamping.rows,))


def _holders(work: Work, row: Any, member_ids: Iterable[str]) -> dict[str, str]:
    """Where the points go: to what the members can spend at the store, which may be a purse (PNT-03)."""
    scope = points_scope(work.conn, terms_at(work.conn, row.store_id), row.store_id)
    found = {member_id: points_holder(member_id, scope, row.brand_id, row.store_id) for member_id in member_ids}
    open_purses(work, found.values())
    return found


def _posting(work: Work, row: Any, holder: str, points: int, lines: list[Line], expires_ms: int) -> NewPosting:
    """The points come from the brand's account of imports: no store has issued them."""
    return NewPosting(
        posting_id=work.ids.uuid7(),
        kind=PostingKind.IMPORT,
        store_id=row.store_id,
        member_id=holder,
        actor=f"import:{row.import_id}",
        lines=(Line(account_id(AccountKind.IMPORT, row.brand_id), -points), *lines),
        expires_ms=expires_ms,
    )


def _debts(work: Work, holders: Iterable[str]) -> Mapping[str, int]:
    """What known members owe; their accounts are locked with it, in the order in which everybody locks them."""
    owners = sorted(holders)
    wanted = [account_id(kind, owner) for owner in owners for kind in (AccountKind.MEMBER, AccountKind.MEMBER_DEBT)]
    balances = lock_balances(work, wanted) if wanted else {}
    return {owner: balances[account_id(AccountKind.MEMBER_DEBT, owner)] for owner in owners}


_INTRODUCE = text(
    "UPDATE member SET nickname = :nickname, joined_ms = coalesce(:joined_ms, joined_ms) WHERE member_id = :member_id"
)
_INTRODUCE_LISTED = text(
    "UPDATE member SET nickname = coalesce(fresh.nickname, ''),"
    " joined_ms = coalesce(CAST(nullif(fresh.joined, '') AS BIGINT), member.joined_ms)"
    " FROM (SELECT unnest(string_to_array(:ids, chr(10))) AS member_id,"
    " unnest(string_to_array(:names, chr(10))) AS nickname,"
    " unnest(string_to_array(:joined, chr(10))) AS joined) AS fresh"
    " WHERE member.member_id = fresh.member_id"
)


def _introduce(work: Work, fresh: Sequence[tuple[str, str, int | None]]) -> None:
    """New members get the name and the day of joining that they had; who was known keeps their own."""
    told = [one for one in fresh if one[1] or one[2] is not None]
    if not told:
        return
    if not work.postgres:
        rows = [{"member_id": member_id, "nickname": name, "joined_ms": joined} for member_id, name, joined in told]
        work.conn.execute(_INTRODUCE, rows)
        return
    ids, names, joined = zip(*told, strict=True)
    lists = {"ids": ids, "names": names, "joined": ["" if ms is None else ms for ms in joined]}
    work.conn.execute(_INTRODUCE_LISTED, {name: listed(work.conn, values) for name, values in lists.items()})
