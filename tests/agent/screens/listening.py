"""Every step of setting the capture up as a widget, on an invented counter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PySide6.QtWidgets import QWidget

from agent.dispatch import ImmediateDispatcher
from agent.printing.listening.service import Begun, FirstRead
from agent.printing.listening.view import ListeningView
from agent.printing.listening.viewmodel import ListeningViewModel
from printers.capture.settings import CaptureSettings
from printers.devices.address import PrinterAddress
from printers.discovery import Found
from printers.document import Document
from tests.agent.screens.customer import FOUND, NOW_MS, Look

PRINTER, PORT = str(FOUND[1].address), "serial:/dev/ttyUSB0"


@dataclass
class Setup:
    """Finds and answers what it is told to."""

    found: tuple[Found, ...] = FOUND
    kept: CaptureSettings | None = None
    begun: Begun = Begun.LISTENING
    silent: bool = False  # answers nothing: the screen waits
    first: FirstRead | None = None
    own: PrinterAddress | None = field(default_factory=lambda: PrinterAddress.parse(PRINTER))
    begins: list[CaptureSettings] = field(default_factory=list)
    cards: list[Document] = field(default_factory=list)

    def find(self, done: Callable[[list[Found]], None]) -> None:
        if not self.silent:
            done(list(self.found))

    def print_card(self, card: Document) -> object:
        self.cards.append(card)
        return "job"

    def own_printer(self) -> PrinterAddress | None:
        return self.own

    def use_printer(self, address: PrinterAddress) -> None:
        self.own = address

    def saved(self) -> CaptureSettings | None:
        return self.kept

    def own_address(self) -> str:
        return "192.168.0.20"

    def free_port(self, _host: str) -> int:
        return 9100

    def begin(self, settings: CaptureSettings, done: Callable[[Begun], None]) -> None:
        self.begins.append(settings)
        if not self.silent:
            done(self.begun)

    def switch_off(self) -> Begun | None:
        assert self.kept is not None, "there is something to switch off"
        self.kept = replace(self.kept, on=False)
        return None

    def first_read(self, since_ms: int) -> FirstRead | None:
        return self.first if self.first is not None and self.first.captured_ms >= since_ms else None


NETWORK = CaptureSettings("0.0.0.0:9100", PRINTER, "1", ("private",), True, "network")


def listening(
    setup: Callable[[], Setup], *answers: str, begin: bool = False, off: bool = False
) -> Callable[[Look], QWidget]:
    """The screen after these answers; one that is no key of an option is typed."""

    def build(look: Look) -> QWidget:
        vm = ListeningViewModel(setup=setup(), texts=look.texts, clock=look.clock, dispatcher=ImmediateDispatcher())
        view = ListeningView(vm, look.theme, look.texts)
        view.ensurePolished()
        vm.show()
        vm.show = lambda: None  # type: ignore[method-assign]  # being shown would begin anew
        for answer in answers:
            answered(vm, answer)
        if off:
            vm.switch_off()
        if begin:
            vm.go_on()
            vm.tick()
        return view

    return build


def answered(vm: ListeningViewModel, answer: str) -> None:
    if answer in [option.key for option in vm.state.options]:
        vm.choose(answer)
    else:
        vm.type_text(answer)
        vm.take_typed()


def _read(total_won: int | None) -> Callable[[], Setup]:
    return lambda: Setup(first=FirstRead(NOW_MS, total_won))


NEAR, CABLE = ("network", PRINTER, "1"), ("cable", PORT)
LISTENING_STATES = {
    "19-pos-first": listening(Setup),
    "19-pos-kept": listening(lambda: Setup(kept=NETWORK)),
    "19-pos-off": listening(lambda: Setup(kept=NETWORK), off=True),
    "19-pos-card-no-printer": listening(lambda: Setup(own=None), *NEAR),
    "19-pos-printer": listening(Setup, "network"),
    "19-pos-printer-searching": listening(lambda: Setup(silent=True), "network"),
    "19-pos-printer-wrong": listening(Setup, "network", "http://printer"),
    "19-pos-printer-circle": listening(Setup, "cable", PORT, PORT),
    "19-pos-port": listening(Setup, "cable"),
    "19-pos-speed": listening(Setup, *CABLE, PRINTER),
    "19-pos-format": listening(Setup, *CABLE, PRINTER, "format"),
    "19-pos-till": listening(Setup, "network", PRINTER),
    "19-pos-networks": listening(Setup, "network", PRINTER, "certain", "1"),
    "19-pos-networks-wrong": listening(Setup, "network", PRINTER, "certain", "1", "guests"),
    "19-pos-card": listening(Setup, *NEAR),
    "19-pos-card-here": listening(Setup, "network", PRINTER, "here", "1"),
    "19-pos-card-cable": listening(Setup, *CABLE, PRINTER, "9600", "1"),
    "19-pos-card-queue": listening(Setup, "queue", PRINTER, "1"),
    "19-pos-card-usb": listening(Setup, "network", "usb:/dev/usb/lp0", "1"),
    "19-pos-starting": listening(lambda: Setup(silent=True), *NEAR, begin=True),
    "19-pos-taken": listening(lambda: Setup(begun=Begun.PORT_TAKEN), *NEAR, begin=True),
    "19-pos-not-started": listening(lambda: Setup(begun=Begun.NOT_STARTED), *NEAR, begin=True),
    "19-pos-wait": listening(Setup, *NEAR, begin=True),
    "19-pos-read": listening(_read(17_800), *NEAR, begin=True),
    "19-pos-own": listening(lambda: Setup(own=None), *NEAR, begin=True),
    "19-pos-unread": listening(_read(None), *NEAR, begin=True),
}
