"""What a coupon is, how long it lives, and what a store may offer (CPN-01 to 03, 05, 13 to 15, 20, 23, 24, 30)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.calendar import birthday_in, local_day, moment_ms

MAX_REWARDS = 6  # CPN-02: coupons and points together; the stamp card is beside them
CAMPAIGN_MIN_DAYS = 30  # CPN-13, Ambiguity A1
LOYALTY_MIN_DAYS = 7
SAME_PER_ISSUE_MAX = 5  # CPN-05
SHOWN_IN_CAMPAIGN = 10
NOTICE_DAYS = (7, 3, 1)  # CPN-20
PROBABILITY_WHOLE_BP = 10_000


class RewardOwner(StrEnum):
    """CPN-01: who pays. Only a partner's reward comes to a counter and needs its approval (APR-02)."""

    ADVERTISER = "advertiser"
    PARTNER = "partner"


class RewardKind(StrEnum):
    """CPN-30."""

    PRODUCT_DISCOUNT = "product_discount"
    FREE_GIFT = "free_gift"
    SHOP_POINTS = "shop_points"
    SAMPLE_KIT = "sample_kit"
    SIZE_UP = "size_up"
    FREE_DRINK = "free_drink"
    DESSERT = "dessert"
    STORE_POINTS = "store_points"
    STORE_COUPON = "store_coupon"
    STAMP_REWARD = "stamp_reward"


_ADVERTISERS = frozenset(
    {RewardKind.PRODUCT_DISCOUNT, RewardKind.FREE_GIFT, RewardKind.SHOP_POINTS, RewardKind.SAMPLE_KIT}
)


def owner_of(kind: RewardKind) -> RewardOwner:
    """CPN-01, CPN-30."""
    return RewardOwner.ADVERTISER if kind in _ADVERTISERS else RewardOwner.PARTNER


def needs_approval(kind: RewardKind) -> bool:
    """CPN-01, APR-02: an advertiser's reward is used at once, without a counter."""
    return owner_of(kind) is RewardOwner.PARTNER


class IssueKind(StrEnum):
    """CPN-05: why a member gets a coupon."""

    JOIN = "join"
    PROMOTION = "promotion"
    EVENT = "event"
    PERSONAL = "personal"
    DOWNLOAD = "download"
    TARGET = "target"
    API = "api"
    CODE = "code"
    FIRST_PURCHASE = "first_purchase"
    BIRTHDAY = "birthday"
    GRADE = "grade"
    REFERRAL = "referral"
    STAMP_TIER = "stamp_tier"


# Kinds that happen by themselves once a brand has said which coupon goes with them.
AUTOMATIC = frozenset({IssueKind.JOIN, IssueKind.FIRST_PURCHASE, IssueKind.BIRTHDAY, IssueKind.REFERRAL})
# Kinds that a person or a program names when it gives a coupon to members it chose.
GIVEN = frozenset({IssueKind.API, IssueKind.PERSONAL, IssueKind.PROMOTION, IssueKind.EVENT, IssueKind.TARGET})
REFERRAL_DAYS = 30  # so long after joining a member may say who recommended the brand


def birthday_today(born: date, today: date) -> bool:
    """CPN-05: somebody born on 29 February keeps it on the 28th where the year has no such day."""
    return birthday_in(born, today.year) == today


def birthdays_kept_on(today: date) -> tuple[str, ...]:
    """Months and days (``02-29``) of those who keep their birthday today: on 28 February of most years two (CPN-05)."""
    leap = date(2000, 2, 29)
    found = [f"{today:%m-%d}"]
    if birthday_today(leap, today) and (today.month, today.day) != (leap.month, leap.day):
        found.append(f"{leap:%m-%d}")
    return tuple(found)


def issued_once_for(kind: IssueKind, today: date) -> str:
    """What a member gets an automatic coupon for once: a birthday each year, the others ever (CPN-05)."""
    return str(today.year) if kind is IssueKind.BIRTHDAY else ""


def issue_count_valid(count: int) -> bool:
    """CPN-05: one to five of the same coupon at once."""
    return 1 <= count <= SAME_PER_ISSUE_MAX


class CouponState(StrEnum):
    """CPN-15."""

    AVAILABLE = "available"
    PENDING = "pending"
    USED = "used"
    EXPIRED = "expired"


class CouponMove(StrEnum):
    REQUEST = "request"
    APPROVE = "approve"
    REJECT = "reject"
    RECOVER = "recover"
    EXPIRE = "expire"


_S, _M = CouponState, CouponMove
_MOVES = {
    (_S.AVAILABLE, _M.REQUEST): _S.PENDING,
    (_S.PENDING, _M.APPROVE): _S.USED,
    (_S.PENDING, _M.REJECT): _S.AVAILABLE,
    (_S.USED, _M.RECOVER): _S.AVAILABLE,
    (_S.AVAILABLE, _M.EXPIRE): _S.EXPIRED,
}


def coupon_after(state: CouponState, move: CouponMove) -> CouponState | None:
    """Where the move leads; None: it is not possible. A consumer has no move out of ``USED`` (CPN-15, CPN-32)."""
    return _MOVES.get((state, move))


def last_day(issued: date, valid_days: int) -> date:
    """The last day on which it can be used."""
    return issued + timedelta(days=valid_days)


def expires_ms(issued_ms: int, valid_days: int) -> int:
    """The first moment at which it cannot be used any more: midnight after its last day in Korea. A rejection or a
    recovery never moves it (APR-10)."""
    return moment_ms(last_day(local_day(issued_ms), valid_days) + timedelta(days=1), 0)


def notice_due(last: date, today: date, told_days: int | None) -> int | None:
    """CPN-20: 7, 3 and 1 days before the last day. ``told_days`` is the notice that went out last. When several were
    missed only the newest goes out."""
    left = (last - today).days
    due = [days for days in NOTICE_DAYS if left <= days]
    if left < 0 or not due or (told_days is not None and told_days <= due[-1]):
        return None
    return due[-1]


class ValidityKind(StrEnum):
    """CPN-13, Ambiguity A1."""

    CAMPAIGN = "campaign"
    LOYALTY = "loyalty"


def validity_valid(kind: ValidityKind, days: int) -> bool:
    """CPN-13."""
    return days >= (CAMPAIGN_MIN_DAYS if kind is ValidityKind.CAMPAIGN else LOYALTY_MIN_DAYS)


@dataclass(frozen=True)
class StoreReward:
    """One box of a store's settings (CPN-03). ``probability_bp``: of winning it, in basis points; ``minimum_won``: the
    smallest payment that it is good for."""

    name: str
    kind: RewardKind
    value_won: int
    condition: str
    quantity: int
    valid_days: int
    probability_bp: int = 0
    minimum_won: int = 0


class RewardsProblem(StrEnum):
    """Why settings cannot be kept; screens translate it."""

    TOO_MANY = "too_many"
    OWNER = "owner"
    NAME = "name"
    VALUE = "value"
    CONDITION = "condition"
    QUANTITY = "quantity"
    VALIDITY = "validity"
    PROBABILITIES = "probabilities"


def rewards_problem(rewards: Sequence[StoreReward]) -> RewardsProblem | None:
    """The first thing that is wrong with a store's rewards (CPN-02, CPN-03, CPN-14, PNT-14; Ambiguities A4, A6)."""
    if len(rewards) > MAX_REWARDS:
        return RewardsProblem.TOO_MANY
    for reward in rewards:
        found = _reward_problem(reward)
        if found is not None:
            return found
    if len(rewards) > 1 and sum(reward.probability_bp for reward in rewards) != PROBABILITY_WHOLE_BP:
        return RewardsProblem.PROBABILITIES
    return None


def _reward_problem(reward: StoreReward) -> RewardsProblem | None:
    if not needs_approval(reward.kind):
        return RewardsProblem.OWNER
    if not reward.name.strip():
        return RewardsProblem.NAME
    if reward.value_won <= 0:
        return RewardsProblem.VALUE
    if not reward.condition.strip():
        return RewardsProblem.CONDITION  # CPN-14: whoever uses it must have been told
    if reward.quantity <= 0:
        return RewardsProblem.QUANTITY
    if not validity_valid(ValidityKind.LOYALTY, reward.valid_days):
        return RewardsProblem.VALIDITY
    if not 0 <= reward.probability_bp <= PROBABILITY_WHOLE_BP:
        return RewardsProblem.PROBABILITIES
    return None


@dataclass(frozen=True)
class WinBoard:
    """CPN-23. ``budget_won`` is what all of a reward costs, ``sales_won`` what is sold at least when all are used."""

    rewards: int
    probability_bp: int
    budget_won: int
    sales_won: int


def win_board(rewards: Sequence[StoreReward]) -> WinBoard:
    """The sums under a store's rewards."""
    return WinBoard(
        len(rewards),
        sum(reward.probability_bp for reward in rewards),
        sum(reward.value_won * reward.quantity for reward in rewards),
        sum(reward.minimum_won * reward.quantity for reward in rewards),
    )


def drawn(rewards: Sequence[StoreReward], left: Sequence[int], roll_bp: int) -> int | None:
    """Which of the rewards the number of chance (0 to 9,999) falls on: they share it in their order, a single one has
    all of it. One of which none is left is followed by the next that has some; None: all are gone (CPN-03, PNT-14)."""
    if not any(rest > 0 for rest in left):
        return None
    hit, below = len(rewards) - 1, 0
    for place, reward in enumerate(rewards):
        below += reward.probability_bp
        if roll_bp < below:
            hit = place
            break
    around: list[int] = [*range(hit, len(rewards)), *range(hit)]
    return next(place for place in around if left[place] > 0)


def partner_slot_filled(rewards_on: bool, rewards: Sequence[StoreReward]) -> bool:
    """CPN-24: whether the store's own reward is played for; else the advertiser's last one takes its place."""
    return rewards_on and bool(rewards)
