"""Figures of a store that somebody should look at: approvals, recoveries, refusals (APR-11, 21 to 23, 26, 27; NTF-03).

Nothing here blocks anything. A figure says how it stands; who is told is in ``rules.notices``.
"""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """``WATCH`` is between normal and a notice: shown, nobody is told."""

    NORMAL = "normal"
    WATCH = "watch"
    NOTIFY = "notify"


WINDOW_DAYS = 30  # of shares; today is the last of them
REJECTION_PERCENT, REJECTION_MIN = 20, 20  # APR-11: of at least so many requests in 30 days
SHARE_MIN = 10  # of fewer approvals no share is taken: one of two says nothing
AUTO_NORMAL_PERCENT, AUTO_NOTICE_PERCENT = 30, 50  # APR-21
RECOVERIES_NORMAL, RECOVERIES_NOTICE = 3, 5  # APR-22, a store and day
SAME_COUPON_LIMIT = 3  # APR-23
CANCEL_PERCENT = 10  # APR-26
DISPUTES_LIMIT = 3  # APR-27
REPORT_RATE_STEP_BP = 100  # NTF-03: a rate that moved by a percent is worth a word


def rejections(rejected: int, requests: int) -> Level:
    """APR-11: more than a fifth of at least twenty."""
    if requests < REJECTION_MIN:
        return Level.NORMAL
    return Level.NOTIFY if rejected * 100 > requests * REJECTION_PERCENT else Level.NORMAL


def auto_approvals(automatic: int, approvals: int) -> Level:
    """APR-21, NTF-07: up to 30 % is normal, above 50 % the store is told that it is slow."""
    if approvals < SHARE_MIN:
        return Level.NORMAL
    if automatic * 100 > approvals * AUTO_NOTICE_PERCENT:
        return Level.NOTIFY
    return Level.WATCH if automatic * 100 > approvals * AUTO_NORMAL_PERCENT else Level.NORMAL


def recoveries(today: int) -> Level:
    """APR-22, Ambiguity A7: of a store and day, up to three are normal, more than five are told."""
    if today > RECOVERIES_NOTICE:
        return Level.NOTIFY
    return Level.WATCH if today > RECOVERIES_NORMAL else Level.NORMAL


def same_coupon(recovered: int) -> Level:
    """APR-23: recovered and approved again so often."""
    return Level.NOTIFY if recovered >= SAME_COUPON_LIMIT else Level.NORMAL


def cancel_requests(cancelled: int, approvals: int) -> Level:
    """APR-26: the share of approvals whose cancelling the store asked for."""
    if approvals < SHARE_MIN:
        return Level.NORMAL
    return Level.NOTIFY if cancelled * 100 > approvals * CANCEL_PERCENT else Level.NORMAL


def disputes(of_consumer: int) -> Level:
    """APR-27: a person decides."""
    return Level.NOTIFY if of_consumer >= DISPUTES_LIMIT else Level.NORMAL


def report_rate_moved(before_bp: int, now_bp: int) -> bool:
    """NTF-03: the six-month rate, in basis points."""
    return abs(now_bp - before_bp) >= REPORT_RATE_STEP_BP
