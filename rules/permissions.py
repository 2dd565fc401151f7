"""What an owner and an employee may do, how many accounts a store has, how long records live (RBA-01 to 03, 15)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from rules.boards import Plan
from rules.calendar import months_after
from rules.recovery import Role


class Permission(StrEnum):
    """RBA-01."""

    DAILY_REPORT = "daily_report"
    DECIDE_REWARD = "reward.decide"
    RECOVER = "reward.recover"
    CANCEL_AUTO = "reward.cancel_auto"
    ORDERS = "orders"
    STOCK_VIEW = "stock.view"
    DASHBOARD = "dashboard"
    ORDER_CUP_HOLDERS = "stock.order"
    STORE_INFO = "store.info"
    SETTLEMENT_ACCOUNT = "settlement.account"
    STAFF = "staff"
    REWARD_POLICY = "reward.policy"
    RECOVERY_HISTORY = "reward.history"
    SETTLEMENT_VIEW = "settlement.view"
    MEMBERSHIP = "membership"
    WITHDRAW = "withdraw"


class Grant(StrEnum):
    """How far a permission goes."""

    YES = "yes"
    REQUEST = "request"  # the owner decides, or a minute passes (APR-16)
    OWN = "own"  # what the person did
    NO = "no"


_STAFF = {
    Permission.DAILY_REPORT: Grant.YES,
    Permission.DECIDE_REWARD: Grant.YES,
    Permission.RECOVER: Grant.REQUEST,
    Permission.ORDERS: Grant.YES,
    Permission.STOCK_VIEW: Grant.YES,
    Permission.DASHBOARD: Grant.YES,
    Permission.RECOVERY_HISTORY: Grant.OWN,
}


def grant(role: Role, permission: Permission, *, may_recover: bool = True) -> Grant:
    """RBA-01, APR-34. ``may_recover`` is the owner's switch for this employee (RBA-20)."""
    if role is Role.OWNER:
        return Grant.YES
    if permission is Permission.RECOVER and not may_recover:
        return Grant.NO
    return _STAFF.get(permission, Grant.NO)


STAFF_MAX = {Plan.BASIC: 3, Plan.PLUS: 5, Plan.PREMIUM: 10}  # RBA-02


class StaffProblem(StrEnum):
    """Why an account cannot be added; screens translate it."""

    OWNER_EXISTS = "owner_exists"
    OWNER_FIRST = "owner_first"
    TOO_MANY = "too_many"


def staff_problem(role: Role, plan: Plan, owners: int, staff: int) -> StaffProblem | None:
    """RBA-02: one owner, who comes first; employees as the plan allows."""
    if role is Role.OWNER:
        return StaffProblem.OWNER_EXISTS if owners else None
    if not owners:
        return StaffProblem.OWNER_FIRST
    return StaffProblem.TOO_MANY if staff >= STAFF_MAX[plan] else None


class Record(StrEnum):
    """RBA-15."""

    OPERATION_LOG = "operation_log"
    BEHAVIOUR = "behaviour"
    TRANSACTION = "transaction"
    PERSONAL_DATA = "personal_data"
    STATISTICS = "statistics"
    NOTICE = "notice"
    ANOMALY = "anomaly"
    AUDIT = "audit"
    ACCESS = "access"


_MONTHS = {
    Record.OPERATION_LOG: 36,
    Record.BEHAVIOUR: 36,
    Record.TRANSACTION: 60,
    Record.PERSONAL_DATA: 0,  # thirty days after leaving: rules.membership.purge_on
    Record.NOTICE: 12,
    Record.ANOMALY: 36,
    Record.AUDIT: 36,
    Record.ACCESS: 12,
}


def kept_until(record: Record, day: date) -> date | None:
    """The first day on which a record of that day may go; None: kept for ever. Personal data has no such day, it goes
    with the person. A record of 29 February goes on 28 February (RBA-15)."""
    months = _MONTHS.get(record, 0)
    return months_after(day, months) if months else None
