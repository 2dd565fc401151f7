"""``withfom print`` and ``withfom printers``, as support people type them; against the virtual printer on a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from demo.virtual_printer import VirtualPrinter
from printers.profiles import PROFILES
from printers.slip_kinds import KINDS
from withfom.main import main


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as printer:
        yield printer


def test_a_slip_prints_and_says_so(printer: VirtualPrinter, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["print", "--slip", "claim", "--to", f"127.0.0.1:{printer.port}"])

    assert status == 0
    assert "Printed" in capsys.readouterr().out
    assert "받아 가십시오" in printer.wait_for_pages(1)[0].text


def test_the_test_page_the_strip_a_text_and_recorded_bytes_print(printer: VirtualPrinter, tmp_path: Path) -> None:
    to = ["--to", f"127.0.0.1:{printer.port}"]
    (tmp_path / "note.txt").write_text("내일은 쉽니다\n", encoding="utf-8")
    (tmp_path / "raw.bin").write_bytes(b"raw\n\x1dV\x00")

    assert main(["print", "--test", *to]) == 0
    assert main(["print", "--strip", *to]) == 0
    assert main(["print", "--text", str(tmp_path / "note.txt"), *to]) == 0
    assert main(["print", "--raw", str(tmp_path / "raw.bin"), *to]) == 0

    texts = [page.text for page in printer.wait_for_pages(4)]
    assert "시험 출력" in texts[0]
    assert "== WithFoM ==" in texts[1]
    assert texts[2:] == ["내일은 쉽니다\n", "raw\n"]


@pytest.mark.parametrize(
    ("trouble", "word"),
    [("run_out_of_paper", "no paper"), ("open_cover", "cover is open"), ("go_off", "does not answer")],
)
def test_what_did_not_print_says_why_and_was_not_sent(
    printer: VirtualPrinter, capsys: pytest.CaptureFixture[str], trouble: str, word: str
) -> None:
    getattr(printer, trouble)()

    assert main(["print", "--test", "--to", f"127.0.0.1:{printer.port}"]) == 1
    said = capsys.readouterr().err
    assert word in said
    assert "nothing was sent" in said
    assert printer.pages() == ()


def test_paper_that_nobody_confirmed_is_to_be_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["print", "--test", "--to", f"file:{tmp_path / 'slips.bin'}"]) == 1

    assert "Look at the paper" in capsys.readouterr().err
    assert (tmp_path / "slips.bin").read_bytes().startswith(b"\x1dL")


@pytest.mark.parametrize("kind", KINDS)
def test_every_slip_becomes_a_picture(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "slip.png"

    assert main(["print", "--slip", kind, "--picture", str(picture), "--profile", "bixolon-58"]) == 0

    with PIL.Image.open(picture) as drawn:
        assert drawn.width == 464  # the roll of 58 mm
    assert capsys.readouterr().out == f"{picture}\n"


def test_a_template_is_tried_and_a_wrong_one_named_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "coupon.txt"
    asked = ["print", "--slip", "coupon", "--template", str(template), "--picture", str(tmp_path / "a.png")]
    template.write_text("{name} {code} {valid_until}\n", encoding="utf-8")
    assert main(asked) == 0
    template.write_text("{name} {code}\n{valid_utnil}\n", encoding="utf-8")

    assert main(asked) == 2
    assert "Line 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ["print", "--test"],
        ["print", "--test", "--to", "a", "--picture", "b"],
        ["print", "--slip", "nothing", "--to", "a"],
        ["print", "--test", "--to", "serial:x@1"],
        ["print", "--raw", "/nowhere", "--to", "a"],
        ["print", "--test", "--to", "a", "--profile", "nobody"],
        ["printers", "host:0"],
    ],
)
def test_what_is_asked_for_wrongly_is_refused_in_both_languages(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(wrong) == 2

    korean, english = capsys.readouterr().err.strip().splitlines()
    assert not korean.isascii()
    assert english.isascii()


def test_printers_are_asked_for_model_and_state(printer: VirtualPrinter, capsys: pytest.CaptureFixture[str]) -> None:
    where = f"127.0.0.1:{printer.port}"

    assert main(["printers", where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "address": where, "state": "ready", "model": "WITHFOM VIRTUAL-80", "profile": "generic-80",
    }  # fmt: skip
    printer.open_cover()
    assert main(["printers", where]) == 1
    assert capsys.readouterr().out.split()[:2] == [where, "cover_open"]
    assert printer.pages() == ()


def test_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["printers", "--profiles"]) == 0

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(PROFILES)


def test_a_search_that_finds_something_lists_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import printers.discovery
    from printers.devices.address import PrinterAddress
    from printers.discovery import Found

    found = [Found(PrinterAddress("a", 9), "A")]
    monkeypatch.setattr(printers.discovery, "find_printers", lambda network: found if network else [])
    assert main(["printers"]) == 0
    assert capsys.readouterr().out.split() == ["a:9", "A"]
    assert main(["printers", "--no-network"]) == 1
    assert "No printer was found" in capsys.readouterr().err
