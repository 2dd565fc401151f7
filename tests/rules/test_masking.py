"""MEM-30: how people appear on a store's screens."""

from __future__ import annotations

import pytest

from rules.masking import mask_nickname


@pytest.mark.parametrize(
    ("nickname", "masked"),
    [("김철수", "김*수"), ("이민", "이*"), ("박", "박"), ("", "*"), ("커피좋아", "커**아"), ("Mina", "M**a")],
)
def test_first_and_last_letter_stay(nickname: str, masked: str) -> None:
    """MEM-30; UXR Ambiguity A3"""
    assert mask_nickname(nickname) == masked
