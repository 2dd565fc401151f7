"""Owns what the screen of several printers shows: one row a place, one row a kind of slip. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.printing import words
from agent.printing.places import FRONT, PLACES, ROUTED
from agent.printing.types import JobKind, PrinterAddress, PrinterState
from agent.printing.words import Tone
from agent.texts import Texts
from sync.errors import SyncError


class RoomsPort(Protocol):
    """What the screen needs of ``agent.printing.service.PrintingService``."""

    @property
    def listeners(self) -> Listeners: ...
    def printers(self) -> tuple[PrinterState, ...]: ...
    def route(self, kind: JobKind) -> str: ...
    def set_route(self, kind: JobKind, place: str) -> None: ...
    def set_address(self, address: PrinterAddress | None, place: str) -> None: ...
    def print_test(self, place: str) -> object: ...


@dataclass(frozen=True)
class RoomRow:
    """A place for a printer."""

    place: str
    name: str
    line: str  # its address, or that it has none
    word: str  # its state; empty without a printer
    tone: Tone
    icon: str
    set_up_label: str
    has_printer: bool
    can_take_away: bool


@dataclass(frozen=True)
class RouteRow:
    """A kind of slip and the printer it comes out of."""

    kind: str
    name: str
    place: str


@dataclass(frozen=True)
class RoomsState:
    rooms: tuple[RoomRow, ...] = ()
    routes: tuple[RouteRow, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()  # places with a printer
    hint: str = ""
    said: str = ""


class RoomsViewModel:
    def __init__(self, *, printing: RoomsPort, texts: Texts, dispatcher: Dispatcher) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_close: Callable[[], None] = lambda: None
        self.on_set_up: Callable[[str], None] = lambda _place: None
        self._printing, self._texts = printing, texts
        self._said = ""
        self._shown = False
        self.state = RoomsState()
        self._unsubscribe = printing.listeners.subscribe(Coalesced(dispatcher, self._changed))

    def close(self) -> None:
        """Back to the printers."""
        self.on_close()

    def show(self) -> None:
        self._shown, self._said = True, ""
        self.refresh()

    def hide(self) -> None:
        self._shown = False

    def set_up(self, place: str) -> None:
        """Find and try a printer for this place."""
        self.on_set_up(place)

    def test(self, place: str) -> None:
        if self._room(place).has_printer:
            said = self._texts._("The test page is on its way. Can you read every line on the paper?")
            self._press(lambda: self._printing.print_test(place), said)

    def take_away(self, place: str) -> None:
        """No printer stands there any more; what waits prints at the front."""
        if self._room(place).can_take_away:
            said = self._texts._("Taken away. What waited prints on the receipt printer.")
            self._press(lambda: self._printing.set_address(None, place), said)

    def choose(self, kind: str, place: str) -> None:
        """This kind of slip comes out of that printer from now on."""
        if place in dict(self.state.choices):
            said = self._texts.n(
                "{slip}: from now on at “{printer}”.",
                slip=words.routed_kind(self._texts, JobKind(kind)),
                printer=words.printer_name(self._texts, place),
            )
            self._press(lambda: self._printing.set_route(JobKind(kind), place), said)

    def _press(self, book: Callable[[], object], said: str) -> None:
        try:
            book()
        except SyncError:
            said = self._texts._("Could not be saved. Please try again.")
        self._said = said
        self.refresh()

    def _room(self, place: str) -> RoomRow:
        return next(room for room in self.state.rooms if room.place == place)

    def _changed(self) -> None:
        if self._shown:
            self.refresh()

    def refresh(self) -> None:
        t = self._texts
        printers = {found.name: found for found in self._printing.printers()}
        here = tuple((place, words.printer_name(t, place)) for place in PLACES if place in printers)
        state = RoomsState(
            rooms=tuple(self._row(place, printers.get(place)) for place in PLACES),
            routes=tuple(self._route(kind, printers) for kind in ROUTED) if len(here) > 1 else (),
            choices=here,
            hint="" if len(here) > 1 else t._("With a second printer you choose here which slips come out where."),
            said=self._said,
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _row(self, place: str, found: PrinterState | None) -> RoomRow:
        t, name = self._texts, words.printer_name(self._texts, place)
        if found is None:
            none, label = t._("No printer"), t._("Set up")
            return RoomRow(place, name, none, "", Tone.QUIET, "minus", label, has_printer=False, can_take_away=False)
        said = words.printer(t, found.status)
        return RoomRow(
            place,
            name,
            found.address,
            said.word,
            said.tone,
            said.icon,
            t._("Change"),
            has_printer=True,
            can_take_away=place != FRONT,
        )

    def _route(self, kind: JobKind, printers: dict[str, PrinterState]) -> RouteRow:
        wanted = self._printing.route(kind)
        return RouteRow(kind.value, words.routed_kind(self._texts, kind), wanted if wanted in printers else FRONT)
