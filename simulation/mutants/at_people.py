"""Owns the mistakes that somebody could make about PINs and whose word counts."""

from __future__ import annotations

from typing import Any

from agent.staff import repository
from agent.staff import service as staff_service
from agent.staff.service import StaffService
from cloud_api.requests import decisions
from rules.recovery import Person, Role
from simulation.mutants.planting import Mutant, nothing, swap


def _any_pin(*_args: Any, **_kwargs: Any) -> bool:
    return True


def _an_owner(_conn: Any, _store_id: str, _actor: str) -> tuple[Person, None]:
    """Whoever a device names is believed to be the owner."""
    return Person(Role.OWNER, may_recover=True), None


def _right_or_not(self: StaffService, employee_id: str, pin: str) -> Any:
    """Whoever tried is on duty."""
    outcome = self.check(employee_id, pin)
    self._on_duty = employee_id
    return outcome


AT_PEOPLE: tuple[Mutant, ...] = (
    Mutant("door_never_closes", "wrong PINs are not counted", swap((repository, "count_failure", nothing))),
    Mutant("door_never_opens", "a right PIN forgives nothing", swap((repository, "forget_failures", nothing))),
    Mutant("any_pin_fits", "every PIN is the right one", swap((staff_service, "pin_fits", _any_pin))),
    Mutant("tried_is_on_duty", "a wrong PIN signs in", swap((StaffService, "sign_in", _right_or_not))),
    Mutant("devices_name_owners", "the cloud believes a role", swap((decisions, "person_of", _an_owner))),
)
