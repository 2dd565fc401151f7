"""What the closing slip says: the figures of one business day, gathered from the services that own them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from agent.approval.types import DecisionRecord, RequestKind, RequestState
from agent.earn.types import EarnFigures
from agent.orders.types import OrderView
from printers.document import Document
from printers.slip_kinds import Templates
from printers.slips import ClosingFigures, closing_slip
from rules.calendar import local_day, local_time
from rules.requests import USED_STATES, OrderState

WEEKDAYS = "월화수목금토일"


def closing_document(
    *,
    now_ms: int,
    shop: str,
    closed_by: str,
    templates: Templates,
    earned: EarnFigures,
    decisions: Iterable[DecisionRecord],
    orders: Iterable[OrderView],
    lost: int,
    unsent: int,
    print_failures: int,
) -> Document:
    """The slip. ``decisions`` and ``orders`` are those of the day; ``lost`` are records that neither this computer nor
    the cloud has any more, ``unsent`` those that still wait."""
    rewards = [record for record in decisions if record.kind is not RequestKind.ORDER]
    used = [record for record in rewards if record.state in USED_STATES]
    by_itself = sum(record.state is RequestState.AUTO_APPROVED for record in used)
    kept = [order for order in orders if order.state is not OrderState.CANCELLED]
    figures = ClosingFigures(
        lost=lost,
        summary=f"{unsent:,}건은 연결되면 보냅니다" if unsent else "모두 전송 완료",
        receipts_read=earned.receipts_read,
        earned_count=earned.earned_count,
        earned_points=earned.earned_points,
        reversed_points=earned.reversed_points,
        ask=earned.ask,
        approved_by_hand=len(used) - by_itself,
        approved_by_itself=by_itself,
        rejected=sum(record.state is RequestState.REJECTED for record in rewards),
        spent_points=sum(record.pos_discount_won or 0 for record in used if record.kind is RequestKind.POINTS),
        orders=len(kept),
        sales_won=sum(order.total_won for order in kept),
        print_failures=print_failures,
    )
    day, at = local_day(now_ms), local_time(now_ms)
    who = f"담당 {closed_by} · " if closed_by else ""
    return closing_slip(
        shop=shop,
        day=f"{day:%Y-%m-%d} ({WEEKDAYS[day.weekday()]})",
        figures=figures,
        closed_line=f"{who}{at:%H:%M} 출력",
        templates=templates,
    )


def failed_prints(conn: sqlite3.Connection, start_ms: int, end_ms: int) -> int:
    """Slips of the day that did not come out, or perhaps not."""
    found = conn.execute(
        "SELECT count(*) FROM print_job WHERE state IN ('failed', 'unknown') AND created_ms >= ? AND created_ms < ?",
        (start_ms, end_ms),
    ).fetchone()
    return int(found[0])
