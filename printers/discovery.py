"""Finds printers: USB, serial lines, the shop's network, and the queues of this computer. Prints nothing."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printers.devices.address import BAUD_DEFAULT, PORT_DEFAULT, PrinterAddress, WayKind

SCAN_S: Final = 1.2  # a printer on the same network answers within milliseconds
SCAN_AT_ONCE: Final = 64  # small routers lose calls when a whole network is called in one moment
NETWORK_HOSTS_MAX: Final = 512  # a shop's network; a company's would be an attack


@dataclass(frozen=True)
class Found:
    """A way that may lead to a receipt printer. `label` is what the system calls it."""

    address: PrinterAddress
    label: str


def usb_printers(devices: Path = Path("/dev/usb"), system: Path = Path("/sys/class/usbmisc")) -> list[Found]:
    """Printers behind the Linux USB printer driver, with the name that they give themselves."""
    found: list[Found] = []
    for path in sorted(devices.glob("lp*")):
        try:
            identity = (system / path.name / "device" / "ieee1284_id").read_text(encoding="ascii", errors="replace")
        except OSError:
            identity = ""
        found.append(Found(PrinterAddress(str(path), 0, WayKind.USB), _name_in(identity) or path.name))
    return found


def _name_in(identity: str) -> str:
    """ "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20;…" as "EPSON TM-T20"."""
    fields = dict(re.findall(r"([A-Za-z ]+):([^;]*);", identity))
    maker = fields.get("MFG", fields.get("MANUFACTURER", ""))
    model = fields.get("MDL", fields.get("MODEL", ""))
    return " ".join(f"{maker} {model}".split())


def serial_lines() -> list[Found]:
    """Serial ports of this computer. Whether a printer hangs on one is known only when something was printed."""
    from serial.tools import list_ports

    return [
        Found(PrinterAddress(port.device, BAUD_DEFAULT, WayKind.SERIAL), port.description or port.device)
        for port in sorted(list_ports.comports(), key=lambda port: str(port.device))
    ]


def system_queues() -> list[Found]:
    """Queues of CUPS, or of the Windows spooler."""
    if sys.platform == "win32":
        from printers.devices.windows import queues as windows_queues

        return [Found(PrinterAddress(name, 0, WayKind.WINDOWS), name) for name, _port in windows_queues()]
    from printers.devices.cups import queues

    return [Found(PrinterAddress(name, 0, WayKind.CUPS), name) for name, _device in queues()]


def network_printers(
    networks: Sequence[str] | None = None, *, port: int = PORT_DEFAULT, wait_s: float = SCAN_S
) -> list[Found]:
    """Who answers on the printers' port in the networks given ("192.168.0.0/24"), or in this computer's own. A
    connection is opened and closed at once: most printers serve one client at a time."""
    hosts: list[str] = []
    for network in own_networks() if networks is None else networks:
        hosts += [str(host) for host in ipaddress.ip_network(network, strict=False).hosts()]
    found: list[Found] = []
    for at in range(0, min(len(hosts), NETWORK_HOSTS_MAX), SCAN_AT_ONCE):
        answering = _who_answers(hosts[at : at + SCAN_AT_ONCE], port, wait_s)
        found += [Found(PrinterAddress(host, port), host) for host in answering]
    return found


def own_address() -> str:
    """This computer's address in the shop's network; empty without one. No packet is sent to find it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own = ipaddress.ip_address(probe.getsockname()[0])
        if own.is_private and not own.is_loopback:
            return str(own)
    return ""


def own_networks() -> list[str]:
    """The /24 around this computer's address; empty without a network."""
    own = own_address()
    return [f"{own}/24"] if own else []


def _who_answers(hosts: Iterable[str], port: int, wait_s: float) -> list[str]:
    found: list[str] = []
    with selectors.DefaultSelector() as waiting:
        for host in hosts:
            link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            link.setblocking(False)
            if link.connect_ex((host, port)) in (0, errno.EINPROGRESS, errno.EWOULDBLOCK, 10035):
                waiting.register(link, selectors.EVENT_WRITE, host)
            else:
                link.close()
        deadline = time.monotonic() + wait_s
        while waiting.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ready in waiting.select(left):
                link = key.fileobj  # type: ignore[assignment]
                if link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    found.append(key.data)
                waiting.unregister(link)
                link.close()
        for key in list(waiting.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return sorted(found, key=lambda host: tuple(int(part) for part in host.split(".")))


def find_printers(*, network: bool = True) -> list[Found]:
    """Everything, the likeliest first. One kind that cannot be searched does not hide the others."""
    found: list[Found] = []
    for search in (usb_printers, network_printers if network else list, system_queues, serial_lines):
        with contextlib.suppress(OSError, ImportError):
            found += search()
    return found
