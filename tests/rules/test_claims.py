"""The signed text of a claim slip: what was sealed opens, anything else is unknown (PNT-08, PNT-09)."""

from __future__ import annotations

import base64
import hmac
import json

import pytest

from printers.slip_kinds import KINDS
from rules.claims import (
    CLAIM_PREFIX,
    CLAIM_VALID_MS,
    CODE_LENGTH,
    CODE_LETTERS,
    Claim,
    ClaimProblem,
    open_claim,
    seal_claim,
    short_code,
)

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CLAIM = Claim("store-1", "earn-1", "f" * 64, ("a" * 24, "b" * 24), "0042", None, 4_500, 1_000, 2_000)


def test_what_a_store_sealed_opens_with_its_key_only() -> None:
    sealed = seal_claim(KEY, CLAIM)

    assert open_claim(sealed, {"store-1": KEY}.get) == CLAIM
    assert open_claim(sealed, {"store-1": OTHER_KEY}.get) is ClaimProblem.UNKNOWN
    assert open_claim(sealed, {"store-2": KEY}.get) is ClaimProblem.UNKNOWN


def test_the_sample_slip_is_as_real_ones_are() -> None:
    """The preview's claim slip: its QR code opens, and its letters are those of the claim in it (PNT-08)."""
    key, sample = b"a sample's key", KINDS["claim"].sample

    claim = open_claim(str(sample["qr"]), lambda _store: key)

    assert isinstance(claim, Claim)
    assert str(sample["slip_code"]).replace("-", "") == short_code(key, claim.earn_id)
    assert claim.until_ms - claim.printed_ms == CLAIM_VALID_MS


def test_one_changed_letter_is_unknown() -> None:
    sealed = seal_claim(KEY, CLAIM)
    for place in range(len(CLAIM_PREFIX), len(sealed) - 1):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        assert open_claim(changed, {"store-1": KEY}.get) is ClaimProblem.UNKNOWN


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"[1,2]", b"\xff", b"[" * 5_000, json.dumps(["store-1"] * 8).encode()]
)
def test_bodies_of_another_shape_are_unknown(body: bytes) -> None:
    mac = hmac.digest(KEY, b"claim:" + body, "sha256")[:16]
    for raw in (body, body + mac):
        text = CLAIM_PREFIX + base64.urlsafe_b64encode(raw).decode()
        assert open_claim(text, {"store-1": KEY}.get) is ClaimProblem.UNKNOWN


@pytest.mark.parametrize("text", ["", "WFC1", "WFC1.*", "WFC1.한글", "WFC2.AAAA", CLAIM_PREFIX + "A" * 2_000])
def test_other_texts_are_unknown(text: str) -> None:
    assert open_claim(text, {"store-1": KEY}.get) is ClaimProblem.UNKNOWN


def test_a_code_is_eight_letters_that_the_store_alone_can_make() -> None:
    codes = {short_code(KEY, f"earn-{number}") for number in range(500)}

    assert len(codes) == 500
    assert all(len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) for code in codes)
    assert short_code(KEY, "earn-1") == short_code(KEY, "earn-1") != short_code(OTHER_KEY, "earn-1")
