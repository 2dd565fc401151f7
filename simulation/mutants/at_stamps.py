"""Owns the mistakes that somebody could make with stamps."""

from __future__ import annotations

from cloud_api.ledger import reversals
from cloud_api.stamps.earning import Stamping
from simulation.mutants.planting import Mutant, nothing, swap


def _without_the_cancelled(_self: Stamping, given: dict[str, object], cancelled: frozenset[str]) -> list[object]:
    """What was cancelled before it came pays nothing, and what it would have reached is reached by nobody."""
    return [one for earn_id, one in given.items() if earn_id not in cancelled]


def _none_taken(*_args: object, **_kwargs: object) -> int:
    return 0


AT_STAMPS: tuple[Mutant, ...] = (
    Mutant("stamps_kept", "a cancelled sale keeps its stamps", swap((reversals, "take_back_earned", _none_taken))),
    Mutant("tier_unpaid", "a board fills and nothing is paid", swap((Stamping, "pay", nothing))),
    Mutant("tier_skipped", "a tier falls between", swap((Stamping, "standing", _without_the_cancelled))),
)
