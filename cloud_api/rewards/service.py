"""Setting a store's rewards and drawing one (CPN-02, 03, 14, 23, 24; PNT-14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from cloud_api.coupons import service as coupons
from cloud_api.coupons.service import NewDefinition
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.grants import GrantCause, NewGrant, grant_points
from cloud_api.members.models import member
from cloud_api.rewards.models import reward_draw, reward_set, store_reward
from cloud_api.stores.service import Profile, lock_store
from rules.conditions import UseConditions
from rules.coupons import (
    PROBABILITY_WHOLE_BP,
    IssueKind,
    RewardKind,
    StoreReward,
    drawn,
    partner_slot_filled,
    rewards_problem,
    win_board,
)
from rules.discounts import Benefit, BenefitKind

DRAWS_SHOWN = 100


def set_rewards(work: Work, store: Profile, wanted: Sequence[StoreReward], *, active: bool) -> dict[str, Any]:
    """The next version; quantities begin anew, what was won before stays. Raises ApiError ``rewards_refused``."""
    problem = rewards_problem(wanted)
    if problem is not None:
        raise ApiError("rewards_refused", extra={"problem": problem.value})
    lock_store(work, store.store_id)
    last = select(func.max(reward_set.c.version)).where(reward_set.c.store_id == store.store_id)
    version = (work.conn.execute(last).scalar_one() or 0) + 1
    place = {"store_id": store.store_id, "version": version}
    work.conn.execute(insert(reward_set).values(**place, active=active, created_ms=work.now_ms))
    for number, one in enumerate(wanted, start=1):
        points = one.kind is RewardKind.STORE_POINTS
        definition_id = None if points else coupons.define(work, _definition(store, one))
        work.conn.execute(
            insert(store_reward).values(
                **place,
                place=number,
                name=one.name,
                kind=one.kind.value,
                value_won=one.value_won,
                condition=one.condition,
                quantity=one.quantity,
                given=0,
                valid_days=one.valid_days,
                probability_bp=one.probability_bp,
                minimum_won=one.minimum_won,
                definition_id=definition_id,
            )
        )
    return shown(work.conn, store.store_id)


def _definition(store: Profile, one: StoreReward) -> NewDefinition:
    return NewDefinition(
        store.brand_id,
        store.store_id,
        one.name,
        one.condition,
        one.value_won,
        one.value_won,
        one.valid_days,
        kind=one.kind,
        conditions=UseConditions(min_won=one.minimum_won or None),
        benefit=Benefit(BenefitKind.AMOUNT, one.value_won),
        quantity=one.quantity,
    )


def shown(conn: Connection, store_id: str) -> dict[str, Any]:
    """The newest version with its board (CPN-23); version 0: nobody has set any."""
    query = select(reward_set).where(reward_set.c.store_id == store_id).order_by(reward_set.c.version.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    rows = [] if row is None else _rows(conn, store_id, row.version)
    rewards = [_reward(one) for one in rows]
    board = win_board(rewards)
    return {
        "store_id": store_id,
        "version": 0 if row is None else row.version,
        "active": row is not None and row.active,
        "played": row is not None and partner_slot_filled(row.active, rewards),
        "rewards": [_shown(one) for one in rows],
        "board": {
            "rewards": board.rewards,
            "probability_bp": board.probability_bp,
            "budget_won": board.budget_won,
            "sales_won": board.sales_won,
        },
    }


def _shown(row: Any) -> dict[str, Any]:
    names = ("place", "name", "kind", "value_won", "condition", "quantity", "given", "valid_days", "probability_bp")
    told = {name: getattr(row, name) for name in (*names, "minimum_won", "definition_id")}
    return told | {"budget_won": row.value_won * row.quantity, "sales_won": row.minimum_won * row.quantity}


def _rows(conn: Connection, store_id: str, version: int) -> Sequence[Any]:
    query = select(store_reward).where(store_reward.c.store_id == store_id, store_reward.c.version == version)
    return conn.execute(query.order_by(store_reward.c.place)).all()


def _reward(row: Any) -> StoreReward:
    return StoreReward(
        row.name,
        RewardKind(row.kind),
        row.value_won,
        row.condition,
        row.quantity,
        row.valid_days,
        row.probability_bp,
        row.minimum_won,
    )


def draw(work: Work, store: Profile, member_id: str, key_id: str) -> dict[str, Any]:
    """One play of a member: the number of chance is kept with what it came to. Draws of a store take turns, so that
    none is won that is gone. Raises ApiError ``member_unknown``, ``rewards_off``."""
    lock_store(work, store.store_id)
    if work.conn.execute(select(member.c.member_id).where(member.c.member_id == member_id)).one_or_none() is None:
        raise ApiError("member_unknown")
    now = shown(work.conn, store.store_id)
    if not now["played"]:
        raise ApiError("rewards_off")
    rows = _rows(work.conn, store.store_id, now["version"])
    roll_bp = work.ids.below(PROBABILITY_WHOLE_BP)
    won = drawn([_reward(row) for row in rows], [row.quantity - row.given for row in rows], roll_bp)
    draw_id = work.ids.uuid7()
    values: dict[str, Any] = {"draw_id": draw_id, "store_id": store.store_id, "version": now["version"]}
    values |= {"member_id": member_id, "roll_bp": roll_bp, "place": None, "coupon_id": None, "posting_id": None}
    if won is not None:
        values |= _give(work, store, rows[won], member_id, draw_id)
    work.conn.execute(insert(reward_draw).values(**values, key_id=key_id, drawn_ms=work.now_ms))
    return values | {"reward": None if won is None else _shown(rows[won]), "drawn_ms": work.now_ms}


def _give(work: Work, store: Profile, row: Any, member_id: str, draw_id: str) -> dict[str, Any]:
    here = (store_reward.c.store_id == row.store_id, store_reward.c.version == row.version)
    work.conn.execute(
        update(store_reward).where(*here, store_reward.c.place == row.place).values(given=store_reward.c.given + 1)
    )
    if row.definition_id is not None:
        given = coupons.issue(work, member_id, row.definition_id, kind=IssueKind.EVENT)
        return {"place": row.place, "coupon_id": given.coupon_id}
    wanted = NewGrant(
        member_id,
        store.store_id,
        store.brand_id,
        row.value_won,
        GrantCause.DRAW,
        draw_id,
        f"store:{store.store_id}",
        row.valid_days,
    )
    return {"place": row.place, "posting_id": grant_points(work, wanted)}


def draws(conn: Connection, store_id: str) -> list[dict[str, Any]]:
    """The newest plays of a store."""
    query = select(reward_draw).where(reward_draw.c.store_id == store_id).order_by(reward_draw.c.draw_id.desc())
    names = ("draw_id", "version", "member_id", "roll_bp", "place", "coupon_id", "posting_id", "drawn_ms")
    return [{name: getattr(row, name) for name in names} for row in conn.execute(query.limit(DRAWS_SHOWN))]
