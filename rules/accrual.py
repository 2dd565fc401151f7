"""How many points a payment earns, and why (PNT-05, PNT-06)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BASIS_POINTS = 10_000
# Above this a receipt is booked but flagged: a cafe does not sell for ten million won at once (R14).
SUSPICIOUS_PAYMENT_WON = 10_000_000


class AccrualReason(StrEnum):
    """Machine-readable steps of a computation; screens translate them."""

    RATE = "rate"
    POINTS_SPENT_SUBTRACTED = "points_spent_subtracted"
    FLOORED = "floored"
    BELOW_MINIMUM = "below_minimum"
    NOTHING_PAID = "nothing_paid"
    SUSPICIOUS_AMOUNT = "suspicious_amount"
    STAMPS_INSTEAD = "stamps_instead"  # the store gives stamps (PNT-02)


@dataclass(frozen=True)
class AccrualPolicy:
    """One version of a brand's earning policy. ``rate_bp`` is in basis points: 100 = 1 %."""

    version: int = 0
    rate_bp: int = 100
    minimum_payment_won: int = 0


@dataclass(frozen=True)
class Accrual:
    """Points for one payment. ``basis_won`` is what the rate was applied to; both are whole and >= 0."""

    points: int
    basis_won: int
    rate_bp: int
    policy_version: int
    reasons: tuple[AccrualReason, ...]

    @property
    def flagged(self) -> bool:
        """A flagged earn is booked all the same; suspicion never withholds points."""
        return AccrualReason.SUSPICIOUS_AMOUNT in self.reasons


def accrue(paid_won: int, policy: AccrualPolicy, *, points_spent_won: int = 0) -> Accrual:
    """Points on the amount really paid, floored to 1 P (PNT-05, PNT-06; Ambiguity A2).

    ``points_spent_won`` is what the customer spent here in points that the receipt does not show as a
    discount; it is subtracted from the basis.
    """
    reasons: list[AccrualReason] = []
    basis_won = max(paid_won, 0)
    if points_spent_won > 0:
        basis_won = max(basis_won - points_spent_won, 0)
        reasons.append(AccrualReason.POINTS_SPENT_SUBTRACTED)
    if basis_won == 0:
        return Accrual(0, 0, policy.rate_bp, policy.version, (*reasons, AccrualReason.NOTHING_PAID))
    if basis_won < policy.minimum_payment_won:
        return Accrual(0, basis_won, policy.rate_bp, policy.version, (*reasons, AccrualReason.BELOW_MINIMUM))
    points, remainder = divmod(basis_won * policy.rate_bp, BASIS_POINTS)
    reasons.append(AccrualReason.RATE)
    if remainder:
        reasons.append(AccrualReason.FLOORED)
    if paid_won >= SUSPICIOUS_PAYMENT_WON:
        reasons.append(AccrualReason.SUSPICIOUS_AMOUNT)
    return Accrual(points, basis_won, policy.rate_bp, policy.version, tuple(reasons))
