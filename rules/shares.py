"""Who bears a reward that was used: the store and head office, by ratio (SET-19, STP-24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.coupons import IssueKind

WHOLE_BP = 10_000


class SharedGood(StrEnum):
    """What a ratio is set for: coupons of the brand, and rewards of stamp cards."""

    COUPON = "coupon"
    STAMP = "stamp"


def shared_good(issued_for: IssueKind, *, of_one_store: bool) -> SharedGood | None:
    """A tier's reward is shared whatever store it is good in (STP-24); another coupon of one store is that store's own
    affair (CPN-01)."""
    if issued_for is IssueKind.STAMP_TIER:
        return SharedGood.STAMP
    return None if of_one_store else SharedGood.COUPON


@dataclass(frozen=True)
class Ratio:
    """The store's part in basis points, from a moment on. Before anybody has said so a store bears everything."""

    from_ms: int
    coupon_bp: int = WHOLE_BP
    stamp_bp: int = WHOLE_BP

    def of(self, good: SharedGood) -> int:
        """The store's part of such a reward."""
        return self.stamp_bp if good is SharedGood.STAMP else self.coupon_bp


def ratio_at(at_ms: int, of_store: Sequence[Ratio], of_brand: Sequence[Ratio]) -> Ratio:
    """What held when the reward was used: the store's own word, else its brand's. Both lists are in the order in which
    it was said."""
    for said in (of_store, of_brand):
        held = [ratio for ratio in said if ratio.from_ms <= at_ms]
        if held:
            return held[-1]
    return Ratio(0)


@dataclass(frozen=True)
class Share:
    """``hq_won`` is what head office credits the store with; both together are what the reward was worth."""

    store_won: int
    hq_won: int


def share(value_won: int, store_bp: int) -> Share:
    """The store's part in whole won, cut in its favour (SET-19)."""
    store_won = value_won * store_bp // WHOLE_BP
    return Share(store_won, value_won - store_won)


@dataclass(frozen=True)
class SharedUse:
    """A reward that was used, or with ``back`` one that the store took back later: it undoes what was shared then."""

    good: SharedGood
    value_won: int
    store_bp: int
    back: bool = False


@dataclass(frozen=True)
class SharedSum:
    """Uses less those taken back, and what they come to."""

    uses: int
    value_won: int
    store_won: int
    hq_won: int


def shared_sum(uses: Iterable[SharedUse]) -> SharedSum:
    """Each use is cut by itself, so that one that is taken back leaves nothing behind."""
    count = value_won = store_won = 0
    for use in uses:
        sign = -1 if use.back else 1
        count += sign
        value_won += sign * use.value_won
        store_won += sign * share(use.value_won, use.store_bp).store_won
    return SharedSum(count, value_won, store_won, value_won - store_won)
