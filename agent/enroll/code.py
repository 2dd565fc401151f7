"""Owns the eight boxes of the store code: what may be typed into them and what is taken from the clipboard."""

from __future__ import annotations

import re

from sync.protocol import ENROLL_ALPHABET, ENROLL_CODE_LENGTH

# A counter PC usually types Hangul. The same keys give these letters, so that nobody has to find the 한/영 key.
_HANGUL_KEYS = str.maketrans(
    "ㅂㅃㅈㅉㄷㄸㄱㄲㅅㅆㅛㅕㅑㅐㅒㅔㅖㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
    "QQWWEERRTTYUIOOPPASDFGHJKLZXCVBNM",
)
_WHOLE_CODE = re.compile(rf"(?<![A-Z])[{ENROLL_ALPHABET}]{{4}}[ -]?[{ENROLL_ALPHABET}]{{4}}(?![A-Z])")


def letters(text: str) -> str:
    """The letters of ``text`` that can stand in a code, upper case; everything else is left out."""
    return "".join(ch for ch in text.translate(_HANGUL_KEYS).upper() if ch in ENROLL_ALPHABET)


def typed(code: str, text: str) -> str:
    """The code after a key press; a full code takes nothing more."""
    return (code + letters(text))[:ENROLL_CODE_LENGTH]


def pasted(text: str) -> str | None:
    """The code inside a pasted text, e.g. a whole message; None when there is none or it is unclear which."""
    found = {match.group().replace(" ", "").replace("-", "") for match in _WHOLE_CODE.finditer(text.upper())}
    if len(found) == 1:
        return found.pop()
    squeezed = "".join(ch for ch in text.upper() if not ch.isspace() and ch != "-")
    if len(squeezed) == ENROLL_CODE_LENGTH and letters(squeezed) == squeezed:
        return squeezed
    return None
