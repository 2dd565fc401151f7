"""Reads the names of both ends, and of the networks that may print, as a command or a settings file writes them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from printers.capture.ends import Address, Printer
from printers.capture.pump import LOOPBACK, Network
from printers.capture.serial_side import SerialPort

PRIVATE: Final = "private"
_PRIVATE_NETWORKS: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "169.254.0.0/16")


def parse_entrance(text: str) -> Address | SerialPort | None:
    """Where the POS prints to: HOST:PORT (port 0: any free one) or ``serial:PORT``."""
    return _end(text, port_0=True)


def parse_printer(text: str) -> Printer | None:
    """The real printer. Only the kind that is asked for is imported: most shops have one on the network."""
    kind = text.partition(":")[0]
    if kind == "usb":
        from printers.capture.usb_side import UsbPrinter

        return UsbPrinter.parse(text)
    if kind in ("cups", "windows"):
        from printers.capture.queue_side import QueuePrinter

        return QueuePrinter.parse(text)
    return _end(text, port_0=False)


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...] | str:
    """This machine and the given networks; the text that is none otherwise."""
    found = list(LOOPBACK)
    for text in texts:
        try:
            found += [
                ipaddress.ip_network(part, strict=False) for part in (_PRIVATE_NETWORKS if text == PRIVATE else (text,))
            ]
        except ValueError:
            return text
    return tuple(found)


def _end(text: str, *, port_0: bool) -> Address | SerialPort | None:
    return SerialPort.parse(text) if text.startswith("serial:") else Address.parse(text, port_0=port_0)
