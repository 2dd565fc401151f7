"""Who is told what, how urgent it is and how long it stays in sight (NTF-01 to 07, 11; APR-28)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from rules.calendar import months_after

KEEP_MONTHS = 12  # NTF-05
SHOWN_DAYS = 7  # what nobody acknowledges leaves the bell after this; the list keeps it
SHOWN_LONG_DAYS = 30  # what somebody has to look into


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
    RECOVERY_DAY_LIMIT = "recovery_day_limit"  # as rules.recovery.Limit
    RECOVERY_WEEK_LIMIT = "recovery_week_limit"
    RECOVERY_SHARE_LIMIT = "recovery_share_limit"
    SLOW_APPROVAL = "slow_approval"
    MANY_REJECTIONS = "many_rejections"
    MANY_RECOVERIES = "many_recoveries"
    MANY_CANCELS = "many_cancels"
    SAME_COUPON = "same_coupon"
    DISPUTES = "disputes"
    COMPLAINT = "complaint"
    POINTS_EXPIRY = "points_expiry"
    COUPON_ISSUED = "coupon_issued"
    POINTS_EARNED = "points_earned"
    POINTS_USED = "points_used"
    POINTS_TAKEN_BACK = "points_taken_back"
    POINTS_EXPIRED = "points_expired"
    STAMPS_EARNED = "stamps_earned"
    STAMPS_TAKEN_BACK = "stamps_taken_back"
    STAMPS_EXPIRED = "stamps_expired"
    STAMP_REWARD = "stamp_reward"
    STAMPS_EXPIRY = "stamps_expiry"
    MEMBER_GRADE = "member_grade"
    DEVICE_SILENT = "device_silent"  # AGT-14
    SUSPECTED_CLOSURE = "suspected_closure"  # CUP-13
    ORDER_DUE = "order_due"  # NTF-11: an order for a time that is near
    COUPON_USED = "coupon_used"  # NTF-09
    COUPON_EXPIRED = "coupon_expired"


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
    _K.RECOVERY_DAY_LIMIT: (_R.OWNER,),
    _K.RECOVERY_WEEK_LIMIT: (_R.OWNER,),
    _K.RECOVERY_SHARE_LIMIT: (_R.OWNER,),
    _K.SLOW_APPROVAL: _STORE,
    _K.MANY_REJECTIONS: (_R.ADMIN,),
    _K.MANY_RECOVERIES: (_R.OWNER, _R.ADMIN),
    _K.MANY_CANCELS: (_R.ADMIN,),
    _K.SAME_COUPON: (_R.OWNER, _R.ADMIN),
    _K.DISPUTES: (_R.ADMIN,),
    _K.COMPLAINT: (_R.OWNER,),
    _K.POINTS_EXPIRY: (_R.CONSUMER,),
    _K.COUPON_ISSUED: (_R.CONSUMER,),
    _K.POINTS_EARNED: (_R.CONSUMER,),
    _K.POINTS_USED: (_R.CONSUMER,),
    _K.POINTS_TAKEN_BACK: (_R.CONSUMER,),
    _K.POINTS_EXPIRED: (_R.CONSUMER,),
    _K.STAMPS_EARNED: (_R.CONSUMER,),
    _K.STAMPS_TAKEN_BACK: (_R.CONSUMER,),
    _K.STAMPS_EXPIRED: (_R.CONSUMER,),
    _K.STAMP_REWARD: (_R.CONSUMER,),
    _K.STAMPS_EXPIRY: (_R.CONSUMER,),
    _K.MEMBER_GRADE: (_R.CONSUMER,),
    _K.DEVICE_SILENT: (_R.OWNER, _R.STAFF, _R.ADMIN),
    _K.SUSPECTED_CLOSURE: (_R.OWNER, _R.ADMIN),
    _K.ORDER_DUE: _STORE,
    _K.COUPON_USED: (_R.CONSUMER,),
    _K.COUPON_EXPIRED: (_R.CONSUMER,),
}
# What waits at a counter is no notice: the request itself stands first in the bell (NTF-02).
REQUESTS_THEMSELVES = frozenset({_K.APPROVAL_REQUEST, _K.PAYMENT_REQUEST})
# Rows of both tables about things that do not exist here: no settlements, no deliveries, no campaigns, no advertisers'
# data. Nobody can be told of them.
WITHOUT_AN_EVENT = frozenset(
    {_K.SETTLEMENT, _K.DELIVERY, _K.CAMPAIGN_RESULT, _K.CAMPAIGN_MATCH, _K.DATA_DELETION},
)
_PRIORITIES = {
    _K.APPROVAL_REQUEST: Priority.HIGH,
    _K.PAYMENT_REQUEST: Priority.HIGH,
    _K.REPORT_MISSING: Priority.HIGH,
    _K.LOW_STOCK: Priority.MEDIUM,
    _K.ANOMALY: Priority.MEDIUM,
    _K.RECOVERY_DAY_LIMIT: Priority.MEDIUM,
    _K.RECOVERY_WEEK_LIMIT: Priority.MEDIUM,
    _K.RECOVERY_SHARE_LIMIT: Priority.MEDIUM,
    _K.MANY_REJECTIONS: Priority.MEDIUM,
    _K.MANY_RECOVERIES: Priority.MEDIUM,
    _K.MANY_CANCELS: Priority.MEDIUM,
    _K.SAME_COUPON: Priority.MEDIUM,
    _K.DISPUTES: Priority.MEDIUM,
    _K.DEVICE_SILENT: Priority.MEDIUM,
    _K.SUSPECTED_CLOSURE: Priority.MEDIUM,
    _K.ORDER_DUE: Priority.MEDIUM,
}
_URGENCY = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


def recipients(kind: NoticeKind) -> tuple[Recipient, ...]:
    """NTF-01, APR-28."""
    return _RECIPIENTS[kind]


def priority(kind: NoticeKind) -> Priority:
    """NTF-02; what no table calls urgent is not."""
    return _PRIORITIES.get(kind, Priority.LOW)


class Notice(Protocol):
    """One line of the bell menu. ``at_ms`` is when it happened, also when it arrives after an outage (NTF-02)."""

    @property
    def notice_id(self) -> str: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def at_ms(self) -> int: ...


N = TypeVar("N", bound=Notice)


def in_bell_order(notices: Iterable[N]) -> list[N]:
    """Urgent first, newer first (NTF-02)."""
    return sorted(notices, key=lambda notice: (_URGENCY[notice.priority], -notice.at_ms, notice.notice_id))


class Oddity(StrEnum):
    """What a notice of an anomaly is about, where it is not a daily report (NTF-01, the risk flags of the book)."""

    LARGE_PAYMENT = "large_payment"  # PNT-09
    OFFLINE_SPEND = "offline_spend"  # a spend without a line went beyond what was agreed, or what the member had
    DEVICE_FORKED = "device_forked"  # two counters speak with one identity


def told_in_advance(chosen: bool, *, plus: bool) -> bool:
    """NTF-11: a store hears that the time of an order is near when it wants to, and has Plus."""
    return chosen and plus


def wanted(kind: NoticeKind, switched_off: frozenset[NoticeKind]) -> bool:
    """NTF-11: a store switches off what is not urgent."""
    return kind not in switched_off or priority(kind) is Priority.HIGH


def kept_from(today: date) -> date:
    """NTF-05: the first day whose notices have to be there still, a year back."""
    return months_after(today, -KEEP_MONTHS)


def shown_days(kind: NoticeKind) -> int:
    """For how many days it stays in the bell when nobody acknowledges it; what somebody has to look into, longer."""
    return SHOWN_DAYS if priority(kind) is Priority.LOW else SHOWN_LONG_DAYS


def for_owner_alone(kind: NoticeKind) -> bool:
    """Of a store only the owner is told (APR-28)."""
    return Recipient.STAFF not in recipients(kind)
