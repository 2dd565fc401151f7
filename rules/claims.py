"""What a claim slip's QR code says: one receipt, signed by its store, good once and until a day (PNT-08, PNT-09).

Signed with the store's own key, so that the cloud and every counter of the store can check it without asking anybody.
Once only is the receipt's fingerprint and the earn's id, which are the same whoever books it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

CLAIM_VALID_MS = 7 * 86_400_000
CLAIM_PREFIX = "WFC1."
CLAIM_LETTERS_MAX = 1_000
CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
CODE_LENGTH = 8
_MAC_BYTES = 16


class ClaimProblem(StrEnum):
    """Why a claim earns nothing."""

    UNKNOWN = "unknown"  # not one of ours, or changed
    EXPIRED = "expired"
    USED = "used"  # or its sale was cancelled


@dataclass(frozen=True)
class Claim:
    """One unclaimed receipt. Times are wall clock milliseconds, the payment is whole won."""

    store: str
    earn_id: str
    fingerprint: str
    tags: tuple[str, ...]
    receipt_no: str | None
    till: str | None
    paid_won: int
    printed_ms: int
    until_ms: int


def seal_claim(store_key: bytes, claim: Claim) -> str:
    """The text of the QR code."""
    body = json.dumps(list(asdict(claim).values()), ensure_ascii=False, separators=(",", ":")).encode()
    return CLAIM_PREFIX + base64.urlsafe_b64encode(body + _mac(store_key, body)).decode().rstrip("=")


def open_claim(text: str, key_of: Callable[[str], bytes | None]) -> Claim | ClaimProblem:
    """The claim in a scanned text, when the key of the store that it names made it; times are the caller's matter."""
    if not text.startswith(CLAIM_PREFIX) or len(text) > CLAIM_LETTERS_MAX or not text.isascii():
        return ClaimProblem.UNKNOWN
    payload = text.removeprefix(CLAIM_PREFIX)
    try:
        raw = base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True)
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        found = json.loads(body)
        key = key_of(str(found[0])) if isinstance(found, list) and len(found) == len(fields(Claim)) else None
    except (ValueError, binascii.Error, RecursionError):
        return ClaimProblem.UNKNOWN
    if key is None or not hmac.compare_digest(mac, _mac(key, body)):
        return ClaimProblem.UNKNOWN
    found[3] = tuple(found[3])  # signed by us: of the right shape
    return Claim(*found)


def short_code(store_key: bytes, earn_id: str) -> str:
    """What a person types at the counter instead of scanning; known only beside the slip it was printed on."""
    number = int.from_bytes(hmac.digest(store_key, b"claim-code:" + earn_id.encode(), "sha256"), "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[index])
    return "".join(letters)


def _mac(store_key: bytes, body: bytes) -> bytes:
    return hmac.digest(store_key, b"claim:" + body, "sha256")[:_MAC_BYTES]
