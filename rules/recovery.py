"""Ways back after an approval: who may go them, until when, and when it is too often (APR-15, 16, 17, 24, 25)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.requests import RequestState, auto_cancel_allowed

OWNER_WAIT_MS = 60_000  # a recovery that staff ask for happens by itself after this (APR-16)
LATE_MAX_MS = 86_400_000  # an owner's tap may arrive this much later (APR-17)
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
DAY_LIMIT = 5  # recoveries of one employee on one day: the owner is told (APR-25)
WEEK_LIMIT = 10  # in seven rolling days: the right is suspended (APR-25)
SHARE_MIN = 5  # of a smaller number no share is taken (APR-24)
SHARE_LIMIT_PERCENT = 70

_OWNER, _STAFF = "owner:", "staff:"


class Role(StrEnum):
    OWNER = "owner"
    STAFF = "staff"


class ActorType(StrEnum):
    """APR-31."""

    PARTNER_OWNER = "partner_owner"
    PARTNER_STAFF = "partner_staff"
    DEVICE = "device"  # nobody has signed in at this counter


@dataclass(frozen=True)
class Actor:
    """Who acts, as an operation names them."""

    kind: ActorType
    employee_id: str | None = None


def actor_text(role: Role, employee_id: str) -> str:
    """``owner:<id>`` or ``staff:<id>``: what stands as actor in an operation."""
    return f"{role.value}:{employee_id}"


def read_actor(text: str) -> Actor:
    """Names a person only in the two forms that a signed-in person has."""
    if text.startswith(_OWNER):
        return Actor(ActorType.PARTNER_OWNER, text.removeprefix(_OWNER))
    if text.startswith(_STAFF):
        return Actor(ActorType.PARTNER_STAFF, text.removeprefix(_STAFF))
    return Actor(ActorType.DEVICE)


@dataclass(frozen=True)
class Person:
    """What a recovery depends on. ``may_recover`` is false when the owner switched it off or a limit suspended it."""

    role: Role
    may_recover: bool = True


class RightChange(StrEnum):
    """What the owner says about an employee's right to take approvals back (APR-16, APR-25, A3)."""

    LIFT = "lift"  # a suspension ends, and what was counted before is not held against them again
    ALLOW = "allow"
    FORBID = "forbid"


class Way(StrEnum):
    """What becomes of a wish to take an approval back."""

    AT_ONCE = "at_once"
    OWNER_OR_WAIT = "owner_or_wait"  # the owner confirms, or it happens after a minute
    OWNER_ONLY = "owner_only"
    NOT_ALLOWED = "recovery_not_allowed"
    TOO_LATE = "too_late"
    NOTHING_TO_RECOVER = "already_decided"


def way_back(
    person: Person | None,
    state: RequestState,
    *,
    decided_ms: int,
    acted_ms: int,
    arrived_ms: int,
    opened_ms: int,
    valid_until_ms: int | None = None,
) -> Way:
    """``person`` is None while the shop has set up nobody: then whoever stands there takes a hand-made approval back
    as before, and nobody cancels an automatic one. ``opened_ms``: when the shop last opened; ``valid_until_ms``: the
    end of what was used, None without one (A4)."""
    if state is RequestState.AUTO_APPROVED:
        if person is None or person.role is not Role.OWNER:
            return Way.OWNER_ONLY
        in_time = arrived_ms - acted_ms <= LATE_MAX_MS and auto_cancel_allowed(decided_ms, acted_ms)
        return Way.AT_ONCE if in_time else Way.TOO_LATE
    if state is not RequestState.APPROVED:
        return Way.NOTHING_TO_RECOVER
    if valid_until_ms is not None and acted_ms >= valid_until_ms:
        return Way.TOO_LATE  # what came back would be of no use to anybody
    if person is None or person.role is Role.OWNER:
        return Way.AT_ONCE
    if not person.may_recover:
        return Way.NOT_ALLOWED
    return Way.OWNER_OR_WAIT if decided_ms >= opened_ms else Way.TOO_LATE


class Limit(StrEnum):
    """What an employee's recoveries have reached."""

    DAY = "recovery_day_limit"
    WEEK = "recovery_week_limit"
    SHARE = "recovery_share_limit"


SUSPENDING = frozenset({Limit.WEEK, Limit.SHARE})


def limits_reached(*, own_day: int, own_week: int, store_week: int) -> frozenset[Limit]:
    """APR-24 and APR-25; the figures include the recovery that just happened."""
    reached = set()
    if own_day >= DAY_LIMIT:
        reached.add(Limit.DAY)
    if own_week >= WEEK_LIMIT:
        reached.add(Limit.WEEK)
    if own_week >= SHARE_MIN and own_week * 100 > store_week * SHARE_LIMIT_PERCENT:
        reached.add(Limit.SHARE)
    return frozenset(reached)


def opened_ms(now_ms: int, opens_minute: int | None, day_start_ms: int) -> int:
    """When the shop last opened: today at its hour, or yesterday's. A shop that never closes (None) has no such moment;
    a day back stands for it. ``day_start_ms``: midnight in the shop before ``now_ms``."""
    if opens_minute is None:
        return now_ms - DAY_MS
    today_ms = day_start_ms + opens_minute * 60_000
    return today_ms if today_ms <= now_ms else today_ms - DAY_MS
