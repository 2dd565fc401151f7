"""``withfom print``: one slip on one printer, or as a picture; for trying printers and templates by hand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from printers.devices.port import Outcome
    from printers.document import Document
    from printers.profiles import PrinterProfile

EXIT_USAGE = 2


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "print",
        help="전표 한 장 인쇄 · print one slip on a printer, or into a picture",
        description="Prints past the queue of the agent: nothing is repeated by itself. "
        "인쇄 대기열을 거치지 않고 한 번만 찍어요.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--test", action="store_true", help="시험 출력 · the test page")
    what.add_argument("--strip", action="store_true", help="프린터 맞추기 종이 · the strip of the printer doctor")
    what.add_argument("--slip", metavar="KIND", help="예시 전표 · a slip with invented values: claim, closing, …")
    what.add_argument("--text", type=Path, metavar="FILE", help="글 파일 · a text file in UTF-8")
    what.add_argument("--raw", type=Path, metavar="FILE", help="바이트 그대로 · recorded bytes as they are")
    parser.add_argument("--template", type=Path, metavar="FILE", help="--slip의 양식 파일 · a template for --slip")
    parser.add_argument("--to", metavar="ADDRESS", help="192.168.0.31:9100, usb:…, serial:…, cups:…, windows:…, file:…")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="종이 대신 그림으로 · a picture instead of paper")
    parser.add_argument("--profile", default="generic-80", metavar="NAME", help="withfom printers --profiles")


def run(args: argparse.Namespace) -> int:
    """0 printed, or handed to a queue of this computer; 1 not, or nobody knows; 2 asked for wrongly."""
    from printers.errors import BadTemplate, UnknownProfile
    from printers.profiles import profile

    if (args.to is None) == (args.picture is None):
        return _wrong("--to와 --picture 가운데 하나가 필요해요.", "Either --to or --picture is needed.")
    try:
        chosen = profile(args.profile)
        payload = _payload(args, chosen)
    except UnknownProfile:
        where = "withfom printers --profiles"
        return _wrong(f"모르는 프린터 종류예요: {args.profile} ({where})", f"No such printer: {args.profile} ({where})")
    except BadTemplate as bad:
        what = f"{bad.code} {bad.name}"
        return _wrong(f"양식의 {bad.line}번째 줄: {what}", f"Line {bad.line} of the template: {what}")
    except KeyError:
        from printers.slip_kinds import KINDS

        return _wrong(f"모르는 전표예요: {args.slip}", f"No such slip: {args.slip} ({', '.join(KINDS)})")
    except OSError as problem:
        return _wrong(f"파일을 읽을 수 없어요: {problem.filename}", f"Cannot read the file: {problem.filename}")
    if args.picture is not None:
        return _draw(payload, chosen, args.picture)
    return _print(payload, chosen, args.to)


def _wrong(korean: str, english: str) -> int:
    print(korean, file=sys.stderr)
    print(english, file=sys.stderr)
    return EXIT_USAGE


def _payload(args: argparse.Namespace, chosen: PrinterProfile) -> bytes:
    from printers import doctor
    from printers.encode import Ink, encode

    if args.raw is not None:
        return bytes(args.raw.read_bytes())
    if args.strip:
        return doctor.strip(Ink.bundled())
    return encode(_document(args, chosen), chosen, Ink.bundled())


def _document(args: argparse.Namespace, chosen: PrinterProfile) -> Document:
    from datetime import datetime

    from printers.document import Cut, Document, Text
    from printers.slip_kinds import KINDS, bundled_text, read_template
    from printers.slips import test_page

    if args.text is not None:
        return Document(args.text.name, (Text(args.text.read_text(encoding="utf-8").rstrip("\n")), Cut()))
    if args.test:
        now = datetime.now().astimezone()
        return test_page(chosen, shop="WithFoM", printer_name=chosen.name, printed_at=f"{now:%Y-%m-%d %H:%M}")
    text = args.template.read_text(encoding="utf-8") if args.template is not None else bundled_text(args.slip)
    return KINDS[args.slip].example(read_template(args.slip, text))


def _draw(payload: bytes, chosen: PrinterProfile, picture: Path) -> int:
    from printers.emulator.press import Head
    from printers.emulator.printer import EmulatedPrinter
    from printers.emulator.render import page_png
    from printers.raster import GlyphPainter, bundled_fonts

    printer = EmulatedPrinter(Head(dots=chosen.paper_dots, units_per_dot=chosen.feed_units_per_dot))
    printer.receive(payload)
    printer.tear_off()
    pages = printer.take_pages()
    painter = GlyphPainter(bundled_fonts())
    for number, page in enumerate(pages):
        path = picture if number == 0 else picture.with_stem(f"{picture.stem}-{number + 1}")
        try:
            path.write_bytes(page_png(page, painter, paper=True))
        except OSError as problem:
            return _wrong(f"그림을 쓸 수 없어요: {path}", f"Cannot write the picture: {path} ({problem.strerror})")
        sys.stdout.write(f"{path}\n")
    return 0 if pages else 1


def _print(payload: bytes, chosen: PrinterProfile, to: str) -> int:
    from printers.devices.address import PrinterAddress, open_way
    from printers.devices.delivery import deliver

    try:
        address = PrinterAddress.parse(to)
    except ValueError:
        return _wrong(f"프린터 주소가 아니에요: {to}", f"Not a printer address: {to}")
    outcome = deliver(
        open_way(address),
        payload,
        chosen.answers,
        on_condition=lambda condition: print(condition.value, file=sys.stderr, flush=True),
    )
    return _tell(outcome)


def _tell(outcome: Outcome) -> int:
    from printers.devices.port import CoverOpen, Fault, HandedOver, NotAnswering, PaperOut, Printed

    if isinstance(outcome, Printed):
        sys.stdout.write("인쇄했어요. / Printed.\n")
        return 0
    if isinstance(outcome, HandedOver):
        sys.stdout.write("이 컴퓨터의 인쇄 대기열에 넘겼어요. / Handed to the print queue of this computer.\n")
        return 0
    reasons = {
        PaperOut: ("용지가 없어 보내지 않았어요.", "There is no paper; nothing was sent."),
        CoverOpen: ("덮개가 열려 있어 보내지 않았어요.", "The cover is open; nothing was sent."),
        Fault: ("프린터에 오류가 있어 보내지 않았어요.", "The printer reports an error; nothing was sent."),
    }
    if isinstance(outcome, NotAnswering):
        korean, english = "응답이 없어 보내지 않았어요.", f"It does not answer; nothing was sent ({outcome.reason})."
    else:
        unknown = "보냈지만 나왔는지 몰라요. 종이를 확인해 주세요.", "Sent, but nobody confirmed it. Look at the paper."
        korean, english = reasons.get(type(outcome), unknown)
    print(korean, file=sys.stderr)
    print(english, file=sys.stderr)
    return 1
