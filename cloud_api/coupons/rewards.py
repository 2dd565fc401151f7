"""What a store offers: at most six boxes, and whether rewards are played for at all (CPN-02, 03, 23, 24, PNT-14)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_api.coupons import service
from cloud_api.coupons.models import store_rewards
from cloud_api.coupons.service import NewDefinition
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.stores.service import lock_store, profile_of
from rules.coupons import RewardKind, StoreReward, partner_slot_filled, rewards_problem, win_board


def of_store(conn: Connection, store_id: str) -> dict[str, Any]:
    """As it was set, with the sums below it; a store that has set nothing offers nothing."""
    row = conn.execute(select(store_rewards).where(store_rewards.c.store_id == store_id)).one_or_none()
    boxes = [] if row is None else json.loads(row.boxes)
    switched_on = row is not None and row.switched_on
    rewards = [_read(box) for box in boxes]
    return {
        "version": 0 if row is None else row.version,
        "on": switched_on,
        "rewards": boxes,
        "board": asdict(win_board(rewards)),
        "played_for": partner_slot_filled(switched_on, rewards),
    }


def _read(box: dict[str, Any]) -> StoreReward:
    values = {name: value for name, value in box.items() if name != "definition_id"}
    return StoreReward(**values | {"kind": RewardKind(box["kind"])})


def set_for_store(work: Work, store_id: str, rewards: list[StoreReward], *, on: bool) -> dict[str, Any]:
    """Replaces the boxes. A box that stays as it was goes on issuing its coupon and counting its quantity; a changed
    one is another coupon, and who holds the old one keeps it.

    Raises ApiError ``store_unknown``, ``rewards_refused``.
    """
    problem = rewards_problem(rewards)
    if problem is not None:
        raise ApiError("rewards_refused", extra={"problem": problem.value})
    lock_store(work, store_id)
    profile = profile_of(work.conn, store_id)
    assert profile is not None, "it is locked"
    before = of_store(work.conn, store_id)
    kept = {_read(box): box["definition_id"] for box in before["rewards"]}
    boxes = []
    for reward in rewards:
        definition_id = kept.pop(reward, None)
        if definition_id is None and reward.kind is not RewardKind.STORE_POINTS:
            definition_id = _define(work, profile.brand_id, store_id, reward)
        boxes.append({**asdict(reward), "kind": reward.kind.value, "definition_id": definition_id})
    values = {"switched_on": on, "boxes": json.dumps(boxes, ensure_ascii=False), "changed_ms": work.now_ms}
    here = update(store_rewards).where(store_rewards.c.store_id == store_id)
    if work.conn.execute(here.values(version=store_rewards.c.version + 1, **values)).rowcount == 0:
        work.conn.execute(insert(store_rewards).values(store_id=store_id, version=1, **values))
    return of_store(work.conn, store_id)


def _define(work: Work, brand_id: str, store_id: str, reward: StoreReward) -> str:
    wanted = NewDefinition(
        brand_id=brand_id,
        store_id=store_id,
        name=reward.name,
        condition=reward.condition,
        value_won=reward.value_won,
        pos_discount_won=reward.value_won,
        valid_days=reward.valid_days,
        kind=reward.kind,
        quantity=reward.quantity,
    )
    return service.define(work, wanted)
