"""What the staff service answers with."""

from __future__ import annotations

from dataclasses import dataclass

from rules.recovery import Role, actor_text


@dataclass(frozen=True)
class Employee:
    """Somebody of the roster, as screens show them."""

    employee_id: str
    name: str
    role: Role
    may_recover: bool
    suspended: bool

    @property
    def actor(self) -> str:
        """How operations name them."""
        return actor_text(self.role, self.employee_id)


@dataclass(frozen=True)
class PinRight:
    employee: Employee


@dataclass(frozen=True)
class PinWrong:
    """``tries_left`` before the door closes."""

    tries_left: int


@dataclass(frozen=True)
class PinLocked:
    """Too many wrong ones; the next try counts after ``wait_ms``."""

    wait_ms: int


@dataclass(frozen=True)
class NobodyThere:
    """The employee was removed meanwhile."""


PinOutcome = PinRight | PinWrong | PinLocked | NobodyThere
__all__ = ["Employee", "NobodyThere", "PinLocked", "PinOutcome", "PinRight", "PinWrong", "Role"]
