"""Reading stamps back: a member's history, and a store's board of stamps (STP-20 to 22)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from cloud_api.bulk import select_among
from cloud_api.ledger.models import AccountKind, PostingKind
from cloud_api.ledger.purses import stamps_holder
from cloud_api.ledger.service import account_id
from cloud_api.stamps.models import GrantState
from cloud_api.stores.earning import Terms
from rules.boards import StampCause, StampMove
from rules.masking import mask_nickname

TOP = 5
_STAMPS = "('member_stamps', 'member_boards')"
_HISTORY = text(
    "SELECT posting.posting_id, posting.kind, posting.store_id, posting.actor, posting.booked_ms,"
    " sum(entry.amount) AS stamps, min(stamp_grant.cause) AS cause, min(stamp_grant.medium) AS medium,"
    " min(stamp_grant.reason) AS reason, min(stamp_grant.menu) AS menu FROM purse"
    " JOIN account ON account.owner_id = purse.purse_id AND account.account_id IN"
    " ('member_stamps:' || purse.purse_id, 'member_boards:' || purse.purse_id)"
    " JOIN entry ON entry.account_id = account.account_id JOIN posting ON posting.posting_id = entry.posting_id"
    " LEFT JOIN stamp_grant ON stamp_grant.posting_id = coalesce(posting.reverses_id, posting.posting_id)"
    " WHERE purse.member_id = :member_id AND purse.unit = 'stamp' AND posting.posting_id < :before"
    " GROUP BY posting.posting_id, posting.kind, posting.store_id, posting.actor, posting.booked_ms"
    " ORDER BY posting.posting_id DESC LIMIT :most"
)
_LAST = "~"  # sorts behind every id
_DEDUCTED = {PostingKind.STAMP_BACK.value: StampCause.CANCEL, PostingKind.STAMP_EXPIRY.value: StampCause.EXPIRY}


def history(conn: Connection, member_id: str, *, limit: int, before: str | None) -> list[dict[str, Any]]:
    """Newest first: earned or deducted, why, and by which medium (STP-20). ``before`` is a posting id, for paging."""
    asked = {"member_id": member_id, "before": before or _LAST, "most": limit}
    return [
        {
            "posting_id": row.posting_id,
            "move": (StampMove.DEDUCT if row.kind in _DEDUCTED else StampMove.EARN).value,
            "cause": _DEDUCTED[row.kind].value if row.kind in _DEDUCTED else row.cause,
            "medium": row.medium,
            "reason": row.reason,
            "stamps": int(row.stamps),
            "store_id": row.store_id,
            "menu": row.menu,
            "actor": row.actor,
            "at_ms": row.booked_ms,
        }
        for row in conn.execute(_HISTORY, asked)
    ]


_GRADES = "SELECT member_id, grades FROM member WHERE grades IS NOT NULL AND member_id {members}"
_CARDS = (
    "SELECT lot.member_id AS purse_id, sum(lot.remaining) AS stamps FROM lot"
    " WHERE lot.member_id {purses} AND lot.remaining > 0 AND lot.expires_ms > :now_ms GROUP BY lot.member_id"
    " UNION ALL SELECT account.owner_id, account.balance FROM account"
    " WHERE account.account_id {boards} AND account.balance > 0"
)


def standings(
    conn: Connection, terms: Terms, store_id: str, member_ids: Sequence[str], now_ms: int
) -> dict[str, dict[str, Any]]:
    """Grade and stamps of these members as a counter of the store needs them; only what there is (PNT-05, STP-15)."""
    found: dict[str, dict[str, Any]] = {}
    if terms.program.grades:
        for row in select_among(conn, _GRADES, {"members": member_ids}):
            code = json.loads(row.grades).get(terms.brand_id)
            if code is not None:
                found.setdefault(row.member_id, {})["grade"] = code
    if terms.program.card is not None:
        purses = {stamps_holder(one, terms.program.scope, terms.brand_id, store_id): one for one in member_ids}
        boards = [account_id(AccountKind.MEMBER_BOARDS, purse_id) for purse_id in purses]
        for row in select_among(conn, _CARDS, {"purses": purses, "boards": boards}, now_ms=now_ms):
            line = found.setdefault(purses[row.purse_id], {})
            line["stamps"] = line.get("stamps", 0) + int(row.stamps)
    return found


_ISSUED = text(
    "SELECT coalesce(sum(stamp_grant.stamps), 0) AS total,"
    " coalesce(sum(CASE WHEN stamp_grant.day = :today THEN stamp_grant.stamps ELSE 0 END), 0) AS today FROM posting"
    " JOIN stamp_grant ON stamp_grant.posting_id = posting.posting_id"
    f" WHERE posting.store_id = :store_id AND posting.kind = 'stamp' AND stamp_grant.state = '{GrantState.GIVEN.value}'"
)
_USED = text(
    "SELECT count(*) AS total, coalesce(sum(CASE WHEN coupon.changed_ms >= :since THEN 1 ELSE 0 END), 0) AS today"
    " FROM stamp_tier JOIN stamp_grant ON stamp_grant.posting_id = stamp_tier.posting_id"
    " JOIN coupon ON coupon.coupon_id = stamp_tier.coupon_id"
    " WHERE stamp_grant.store_id = :store_id AND coupon.state = 'used'"
)
_LAPSED = text("SELECT coalesce(sum(balance), 0) FROM account WHERE account_id = :account_id")
_USABLE = text(
    "SELECT coalesce(sum(lot.remaining), 0) FROM lot JOIN posting ON posting.posting_id = lot.posting_id"
    " JOIN stamp_grant ON stamp_grant.posting_id = posting.posting_id"
    " WHERE posting.store_id = :store_id AND posting.kind = 'stamp' AND lot.expires_ms > :now_ms"
)
_TOP = text(
    "SELECT stamp_grant.member_id, member.nickname, sum(stamp_grant.stamps) AS collected,"
    " (SELECT count(*) FROM stamp_tier JOIN stamp_grant AS paid ON paid.posting_id = stamp_tier.posting_id"
    "  WHERE paid.member_id = stamp_grant.member_id AND paid.store_id = :store_id) AS rewards,"
    " (SELECT count(*) FROM stamp_tier JOIN stamp_grant AS paid ON paid.posting_id = stamp_tier.posting_id"
    "  JOIN coupon ON coupon.coupon_id = stamp_tier.coupon_id AND coupon.state = 'used'"
    "  WHERE paid.member_id = stamp_grant.member_id AND paid.store_id = :store_id) AS used"
    " FROM stamp_grant JOIN member ON member.member_id = stamp_grant.member_id"
    f" WHERE stamp_grant.store_id = :store_id AND stamp_grant.state = '{GrantState.GIVEN.value}'"
    " GROUP BY stamp_grant.member_id, member.nickname ORDER BY collected DESC, stamp_grant.member_id LIMIT :most"
)


def given_and_used(conn: Connection, store_id: str, *, today: str, since_ms: int) -> tuple[Any, Any]:
    """``total`` and ``today`` of the stamps that the store gave, and of the rewards of its tiers that were used."""
    place = {"store_id": store_id}
    issued = conn.execute(_ISSUED, place | {"today": today}).one()
    return issued, conn.execute(_USED, place | {"since": since_ms}).one()


def board(conn: Connection, store_id: str, *, today: str, since_ms: int, now_ms: int, per_board: int) -> dict[str, Any]:
    """The store's board of stamps (STP-22): five who collected most, and the four boxes. ``use_rate_bp`` is the share
    of rewards that were used, ``collect_rate_bp`` how full the board that is being filled is."""
    place = {"store_id": store_id}
    issued, used = given_and_used(conn, store_id, today=today, since_ms=since_ms)
    lapsed = conn.execute(_LAPSED, {"account_id": f"stamp_breakage:{store_id}"}).scalar_one()
    usable = conn.execute(_USABLE, place | {"now_ms": now_ms}).scalar_one()
    return {
        "top": [_top(row, per_board) for row in conn.execute(_TOP, place | {"most": TOP})],
        "issued_today": int(issued.today),
        "issued": int(issued.total),
        "used_today": int(used.today),
        "used": int(used.total),
        "expired": int(lapsed),
        "usable": int(usable),
    }


def _top(row: Any, per_board: int) -> dict[str, Any]:
    collected = int(row.collected)
    on_board = (collected - 1) % per_board + 1 if collected else 0
    return {
        "member_id": row.member_id,
        "nickname": mask_nickname(row.nickname) if row.nickname else "",
        "collected": collected,
        "collect_rate_bp": on_board * 10_000 // per_board,
        "used": row.used,
        "use_rate_bp": row.used * 10_000 // row.rewards if row.rewards else 0,
    }
