"""Owns the page about people: rights, who may change them, what the owner has to know. No Qt (APR-16, 24, 25, 28)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.home.state import Warn
from agent.notices.types import Told
from agent.notices.words import notice_words
from agent.staff.types import Employee
from agent.texts import Texts
from rules.calendar import local_day
from rules.notices import NoticeKind
from rules.recovery import Limit, RightChange, Role
from sync.clock import Clock
from sync.errors import SyncError

NOTICES_SHOWN = 20
OWNERS_KINDS = (NoticeKind.RECOVERED.value, *(limit.value for limit in Limit))


class Roster(Protocol):
    """What the page needs of ``agent.staff.service.StaffService``."""

    def roster(self) -> tuple[Employee, ...]: ...


class Rights(Protocol):
    """What the page needs of ``agent.staff.rights.RightsService``."""

    @property
    def listeners(self) -> Listeners: ...
    def on_the_way(self) -> frozenset[str]: ...
    def change(self, employee_id: str, change: RightChange, actor: str) -> bool: ...


class Notices(Protocol):
    """What the page needs of ``agent.notices.service.NoticeService``."""

    @property
    def listeners(self) -> Listeners: ...
    def newest(self, kinds: tuple[str, ...], limit: int) -> tuple[Told, ...]: ...


class Door(Protocol):
    """Asks for the owner's PIN (``agent.staff.viewmodel.PinViewModel``)."""

    def ask_owner(self, heading: str, then: Callable[[str, str], None]) -> None: ...


@dataclass(frozen=True)
class PersonRow:
    """One person. ``change`` is what the button would do; None: there is no button."""

    employee_id: str
    icon: str
    tone: str
    name: str
    line: str
    action: str = ""
    change: RightChange | None = None


@dataclass(frozen=True)
class NoticeRow:
    icon: str
    tone: str
    sentence: str
    when: str


@dataclass(frozen=True)
class PeopleState:
    people: tuple[PersonRow, ...] = ()
    nobody: str = ""  # instead of people
    foot: str = ""  # who may change rights
    notices: tuple[NoticeRow, ...] = ()
    no_notices: str = ""
    message: str = ""


class PeopleViewModel:
    """All methods run on the screen's thread."""

    def __init__(
        self,
        *,
        staff: Roster,
        rights: Rights,
        notices: Notices,
        door: Door,
        online: Callable[[], bool],
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._staff, self._rights, self._door, self._online = staff, rights, door, online
        self._notices = notices
        self._clock, self._texts = clock, texts
        self._message = ""
        self.state = PeopleState()
        publish = Coalesced(dispatcher, self._publish)
        self._unsubscribe = [source.listeners.subscribe(publish) for source in (rights, notices)]
        self.refresh()

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def refresh(self) -> None:
        """The page was opened."""
        self._message = ""
        self._publish()

    def press(self, employee_id: str) -> None:
        """The button of a row: the owner proves who they are, then it is sent. Not without a line: rights are kept by
        the cloud, and a promise that it may not keep helps nobody (AGT-08)."""
        t = self._texts
        row = next((row for row in self.state.people if row.employee_id == employee_id), None)
        if row is None or row.change is None:
            return
        change = row.change
        if not self._online():
            self._message = t._("The internet is down. Rights can be changed once it is back.")
            self._publish()
            return
        heading = {
            RightChange.LIFT: t.n("Owner: {name} may take back again", name=row.name),
            RightChange.ALLOW: t.n("Owner: allow {name} to take back", name=row.name),
            RightChange.FORBID: t.n("Owner: {name} may not take back", name=row.name),
        }[change]
        self._door.ask_owner(heading, lambda actor, _said: self._send(employee_id, change, actor))

    def _send(self, employee_id: str, change: RightChange, actor: str) -> None:
        t = self._texts
        try:
            sent = self._rights.change(employee_id, change, actor)
        except SyncError:
            sent = False
        self._message = "" if sent else t._("It could not be saved. Nothing has changed.")
        self._publish()

    # -- what is shown ----------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        t, roster = self._texts, self._staff.roster()
        has_owner = any(one.role is Role.OWNER for one in roster)
        on_the_way = self._rights.on_the_way()
        notices = tuple(self._notice(told) for told in self._notices.newest(OWNERS_KINDS, NOTICES_SHOWN))
        who = (
            t._("Rights are changed by the owner, with the owner's PIN.")
            if has_owner
            else t._("Only the owner changes rights. Ask your headquarters to set up the owner's PIN.")
        )
        state = PeopleState(
            people=tuple(
                self._person(one, changeable=has_owner, on_the_way=one.employee_id in on_the_way) for one in roster
            ),
            nobody="" if roster else t._("Nobody is set up yet. Your headquarters sets up people and their PINs."),
            foot=who if roster else "",
            notices=notices,
            no_notices="" if notices else t._("Nothing unusual. What the owner should know about appears here."),
            message=self._message,
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _person(self, one: Employee, *, changeable: bool, on_the_way: bool) -> PersonRow:
        t = self._texts
        if one.role is Role.OWNER:
            return PersonRow(one.employee_id, "star", "green", one.name, t._("Owner: takes back at once"))
        if one.suspended:
            icon, tone, line = "lock", "amber", t._("Suspended: took back too often")
            action, change = t._("Give the right back"), RightChange.LIFT
        elif one.may_recover:
            icon, tone, line = "user", "neutral", t._("May ask to take back")
            action, change = t._("Switch off"), RightChange.FORBID
        else:
            icon, tone, line = "lock", "neutral", t._("May not take back: switched off by the owner")
            action, change = t._("Allow"), RightChange.ALLOW
        if on_the_way:
            return PersonRow(one.employee_id, icon, tone, one.name, t._("On its way to the server"))
        if not changeable:
            return PersonRow(one.employee_id, icon, tone, one.name, line)
        return PersonRow(one.employee_id, icon, tone, one.name, line, action, change)

    def _notice(self, told: Told) -> NoticeRow:
        t = self._texts
        today, day = local_day(self._clock.wall_ms()), local_day(told.at_ms)
        clock = t.clock(told.at_ms)
        when = clock if day == today else f"{day:%m-%d} {clock}"
        icon, tone = ("undo-2", "neutral") if told.kind == NoticeKind.RECOVERED else ("triangle-alert", "amber")
        return NoticeRow(icon, tone, notice_words(t, told), when)


def people_warnings(t: Texts, roster: Sequence[Employee]) -> tuple[Warn, ...]:
    """For the home page: whose right is suspended, and where it is given back."""
    names = [one.name for one in roster if one.suspended and one.role is not Role.OWNER]
    if not names:
        return ()
    sentence = t.n("{name} may not take back for now", name=", ".join(names))
    return (Warn(sentence, "lock", "amber", t._("The owner can give the right back"), t._("Look"), "people"),)
