"""What a hand scanner types, also while the PC writes Korean: scanners press keys and know nothing of input methods.

A shop's PC is set to Korean as often as not; then ``withfom`` comes as ``쟈소래ㅡ``. The two-set layout has one key a
letter, so that the keys can be told from what they became (CPN-18).
"""

from __future__ import annotations

from uuid import UUID

from rules.codes import code_of_id, read_code

COUPON_QR = "withfom:coupon:"

_OF_KEYS = "ㅁㅠㅊㅇㄷㄹㅎㅗㅑㅓㅏㅣㅡㅜㅐㅔㅂㄱㄴㅅㅕㅍㅈㅌㅛㅋㅃㅉㄸㄲㅆㅒㅖ"
_KEY_OF = dict(zip(_OF_KEYS, "abcdefghijklmnopqrstuvwxyzQWERTOP", strict=True))
_TWO_KEYS = {  # a letter that two keys make
    **{"ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ"},
    **{"ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㅄ": "ㅂㅅ"},
    **{"ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ"},
}
_LEADS, _VOWELS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST_SYLLABLE = ord("가")
_SYLLABLES = len(_LEADS) * len(_VOWELS) * len(_TAILS)


def as_keys(text: str) -> str:
    """The letters of the keys that were pressed; what is not Korean stays as it is."""
    letters = "".join(_letters(sign) for sign in text)
    single = "".join(_TWO_KEYS.get(letter, letter) for letter in letters)
    return "".join(_KEY_OF.get(letter, letter) for letter in single)


def _letters(sign: str) -> str:
    """What a syllable is written with, by the order in which Unicode counts syllables."""
    place = ord(sign) - _FIRST_SYLLABLE
    if not 0 <= place < _SYLLABLES:
        return sign
    rest, tail = divmod(place, len(_TAILS))
    lead, vowel = divmod(rest, len(_VOWELS))
    return f"{_LEADS[lead]}{_VOWELS[vowel]}{_TAILS[tail]}"


def scanned_code(text: str) -> str | None:
    """The coupon's code that a paper says, by its QR code, its bar code or a person who types it; None: no code of
    ours, or mistyped."""
    typed = as_keys(text.strip()).lower()
    if not typed.startswith(COUPON_QR):
        return read_code(typed)
    try:
        return code_of_id(str(UUID(typed.removeprefix(COUPON_QR))))
    except ValueError:
        return None
