"""The one line behind the nickname says what was paid, and only that."""

from __future__ import annotations

import pytest

from agent.approval import words
from agent.approval.types import RequestKind
from agent.texts import Texts
from tests.agent.screens.sample import card


def test_the_worth_of_a_coupon_is_not_called_paid() -> None:
    """A free coffee read "paid 4,500 won"."""
    coupon = card(
        "r1", RequestKind.COUPON, "아메리카노 1잔 무료", "김*수", condition="1장", amount_won=4_500, left_s=43
    )

    assert words.meta(Texts("ko"), coupon) == "1장"


@pytest.mark.parametrize("kind", [RequestKind.POINTS, RequestKind.STAMP])
def test_what_was_paid_stands_on_the_card(kind: RequestKind) -> None:
    paid = card("r1", kind, "3,000P 사용", "이*민", amount_won=18_000, left_s=8)

    assert words.meta(Texts("ko"), paid) == "결제 18,000원"


def test_an_order_says_what_it_comes_to_and_not_that_it_is_paid() -> None:
    """ORD-03: one that is paid for when it is fetched read "paid 10,000 won" beside "후결제"."""
    order = card("r1", RequestKind.ORDER, "콜드브루 2개", "박*호", amount_won=10_000, left_s=8)

    assert words.meta(Texts("ko"), order) == "합계 10,000원"
    assert words.meta(Texts("en"), order) == "total ₩10,000"
