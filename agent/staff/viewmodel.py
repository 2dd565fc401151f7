"""Owns the question for a PIN: who is on duty, or the owner's word for one action. No Qt (APR-16, APR-17)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from agent.dispatch import Dispatcher
from agent.logbook import topic
from agent.staff.types import Employee, NobodyThere, PinLocked, PinOutcome, PinRight, PinWrong, Role
from agent.texts import Texts
from rules.pin import PIN_DIGITS
from sync.errors import SyncError

log = topic("staff")
Choices = Sequence[tuple[str, str]]  # key and words of what the owner may answer
Then = Callable[[str, str], None]  # gets the owner's actor and the chosen key


class StaffPort(Protocol):
    """What the question needs of ``agent.staff.service.StaffService``."""

    def roster(self) -> tuple[Employee, ...]: ...
    def on_duty(self) -> Employee | None: ...
    def sign_in(self, employee_id: str, pin: str) -> PinOutcome: ...
    def sign_out(self) -> None: ...
    def check(self, employee_id: str, pin: str) -> PinOutcome: ...


@dataclass(frozen=True)
class PinPerson:
    employee_id: str
    name: str
    letter: str
    role: str
    owner: bool
    on_duty: bool
    chosen: bool


@dataclass(frozen=True)
class PinState:
    """Everything the dialog shows; closed when there is nobody to choose."""

    open: bool = False
    heading: str = ""
    people: tuple[PinPerson, ...] = ()
    title: str = ""
    typed: int = 0  # how many digits; which ones no screen knows
    busy: bool = False
    note: str = ""
    note_is_error: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # after the right PIN: what the owner may answer
    may_leave: bool = False  # somebody is on duty and may sign out


def in_background(job: Callable[[], None]) -> None:
    """Checking a PIN takes a tenth of a second on purpose; the screen does not wait for it."""
    threading.Thread(target=job, name="pin", daemon=True).start()


class PinViewModel:
    """All methods run on the screen's thread; ``run`` does the checking on another one."""

    def __init__(
        self,
        *,
        staff: StaffPort,
        dispatcher: Dispatcher,
        texts: Texts,
        run: Callable[[Callable[[], None]], None] = in_background,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_open: Callable[[], None] = lambda: None
        self._staff, self._dispatcher, self._texts, self._run = staff, dispatcher, texts, run
        self._chosen = self._pin = ""
        self._owner_only = False
        self._heading = ""
        self._then: Then | None = None
        self._choices: tuple[tuple[str, str], ...] = ()
        self._owner: Employee | None = None
        self._asked = 0  # an answer to an earlier question is not this one's
        self.state = PinState()

    # -- opening ------------------------------------------------------------------------------------------------------
    def open_duty(self) -> None:
        """Who works here now?"""
        people = self._staff.roster()
        if not people:
            return
        on_duty = self._staff.on_duty()
        others = [one for one in people if on_duty is None or one.employee_id != on_duty.employee_id]
        self._open(self._texts._("Who is on duty?"), others[0] if others else people[0], None, ())

    def ask_owner(self, heading: str, then: Then, choices: Choices = ()) -> None:
        """The owner's PIN for one action; ``then`` is called after the right one, and after a choice if there are
        any. Who is on duty stays."""
        owner = next((one for one in self._staff.roster() if one.role is Role.OWNER), None)
        if owner is not None:
            self._open(heading, owner, then, choices)

    def _open(self, heading: str, chosen: Employee, then: Then | None, choices: Choices) -> None:
        self._asked += 1
        self._heading, self._chosen, self._pin = heading, chosen.employee_id, ""
        self._then, self._owner_only, self._owner = then, then is not None, None
        self._choices = tuple(choices)
        self._publish()
        self.on_open()

    # -- pressing -----------------------------------------------------------------------------------------------------
    def choose(self, employee_id: str) -> None:
        if not self.state.busy and not self._owner_only:
            self._chosen, self._pin = employee_id, ""
            self._publish()

    def digit(self, digit: str) -> None:
        if not self.state.open or self.state.busy or self.state.choices or len(self._pin) >= PIN_DIGITS:
            return
        self._pin += digit
        if len(self._pin) < PIN_DIGITS:
            self._publish()
            return
        self._check()

    def back(self) -> None:
        if not self.state.busy:
            self._pin = self._pin[:-1]
            self._publish()

    def clear(self) -> None:
        if not self.state.busy:
            self._pin = ""
            self._publish()

    def leave(self) -> None:
        """Whoever is on duty goes; decisions are nobody's again."""
        self._staff.sign_out()
        self.dismiss()

    def answer(self, key: str) -> None:
        """One of the owner's choices."""
        then, owner = self._then, self._owner
        self.dismiss()
        if then is not None and owner is not None:
            then(owner.actor, key)

    def dismiss(self) -> None:
        self._asked += 1
        self._pin, self._then, self._owner = "", None, None
        self.state = PinState()
        self.on_change()

    # -- checking -----------------------------------------------------------------------------------------------------
    def _check(self) -> None:
        asked, chosen, pin = self._asked, self._chosen, self._pin
        ask = self._staff.check if self._owner_only else self._staff.sign_in
        self._pin = ""
        self._publish(busy=True, typed=PIN_DIGITS)

        def job() -> None:
            try:
                outcome: PinOutcome | None = ask(chosen, pin)
            except SyncError as problem:
                log.warning("pin_not_checked", problem=type(problem).__name__)
                outcome = None
            self._dispatcher.post(lambda: self._checked(asked, outcome))

        self._run(job)

    def _checked(self, asked: int, outcome: PinOutcome | None) -> None:
        if asked != self._asked:
            return  # the question was closed meanwhile
        t = self._texts
        match outcome:
            case PinRight() if self._owner_only and self._choices:
                self._owner = outcome.employee
                self._publish(choices=self._choices, title=outcome.employee.name)
            case PinRight() if self._owner_only:
                self._owner = outcome.employee
                self.answer("")
            case PinRight():
                self.dismiss()
            case PinWrong():
                self._publish(note=t.n("Wrong PIN. {n} tries left.", n=outcome.tries_left), note_is_error=True)
            case PinLocked():
                seconds = -(-outcome.wait_ms // 1000)
                self._publish(note=t.n("Too many wrong PINs. Try again in {s} s.", s=seconds), note_is_error=True)
            case NobodyThere():
                self._publish(note=t._("This person no longer works here."), note_is_error=True)
            case None:
                note = t._("The keys of this device are locked. Try again in a moment.")
                self._publish(note=note, note_is_error=True)

    # -- showing ------------------------------------------------------------------------------------------------------
    def _publish(self, **changes: object) -> None:
        t = self._texts
        on_duty = self._staff.on_duty()
        shown = [one for one in self._staff.roster() if one.role is Role.OWNER or not self._owner_only]
        people = tuple(
            PinPerson(
                one.employee_id,
                one.name,
                one.name[1:2] or one.name[:1],
                t._("Owner") if one.role is Role.OWNER else t._("Staff"),
                one.role is Role.OWNER,
                on_duty is not None and one.employee_id == on_duty.employee_id,
                one.employee_id == self._chosen,
            )
            for one in shown
        )
        chosen = next((one for one in people if one.chosen), None)
        base = PinState(
            open=True,
            heading=self._heading,
            people=people,
            title=t.n("{name}, your 6-digit PIN", name=chosen.name) if chosen is not None else "",
            typed=len(self._pin),
            may_leave=on_duty is not None and not self._owner_only,
        )
        self.state = replace(base, **changes)  # type: ignore[arg-type]
        self.on_change()
