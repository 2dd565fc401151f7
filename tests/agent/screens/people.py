"""Owns the states of the page about people that tests look at: everybody's right, notices, nobody set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtWidgets import QWidget

from agent.dispatch import ImmediateDispatcher, Listeners
from agent.notices.types import Told
from agent.staff.people.view import PeopleView
from agent.staff.people.viewmodel import PeopleViewModel
from agent.staff.types import Employee, Role
from rules.notices import Priority
from rules.recovery import RightChange
from tests.agent.screens.customer import NOW_MS, Look

HOUR_MS = 3_600_000
SHOP = (
    Employee("e-1", "이지은", Role.STAFF, may_recover=True, suspended=True),
    Employee("e-2", "최민준", Role.STAFF, may_recover=True, suspended=False),
    Employee("e-3", "박서준", Role.STAFF, may_recover=False, suspended=False),
    Employee("e-4", "정민아", Role.OWNER, may_recover=True, suspended=False),
)
FIGURES = {"name": "이지은", "own_day": 5, "own_week": 7, "store_week": 9}
TOLD = (
    Told("n-1", "recovery_share_limit", Priority.MEDIUM, 1, NOW_MS - HOUR_MS, FIGURES),
    Told("n-2", "recovery_day_limit", Priority.MEDIUM, 1, NOW_MS - 2 * HOUR_MS, FIGURES),
    Told("n-3", "recovered", Priority.LOW, 1, NOW_MS - 30 * HOUR_MS, {"name": "최민준"}),
)


@dataclass
class People:
    people: tuple[Employee, ...]
    told: tuple[Told, ...] = ()
    pending: frozenset[str] = frozenset()
    listeners: Listeners = field(default_factory=Listeners)

    def roster(self) -> tuple[Employee, ...]:
        return self.people

    def newest(self, _kinds: tuple[str, ...], limit: int) -> tuple[Told, ...]:
        return self.told[:limit]

    def on_the_way(self) -> frozenset[str]:
        return self.pending

    def change(self, _employee_id: str, _change: RightChange, _actor: str) -> bool:
        return True

    def ask_owner(self, _heading: str, _then: Callable[[str, str], None]) -> None:
        return


def people(found: People, *, online: bool = True, press: str = "") -> Callable[[Look], QWidget]:
    def build(look: Look) -> QWidget:
        vm = PeopleViewModel(
            staff=found,
            rights=found,
            notices=found,
            door=found,
            online=lambda: online,
            clock=look.clock,
            dispatcher=ImmediateDispatcher(),
            texts=look.texts,
        )
        vm.press(press)
        return PeopleView(vm, look.theme, look.texts)

    return build


PEOPLE_STATES = {
    "18-people": people(People(SHOP, TOLD, frozenset({"e-2"}))),
    "18-people-offline": people(People(SHOP, TOLD), online=False, press="e-1"),
    "18-people-no-owner": people(People(SHOP[:3])),
    "18-people-nobody": people(People(())),
}
