"""The PIN of an owner or an employee: which ones are too easy to guess, and how long wrong ones close the door."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

PIN_DIGITS = 6
FREE_TRIES = 5  # so many wrong ones before the door closes for the first time
FIRST_LOCK_MS = 30_000
LOCK_MAX_MS = 900_000
SALT_BYTES = 16
ARGON_ROUNDS = 3
ARGON_KIB = 32 * 1024  # a till's small PC has it to spare for a tenth of a second


class PinProblem(StrEnum):
    NOT_SIX_DIGITS = "not_six_digits"
    TOO_EASY = "too_easy"  # one digit, a run, or a piece of it repeated
    A_DATE = "a_date"  # reads as somebody's birthday


def pin_problem(pin: str) -> PinProblem | None:
    """Why nobody may choose this PIN; None when it is good enough.

    Every date is refused, not only the person's own: birthdays of children and wedding days are guessed first, and
    nobody has to tell us theirs.
    """
    if len(pin) != PIN_DIGITS or not pin.isascii() or not pin.isdigit():
        return PinProblem.NOT_SIX_DIGITS
    if _is_run(pin) or any(pin == pin[:size] * (PIN_DIGITS // size) for size in (1, 2, 3)):
        return PinProblem.TOO_EASY
    return PinProblem.A_DATE if _is_date(pin) else None


def _is_run(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return steps in ({1}, {9})


def _is_date(pin: str) -> bool:
    """YYMMDD, as on an identity card; a leap day counts in any century that has one."""
    year, month, day = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False


def lock_ms(failures: int) -> int:
    """For how long nobody may try after so many wrong PINs in a row: 30 seconds after five, doubled by every further
    one, 15 minutes at most."""
    if failures < FREE_TRIES:
        return 0
    return min(FIRST_LOCK_MS << min(failures - FREE_TRIES, 10), LOCK_MAX_MS)


@dataclass(frozen=True)
class PinHash:
    """What a PIN is checked against. Without the store's key, which lies in the vault of its devices and not beside
    this, there is nothing to try a million PINs on; with it each try costs memory and a tenth of a second."""

    salt: bytes
    verifier: bytes


def hash_pin(pin: str, *, employee_id: str, store_key: bytes, salt: bytes) -> PinHash:
    """The same on both sides: the cloud makes it, a counter without a line checks with it."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    keyed = hmac.digest(store_key, f"withfom-pin-v1\n{employee_id}\n{pin}".encode(), "sha256")
    argon = Argon2id(salt=salt, length=32, iterations=ARGON_ROUNDS, lanes=1, memory_cost=ARGON_KIB)
    return PinHash(salt, argon.derive(keyed))


def pin_fits(pin: str, known: PinHash, *, employee_id: str, store_key: bytes) -> bool:
    """Whether it is this PIN; takes as long for a wrong one."""
    tried = hash_pin(pin, employee_id=employee_id, store_key=store_key, salt=known.salt)
    return hmac.compare_digest(tried.verifier, known.verifier)
