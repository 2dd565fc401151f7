"""The printer doctor: one strip shows what a printer can do, and what was seen becomes a profile that works."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from demo.virtual_printer import VirtualPrinter
from printers import doctor
from printers.devices.delivery import deliver
from printers.devices.port import NotAnswering, Printed
from printers.devices.tcp import TcpDevice
from printers.discovery import network_printers, usb_printers
from printers.doctor import SAMPLE_TEXT, Seen, model_of, profile_of, strip
from printers.emulator.press import Head
from printers.emulator.printer import EmulatedPrinter
from printers.encode import Ink
from printers.errors import UnknownProfile
from printers.korean import HangulRom
from printers.profiles import PROFILES, Answers, PrinterProfile
from printers.state import POWER_ON, after_tokens
from printers.stream.tokenizer import Tokenizer
from tests.printers.devices.test_delivery import QUICK

INK = Ink.bundled()


def test_the_strip_shows_each_way_with_its_number_and_ends_at_the_knife() -> None:
    printer = EmulatedPrinter(Head(dots=576))

    printer.receive(strip(INK))

    (page,) = printer.take_pages()
    lines = [line for line in page.text_lines() if line]
    assert lines[0] == "== WithFoM =="
    assert lines[1] == f"1 {SAMPLE_TEXT}"
    assert lines[2] == "2 느린오후 커피 ₩4,500 ▨▨"  # the rare ones drawn
    assert lines[3].startswith("[IMAGE ")
    assert [(line[0], len(line)) for line in lines[4:7]] == [("4", 32), ("5", 42), ("6", 48)]
    assert lines[7:] == ["7", f"[QR {doctor.QR_TEXT}]", "8", lines[10]]
    assert lines[10].startswith("[IMAGE ")
    assert (page.cut, page.drawer_kicks) == ("partial", 1)


def test_a_ruler_too_wide_for_the_paper_breaks_in_two() -> None:
    printer = EmulatedPrinter(Head(dots=384))

    printer.receive(strip(INK))

    (page,) = printer.take_pages()
    lines = [line for line in page.text_lines() if set(line) <= set("456 ->") and line]
    assert [len(line) for line in lines[:3]] == [32, 32, 10]


def test_the_strip_leaves_no_trace_of_itself_in_the_printer() -> None:
    shadow = replace(POWER_ON, hangul=False, align=1, print_width=300, bold=True)
    tokenizer = Tokenizer()

    made = strip(INK, left_by_pos=shadow)

    assert after_tokens(shadow, tokenizer.feed(made) + tokenizer.close()) == shadow
    assert b"\x1b@" not in made
    assert b"\x1da" not in made


def test_what_was_seen_becomes_the_profile() -> None:
    best = profile_of(Seen(1, 6, 7, cut=True, drawer=True), model="EPSON TM-T82", answered=True)
    poor = profile_of(Seen(None, 4, 8, cut=False, drawer=False))

    assert (best.columns, best.paper_dots, best.rom, best.native_qr) == (48, 576, HangulRom.CP949, True)
    assert (best.answers, best.feed_units_per_dot) == (Answers.ALWAYS, 2)  # of its family
    assert (poor.columns, poor.rom, poor.native_qr, poor.native_barcode) == (32, HangulRom.NONE, False, False)
    assert (poor.cutter, poor.drawer, poor.answers) == (False, False, Answers.UNSURE)
    for made in (best, poor):
        assert PrinterProfile.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("BIXOLON SRP-350III", "bixolon-80"),
        ("SAM4S ELLIX30", "sam4s-80"),
        ("Star TSP100", "star-80-escpos"),
        ("", "generic-80"),
        ("Acme 9", "generic-80"),
    ],
)
def test_a_name_leads_to_its_family(model: str, row: str) -> None:
    assert doctor.family(model) is PROFILES[row]


@pytest.mark.parametrize(
    "damaged",
    ["", "[]", "{}", '{"name": "x"}', PROFILES["generic-80"].to_json().replace("42,", "500,"),
     PROFILES["generic-80"].to_json().replace('"unsure"', '"perhaps"'),
     PROFILES["generic-80"].to_json().replace("true", '"yes"')],
)  # fmt: skip
def test_a_damaged_profile_is_refused(damaged: str) -> None:
    with pytest.raises(UnknownProfile):
        PrinterProfile.from_json(damaged)


@pytest.mark.thorough
def test_a_printer_names_itself_over_its_line_and_a_silent_one_has_no_name() -> None:
    with VirtualPrinter() as printer:
        device = TcpDevice("127.0.0.1", printer.port)

        assert model_of(device) == "WITHFOM VIRTUAL-80"
        printer.mute()
        assert model_of(device) == ""
        printer.mute(False)
        assert deliver(device, strip(INK), Answers.UNSURE, limits=QUICK) == Printed()
        assert printer.wait_for_pages(1)[0].text.startswith("== WithFoM ==")
        printer.go_off()
        assert isinstance(model_of(device), NotAnswering)


def test_printers_of_the_network_are_found_by_their_port() -> None:
    with VirtualPrinter() as printer:
        found = network_printers(["127.0.0.0/30"], port=printer.port)

        assert [(str(one.address), one.label) for one in found] == [(f"127.0.0.1:{printer.port}", "127.0.0.1")]
        assert printer.received() == b""
        assert network_printers(["127.0.0.0/30"], port=1) == []


def test_usb_printers_are_found_with_the_name_they_give_themselves(tmp_path: Path) -> None:
    devices, system = tmp_path / "dev", tmp_path / "sys"
    devices.mkdir()
    for name, identity in (("lp0", "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20;CLS:PRINTER;"), ("lp1", "")):
        (devices / name).touch()
        (system / name / "device").mkdir(parents=True)
        (system / name / "device" / "ieee1284_id").write_text(identity)
    (devices / "lp2").touch()

    found = usb_printers(devices, system)

    assert [one.label for one in found] == ["EPSON TM-T20", "lp1", "lp2"]
    assert str(found[0].address) == f"usb:{devices}/lp0"
    assert usb_printers(tmp_path / "nothing") == []
