"""What a payment earns as far as this counter knows: the cloud's rules with what the cloud told last (PNT-05, STP-02).

The cloud computes again and its figure takes the place of this one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.earn import repository
from rules.accrual import Accrual, AccrualPolicy, accrue
from rules.calendar import DAY_MS
from rules.earning import EarningMethod
from rules.paper_sale import asks_for_items, asks_for_means, by_name, items_of, means_of
from rules.programs import EarningProgram, business_day, points_for, stamps_of
from rules.sale import Item, PayMeans, Sale
from sync.earning import read_earning, stamps_on
from sync.profile import read_policy, require_identity
from sync.snapshot import find_standing


@dataclass(frozen=True)
class Provisional:
    """``stamps`` None: the shop gives points. ``sale``: what of the paper it is computed with, for the cloud to compute
    with the same; None where neither means nor items matter here, or nothing of them is sure."""

    accrual: Accrual
    stamps: int | None = None
    sale: dict[str, Any] | None = None


def of_payment(
    conn: sqlite3.Connection,
    paid_won: int,
    now_ms: int,
    *,
    lookup: str | None = None,
    points_spent_won: int = 0,
    document_id: str = "",
    reading: Mapping[str, Any] | None = None,
) -> Provisional:
    """For a payment of now; ``lookup`` None: nobody's yet, so the entry grade's rate and an empty card count.
    ``document_id``: its paper, empty where it was captured elsewhere; ``reading``: what was read on a paper that is not
    kept yet."""
    policy, program = _policy(conn), read_earning(conn)
    if program is None:
        return Provisional(accrue(paid_won, policy, points_spent_won=points_spent_won))
    standing = None if lookup is None else find_standing(conn, lookup)
    grade = None if standing is None else standing[0]
    means, items = _on_paper(conn, program, document_id, reading)
    told = _told(means, items)
    accrual = points_for(program, policy, paid_won, grade=grade, means=means, points_spent_won=points_spent_won)
    if program.method is not EarningMethod.STAMP:
        return Provisional(accrual, sale=told)
    if not stamps_on(conn, program, now_ms):
        return Provisional(accrual, 0, told)
    reached = program.grade(grade)
    sale = Sale(
        accrual.basis_won,
        now_ms,
        require_identity(conn).store_id,
        items,
        means or PayMeans.CARD,
        grade=None if reached is None else reached.code,
    )
    today, total = _counted(conn, program, lookup, standing, now_ms)
    return Provisional(accrual, stamps_of(program, sale, today, total).stamps, told)


def _on_paper(
    conn: sqlite3.Connection, program: EarningProgram, document_id: str, reading: Mapping[str, Any] | None
) -> tuple[PayMeans | None, tuple[Item, ...]]:
    """Only what the shop's programme asks for is looked at, and only what the reader was sure of counts."""
    by_means, by_items = asks_for_means(program), asks_for_items(program)
    if not document_id or not (by_means or by_items):
        return None, ()
    if reading is None:
        reading = repository.reading_of(conn, document_id)
    items = items_of(reading, by_name(repository.menu_names(conn))) if by_items else ()
    return means_of(reading) if by_means else None, items


def _told(means: PayMeans | None, items: tuple[Item, ...]) -> dict[str, Any] | None:
    told: dict[str, Any] = {} if means is None else {"means": means.value}
    if items:
        told["items"] = [{"product_id": item.product_id, "quantity": item.quantity} for item in items]
    return told or None


def _counted(
    conn: sqlite3.Connection,
    program: EarningProgram,
    lookup: str | None,
    standing: tuple[str | None, int, int] | None,
    now_ms: int,
) -> tuple[int, int]:
    """Stamps of the business day that this counter gave, and the member's total: what the cloud told, and what was
    given here since (STP-15)."""
    _, told, taken_ms = standing or (None, 0, 0)
    if lookup is None:
        return 0, told
    since_ms = min(max(taken_ms, 0) or now_ms, now_ms - 2 * DAY_MS)
    here = repository.stamps_since(conn, lookup, since_ms)
    day = business_day(now_ms, program.day_starts_minute)
    today = sum(stamps for at_ms, stamps in here if business_day(at_ms, program.day_starts_minute) == day)
    return today, told + sum(stamps for at_ms, stamps in here if at_ms > taken_ms)


def _policy(conn: sqlite3.Connection) -> AccrualPolicy:
    found = read_policy(conn)
    return AccrualPolicy(found.version, found.rate_bp, found.minimum_payment_won)
