"""A store's way from sign-up to closing, and what it says of itself (STO-01 to 09, 13 to 15)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.hours import StoreHours, hours_problem

WITHDRAWAL_DAYS = 30  # STO-14, RBA-16


class StoreKind(StrEnum):
    """STO-01: its service type."""

    REWARD = "reward"
    ORDER = "order"
    COMPOSITE = "composite"


def rewards_on(kind: StoreKind) -> bool:
    """STO-01."""
    return kind is not StoreKind.ORDER


def orders_on(kind: StoreKind) -> bool:
    """STO-01, ORD-01: a reward store shows neither orders nor a menu."""
    return kind is not StoreKind.REWARD


def rewards_by_themselves(kind: StoreKind) -> bool:
    """STO-01, ORD-15: a composite store applies coupons and points at the payment."""
    return kind is StoreKind.COMPOSITE


class StoreState(StrEnum):
    """STO-14. ``SUSPENDED``: head office or the owner closed it for a while (STO-15)."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPECTED_CLOSED = "suspected_closed"
    SUSPENDED = "suspended"
    WITHDRAWING = "withdrawing"
    CLOSED = "closed"


_S = StoreState
_WAYS = {
    _S.PENDING: {_S.APPROVED, _S.REJECTED},
    _S.REJECTED: {_S.PENDING},  # corrected, and submitted again
    _S.APPROVED: {_S.SUSPECTED_CLOSED, _S.SUSPENDED, _S.WITHDRAWING},
    _S.SUSPECTED_CLOSED: {_S.APPROVED, _S.SUSPENDED, _S.WITHDRAWING},
    _S.SUSPENDED: {_S.APPROVED, _S.WITHDRAWING},
    _S.WITHDRAWING: {_S.CLOSED, _S.APPROVED},  # withdrawn, or thought better of
    _S.CLOSED: set(),
}


def store_move_allowed(state: StoreState, to: StoreState) -> bool:
    """STO-13, STO-14."""
    return to in _WAYS[state]


def functions_open(state: StoreState) -> bool:
    """STO-07: ordering cup holders, rewards and orders only after approval, and not while the store is closed for a
    while (STO-15); a store that seems closed gets no new assignment (CUP-13) and can work."""
    return state in (StoreState.APPROVED, StoreState.SUSPECTED_CLOSED, StoreState.WITHDRAWING)


def assignments_open(state: StoreState) -> bool:
    """CUP-13."""
    return state is StoreState.APPROVED


def decision_valid(to: StoreState, reason: str) -> bool:
    """STO-07: a rejection says why."""
    return to is not StoreState.REJECTED or bool(reason.strip())


class WithdrawalBlock(StrEnum):
    """ORD-22, RBA-16."""

    OPEN_ORDERS = "open_orders"
    UNSETTLED_SALES = "unsettled_sales"
    UNCONFIRMED_CHARGES = "unconfirmed_charges"


def withdrawal_blocks(open_orders: int, unsettled: int, unconfirmed: int) -> tuple[WithdrawalBlock, ...]:
    """Everything in the way (ORD-22, RBA-16)."""
    counts = zip(WithdrawalBlock, (open_orders, unsettled, unconfirmed), strict=True)
    return tuple(block for block, count in counts if count > 0)


def closes_on(withdrawing_since: date) -> date:
    """STO-14: the day on which the thirty days end."""
    return withdrawing_since + timedelta(days=WITHDRAWAL_DAYS)


CUSTOMER_GROUPS: Mapping[str, frozenset[str]] = {
    "office": frozenset({"office", "public", "medical", "retail", "shift", "freelancer"}),
    "students": frozenset({"elementary", "middle", "high", "university", "job_seekers", "exam"}),
    "parents": frozenset({"infant_elementary", "middle_high", "academy", "kindergarten"}),
    "others": frozenset(
        {"homemaker", "self_employed", "residents", "travellers", "foreigners", "over_60", "couples", "families"}
    ),
}
DISTRICTS = frozenset({"residential", "office", "shops", "station", "tourist", "school"})
SCHOOL_LEVELS = frozenset({"elementary", "middle", "high", "university"})
AGES = ("10s", "20s", "30s", "40s", "50_up")


class AdAcceptance(StrEnum):
    """STO-08."""

    ALL = "all"
    COLLAB_ONLY = "collab_only"


@dataclass(frozen=True)
class Onboarding:
    """What a store fills in (STO-02 to 06). ``groups``: ``group:member`` of ``CUSTOMER_GROUPS``; shares in percent."""

    business_no: str
    name: str
    owner: str
    phone: str
    address: str
    account: str
    daily_cup_holders: int
    groups: Collection[str]
    districts: Collection[str]
    school_level: str | None
    male_percent: int
    female_percent: int
    age_percents: Mapping[str, int]
    photos: int
    registration_scan: bool  # the document of the business registration is there (STO-02)
    prices_won: Collection[int]  # of three items, which the review looks at (STO-07)
    hours: StoreHours


PRICES = 3  # STO-07


class OnboardingProblem(StrEnum):
    """What is to be mended; screens translate it."""

    BUSINESS_NO = "business_no"
    NAME = "name"
    OWNER = "owner"
    PHONE = "phone"
    ADDRESS = "address"
    ACCOUNT = "account"
    CUP_HOLDERS = "cup_holders"
    GROUPS = "groups"
    DISTRICTS = "districts"
    SCHOOL_LEVEL = "school_level"
    SEXES = "sexes"
    AGES = "ages"
    PHOTOS = "photos"
    REGISTRATION_SCAN = "registration_scan"
    PRICES = "prices"
    HOURS = "hours"


def details_problems(
    groups: Collection[str],
    districts: Collection[str],
    school_level: str | None,
    sexes: tuple[int, int],
    ages: Mapping[str, int],
) -> tuple[OnboardingProblem, ...]:
    """What is wrong with what a store says of its customers and its district (STO-03 to 05)."""
    checks = (
        (OnboardingProblem.GROUPS, _groups_valid(groups)),
        (OnboardingProblem.DISTRICTS, _districts_valid(districts)),
        (OnboardingProblem.SCHOOL_LEVEL, "school" not in districts or school_level in SCHOOL_LEVELS),
        (OnboardingProblem.SEXES, _whole(sexes)),
        (OnboardingProblem.AGES, set(ages) == set(AGES) and _whole(ages.values())),
    )
    return tuple(problem for problem, good in checks if not good)


def onboarding_problems(form: Onboarding) -> tuple[OnboardingProblem, ...]:
    """Everything at once, in the order of the form (STO-02 to 07)."""
    sexes = form.male_percent, form.female_percent
    told = details_problems(form.groups, form.districts, form.school_level, sexes, form.age_percents)
    checks = (
        (OnboardingProblem.BUSINESS_NO, business_number_valid(form.business_no)),
        (OnboardingProblem.NAME, bool(form.name.strip())),
        (OnboardingProblem.OWNER, bool(form.owner.strip())),
        (OnboardingProblem.PHONE, bool(form.phone.strip())),
        (OnboardingProblem.ADDRESS, bool(form.address.strip())),
        (OnboardingProblem.ACCOUNT, bool(form.account.strip())),
        (OnboardingProblem.CUP_HOLDERS, form.daily_cup_holders > 0),
        *((problem, False) for problem in told),
        (OnboardingProblem.PHOTOS, form.photos > 0),
        (OnboardingProblem.REGISTRATION_SCAN, form.registration_scan),
        (OnboardingProblem.PRICES, len(form.prices_won) == PRICES and min(form.prices_won) > 0),
        (OnboardingProblem.HOURS, hours_problem(form.hours) is None),
    )
    return tuple(problem for problem, good in checks if not good)


def _groups_valid(groups: Collection[str]) -> bool:
    known = {f"{group}:{member}" for group, members in CUSTOMER_GROUPS.items() for member in members}
    return 2 <= len(set(groups)) == len(groups) <= 5 and set(groups) <= known


def _districts_valid(districts: Collection[str]) -> bool:
    return 2 <= len(set(districts)) == len(districts) <= 4 and set(districts) <= DISTRICTS


def _whole(percents: Collection[int]) -> bool:
    return all(percent >= 0 for percent in percents) and sum(percents) == 100


_BUSINESS_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def business_number_valid(typed: str) -> bool:
    """A Korean business registration number: ten digits, the last one checks (National Tax Service)."""
    digits = typed.replace("-", "").strip()
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        return False
    numbers = [int(digit) for digit in digits]
    total = sum(weight * number for weight, number in zip(_BUSINESS_WEIGHTS, numbers[:9], strict=True))
    return (10 - (total + numbers[8] * 5 // 10) % 10) % 10 == numbers[9]
