"""Owns the mistakes that somebody could make with claim slips."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.earn import repository
from agent.earn.late import LateEarns
from cloud_api.claims import service as claims
from cloud_api.ledger.earns import book_earns
from simulation.mutants.planting import Mutant, swap
from sync.protocol import OpStatus

_sealed = LateEarns._sealed


def _of_its_own(self: LateEarns, conn: Any, sale: Any, claim: Any) -> Any:
    """A slip is told from others by its own number, and the receipt on it by nothing."""
    return replace(_sealed(self, conn, sale, claim), fingerprint=claim.earn_id.replace("-", "") * 2)


def _whatever_became_of_it(_self: LateEarns, conn: Any, document_id: str, _now_ms: int) -> Any:
    """A slip that was used, or whose sale was cancelled, is taken again."""
    return repository.find_document(conn, document_id)


def _always_taken(work: Any, *args: Any) -> Any:
    """The app says "earned" without looking at what the book said."""
    outcomes = book_earns(work, *args)
    return [replace(outcome, status=OpStatus.APPLIED) for outcome in outcomes]


AT_CLAIMS: tuple[Mutant, ...] = (
    Mutant("slip_of_its_own", "a slip and its receipt earn apart", swap((LateEarns, "_sealed", _of_its_own))),
    Mutant("slip_again", "a used slip is used again", swap((LateEarns, "_creditable", _whatever_became_of_it))),
    Mutant("app_says_earned", "an app hears of points nobody has", swap((claims, "book_earns", _always_taken))),
)
