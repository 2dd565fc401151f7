"""Owns the figures of the day on the home page: sums over orders, decisions and receipts, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence

from agent.approval.types import DecisionRecord, RequestKind, RequestState
from agent.earn.types import EarnFigures
from agent.home.state import Figure, Figures
from agent.orders.types import OrderView
from agent.texts import Texts, mark
from rules.requests import USED_STATES, OrderState


def _unit(t: Texts, key: str) -> str:
    """A counting word; English has none."""
    word = t._(key)
    return "" if word.startswith("#") else word


def money(t: Texts, label: str, won: int) -> Figure:
    """Large sums in 만원 (thousands in English) with the exact amount below."""
    if won < 10_000:
        return Figure(label, t.number(won), t._("won"), "")
    if t.language == "ko":
        tenths = won // 1_000
        return Figure(label, f"{tenths // 10:,}.{tenths % 10}", t._("k won"), t.won(won))
    return Figure(label, f"{won // 1_000:,}", t._("k won"), t.won(won))


def orders_today(t: Texts, orders: Sequence[OrderView], remark: str) -> Figures:
    """How many, how many of them leave the shop, and what they brought; cancelled ones count for nothing."""
    kept = [order for order in orders if order.state is not OrderState.CANCELLED]
    away = sum(1 for order in kept if order.channel == "take_out")
    waiting = sum(1 for order in kept if order.state in (OrderState.NEW, OrderState.PREPARING))
    share = round(100 * away / len(kept)) if kept else 0
    return Figures(
        t._("Order status"),
        remark,
        (
            Figure(t._("Orders today"), t.number(len(kept)), _unit(t, mark("#count")), t.n("{n} in work", n=waiting)),
            money(t, t._("Sales"), sum(order.total_won for order in kept)),
            Figure(t._("Take-out"), str(share), "%", t.n("{n} orders", n=away)),
        ),
        action_page="orders",
    )


def rewards_today(t: Texts, records: Sequence[DecisionRecord], earned: EarnFigures, remark: str) -> Figures:
    """What was approved, what was earned, how many stamps."""
    rewards = [record for record in records if record.kind is not RequestKind.ORDER]
    used = [record for record in rewards if record.state in USED_STATES]
    by_itself = sum(1 for record in used if record.state is RequestState.AUTO_APPROVED)
    rejected = sum(1 for record in rewards if record.state is RequestState.REJECTED)
    spent = sum(record.pos_discount_won or 0 for record in used if record.kind is RequestKind.POINTS)
    stamps = sum(1 for record in used if record.kind is RequestKind.STAMP)
    coupons = sum(1 for record in used if record.kind is RequestKind.COUPON)
    third = t.n("auto {a} · no {r}", a=by_itself, r=rejected)
    return Figures(
        t._("Reward status"),
        remark,
        (
            Figure(t._("Approved"), t.number(len(used)), _unit(t, mark("#count")), third),
            Figure(t._("Earned"), t.number(earned.earned_points), "P", t.n("used {p}", p=t.points(spent))),
            Figure(t._("Stamps"), t.number(stamps), _unit(t, mark("#pieces")), t.n("{n} coupons", n=coupons)),
        ),
    )


def receipts_today(t: Texts, earned: EarnFigures, remark: str) -> Figures:
    """Receipts read beside the POS: how many, how many credited, how many a person should look at."""
    share = round(100 * earned.earned_count / earned.receipts_read) if earned.receipts_read else 0
    reversed_points = t.n("taken back {p}", p=t.points(earned.reversed_points)) if earned.reversed_points else ""
    return Figures(
        t._("Receipts"),
        "" if earned.ask else remark,
        (
            Figure(
                t._("Read"), t.number(earned.receipts_read), _unit(t, mark("#sheets")), reversed_points or t._("today")
            ),
            Figure(
                t._("Credited"), t.number(earned.earned_count), _unit(t, mark("#count")), t.n("{n} % of them", n=share)
            ),
            Figure(
                t._("To check"),
                t.number(earned.ask),
                _unit(t, mark("#count")),
                t.n("{n} no number", n=t.number(earned.unmatched)),
                "amber_ink" if earned.ask else "ink",
            ),
        ),
        action_page="receipts",
        chip_icon="circle-alert" if earned.ask else "",
        chip=t.n("{n} to check", n=earned.ask) if earned.ask else "",
    )
