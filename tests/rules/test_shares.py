"""Who bears a reward: STP-24 with SET-19."""

from __future__ import annotations

import pytest

from rules.coupons import IssueKind
from rules.shares import Ratio, Share, SharedGood, SharedSum, SharedUse, ratio_at, share, shared_good, shared_sum


@pytest.mark.parametrize(
    ("value_won", "store_bp", "wanted"),
    [
        (3_000, 4_000, Share(1_200, 1_800)),  # the worked example
        (4_500, 10_000, Share(4_500, 0)),
        (4_500, 0, Share(0, 4_500)),
        (999, 3_333, Share(332, 667)),  # 332.97, cut
        (0, 4_000, Share(0, 0)),
    ],
)
def test_a_reward_is_shared_by_ratio(value_won: int, store_bp: int, wanted: Share) -> None:
    """STP-24, SET-19"""
    assert share(value_won, store_bp) == wanted


def test_tiers_are_always_shared_and_a_stores_own_coupon_never() -> None:
    """STP-24, CPN-01"""
    assert shared_good(IssueKind.STAMP_TIER, of_one_store=True) is SharedGood.STAMP
    assert shared_good(IssueKind.STAMP_TIER, of_one_store=False) is SharedGood.STAMP
    assert shared_good(IssueKind.BIRTHDAY, of_one_store=False) is SharedGood.COUPON
    assert shared_good(IssueKind.BIRTHDAY, of_one_store=True) is None


def test_the_ratio_is_that_of_the_moment_of_use_and_a_stores_own_comes_first() -> None:
    """STP-24, SET-19: before anybody has said so a store bears everything."""
    brand, own = [Ratio(100, 5_000, 4_000), Ratio(300, 2_000, 1_000)], [Ratio(200, 9_000, 8_000)]

    assert [ratio_at(at, (), brand).of(SharedGood.STAMP) for at in (99, 100, 299, 300)] == [10_000, 4_000, 4_000, 1_000]
    assert [ratio_at(at, own, brand).of(SharedGood.COUPON) for at in (199, 200, 400)] == [5_000, 9_000, 9_000]
    assert ratio_at(0, own, brand).of(SharedGood.COUPON) == 10_000


def test_what_is_taken_back_leaves_nothing_behind() -> None:
    """STP-24: each use is cut by itself."""
    odd = SharedUse(SharedGood.STAMP, 999, 3_333)
    back = SharedUse(SharedGood.STAMP, 999, 3_333, back=True)

    assert shared_sum([odd, odd]) == SharedSum(2, 1_998, 664, 1_334)
    assert shared_sum([odd, odd, back, back]) == shared_sum([]) == SharedSum(0, 0, 0, 0)
