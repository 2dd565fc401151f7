"""Members: statuses, joining, dormancy, leaving, consents, cards (MEM-01 to 08, 10, 11, 13, 23 to 25, 28, 32)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import age_on, months_after

MINIMUM_AGE = 14  # MEM-07
DORMANT_MONTHS = 12  # MEM-04, Ambiguity A4: a setting, on by default
DORMANT_NOTICE_DAYS = 30
REJOIN_BLOCK_DAYS = 30  # MEM-05
PURGE_DAYS = 30  # MEM-06, RBA-15


class MemberStatus(StrEnum):
    """MEM-03."""

    NORMAL = "normal"
    DORMANT = "dormant"
    WITHDRAWN = "withdrawn"


class Verification(StrEnum):
    """MEM-11."""

    VERIFIED = "verified"
    SMS_POSSESSION = "sms_possession"
    UNVERIFIED = "unverified"


class JoinChannel(StrEnum):
    """MEM-13; the detail channel is a free text beside it."""

    TABLET = "tablet"
    POS = "pos"
    PC_WEB = "pc_web"
    MOBILE_WEB = "mobile_web"
    APP = "app"
    CHANNELLING = "channelling"
    TELEPHONE = "telephone"


ONLINE_CHANNELS = frozenset({JoinChannel.PC_WEB, JoinChannel.MOBILE_WEB, JoinChannel.APP, JoinChannel.CHANNELLING})


class JoinProblem(StrEnum):
    """Why somebody cannot join; screens translate it."""

    UNDER_AGE = "under_age"
    REJOIN_BLOCK = "rejoin_block"
    DUPLICATE = "duplicate"
    CONSENT = "consent"
    MISSING = "missing"


def join_problem(
    today: date,
    *,
    born: date | None = None,
    age_confirmed: bool = False,
    withdrawn: date | None = None,
    block_days: int = REJOIN_BLOCK_DAYS,
) -> JoinProblem | None:
    """MEM-05, MEM-07. With a verified birth date it counts; at a counter the customer confirms the age.

    The first day of a block is the day of leaving; after ``block_days`` days one may join again.
    """
    old_enough = age_confirmed if born is None else age_on(born, today) >= MINIMUM_AGE
    if not old_enough:
        return JoinProblem.UNDER_AGE
    if withdrawn is not None and today < withdrawn + timedelta(days=block_days):
        return JoinProblem.REJOIN_BLOCK
    return None


def is_duplicate(
    verification: Verification,
    ci: str | None,
    name: str | None,
    phone: str,
    others: Iterable[tuple[str | None, str | None, str]],
) -> bool:
    """MEM-08: with identity verification one person has one membership (by CI), without it one name and number have
    one. ``others``: CI, name and number of the members there are."""
    if verification is Verification.VERIFIED:
        return ci is not None and any(other_ci == ci for other_ci, _, _ in others)
    return any((other_name, other_phone) == (name, phone) for _, other_name, other_phone in others)


_COMMON = frozenset({"email", "phone"})
_FULL = _COMMON | {"login", "password", "name", "gender", "birth_date", "domestic", "ci", "di", "address"}


def missing_items(verification: Verification, given: Mapping[str, str]) -> frozenset[str]:
    """What is still to be filled in (MEM-10); at a counter a number is enough (MEM-01)."""
    needed = {
        Verification.VERIFIED: _FULL,
        Verification.SMS_POSSESSION: _COMMON,
        Verification.UNVERIFIED: frozenset({"phone"}),
    }[verification]
    return frozenset(item for item in needed if not given.get(item, "").strip())


def dormant_on(last_active: date, months: int = DORMANT_MONTHS) -> date:
    """The day on which a member without activity becomes dormant (MEM-04)."""
    return months_after(last_active, months)


def status_after_activity(status: MemberStatus) -> MemberStatus:
    """MEM-04: an earn wakes a dormant member up, also one of before the conversion that arrives after it. Nobody comes
    back from a withdrawal by an earn (MEM-05)."""
    return MemberStatus.NORMAL if status is MemberStatus.DORMANT else status


class DormancyStep(StrEnum):
    """What a nightly job does with a member (MEM-04)."""

    TELL_BEFORE = "tell_before"
    CONVERT = "convert"


def dormancy_step(
    status: MemberStatus, last_active: date, today: date, *, told: bool, months: int = DORMANT_MONTHS
) -> DormancyStep | None:
    """Nobody is converted without having been told before; ``months`` 0 switches it off."""
    if status is not MemberStatus.NORMAL or months == 0:
        return None
    due = dormant_on(last_active, months)
    if today >= due and told:
        return DormancyStep.CONVERT
    return DormancyStep.TELL_BEFORE if today >= due - timedelta(days=DORMANT_NOTICE_DAYS) and not told else None


@dataclass(frozen=True)
class Held:
    """What a member would lose (MEM-05), or must settle first (MEM-06)."""

    points: int = 0
    coupons_waiting: int = 0
    orders_open: int = 0
    stamps: int = 0
    coupons: int = 0
    prepaid_won: int = 0


class LeaveProblem(StrEnum):
    """MEM-06."""

    POINTS = "points"
    COUPONS_WAITING = "coupons_waiting"
    ORDERS_OPEN = "orders_open"
    PREPAID = "prepaid"
    NOT_CONFIRMED = "not_confirmed"


def leave_problems(held: Held, *, confirmed: bool) -> tuple[LeaveProblem, ...]:
    """Everything in the way of a consumer's own withdrawal. ``confirmed``: the member saw what is lost (MEM-05)."""
    checks = (
        (LeaveProblem.POINTS, held.points > 0),
        (LeaveProblem.COUPONS_WAITING, held.coupons_waiting > 0),
        (LeaveProblem.ORDERS_OPEN, held.orders_open > 0),
        (LeaveProblem.PREPAID, held.prepaid_won > 0),
        (LeaveProblem.NOT_CONFIRMED, not confirmed),
    )
    return tuple(problem for problem, stands in checks if stands)


def purge_on(withdrawn: date) -> date:
    """The day on which personal data goes for good (MEM-06, RBA-15)."""
    return withdrawn + timedelta(days=PURGE_DAYS)


@dataclass(frozen=True)
class ConsentText:
    """One wording of one consent. Old ones stay readable (MEM-23)."""

    code: str
    version: int
    required: bool
    effective: date
    in_use: bool = True


def texts_in_force(texts: Iterable[ConsentText], today: date) -> tuple[ConsentText, ...]:
    """The newest effective wording of each consent in use, by code (MEM-23)."""
    newest: dict[str, ConsentText] = {}
    for text in texts:
        held = newest.get(text.code)
        if text.effective <= today and (held is None or text.version > held.version):
            newest[text.code] = text
    return tuple(newest[code] for code in sorted(newest) if newest[code].in_use)


def consents_missing(in_force: Iterable[ConsentText], given: Mapping[str, int]) -> tuple[str, ...]:
    """Required consents that were not given in their wording of today (MEM-23). Marketing is never among them: it is
    asked apart from earning (MEM-24)."""
    return tuple(text.code for text in in_force if text.required and given.get(text.code, 0) < text.version)


class CardState(StrEnum):
    """MEM-25."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


def card_move_allowed(state: CardState, to: CardState) -> bool:
    """A deleted card stays deleted."""
    return state is not CardState.DELETED and state is not to


CARD_DIGITS = 16


def card_number(body: str) -> str:
    """Fifteen digits and their check digit (Luhn), for the barcode (MEM-25). Raises ValueError for anything else."""
    if len(body) != CARD_DIGITS - 1 or not (body.isascii() and body.isdigit()):
        raise ValueError(body)
    return body + str(-_luhn(body + "0") % 10)


def card_number_valid(number: str) -> bool:
    """Sixteen digits that check (MEM-25)."""
    return len(number) == CARD_DIGITS and number.isascii() and number.isdigit() and _luhn(number) % 10 == 0


def _luhn(digits: str) -> int:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled)


def phone_tail_valid(tail: str) -> bool:
    """MEM-22, MEM-30: a store looks members up by the last four digits, with a reason."""
    return len(tail) == 4 and tail.isascii() and tail.isdigit()
