"""How a printer is named in settings and on the command line, and the device behind the name.

192.168.0.31:9100          a printer on the network; the port may be left out
usb:/dev/usb/lp0           a USB printer behind the Linux printer driver
serial:/dev/ttyUSB0@38400  a serial line and its speed; COM3 on Windows
cups:QUEUE                 a queue of this computer's CUPS
windows:QUEUE              a queue of this computer's Windows spooler
file:/tmp/slips.bin        a file that collects what would be printed
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from printers.devices.port import Way

PORT_DEFAULT: Final = 9100
BAUD_DEFAULT: Final = 9600
BAUDS: Final = (9600, 19200, 38400, 57600, 115200)


class WayKind(StrEnum):
    TCP = "tcp"
    USB = "usb"
    SERIAL = "serial"
    CUPS = "cups"
    WINDOWS = "windows"
    FILE = "file"


@dataclass(frozen=True)
class PrinterAddress:
    """Where a printer is. `number` is the port of a network printer and the speed in baud of a serial line."""

    place: str
    number: int = 0
    kind: WayKind = WayKind.TCP

    @staticmethod
    def parse(text: str) -> PrinterAddress:
        """The address in `text`. Raises ValueError for anything else."""
        kind, _, place = text.strip().partition(":")
        if kind in _PREFIXES and place:
            return _prefixed(WayKind(kind), place)
        return _network(text.strip().removeprefix("tcp:"))

    def __str__(self) -> str:
        if self.kind is WayKind.TCP:
            return f"[{self.place}]:{self.number}" if ":" in self.place else f"{self.place}:{self.number}"
        if self.kind is WayKind.SERIAL:
            return f"serial:{self.place}@{self.number}"
        return f"{self.kind.value}:{self.place}"


_PREFIXES: Final = frozenset(kind.value for kind in WayKind) - {"tcp"}


def _prefixed(kind: WayKind, place: str) -> PrinterAddress:
    if any(ord(char) < 32 for char in place):
        raise ValueError(place)
    if kind is not WayKind.SERIAL:
        return PrinterAddress(place, 0, kind)
    line, separator, baud = place.rpartition("@")
    if not separator:
        return PrinterAddress(place, BAUD_DEFAULT, kind)
    if not line or not baud.isascii() or not baud.isdigit() or int(baud) not in BAUDS:
        raise ValueError(place)
    return PrinterAddress(line, int(baud), kind)


def _network(text: str) -> PrinterAddress:
    host, separator, port = text.rpartition(":")
    if not separator:
        host, port = port, str(PORT_DEFAULT)
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(text)
    return PrinterAddress(host.strip("[]"), int(port))


def open_way(address: PrinterAddress) -> Way:
    """The device behind an address. Nothing is opened yet; libraries are imported only for the kind that needs them."""
    if address.kind is WayKind.TCP:
        from printers.devices.tcp import TcpDevice

        return TcpDevice(address.place, address.number)
    if address.kind is WayKind.SERIAL:
        from printers.devices.serial import SerialDevice

        return SerialDevice(address.place, address.number)
    if address.kind is WayKind.CUPS:
        from printers.devices.cups import CupsQueue

        return CupsQueue(address.place)
    if address.kind is WayKind.WINDOWS:
        from printers.devices.windows import WindowsQueue

        return WindowsQueue(address.place)
    from printers.devices.file import FileDevice

    return FileDevice(Path(address.place), only_device=address.kind is WayKind.USB)


def kinds_here() -> tuple[WayKind, ...]:
    """The kinds that this computer can have."""
    windows = sys.platform == "win32"
    return tuple(kind for kind in WayKind if kind is not (WayKind.CUPS if windows else WayKind.WINDOWS))
