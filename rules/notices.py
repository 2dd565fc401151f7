"""Who is told what, and how urgent it is (NTF-01 to 07, 11; APR-28)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.calendar import months_after

KEEP_MONTHS = 12  # NTF-05


class NoticeKind(StrEnum):
    """The rows of both tables (NTF-01, NTF-02) and what operations tell an owner (NTF-03, NTF-04)."""

    APPROVAL_REQUEST = "approval_request"
    PAYMENT_REQUEST = "payment_request"
    AUTO_APPROVED = "auto_approved"
    RECOVERED = "recovered"
    ANOMALY = "anomaly"
    LOW_STOCK = "low_stock"
    REPORT_MISSING = "report_missing"
    SETTLEMENT = "settlement"
    DELIVERY = "delivery"
    COUPON_EXPIRY = "coupon_expiry"
    CAMPAIGN_RESULT = "campaign_result"
    CAMPAIGN_MATCH = "campaign_match"
    DATA_DELETION = "data_deletion"
    GRADE_CHANGE = "grade_change"
    REPORT_RATE = "report_rate"
    RECOVERY_LIMIT = "recovery_limit"
    RIGHT_SUSPENDED = "right_suspended"
    SLOW_APPROVAL = "slow_approval"
    COMPLAINT = "complaint"
    POINTS_EXPIRY = "points_expiry"
    STAMP_REWARD = "stamp_reward"
    STAMPS_EXPIRY = "stamps_expiry"
    MEMBER_GRADE = "member_grade"


class Recipient(StrEnum):
    OWNER = "owner"
    STAFF = "staff"
    ADMIN = "admin"
    ADVERTISER = "advertiser"
    CONSUMER = "consumer"


class Priority(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_K, _R = NoticeKind, Recipient
_STORE = (_R.OWNER, _R.STAFF)
_RECIPIENTS: dict[NoticeKind, tuple[Recipient, ...]] = {
    _K.APPROVAL_REQUEST: _STORE,
    _K.PAYMENT_REQUEST: _STORE,
    _K.AUTO_APPROVED: _STORE,
    _K.RECOVERED: (_R.OWNER, _R.ADMIN),
    _K.ANOMALY: (_R.OWNER, _R.ADMIN),
    _K.LOW_STOCK: _STORE,
    _K.REPORT_MISSING: _STORE,
    _K.SETTLEMENT: (_R.OWNER, _R.ADVERTISER),
    _K.DELIVERY: (_R.CONSUMER,),
    _K.COUPON_EXPIRY: (_R.CONSUMER,),
    _K.CAMPAIGN_RESULT: (_R.ADVERTISER,),
    _K.CAMPAIGN_MATCH: (_R.OWNER,),
    _K.DATA_DELETION: (_R.ADVERTISER,),
    _K.GRADE_CHANGE: (_R.OWNER,),
    _K.REPORT_RATE: (_R.OWNER,),
    _K.RECOVERY_LIMIT: (_R.OWNER,),
    _K.RIGHT_SUSPENDED: (_R.OWNER,),
    _K.SLOW_APPROVAL: (_R.OWNER,),
    _K.COMPLAINT: (_R.OWNER,),
    _K.POINTS_EXPIRY: (_R.CONSUMER,),
    _K.STAMP_REWARD: (_R.CONSUMER,),
    _K.STAMPS_EXPIRY: (_R.CONSUMER,),
    _K.MEMBER_GRADE: (_R.CONSUMER,),
}
_PRIORITIES = {
    _K.APPROVAL_REQUEST: Priority.HIGH,
    _K.PAYMENT_REQUEST: Priority.HIGH,
    _K.REPORT_MISSING: Priority.HIGH,
    _K.LOW_STOCK: Priority.MEDIUM,
    _K.ANOMALY: Priority.MEDIUM,
    _K.RIGHT_SUSPENDED: Priority.MEDIUM,
    _K.RECOVERY_LIMIT: Priority.MEDIUM,
}
_URGENCY = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


def recipients(kind: NoticeKind) -> tuple[Recipient, ...]:
    """NTF-01, APR-28."""
    return _RECIPIENTS[kind]


def priority(kind: NoticeKind) -> Priority:
    """NTF-02; what no table calls urgent is not."""
    return _PRIORITIES.get(kind, Priority.LOW)


@dataclass(frozen=True)
class Notice:
    """One line of the bell menu. ``at_ms`` is when it happened, also when it arrives after an outage (NTF-02)."""

    notice_id: str
    kind: NoticeKind
    at_ms: int


def in_bell_order(notices: Iterable[Notice]) -> list[Notice]:
    """Urgent first, newer first (NTF-02)."""
    return sorted(notices, key=lambda notice: (_URGENCY[priority(notice.kind)], -notice.at_ms, notice.notice_id))


def wanted(kind: NoticeKind, switched_off: frozenset[NoticeKind], *, plus: bool = False, advance: bool = False) -> bool:
    """NTF-11: a store switches off what is not urgent; advance notices of orders come with Plus."""
    if advance and not plus:
        return False
    return kind not in switched_off or priority(kind) is Priority.HIGH


def keep_until(day: date) -> date:
    """NTF-05: a year at least."""
    return months_after(day, KEEP_MONTHS)


class Escalation(StrEnum):
    """NTF-04."""

    FIRST = "first"  # a notice
    SECOND = "second"  # a notice with the list of recoveries


def escalation(day_count: int, week_count: int) -> Escalation | None:
    """NTF-03, NTF-04: five recoveries of one employee on a day, ten within a week."""
    if week_count >= 10:
        return Escalation.SECOND
    return Escalation.FIRST if day_count >= 5 else None
