"""Owns the steps of the printer doctor: find, print one strip, tap what reads well, keep. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

from agent.dispatch import Dispatcher, Rounds
from agent.printing.doctor import words
from agent.printing.doctor.service import Tried, came_out
from agent.printing.places import FRONT
from agent.printing.types import PrinterAddress
from agent.texts import Texts
from printers.devices.address import BAUDS, WayKind
from printers.discovery import Found
from printers.doctor import COLUMNS, DRAWN_QR, NATIVE_QR, ROMS, Seen, profile_of
from printers.profiles import PrinterProfile
from sync.errors import SyncError

FOUND_SHOWN_MAX = 6


class Step(IntEnum):
    """In the order of the screen."""

    FIND = 0
    PRINT = 1
    TEXT = 2
    WIDTH = 3
    CODE = 4
    ENDS = 5
    DONE = 6


class DoctorPort(Protocol):
    """What the screen needs of ``agent.printing.doctor.service.PrinterDoctor``."""

    def find(self, done: Callable[[list[Found]], None]) -> None: ...
    def try_printer(self, address: PrinterAddress, done: Callable[[Tried], None]) -> None: ...
    def keep(self, address: PrinterAddress, profile: PrinterProfile, model: str, place: str) -> None: ...


@dataclass(frozen=True)
class Option:
    """One thing to tap. ``key`` says what it means; the number is the one on the paper."""

    key: str
    number: str
    text: str
    remark: str = ""


@dataclass(frozen=True)
class StepLine:
    title: str
    line: str
    state: str  # done, now, later


@dataclass(frozen=True)
class DoctorState:
    step: Step = Step.FIND
    steps: tuple[StepLine, ...] = ()
    title: str = ""
    sentence: str = ""
    options: tuple[Option, ...] = ()
    chosen: str = ""
    problem: str = ""
    busy: bool = False
    shows_paper: bool = False
    takes_address: bool = False
    main_label: str = ""  # the one main button; empty while an answer has to be tapped
    way_out: str = ""  # when nothing on the paper fits
    again: str = ""


class DoctorViewModel:
    def __init__(self, *, doctor: DoctorPort, texts: Texts, dispatcher: Dispatcher) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_close: Callable[[], None] = lambda: None
        self._doctor, self._texts = doctor, texts
        self.place = FRONT  # where the printer will stand
        self._step = Step.FIND
        self._found: tuple[Found, ...] = ()
        self._busy = False
        self._address: PrinterAddress | None = None
        self._tried: Tried | None = None
        self._seen = Seen(1, 5, NATIVE_QR, True, True)
        self._chosen = ""
        self._problem = ""
        self._uses_known = False
        self._rounds = Rounds(dispatcher)
        self.state = DoctorState()

    # -- what people press ------------------------------------------------------------------------------------------
    def show(self) -> None:
        """The screen came into sight: look for printers."""
        self._start_over()
        self.search()

    def search(self) -> None:
        """Look again."""
        self._start_over()
        self._busy = True
        self._rounds.begin()
        self._doctor.find(self._rounds.later(self._take_found))
        self.refresh()

    def choose(self, key: str) -> None:
        """Tap an answer: a printer to try, or what stands on the paper."""
        if self._busy:
            return
        if self._step is Step.FIND:
            self.try_address(key)
        else:
            self._chosen = key
            self.refresh()

    def try_address(self, text: str) -> None:
        """Print the strip on this printer."""
        if self._busy:
            return
        try:
            self._address = PrinterAddress.parse(text)
        except ValueError:
            self._problem = self._texts._("This is no address. An example: 192.168.0.31")
            self.refresh()
            return
        self._print_strip()

    def print_again(self) -> None:
        """The same strip once more."""
        if self._address is not None and not self._busy:
            self._print_strip()

    def nothing_came(self) -> None:
        """No line of this step reads well, or no paper came at all."""
        if self._step is Step.TEXT:
            self._no_paper()
        elif self._step is Step.CODE:
            self._seen = replace(self._seen, qr_line=None)
            self._go(Step.ENDS)

    def go_on(self) -> None:
        """The one main button: take the tapped answer, or keep the printer."""
        if self._busy:
            return
        if self._step is Step.DONE:
            self._keep()
        elif self._chosen:
            self._take_answer(self._chosen)

    def back(self) -> None:
        """One step back; from the first, out."""
        if self._step in (Step.FIND, Step.PRINT) or self._busy:
            self._start_over()
            self.on_close()
        elif self._step is Step.TEXT or self._uses_known:
            self.search()
        else:
            self._go(Step(self._step - 1))

    # -- what comes in ----------------------------------------------------------------------------------------------
    def _take_found(self, found: list[Found]) -> None:
        self._found, self._busy = tuple(found[:FOUND_SHOWN_MAX]), False
        self.refresh()

    def _print_strip(self) -> None:
        assert self._address is not None, "an address was chosen"
        self._busy, self._problem, self._step, self._chosen = True, "", Step.PRINT, ""
        self._rounds.begin()
        self._doctor.try_printer(self._address, self._rounds.later(self._take_tried))
        self.refresh()

    def _take_tried(self, tried: Tried) -> None:
        self._busy, self._tried = False, tried
        if not came_out(tried.outcome):
            self._step, self._problem = Step.FIND, words.why_no_strip(self._texts, tried.outcome)
            self.refresh()
            return
        self._uses_known = tried.known is not None
        self._go(Step.DONE if self._uses_known else Step.TEXT)

    def _no_paper(self) -> None:
        """A serial line at the wrong speed prints nothing or nonsense: the next speed is tried."""
        address = self._address
        assert address is not None, "a strip was tried"
        if address.kind is WayKind.SERIAL and address.number in BAUDS:
            self._address = replace(address, number=BAUDS[(BAUDS.index(address.number) + 1) % len(BAUDS)])
            self._print_strip()
            return
        self._step = Step.FIND
        self._problem = self._texts._("Is it the right printer, and is paper in it? Choose it again, or another one.")
        self.refresh()

    def _take_answer(self, key: str) -> None:
        if self._step is Step.TEXT:
            self._seen = replace(self._seen, text_line=int(key))
        elif self._step is Step.WIDTH:
            self._seen = replace(self._seen, ruler_line=int(key))
        elif self._step is Step.CODE:
            self._seen = replace(self._seen, qr_line=int(key))
        elif self._step is Step.ENDS:
            self._seen = replace(self._seen, cut="cut" in key, drawer="drawer" in key)
        self._go(Step(self._step + 1))

    def _go(self, step: Step) -> None:
        self._step, self._chosen, self._problem = step, "", ""
        self.refresh()

    def _start_over(self) -> None:
        self._rounds.begin()
        self._step, self._busy, self._chosen, self._problem = Step.FIND, False, "", ""
        self._uses_known, self._tried = False, None

    def _profile(self) -> PrinterProfile:
        tried = self._tried
        assert tried is not None, "a strip came out"
        if self._uses_known and tried.known is not None:
            return tried.known
        return profile_of(self._seen, model=tried.model, answered=tried.confirmed)

    def _keep(self) -> None:
        assert self._address is not None, "a strip came out"
        assert self._tried is not None, "a strip came out"
        try:
            self._doctor.keep(self._address, self._profile(), self._tried.model, self.place)
        except SyncError:
            self._problem = self._texts._("It could not be saved. Is the disk full? Slips print as before.")
            self.refresh()
            return
        self._start_over()
        self.on_close()

    # -- what is shown ----------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        t = self._texts
        state = DoctorState(
            step=self._step,
            steps=self._step_lines(),
            title=words.title(t, self._step, found=len(self._found), busy=self._busy),
            sentence=self._sentence(),
            options=self._options(),
            chosen=self._chosen,
            problem=self._problem,
            busy=self._busy,
            shows_paper=Step.TEXT <= self._step <= Step.ENDS,
            takes_address=self._step is Step.FIND and not self._busy,
            main_label=words.main_label(t, self._step, self._chosen, busy=self._busy),
            way_out=words.way_out(t, self._step),
            again=words.again(t, self._step, busy=self._busy),
        )
        if state != self.state:
            self.state = state
            self.on_change()

    def _sentence(self) -> str:
        if self._step is Step.DONE:
            return words.summary(self._texts, self._profile(), known=self._uses_known)
        address = str(self._address) if self._address is not None else ""
        return words.sentence(self._texts, self._step, address=address, busy=self._busy, found=len(self._found))

    def _step_lines(self) -> tuple[StepLine, ...]:
        model = self._tried.model if self._tried is not None else ""
        titles = words.steps(self._texts)
        return tuple(
            StepLine(
                title,
                (model or str(self._address)) if step is Step.FIND and self._step > Step.PRINT else line,
                "done" if step < self._step else "now" if step is self._step else "later",
            )
            for step, (title, line) in zip(Step, titles, strict=True)
        )

    def _options(self) -> tuple[Option, ...]:
        t = self._texts
        if self._step is Step.FIND and not self._busy:
            return tuple(Option(str(one.address), "", one.label, words.where(t, one.address)) for one in self._found)
        if self._step is Step.TEXT:
            return tuple(Option(str(number), str(number), words.text_option(t, rom)) for number, rom in ROMS.items())
        if self._step is Step.WIDTH:
            return tuple(
                Option(str(number), str(number), t.n("{n} columns", n=columns)) for number, columns in COLUMNS.items()
            )
        if self._step is Step.CODE:
            return (
                Option(str(NATIVE_QR), str(NATIVE_QR), t._("A QR code under 7")),
                Option(str(DRAWN_QR), str(DRAWN_QR), t._("Only the one under 8")),
            )
        if self._step is Step.ENDS:
            return words.ends(t, Option)
        return ()
