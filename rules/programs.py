"""A brand's or store's way of earning in one document, and what a sale earns by it (PNT-02 to 05, 12, 22).

The document travels as JSON from whoever sets it to the cloud, and from there to the counters; both compute with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from rules.accrual import SUSPICIOUS_PAYMENT_WON, Accrual, AccrualPolicy, AccrualReason, accrue
from rules.boards import CardProblem, StampCard, card_problem, earning_on, room, stamp_last_day
from rules.calendar import local_day, minute_of_day, moment_ms
from rules.earning import EarningMethod, PointScope, rate_bp
from rules.grades import Grade, GradesProblem, grades_problem
from rules.sale import PayMeans, Sale, SaleChannel, ServiceType
from rules.spending import SpendPolicy
from rules.stamps import StampBasis, StampGrant, StampReason, StampRules, sale_stamps, within_day

RATE_MAX_BP = 10_000


@dataclass(frozen=True)
class UseLimits:
    """What a store says of spending points (PNT-12); None: as the brand says. ``member_day_max_points`` 0: no such
    limit (Ambiguity A5)."""

    payment_max_percent: int | None = None
    store_day_max_points: int | None = None
    member_day_max_points: int = 0


@dataclass(frozen=True)
class EarningProgram:
    """One version of it. None of ``rate_bp``, ``scope``: as the brand's policy has it. ``rewards`` are the coupons of
    the card's tiers, in their order; a counter does not need them. ``day_starts_minute``: when the store's business day
    begins, for a shop that closes after midnight."""

    version: int = 0
    method: EarningMethod = EarningMethod.POINT
    scope: PointScope | None = None
    rate_bp: int | None = None
    bonus_bp: Mapping[PayMeans, int] = field(default_factory=dict)
    grades: tuple[Grade, ...] = ()
    stamps: StampRules | None = None
    card: StampCard | None = None
    rewards: tuple[str, ...] = ()
    limits: UseLimits = UseLimits()
    day_starts_minute: int = 0

    def grade(self, code: str | None) -> Grade | None:
        """The grade of that code; the entry grade for whoever has none (MEM-18). None: there are no grades."""
        if not self.grades:
            return None
        return next((grade for grade in self.grades if grade.code == code), self.grades[0])

    def spending(self, brand: SpendPolicy) -> SpendPolicy:
        """The brand's policy with the store's own limits (PNT-12)."""
        percent, total = self.limits.payment_max_percent, self.limits.store_day_max_points
        return replace(
            brand,
            payment_max_percent=brand.payment_max_percent if percent is None else percent,
            store_day_max_points=brand.store_day_max_points if total is None else total,
        )


class ProgramProblem(StrEnum):
    """Why a programme cannot be kept; screens translate it. Problems of grades and of the card have words of their
    own."""

    RATE = "rate"
    BONUS = "bonus"
    STAMPS_MISSING = "stamps_missing"
    STAMPS_UNUSED = "stamps_unused"
    REWARDS = "rewards"
    PER_WON = "per_won"
    CAPS = "caps"
    LIMITS = "limits"
    DAY = "day"


def program_problem(program: EarningProgram) -> ProgramProblem | CardProblem | GradesProblem | None:
    """The first thing that is wrong. A programme of stamps has rules and one card, one of points has neither: a payment
    never earns both (PNT-02, STP-01)."""
    if program.rate_bp is not None and not 0 <= program.rate_bp <= RATE_MAX_BP:
        return ProgramProblem.RATE
    if not all(0 <= bonus <= RATE_MAX_BP for bonus in program.bonus_bp.values()):
        return ProgramProblem.BONUS
    if not 0 <= program.day_starts_minute < 720:
        return ProgramProblem.DAY
    if not _limits_hold(program.limits):
        return ProgramProblem.LIMITS
    grades = grades_problem(program.grades) if program.grades else None
    if grades is not None:
        return grades
    if program.method is EarningMethod.POINT:
        unused = program.stamps is None and program.card is None and not program.rewards
        return None if unused else ProgramProblem.STAMPS_UNUSED
    return _stamps_problem(program)


def _limits_hold(limits: UseLimits) -> bool:
    percent, total = limits.payment_max_percent, limits.store_day_max_points
    return (
        (percent is None or 0 <= percent <= 100) and (total is None or total >= 0) and limits.member_day_max_points >= 0
    )


def _stamps_problem(program: EarningProgram) -> ProgramProblem | CardProblem | None:
    stamps, card = program.stamps, program.card
    if stamps is None or card is None:
        return ProgramProblem.STAMPS_MISSING
    if (stamps.basis is StampBasis.AMOUNT) != (stamps.per_won > 0) or stamps.minimum_won < 0:
        return ProgramProblem.PER_WON
    if any(cap is not None and cap < 1 for cap in (stamps.payment_max, stamps.day_max)):
        return ProgramProblem.CAPS
    if len(program.rewards) not in (0, len(card.tiers)):
        return ProgramProblem.REWARDS
    return card_problem(card)


def merged(brand: EarningProgram | None, store: EarningProgram | None) -> EarningProgram | None:
    """What holds in a store: its own programme before its brand's. Grades are always the brand's (MEM-18)."""
    if store is None or brand is None:
        return store or brand
    return replace(store, grades=brand.grades)


def points_for(
    program: EarningProgram,
    policy: AccrualPolicy,
    paid_won: int,
    *,
    grade: str | None = None,
    means: PayMeans | None = None,
    points_spent_won: int = 0,
) -> Accrual:
    """Points of a payment: the grade's rate before the store's before the brand's, and an extra for the means
    (PNT-05, PNT-22). A programme of stamps gives none (PNT-02)."""
    if program.method is EarningMethod.STAMP:
        basis_won = max(paid_won - points_spent_won, 0)
        odd = (AccrualReason.SUSPICIOUS_AMOUNT,) if paid_won >= SUSPICIOUS_PAYMENT_WON else ()
        return Accrual(0, basis_won, 0, policy.version, (AccrualReason.STAMPS_INSTEAD, *odd))
    base = policy.rate_bp if program.rate_bp is None else program.rate_bp
    reached = program.grade(grade)
    rate = rate_bp(base, grade_bp=None if reached is None else reached.rate_bp, means=means, bonus_bp=program.bonus_bp)
    return accrue(paid_won, replace(policy, rate_bp=rate), points_spent_won=points_spent_won)


def stamps_of(program: EarningProgram, sale: Sale, stamped_today: int, total: int) -> StampGrant:
    """Stamps of a sale of a member who has ``total`` (STP-02, STP-05, STP-15, STP-19)."""
    return stamps_within(program, sale_stamps_of(program, sale), stamped_today, total)


def sale_stamps_of(program: EarningProgram, sale: Sale) -> StampGrant:
    """What the sale is worth to anybody on its day: equal sales come to the same (STP-02, STP-05)."""
    assert program.stamps is not None, "a programme of stamps has rules"
    if bounded(program) and not earning_on(_card(program), local_day(sale.at_ms)):
        return StampGrant(0, StampReason.PERIOD, 0)
    return sale_stamps(sale, program.stamps)


def bounded(program: EarningProgram) -> bool:
    """Whether the day of a sale matters: the card is issued for a time (STP-05)."""
    card = _card(program)
    return card.first_day is not None or card.last_day is not None


def stamps_within(program: EarningProgram, grant: StampGrant, stamped_today: int, total: int) -> StampGrant:
    """Of what a sale is worth, what the member's day and boards have room for; the rest is not given (STP-15,
    STP-19)."""
    assert program.stamps is not None, "a programme of stamps has rules"
    grant = within_day(grant, program.stamps, stamped_today)
    free = room(_card(program), total)
    if free is None or grant.stamps <= free:
        return grant
    return StampGrant(free, StampReason.BOARDS_FULL, grant.uncapped)


def _card(program: EarningProgram) -> StampCard:
    assert program.card is not None, "a programme of stamps has a card"
    return program.card


def stamps_expire_ms(card: StampCard, earned_ms: int) -> int | None:
    """The first moment at which stamps of now do not count any more: midnight after their last day; None: never
    (STP-05, STP-21)."""
    last = stamp_last_day(card, local_day(earned_ms))
    return None if last is None else moment_ms(last + timedelta(days=1), 0)


def business_day(at_ms: int, day_starts_minute: int) -> date:
    """The day a moment counts for, in a shop whose day begins some minutes after midnight (STP-15)."""
    day = local_day(at_ms)
    return day if minute_of_day(at_ms) >= day_starts_minute else day - timedelta(days=1)


# --- as JSON ---------------------------------------------------------------------------------------------------------

_SETS: dict[str, type[StrEnum] | type[str]] = {
    "products": str,
    "channels": SaleChannel,
    "services": ServiceType,
    "means": PayMeans,
    "grades": str,
    "stores": str,
}


def to_wire(program: EarningProgram) -> dict[str, Any]:
    """The document; what ``read_program`` reads."""
    stamps, card = program.stamps, program.card
    return {
        "version": program.version,
        "method": program.method.value,
        "scope": None if program.scope is None else program.scope.value,
        "rate_bp": program.rate_bp,
        "bonus_bp": {means.value: bonus for means, bonus in sorted(program.bonus_bp.items())},
        "grades": [_plain(grade) for grade in program.grades],
        "stamps": None if stamps is None else _plain(stamps),
        "card": None if card is None else _plain(card),
        "rewards": list(program.rewards),
        "limits": _plain(program.limits),
        "day_starts_minute": program.day_starts_minute,
    }


def _plain(record: Any) -> dict[str, Any]:
    return {one.name: _plain_value(getattr(record, one.name)) for one in fields(record)}


def _plain_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def read_program(raw: Mapping[str, Any]) -> EarningProgram:
    """From JSON whose fields were checked by whoever took it in. Raises KeyError, TypeError or ValueError for what is
    no programme; unknown further fields are allowed."""
    stamps, card, scope = raw.get("stamps"), raw.get("card"), raw.get("scope")
    return EarningProgram(
        version=_whole(raw.get("version", 0)),
        method=EarningMethod(raw["method"]),
        scope=None if scope is None else PointScope(scope),
        rate_bp=None if raw.get("rate_bp") is None else _whole(raw["rate_bp"]),
        bonus_bp={PayMeans(means): _whole(bonus) for means, bonus in (raw.get("bonus_bp") or {}).items()},
        grades=tuple(Grade(**_known(Grade, grade)) for grade in raw.get("grades") or ()),
        stamps=None if stamps is None else read_stamps(stamps),
        card=None if card is None else read_card(card),
        rewards=tuple(raw.get("rewards") or ()),
        limits=UseLimits(**_known(UseLimits, raw.get("limits") or {})),
        day_starts_minute=_whole(raw.get("day_starts_minute", 0)),
    )


def read_stamps(raw: Mapping[str, Any]) -> StampRules:
    """The rules of a programme of stamps."""
    values = _known(StampRules, raw)
    for name, kind in _SETS.items():
        if values.get(name) is not None:
            values[name] = frozenset(kind(one) for one in values[name])
    if "basis" in values:
        values["basis"] = StampBasis(values["basis"])
    return StampRules(**values)


def read_card(raw: Mapping[str, Any]) -> StampCard:
    """The card of a programme of stamps."""
    values = _known(StampCard, raw)
    for name in ("first_day", "last_day"):
        if values.get(name) is not None:
            values[name] = date.fromisoformat(values[name])
    values["tiers"] = tuple(_whole(tier) for tier in values["tiers"])
    return StampCard(**values)


def _known(kind: Any, raw: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in raw.items() if name in names}


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a programme carries whole numbers")
    return value
