"""Owns how a run is interrupted: by a crash it planned, or by an invariant that does not hold.

Both derive from BaseException, so that no ``except Exception`` of the product can swallow them.
"""

from __future__ import annotations


class Crash(BaseException):
    """The machine ``node`` loses power at this point; only its disk survives."""

    def __init__(self, node: str, why: str) -> None:
        super().__init__(f"{node}: {why}")
        self.node = node


class Violation(BaseException):
    """``invariant`` does not hold; ``detail`` says what was found instead."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


def demand(holds: bool, invariant: str, detail: str) -> None:
    """Raises Violation unless the invariant holds."""
    if not holds:
        raise Violation(invariant, detail)
