"""How printers are named: every kind is read, written back, and leads to its device."""

from __future__ import annotations

import pytest

from printers.devices.address import PrinterAddress, WayKind, kinds_here, open_way
from printers.devices.cups import CupsQueue
from printers.devices.file import FileDevice
from printers.devices.port import Device, SystemQueue
from printers.devices.serial import SerialDevice
from printers.devices.tcp import TcpDevice
from printers.devices.windows import WindowsQueue


@pytest.mark.parametrize(
    ("text", "address", "device"),
    [
        ("192.168.0.31", PrinterAddress("192.168.0.31", 9100), TcpDevice),
        ("tcp:printer.local:9101", PrinterAddress("printer.local", 9101), TcpDevice),
        ("[::1]:9100", PrinterAddress("::1", 9100), TcpDevice),
        ("usb:/dev/usb/lp0", PrinterAddress("/dev/usb/lp0", 0, WayKind.USB), FileDevice),
        ("serial:/dev/ttyUSB0@38400", PrinterAddress("/dev/ttyUSB0", 38400, WayKind.SERIAL), SerialDevice),
        ("serial:COM3", PrinterAddress("COM3", 9600, WayKind.SERIAL), SerialDevice),
        ("cups:receipt printer", PrinterAddress("receipt printer", 0, WayKind.CUPS), CupsQueue),
        ("windows:영수증", PrinterAddress("영수증", 0, WayKind.WINDOWS), WindowsQueue),
        ("file:/tmp/a:b.bin", PrinterAddress("/tmp/a:b.bin", 0, WayKind.FILE), FileDevice),
    ],
)
def test_an_address_is_read_written_back_and_opened(text: str, address: PrinterAddress, device: type) -> None:
    assert PrinterAddress.parse(text) == address
    assert PrinterAddress.parse(str(address)) == address
    way = open_way(address)
    assert isinstance(way, device)
    assert isinstance(way, SystemQueue) == (device in (CupsQueue, WindowsQueue))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":9100",
        "host:0",
        "host:65536",
        "host:x",
        "serial:/dev/ttyS0@1",
        "serial:@9600",
        "usb:",
        "cups:a\nb",
        "host:²",
    ],
)
def test_nonsense_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        PrinterAddress.parse(text)


def test_every_kind_leads_somewhere() -> None:
    for kind in WayKind:
        assert isinstance(open_way(PrinterAddress("x", 9600, kind)), Device | SystemQueue)
    assert WayKind.TCP in kinds_here()
    assert len(kinds_here()) == len(WayKind) - 1  # CUPS or Windows, never both
