"""Owns the steps of setting the capture up: the POS, the printer, the till, the way back, one receipt. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from agent.dispatch import Dispatcher, Rounds
from agent.logbook import topic
from agent.printing.doctor import words as doctor_words
from agent.printing.doctor.viewmodel import FOUND_SHOWN_MAX, Option, StepLine
from agent.printing.listening import ways, words
from agent.printing.listening.service import Begun, FirstRead
from agent.printing.listening.ways import Part, PosWay, Who
from agent.texts import Texts
from printers.capture.serial_side import SerialPort
from printers.capture.settings import CaptureSettings, Problem
from printers.devices.address import BAUD_DEFAULT, BAUDS, PrinterAddress, WayKind
from printers.discovery import Found
from printers.document import Document
from sync.clock import Clock
from sync.errors import SyncError

OTHER_FORMAT = "format"  # beside the speeds
log = topic("capture")


class Step(IntEnum):
    """In the order of the screen; a port and a speed are asked for only where a cable is, a format and networks only
    of who wants others than the usual ones."""

    KIND = 0
    PORT = 1
    PRINTER = 2
    SPEED = 3
    FORMAT = 4
    TILL = 5
    NETWORKS = 6
    CARD = 7
    RUN = 8


_ROWS = {
    Step.KIND: 0,
    Step.PORT: 0,
    Step.PRINTER: 1,
    Step.SPEED: 1,
    Step.FORMAT: 1,
    Step.TILL: 2,
    Step.NETWORKS: 2,
    Step.CARD: 3,
    Step.RUN: 4,
}


class SetupPort(Protocol):
    """What the screen needs of ``agent.printing.listening.service.CaptureSetup``."""

    @property
    def find(self) -> Callable[[Callable[[list[Found]], None]], None]: ...
    @property
    def print_card(self) -> Callable[[Document], object]: ...
    @property
    def own_printer(self) -> Callable[[], PrinterAddress | None]: ...
    @property
    def use_printer(self) -> Callable[[PrinterAddress], object]: ...
    def saved(self) -> CaptureSettings | None: ...
    def own_address(self) -> str: ...
    def free_port(self, host: str) -> int: ...
    def begin(self, settings: CaptureSettings, done: Callable[[Begun], None]) -> None: ...
    def switch_off(self) -> Begun | None: ...
    def first_read(self, since_ms: int) -> FirstRead | None: ...


@dataclass(frozen=True)
class ListeningState:
    step: Step = Step.KIND
    steps: tuple[StepLine, ...] = ()
    title: str = ""
    sentence: str = ""
    options: tuple[Option, ...] = ()
    chosen: str = ""
    problem: str = ""
    said: str = ""
    input_label: str = ""  # empty: nothing is typed in this step
    typed: str = ""
    parts: tuple[Part, ...] = ()
    busy: bool = False
    main_label: str = ""
    take_label: str = ""  # beside the field
    again: str = ""
    card_label: str = ""
    own_label: str = ""  # the counter's own slips may come out of the same printer
    off_label: str = ""


class ListeningViewModel:
    def __init__(self, *, setup: SetupPort, texts: Texts, clock: Clock, dispatcher: Dispatcher) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_close: Callable[[], None] = lambda: None
        self._setup, self._texts, self._clock = setup, texts, clock
        self._rounds = Rounds(dispatcher)
        self._found: tuple[Found, ...] = ()
        self._begin_anew()
        self.state = ListeningState()

    def _begin_anew(self) -> None:
        saved = self._setup.saved()
        self._rounds.begin()
        self._trail: list[Step] = []
        self._step = Step.KIND
        self._saved = saved
        self._way = ways.way_of(saved) if saved is not None else None
        entrance = SerialPort.parse(saved.listen) if saved is not None else None
        printer = SerialPort.parse(saved.printer) if saved is not None else None
        self._port = entrance.port if entrance is not None else ""
        self._printer = saved.printer if saved is not None else ""
        self._baud = next((end.baud for end in (entrance, printer) if end is not None), BAUD_DEFAULT)
        self._format = ways.format_of(saved) if saved is not None else ways.FORMAT_DEFAULT
        self._till = saved.till if saved is not None else "1"
        self._who = ways.who_of(saved) if saved is not None else Who.SHOP
        self._networks = ", ".join(saved.allow) if saved is not None and self._who is Who.CERTAIN else ""
        self._typed = ""
        self._listen_port = 0
        self._problem = self._said = ""
        self._busy = self._searching = False
        self._since_ms = 0
        self._first: FirstRead | None = None

    # -- what people press ------------------------------------------------------------------------------------------
    def show(self) -> None:
        """The screen came into sight."""
        self._begin_anew()
        self._search()

    def hide(self) -> None:
        self._rounds.begin()

    def tick(self) -> None:
        """Once a second while in sight: has the first receipt come?"""
        if self._step is Step.RUN and self._first is None:
            self._first = self._setup.first_read(self._since_ms)
            if self._first is not None:
                answer = words.first_read(self._texts, self._first)
                unread = self._first.total_won is None
                self._said, self._problem = ("", answer) if unread else (answer, "")
            self.refresh()

    def type_text(self, text: str) -> None:
        self._typed = text

    def search(self) -> None:
        """Look again."""
        if not self._busy:
            self._search()

    def choose(self, key: str) -> None:
        """Tap an answer."""
        if self._busy:
            return
        if self._step is Step.KIND:
            self._way = PosWay(key)
            self._go(Step.PORT if self._way is PosWay.CABLE else Step.PRINTER)
        elif self._step in (Step.PORT, Step.PRINTER):
            self._take(key)
        elif self._step is Step.SPEED and key == OTHER_FORMAT:
            self._go(Step.FORMAT)
        elif self._step is Step.SPEED:
            self._baud = int(key)
            self._go(Step.TILL)
        elif self._step is Step.FORMAT:
            self._format = key
            self._enter(self._trail.pop())
        elif self._step is Step.TILL:
            self._who = Who(key)
            self.refresh()

    def take_typed(self) -> None:
        """What stands in the field is the answer."""
        if not self._busy and self._step in (Step.PORT, Step.PRINTER):
            self._take(self._typed)
        elif self._step in (Step.TILL, Step.NETWORKS):
            self.go_on()

    def go_on(self) -> None:
        """The one main button."""
        if self._busy:
            return
        if self._step is Step.TILL:
            self._take_till()
        elif self._step is Step.NETWORKS:
            self._take_networks()
        elif self._step is Step.CARD:
            self._begin()
        elif self._step is Step.RUN:
            self.on_close()

    def back(self) -> None:
        """One step back; from the first, and from the last, out."""
        if self._busy:
            return
        if not self._trail or self._step is Step.RUN:
            self.on_close()
            return
        self._enter(self._trail.pop())

    def print_card(self) -> None:
        """The card comes out of the counter's printer."""
        if self._step is not Step.CARD or self._setup.own_printer() is None:
            return
        try:
            self._setup.print_card(ways.slip(self._texts, self._parts()))
            self._said = self._texts._("The card is on its way. Hang it up at the till.")
        except SyncError as problem:
            log.warning("card_not_saved", problem=type(problem).__name__)
            self._said = self._texts._("Could not be saved. Please try again.")
        self.refresh()

    def use_own(self) -> None:
        """The counter's own slips come out of this printer as well."""
        offered = self._own_offered()
        if offered is None:
            return
        try:
            self._setup.use_printer(offered)
            self._said = self._texts._("The counter's slips come out of this printer from now on.")
        except SyncError as problem:
            log.warning("printer_not_saved", problem=type(problem).__name__)
            self._said = self._texts._("Could not be saved. Please try again.")
        self.refresh()

    def switch_off(self) -> None:
        """Receipts are read no more. The POS has to be set back by whoever presses this."""
        if self._step is not Step.KIND or not self.state.off_label:
            return
        refused = self._setup.switch_off()
        self._problem = words.refusal(self._texts, refused) if refused is not None else ""
        if refused is None:
            self._saved = self._setup.saved()
            self._said = self._texts._("Switched off. Now set the POS back to the printer, as it stands below.")
        self.refresh()

    # -- what is taken ----------------------------------------------------------------------------------------------
    def _take(self, text: str) -> None:
        if self._step is Step.PORT:
            self._port = text.strip().removeprefix("serial:").partition("@")[0]
        else:
            self._printer = ways.printer_text(text)
        wrong = self._settings().problem(own_hosts=(self._setup.own_address(),))
        own = (Problem.LISTEN,) if self._step is Step.PORT else (Problem.PRINTER, Problem.CIRCLE)
        if wrong in own:
            assert wrong is not None, "it is one of those"
            self._problem = words.problem(self._texts, wrong)
            self.refresh()
        elif self._step is Step.PORT:
            self._go(Step.PRINTER)
        else:
            has_cable = self._way is PosWay.CABLE or self._printer.startswith("serial:")
            self._go(Step.SPEED if has_cable else Step.TILL)

    def _take_till(self) -> None:
        self._till = self._typed.strip()
        assert self._way is not None, "the first step was answered"
        self._listen_port = self._setup.free_port(ways.host_of(self._way, self._who))
        asks = self._way is PosWay.NETWORK and self._who is Who.CERTAIN
        self._go_on_unless(() if not asks else (Problem.ALLOW,), Step.NETWORKS if asks else Step.CARD)

    def _take_networks(self) -> None:
        self._networks = self._typed.strip()
        if self._allow():
            self._go_on_unless((), Step.CARD)
        else:  # nobody at all would be the computer itself alone, which is another answer
            self._problem = words.problem(self._texts, Problem.ALLOW)
            self.refresh()

    def _go_on_unless(self, later: tuple[Problem, ...], step: Step) -> None:
        """To the next step, unless something is wrong that no `later` step asks about."""
        wrong = self._settings().problem(own_hosts=(self._setup.own_address(),))
        if wrong is None or wrong in later:
            self._go(step)
            return
        self._problem = words.problem(self._texts, wrong)
        self.refresh()

    def _allow(self) -> tuple[str, ...]:
        return ways.allow_of(self._way or PosWay.NETWORK, self._who, self._networks)

    def _settings(self) -> CaptureSettings:
        way = self._way or PosWay.NETWORK
        listen = f"{ways.host_of(way, self._who)}:{self._listen_port}"
        if way is PosWay.CABLE:
            listen = ways.serial_text(self._port, self._baud, self._format)
        printer = self._printer
        if printer.startswith("serial:"):
            printer = ways.serial_text(printer, self._baud, self._format)
        return CaptureSettings(listen, printer, self._till, self._allow(), True, way.value)

    def _own_offered(self) -> PrinterAddress | None:
        """The printer, where the counter's own slips do not come out of it yet. Before the start only over a network:
        another printer is still plugged into the POS."""
        is_there = self._step is Step.RUN or (self._step is Step.CARD and self._way is PosWay.NETWORK)
        own = self._setup.own_printer()
        if not is_there or (self._step is Step.CARD and own is not None):
            return None
        try:
            printer = PrinterAddress.parse(self._settings().printer)
        except ValueError:  # a cable of another format than our own slips have
            return None
        stands_before = own is not None and str(own) == self._settings().listen  # it leads here through the capture
        return None if printer == own or stands_before else printer

    def _begin(self) -> None:
        self._busy, self._problem, self._said = True, "", ""
        self._since_ms = self._clock.wall_ms()
        self._setup.begin(self._settings(), self._rounds.later(self._take_begun))
        self.refresh()

    def _take_begun(self, begun: Begun) -> None:
        self._busy = False
        self._problem = words.refusal(self._texts, begun)
        if begun is Begun.LISTENING:
            self._go(Step.RUN)
        else:
            self.refresh()

    # -- steps ------------------------------------------------------------------------------------------------------
    def _go(self, step: Step) -> None:
        self._trail.append(self._step)
        self._enter(step)

    def _enter(self, step: Step) -> None:
        self._step, self._problem, self._said = step, "", ""
        self._typed = {Step.TILL: self._till, Step.PORT: self._port, Step.NETWORKS: self._networks}.get(step, "")
        self.refresh()

    def _search(self) -> None:
        self._searching, self._found = True, ()
        self._setup.find(self._rounds.later(self._take_found))
        self.refresh()

    def _take_found(self, found: list[Found]) -> None:
        self._found, self._searching = tuple(found), False
        self.refresh()

    # -- what is shown ----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        t, step = self._texts, self._step
        looks = step in (Step.PORT, Step.PRINTER)
        is_on = self._saved is not None and self._saved.on
        state = ListeningState(
            step=step,
            steps=self._step_lines(),
            title=words.title(t, step.name, first=self._first),
            sentence=self._sentence(),
            options=self._options(),
            chosen=self._chosen(),
            problem=self._problem,
            said=self._said,
            input_label=words.input_label(t, step.name),
            typed=self._typed,
            parts=self._shown_parts(),
            busy=self._busy,
            main_label=words.main_label(t, step.name, busy=self._busy),
            take_label=t._("Take it") if looks else "",
            again=t._("Look again") if looks and not self._searching else "",
            card_label=t._("Print this card") if step is Step.CARD and self._setup.own_printer() is not None else "",
            own_label=t._("Our slips here too") if self._own_offered() is not None else "",
            off_label=t._("Switch off") if step is Step.KIND and is_on else "",
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _sentence(self) -> str:
        if self._first is not None or (self._step is Step.KIND and self._said):
            return ""  # the notice says it
        if self._step is Step.CARD and self._setup.own_printer() is None:
            return words.write_it_down(self._texts)
        if self._step is Step.SPEED:
            return words.speed_sentence(self._texts, self._format)
        return words.sentence(self._texts, self._step.name, searching=self._searching)

    def _shown_parts(self) -> tuple[Part, ...]:
        """The whole card before the start; then what is still to be done, until a receipt proves that it was."""
        if self._step is Step.CARD:
            return self._parts()
        if self._step is Step.KIND and self._said and self._saved is not None:  # it was just switched off
            return ways.card(self._texts, self._saved, self._setup.own_address())[:1]
        return self._parts()[1:] if self._step is Step.RUN and self._first is None else ()

    def _parts(self) -> tuple[Part, ...]:
        return ways.card(self._texts, self._settings(), self._setup.own_address())

    def _step_lines(self) -> tuple[StepLine, ...]:
        now = _ROWS[self._step]
        lines = words.steps(self._texts)
        names = {way: title for way, title, _remark in words.ways(self._texts)}
        known = (names.get(self._way, "") if self._way is not None else "", self._printer, self._till)
        return tuple(
            StepLine(
                title,
                (known[row] if row < len(known) else "") or line if row < now else line,
                "done" if row < now else "now" if row == now else "later",
            )
            for row, (title, line) in enumerate(lines)
        )

    def _chosen(self) -> str:
        if self._step is Step.KIND:
            return self._way.value if self._way is not None else ""
        if self._step is Step.SPEED:
            return str(self._baud)
        if self._step is Step.FORMAT:
            return self._format
        if self._step is Step.TILL:
            return self._who.value
        return {Step.PORT: f"serial:{self._port}", Step.PRINTER: self._printer.partition("@")[0]}.get(self._step, "")

    def _options(self) -> tuple[Option, ...]:
        t = self._texts
        if self._step is Step.KIND:
            return tuple(Option(way.value, "", title, remark) for way, title, remark in words.ways(t))
        if self._step is Step.PORT:
            return self._found_options(tuple(one for one in self._found if one.address.kind is WayKind.SERIAL))
        if self._step is Step.PRINTER:
            own_port = f"serial:{self._port}" if self._way is PosWay.CABLE else ""
            here = tuple(one for one in self._found if _key(one) != own_port and one.address.kind is not WayKind.FILE)
            return self._found_options(here)
        if self._step is Step.SPEED:
            speeds = tuple(Option(str(baud), "", f"{baud} baud") for baud in BAUDS)
            other = t.n("Another format than {frame}", frame=self._format)
            return (*speeds, Option(OTHER_FORMAT, "", other, t._("Seldom: only if the POS's settings say so")))
        if self._step is Step.FORMAT:
            return tuple(Option(frame, "", frame, meaning) for frame, meaning in words.formats(t))
        if self._step is Step.TILL and self._way is PosWay.NETWORK:
            return tuple(Option(who.value, "", title, remark) for who, title, remark in words.who(t))
        return ()

    def _found_options(self, found: tuple[Found, ...]) -> tuple[Option, ...]:
        options = [Option(_key(one), "", one.label, doctor_words.where(self._texts, one.address)) for one in found]
        kept = self._chosen() if self._saved is not None else ""
        if kept and kept != "serial:" and kept not in [option.key for option in options]:
            options.insert(0, Option(kept, "", kept, self._texts._("As it is now")))
        return tuple(options[:FOUND_SHOWN_MAX])


def _key(found: Found) -> str:
    """A serial port without its speed, which is asked for in a step of its own."""
    return str(found.address).partition("@")[0] if found.address.kind is WayKind.SERIAL else str(found.address)
