"""Owns the doctor's work with real printers: finding, asking, printing the strip, keeping the profile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.logbook import topic
from agent.printing.types import PrinterAddress
from printers.devices.delivery import DEFAULT_LIMITS, Limits, deliver
from printers.devices.port import HandedOver, Outcome, Printed, Way
from printers.profiles import Answers, PrinterProfile
from printers.state import StreamState

if TYPE_CHECKING:
    from printers.discovery import Found

log = topic("print")


@dataclass(frozen=True)
class Tried:
    """What became of the strip. ``known``: a printer of this model was looked at before."""

    outcome: Outcome
    model: str = ""
    known: PrinterProfile | None = None

    @property
    def confirmed(self) -> bool:
        return isinstance(self.outcome, Printed)


class PrinterDoctor:
    """Works on threads of its own; answers come through the callables, on those threads."""

    def __init__(
        self,
        *,
        find: Callable[[], list[Found]],
        open_way: Callable[[PrinterAddress], Way],
        left_by_pos: Callable[[], StreamState],
        profile_of_model: Callable[[str], PrinterProfile | None],
        keep: Callable[[PrinterAddress, PrinterProfile, str, str], None],
        print_test: Callable[[str], object],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._find, self._open_way, self._left_by_pos = find, open_way, left_by_pos
        self._profile_of_model, self._keep, self._print_test = profile_of_model, keep, print_test
        self._limits = limits
        # One strip at a time, however often somebody presses: two would lie on one piece of paper.
        self._paper = threading.Lock()

    def find(self, done: Callable[[list[Found]], None]) -> None:
        """Every printer there is, after some seconds."""

        def search() -> None:
            try:
                found = self._find()
            except Exception:  # a strange driver must not leave the screen searching for ever
                log.failure("printers_not_found")
                found = []
            log.event("printers_found", count=len(found))
            done(found)

        threading.Thread(target=search, name="find-printers", daemon=True).start()

    def try_printer(self, address: PrinterAddress, done: Callable[[Tried], None]) -> None:
        """Ask the printer who it is and print the strip on it."""

        def attempt() -> None:
            with self._paper:
                done(self._attempt(address))

        threading.Thread(target=attempt, name="try-printer", daemon=True).start()

    def _attempt(self, address: PrinterAddress) -> Tried:
        from printers.devices.port import NotAnswering
        from printers.doctor import model_of, strip
        from printers.encode import Ink

        try:
            way = self._open_way(address)
            model = model_of(way)
            if isinstance(model, NotAnswering):
                return Tried(model)
            outcome = deliver(
                way, strip(Ink.bundled(), left_by_pos=self._left_by_pos()), Answers.UNSURE, limits=self._limits
            )
        except Exception as problem:
            log.failure("strip_not_printed")
            return Tried(NotAnswering(type(problem).__name__))
        log.event("strip_tried", printer=str(address), outcome=type(outcome).__name__)
        return Tried(outcome, model, self._profile_of_model(model))

    def keep(self, address: PrinterAddress, profile: PrinterProfile, model: str, place: str) -> None:
        """This printer stands at that place from now on; a test page proves it. Raises what the store raises."""
        self._keep(address, profile, model, place)
        self._print_test(place)


def came_out(outcome: Outcome) -> bool:
    """Whether there may be paper to look at: a slip that nobody confirmed is looked at as well."""
    from printers.devices.port import SentUnconfirmed

    return isinstance(outcome, Printed | HandedOver | SentUnconfirmed)
