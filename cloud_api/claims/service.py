"""Using a claim slip through an app: the store's own signature says what was paid, the receipt earns once (PNT-09)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.integrators.keys import Caller
from cloud_api.integrators.reach import sees_store
from cloud_api.ledger.earns import CANCELLED_FIRST, WITHDRAWN_REJOIN_BLOCK, book_earns
from cloud_api.ledger.facts import EarnFact, Origin
from cloud_api.stores.earning import terms_at
from cloud_api.stores.service import lock_store, policy_of, profile_of, store_key
from cloud_api.vault import Vault
from rules.accrual import accrue
from rules.claims import Claim, open_claim
from rules.phone import Phone
from sync.protocol import OpStatus

SOURCE = "claim"

# Of two calls at once the second waits here for the first one's commit.
_USE = text(
    "INSERT INTO claim_use (store_id, earn_id, op_id, key_id, claimed_ms)"
    " VALUES (:store_id, :earn_id, :op_id, :key_id, :claimed_ms) ON CONFLICT DO NOTHING"
)


def use_claim(work: Work, vault: Vault, slip: str, phone: Phone, caller: Caller) -> dict[str, Any]:
    """Books the slip's receipt for this number. Raises ApiError ``claim_unknown``, ``_expired``, ``_used`` or
    ``rejoin_blocked``."""
    claim = open_claim(slip, lambda store_id: _key_of(work.conn, vault, store_id))
    if not isinstance(claim, Claim):
        raise ApiError("claim_unknown")
    if not sees_store(work.conn, caller, claim.store):
        raise ApiError("claim_unknown")
    if work.now_ms > claim.until_ms:
        raise ApiError("claim_expired")
    lock_store(work, claim.store)  # a counter may be booking the receipt, or its cancel
    profile = profile_of(work.conn, claim.store)
    assert profile is not None, "its key was found"
    op_id = f"claim:{claim.earn_id}"
    place = {"store_id": claim.store, "earn_id": claim.earn_id, "op_id": op_id, "key_id": caller.key_id}
    if work.conn.execute(_USE, {**place, "claimed_ms": work.now_ms}).rowcount != 1:
        raise ApiError("claim_used")
    policy, terms = policy_of(work.conn, profile.brand_id), terms_at(work.conn, claim.store)
    fact = EarnFact(
        origin=Origin(op_id, "", claim.store, f"app:{caller.key_id}"),
        earn_id=claim.earn_id,
        phone=phone,
        fingerprint=claim.fingerprint,
        approval_tags=claim.tags,
        receipt_no=claim.receipt_no,
        till=claim.till,
        paid_won=claim.paid_won,
        points=accrue(claim.paid_won, policy.accrual).points,
        source=SOURCE,
        occurred_ms=claim.printed_ms,
    )
    (outcome,) = book_earns(work, vault, policy, claim.store, [fact], terms)
    if outcome.code == WITHDRAWN_REJOIN_BLOCK:
        raise ApiError("rejoin_blocked")
    if outcome.status is OpStatus.REJECTED or outcome.code == CANCELLED_FIRST:  # it earned at a counter
        raise ApiError("claim_used")
    body = outcome.body or {}
    shown = {
        "earn_id": claim.earn_id,
        "store_id": claim.store,
        "paid_won": claim.paid_won,
        "points": body.get("points", fact.points),
    }
    return shown | ({"stamps": body["stamps"]} if "stamps" in body else {})


def _key_of(conn: Connection, vault: Vault, store_id: str) -> bytes | None:
    return None if profile_of(conn, store_id) is None else store_key(conn, vault, store_id)
