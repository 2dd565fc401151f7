"""Owns Korean particles behind filled-in words: the catalogue writes ``을(를)``, the screen says one (UXR-16)."""

from __future__ import annotations

import re
from typing import Final

_HANGUL_FIRST, _HANGUL_LAST, _FINALS = 0xAC00, 0xD7A3, 28
_RIEUL: Final = 8  # the final consonant after which it is 로, not 으로
# How the last digit ends when it is read: 영 일 이 삼 사 오 육 칠 팔 구. Tens, hundreds and thousands end as 영 does.
_DIGIT_FINALS: Final = (21, _RIEUL, 0, 16, 0, 0, 1, _RIEUL, _RIEUL, 0)
_PAIRS: Final = {"을(를)": ("을", "를"), "이(가)": ("이", "가"), "은(는)": ("은", "는"), "과(와)": ("과", "와")}
_TOWARDS: Final = "(으)로"
_BOTH: Final = re.compile(
    r"(?P<last>[0-9가-힣])(?P<marks>[”’\"'」)\]]*)(?P<particle>" + "|".join(map(re.escape, (*_PAIRS, _TOWARDS))) + ")"
)


def with_particles(text: str) -> str:
    """The text with every particle that its word decides. After a Latin letter both stay: nobody knows how a shop reads
    it aloud."""
    return _BOTH.sub(_chosen, text)


def _chosen(found: re.Match[str]) -> str:
    final = _final_of(found["last"])
    if found["particle"] == _TOWARDS:
        said = "로" if final in (0, _RIEUL) else "으로"
    else:
        closed, open_ = _PAIRS[found["particle"]]
        said = closed if final else open_
    return found["last"] + found["marks"] + said


def _final_of(letter: str) -> int:
    """The number of its final consonant; 0 for none."""
    if _HANGUL_FIRST <= ord(letter) <= _HANGUL_LAST:
        return (ord(letter) - _HANGUL_FIRST) % _FINALS
    return _DIGIT_FINALS[int(letter)]
