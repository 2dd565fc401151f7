"""Codes that people type: coupons by PIN, campaigns by random code (CPN-05, CPN-18).

A code holds 80 random bits and a check letter, so that a slip of the finger is told from a wrong code and guessing is
hopeless. The alphabet is Crockford's base 32: no I, L, O or U, and what looks alike is read as the same.
"""

from __future__ import annotations

from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BYTES = 10
_LETTERS = 16  # 80 bits
_LOOK_ALIKE = str.maketrans("OIL", "011")
_CHECK_PRIME = 31


def code_of(random: bytes) -> str:
    """Sixteen letters and the check letter. ``random`` is ten bytes from a generator for secrets.

    Raises ValueError for any other length.
    """
    if len(random) != RANDOM_BYTES:
        raise ValueError(len(random))
    number = int.from_bytes(random, "big")
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LETTERS)))
    return letters + _check_letter(letters)


def code_of_id(coupon_id: str) -> str:
    """The code of a member's own coupon, as it stands on its slip: the last eighty bits of its id, most of them random.

    Raises ValueError for what is no id.
    """
    return code_of(UUID(coupon_id).bytes[-RANDOM_BYTES:])


def tail_of(code: str) -> str:
    """What a code says of the id it was made of: the id's text from its third group on. Two ids with the same tail are
    as likely as guessing one.

    Raises ValueError for what no id gave: a letter that is none.
    """
    number = 0
    for letter in code[:_LETTERS]:
        number = number << 5 | ALPHABET.index(letter)
    digits = f"{number:020x}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def shown(code: str) -> str:
    """In groups for slips and screens: ``0123-4567-89AB-CDEF-G``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read_code(typed: str) -> str | None:
    """The code as it is kept, whatever case, spaces and dashes somebody typed; None: it is none, or mistyped."""
    code = "".join(letter for letter in typed.upper() if letter not in " -").translate(_LOOK_ALIKE)
    if len(code) != _LETTERS + 1 or any(letter not in ALPHABET for letter in code):
        return None
    return code if _check_letter(code[:-1]) == code[-1] else None


def _check_letter(letters: str) -> str:
    """Weighted by place modulo a prime: finds one wrong letter unless its value differs by the prime, and two that
    changed places."""
    return ALPHABET[sum(place * ALPHABET.index(letter) for place, letter in enumerate(letters, 1)) % _CHECK_PRIME]
