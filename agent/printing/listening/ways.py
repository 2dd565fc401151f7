"""Owns the ways a POS may print, what the capture must be told for each, and the card with the way back."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.texts import Texts
from printers.capture.ends import Address
from printers.capture.named import PRIVATE, parse_entrance, parse_printer
from printers.capture.serial_side import SerialPort
from printers.capture.settings import CaptureSettings
from printers.document import BAR, TITLE, Align, Block, Cut, Document, Rule, Space, Text

ON_WINDOWS = sys.platform == "win32"


class PosWay(StrEnum):
    """How the POS reaches its printer. The value is kept in the settings file."""

    NETWORK = "network"
    CABLE = "cable"
    QUEUE = "queue"


class Who(StrEnum):
    """Who may print through this computer, where the POS reaches it over a network."""

    HERE = "here"
    SHOP = "others"
    CERTAIN = "certain"  # the addresses that somebody typed


# Data bits, parity, stop bits. Nearly all printers talk the first; old ones have a switch for the others.
FORMAT_DEFAULT: Final = "8N1"
FORMATS: Final = (FORMAT_DEFAULT, "8E1", "8O1", "7E1", "7O1", "8N2")


@dataclass(frozen=True)
class Part:
    """One piece of the card: a heading and what to do, in order."""

    heading: str
    lines: tuple[str, ...]


def way_of(settings: CaptureSettings) -> PosWay:
    """What was chosen; for a file that somebody wrote by hand, what it must have been."""
    if settings.kind in tuple(PosWay):
        return PosWay(settings.kind)
    return PosWay.CABLE if settings.listen.startswith("serial:") else PosWay.NETWORK


def who_of(settings: CaptureSettings) -> Who:
    """Who was allowed to print."""
    if not settings.allow:
        return Who.HERE
    return Who.SHOP if settings.allow == (PRIVATE,) else Who.CERTAIN


def format_of(settings: CaptureSettings) -> str:
    """How the cable talks, as in ``8N1``; both ends talk the same."""
    ends = (SerialPort.parse(settings.listen), SerialPort.parse(settings.printer))
    return next((f"{end.bits}{end.parity}{end.stop}" for end in ends if end is not None), FORMAT_DEFAULT)


def host_of(way: PosWay, who: Who) -> str:
    """Where to listen: nobody outside this computer is heard unless the shop wants it."""
    return "0.0.0.0" if way is PosWay.NETWORK and who is not Who.HERE else "127.0.0.1"


def printer_text(typed: str) -> str:
    """Printers may be typed by their bare names: an address without its port, a port or a device without its kind."""
    text = typed.strip()
    if re.fullmatch(r"COM\d+", text, re.IGNORECASE):
        return f"serial:{text.upper()}"
    if text.startswith("/dev/"):
        return f"usb:{text}" if text.startswith("/dev/usb/") else f"serial:{text}"
    return f"{text}:9100" if text and ":" not in text else text


def serial_text(typed: str, baud: int, frame: str = FORMAT_DEFAULT) -> str:
    """A port may be typed by its bare name."""
    text = typed.strip()
    if text and not text.startswith("serial:"):
        text = f"serial:{text}"
    rest = "" if frame == FORMAT_DEFAULT else f",{frame}"
    return f"{text.partition('@')[0]}@{baud}{rest}" if text else ""


def allow_of(way: PosWay, who: Who, typed: str) -> tuple[str, ...]:
    """The networks that may print; `typed` are the certain ones, with commas or spaces between them."""
    if way is not PosWay.NETWORK or who is Who.HERE:
        return ()
    return (PRIVATE,) if who is Who.SHOP else tuple(typed.replace(",", " ").split())


def card(t: Texts, settings: CaptureSettings, own_host: str) -> tuple[Part, ...]:
    """What to do when this computer is off, and what to change in the POS."""
    way = way_of(settings)
    back = {PosWay.NETWORK: _back_network, PosWay.CABLE: _back_cable, PosWay.QUEUE: _back_queue}[way]
    return (
        Part(t._("This PC is off or broken, and nothing prints"), back(t, settings)),
        Part(t._("In the POS, to begin with"), _begin(t, way, settings, own_host)),
    )


def slip(t: Texts, parts: tuple[Part, ...]) -> Document:
    """The card on paper. The way back comes first and large: that is what somebody looks for in a hurry."""
    blocks: list[Block] = [Text(t._("Keep at the till"), Align.CENTER, TITLE), Space()]
    for part in parts:
        blocks += [Text(part.heading, Align.LEFT, BAR), Space()]
        blocks += [Text(f"{number}. {line}", hang=3) for number, line in enumerate(part.lines, start=1)]
        blocks += [Space(), Rule()]
    return Document(t._("Card for the till"), (*blocks[:-1], Cut()))


# -- the way back ---------------------------------------------------------------------------------------------------


def _back_network(t: Texts, settings: CaptureSettings) -> tuple[str, ...]:
    printer = parse_printer(settings.printer)
    check = t._("Print a receipt: it must come out.")
    if isinstance(printer, Address):
        set_back = t.n(
            "In the POS's printer settings, set the printer's address back to {host}, port {port}.",
            host=printer.host,
            port=printer.port,
        )
        return (set_back, check)
    if isinstance(printer, SerialPort):
        pull = t.n("Pull the printer's cable out of {port} of this PC and plug it into the POS.", port=printer.port)
        choose = t.n("In the POS, choose a serial printer with speed {baud}.", baud=_speed(printer))
        return (pull, choose, check)
    return (*_to_the_printer_itself(t, settings.printer), check)


def _back_cable(t: Texts, settings: CaptureSettings) -> tuple[str, ...]:
    entrance = parse_entrance(settings.listen)
    port = entrance.port if isinstance(entrance, SerialPort) else settings.listen
    return (
        t.n("Pull the POS's cable out of {port} of this PC.", port=port),
        t._("Plug it into the printer."),
        t._("Print a receipt: it must come out."),
    )


def _back_queue(t: Texts, settings: CaptureSettings) -> tuple[str, ...]:
    printer = parse_printer(settings.printer)
    check = t._("Print a receipt: it must come out.")
    if not isinstance(printer, Address | SerialPort) and not settings.printer.startswith("usb:"):
        return (*_to_the_printer_itself(t, settings.printer), check)
    if not ON_WINDOWS:
        return (t.n("lpadmin -p QUEUE -v {uri}", uri=_cups_uri(printer)), check)
    return (
        t._("Open the printer's properties in Windows, and there “Ports”."),
        t.n("Choose the port of the printer itself again: {place}.", place=_place(t, settings.printer)),
        check,
    )


def _speed(line: SerialPort) -> str:
    """With the format where it is another than the POS will have anyway."""
    frame = f"{line.bits}{line.parity}{line.stop}"
    return str(line.baud) if frame == FORMAT_DEFAULT else f"{line.baud}, {frame}"


def _to_the_printer_itself(t: Texts, printer: str) -> tuple[str, ...]:
    kind, _, name = printer.partition(":")
    if kind in ("cups", "windows"):
        return (t.n("In the POS, choose the printer “{name}” again.", name=name),)
    return (
        t._("Plug the printer's USB cable into the PC of the POS."),
        t._("In the POS, choose this USB printer."),
    )


def _cups_uri(printer: object) -> str:
    if isinstance(printer, Address):
        return f"socket://{printer}"
    if isinstance(printer, SerialPort):
        return f"serial:{printer.port}?baud={printer.baud}{_cups_format(printer)}"
    return "usb://…"


def _cups_format(line: SerialPort) -> str:
    if (line.bits, line.parity, line.stop) == (8, "N", 1):
        return ""
    parity = {"N": "none", "E": "even", "O": "odd"}[line.parity]
    return f"+bits={line.bits}+parity={parity}+stop={line.stop}"


def _place(t: Texts, printer: str) -> str:
    kind, _, name = printer.partition(":")
    if kind == "usb":
        return "USB"
    return name if kind == "serial" else t.n("the one with {address}", address=printer)


# -- to begin with --------------------------------------------------------------------------------------------------


def _begin(t: Texts, way: PosWay, settings: CaptureSettings, own_host: str) -> tuple[str, ...]:
    entrance = parse_entrance(settings.listen)
    if isinstance(entrance, SerialPort):
        return (
            t._("Nothing is changed in the POS."),
            t.n("Plug the POS's cable into {port} of this PC.", port=entrance.port),
            t.n("The printer stays at {printer}.", printer=_plain(settings.printer)),
        )
    port = entrance.port if entrance is not None else 0
    if way is PosWay.QUEUE and ON_WINDOWS:
        return (
            t._("Open the printer's properties in Windows, and there “Ports”."),
            t.n("“Add Port”, “Standard TCP/IP Port”: address 127.0.0.1, “Raw”, port {port}.", port=port),
            t._("Switch “SNMP status enabled” off. The driver stays as it is."),
        )
    if way is PosWay.QUEUE:
        return (t.n("lpadmin -p QUEUE -E -v socket://127.0.0.1:{port} -m raw", port=port),)
    if not settings.allow:
        return (t.n("In the POS of this PC, set the printer's address to 127.0.0.1, port {port}.", port=port),)
    here = own_host or t._("the address of this PC")
    steps = [t.n("Set the printer's address to this PC: {host}, port {port}.", host=here, port=port)]
    steps.append(t._("Give this PC a fixed address in the router, so that it stays this one."))
    return (*steps, t._("Do not give the printer's own address to this PC."))


def _plain(printer: str) -> str:
    return printer.partition(":")[2].partition("@")[0] if printer.startswith("serial:") else printer
