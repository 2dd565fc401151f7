"""Korean particles follow the sound of the word before them (UXR-16)."""

from __future__ import annotations

import pytest

from agent.particles import with_particles
from agent.texts import Texts


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("포트 9100(으)로", "포트 9100으로"),
        ("속도 8N1(으)로", "속도 8N1로"),
        ("주소 5(으)로", "주소 5로"),
        ("서울(으)로 부산(으)로 제주(으)로", "서울로 부산으로 제주로"),
        ("“영수증”을(를) 고르고 “바”을(를) 고릅니다", "“영수증”을 고르고 “바”를 고릅니다"),
        ("라떼이(가) 쿠폰이(가)", "라떼가 쿠폰이"),
        ("12개은(는) 3%과(와)", "12개는 3%과(와)"),
        ("Receipt을(를)", "Receipt을(를)"),
        ("포인트(P)을(를)", "포인트(P)을(를)"),
        ("아무것도 없음", "아무것도 없음"),
    ],
)
def test_the_word_before_decides(written: str, said: str) -> None:
    assert with_particles(written) == said


def test_filled_in_words_get_theirs_in_korean_only() -> None:
    assert Texts("ko").n("This slip knows no {name}.", name="전표 번호") == "이 전표에는 전표 번호가 없어요."
    assert Texts("en").n("{name}이(가)", name="전표") == "전표이(가)"
