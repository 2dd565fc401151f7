"""The claims of printers.encode: what the document says is what the paper shows, on every paper and every printer."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from printers.document import (
    BAR,
    BOLD,
    PLAIN,
    TITLE,
    Align,
    Barcode,
    BarcodeKind,
    Block,
    Columns,
    Cut,
    Document,
    Drawer,
    Picture,
    Qr,
    Rule,
    Space,
    Style,
    Text,
)
from printers.emulator.paper import Page
from printers.emulator.press import Head
from printers.emulator.printer import EmulatedPrinter
from printers.emulator.render import page_image
from printers.encode import Ink, encode
from printers.errors import BadDocument
from printers.korean import HangulRom
from printers.layout import as_text, lay_out
from printers.profiles import PROFILES, PrinterProfile
from printers.raster import QR_QUIET_MODULES, FontFiles, GlyphPainter, qr_matrix, qr_module_dots
from printers.state import POWER_ON, StreamState, after_tokens
from printers.stream.tokenizer import Tokenizer

INK = Ink.bundled()
GENERIC = PROFILES["generic-80"]


def printed(document: Document, profile: PrinterProfile = GENERIC, ink: Ink = INK, before: bytes = b"") -> Page:
    """The page a printer of this profile makes of the document."""
    printer = EmulatedPrinter(Head(dots=profile.paper_dots, units_per_dot=profile.feed_units_per_dot))
    printer.receive(before + encode(document, profile, ink))
    printer.tear_off()
    (page,) = printer.take_pages()
    return page


def slip(*blocks: Block) -> Document:
    return Document("시험", blocks)


def told(page: Page) -> list[str]:
    """What stands on the page, without the empty lines a printer without a knife feeds at the end."""
    lines = page.text_lines()
    while lines and not lines[-1]:
        lines.pop()
    return lines


@pytest.mark.parametrize("name", ["generic-80", "generic-80-48", "generic-58", "epson-80", "bixolon-58"])
def test_the_paper_shows_what_the_layout_says(name: str) -> None:
    document = slip(
        Text("느린오후 커피", Align.CENTER),
        Text("[ 쿠폰 사용 승인 ]", Align.CENTER, BAR),
        Text("아메리카노\n1잔 무료", Align.CENTER, TITLE),
        Rule(),
        Columns("고객", "김*수"),
        Columns("할인", "₩4,500", style=BOLD),
        Columns("긴 이름의 시그니처 크림 라떼 라지", "12,500원", middle="2개"),
        Space(2),
        Text("오른쪽", Align.RIGHT),
        Rule(double=True),
        Cut(),
    )

    assert told(printed(document, PROFILES[name])) == as_text(lay_out(document, PROFILES[name].columns))


_LINES = st.text(st.sampled_from("가나힣똠뷁ABCxyz 0123₩~·…\\"), max_size=90)


@given(
    st.lists(
        st.one_of(
            st.builds(
                Text, _LINES, st.sampled_from(Align), st.builds(Style, st.booleans(), st.booleans(), st.booleans())
            ),
            st.builds(Columns, _LINES, _LINES),
            st.builds(Rule, st.booleans()),
        ),
        max_size=6,
    ),
    st.sampled_from(["generic-80", "generic-80-48", "bixolon-58"]),
)
def test_reading_back_what_was_encoded_gives_the_same_text(blocks: list[Block], name: str) -> None:
    document = slip(Text("첫 줄"), *blocks, Text("끝"))

    assert told(printed(document, PROFILES[name])) == as_text(lay_out(document, PROFILES[name].columns))


def test_extended_syllables_and_the_won_sign_go_out_as_two_bytes_and_as_5c() -> None:
    payload = encode(slip(Text("똠 뷁 ₩4,500")), GENERIC, INK)

    assert b"\x8c\x63 \x94\xee \x5c4,500\n" in payload
    # Hangul mode and the Korean set, or 0x5C would be a backslash
    assert payload.startswith(b"\x1dL\x00\x00\x1dW\xf8\x01\x1c&\x1bR\x0d")


def test_a_syllable_an_old_rom_lacks_is_drawn_in_the_line() -> None:
    payload = encode(slip(Text("뷁어")), replace(GENERIC, rom=HangulRom.KSX1001), INK)

    assert b"\x1b*\x21\x18\x00" in payload  # one picture of 24 columns
    assert b"\xbe\xee" in payload


def test_a_letter_outside_cp949_is_drawn_and_keeps_the_columns() -> None:
    page = printed(slip(Columns("café", "1,000원"), Columns("cafe", "1,000원")))

    drawn, plain = page.lines[:2]
    assert [glyph.x for glyph in drawn.glyphs][-7:] == [glyph.x for glyph in plain.glyphs][-7:]
    (letter,) = drawn.bitmaps
    assert (letter.x, letter.width, letter.height) == (36, 12, 24)
    assert any(letter.bits)


def test_an_emoji_no_font_has_becomes_a_mark_of_its_width() -> None:
    assert told(printed(slip(Text("얼음 적게 ☕ 주세요")))) == ["얼음 적게 □ 주세요"]


def test_without_any_font_nothing_crashes() -> None:
    bare = Ink(GlyphPainter(FontFiles((), ())))

    assert told(printed(slip(Text("café 가")), ink=bare)) == ["caf□ 가"]


def test_a_big_line_with_a_missing_letter_is_drawn_as_a_whole() -> None:
    page = printed(slip(Text("Café 라떼", Align.CENTER, TITLE), Text("다음 줄")))

    assert told(page) == ["[IMAGE 360x48]", "다음 줄"]


def test_a_printer_without_hangul_gets_every_line_as_an_image_of_its_own_height() -> None:
    profile = PROFILES["generic-80-image"]

    page = printed(slip(Text("첫 번째 줄입니다"), Text("ASCII only"), Text("뒤집힌 줄입니다", style=BAR)), profile)

    words = told(page)
    assert words[0].startswith("[IMAGE ")
    assert words[1] == "ASCII only"
    assert [line.y for line in page.lines][:2] == [0, 34]


def test_a_qr_code_holds_the_payload_natively() -> None:
    payload = encode(slip(Qr("https://withfom.example/s/한")), GENERIC, INK)

    content = "https://withfom.example/s/한".encode()
    assert b"\x1d(k" + (len(content) + 3).to_bytes(2, "little") + b"1P0" + content in payload
    assert b"\x1d(k\x03\x001E1" in payload  # error correction M
    assert told(printed(slip(Qr("https://withfom.example/s/한")))) == ["[QR https://withfom.example/s/한]"]


@pytest.mark.parametrize("content", ["7F3K9Q2M", "https://withfom.example/s/R7F3K9Q2M?x=한글", "가" * 100])
@pytest.mark.parametrize("name", ["generic-58", "star-80-escpos"])
def test_a_drawn_qr_code_has_the_same_modules_as_the_code_itself(content: str, name: str) -> None:
    profile = PROFILES[name]

    page = printed(slip(Qr(content)), profile)

    matrix = qr_matrix(content.encode())
    module = qr_module_dots(len(matrix), profile.text_dots)
    image = page_image(page, INK.painter)
    left = (profile.text_dots - (len(matrix) + 2 * QR_QUIET_MODULES) * module) // 2
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            at = (left + (x + QR_QUIET_MODULES) * module + module // 2, (y + QR_QUIET_MODULES) * module + module // 2)
            shade = image.getpixel(at)
            assert isinstance(shade, int)
            assert (shade < 128) == dark


@pytest.mark.parametrize("size", [1, 10, 40, 100, 250, 500])
@pytest.mark.parametrize("dots", [384, 512, 576])
def test_a_qr_code_is_large_enough_and_never_wider_than_the_paper(size: int, dots: int) -> None:
    modules = len(qr_matrix(b"x" * size))

    module = qr_module_dots(modules, dots)

    assert (modules + 2 * QR_QUIET_MODULES) * module <= dots
    assert modules * module >= 240 or (modules + 2 * QR_QUIET_MODULES) * (module + 1) > dots


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("head_dots", [512, 576, 640])
def test_codes_stand_in_the_middle_of_the_text_on_a_head_wider_than_the_profile(head_dots: int, native: bool) -> None:
    profile = replace(GENERIC, native_qr=native, native_barcode=native)
    printer = EmulatedPrinter(Head(dots=head_dots))

    printer.receive(encode(slip(Rule(), Qr("7F3K9Q2M"), Barcode("A1"), Cut()), profile, INK))

    (page,) = printer.take_pages()
    middles = {
        (bitmap.x + bitmap.x + bitmap.width) // 2 for line in page.lines for bitmap in line.bitmaps if bitmap.width > 48
    }
    text_middle = (page.lines[0].glyphs[0].x + page.lines[0].glyphs[-1].x + 12) // 2
    assert middles
    assert all(abs(middle - text_middle) <= 1 for middle in middles)


def test_barcodes_say_what_they_hold() -> None:
    page = printed(slip(Barcode("A17-2026{x}"), Barcode("880123456789", BarcodeKind.EAN13)))

    assert told(page)[0] == "[CODE128 A17-2026{x}]"
    assert told(page)[1].strip() == "A17-2026{x}"
    assert told(page)[2] == "[EAN13 880123456789]"


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    ("symbology", "longest", "alphabet"),
    [(BarcodeKind.CODE128, 14, "EDGPTW3CCNHPYS35R"), (BarcodeKind.CODE39, 10, "EDGPTW3CCNHPYS35R")],
)
def test_a_barcode_that_has_no_room_is_its_letters(
    symbology: BarcodeKind, longest: int, alphabet: str, native: bool
) -> None:
    """On 58 mm: the longest that fits is a code, one letter more is none, whole or cut."""
    profile = replace(PROFILES["bixolon-58"], native_barcode=native)

    fits, too_long = (
        printed(slip(Barcode(alphabet[:letters], symbology)), profile).text() for letters in (longest, longest + 1)
    )

    assert symbology in fits if native else alphabet[:longest] in fits
    assert too_long.split() == [alphabet[: longest + 1]]


@pytest.mark.parametrize("native", [True, False])
def test_letters_that_stand_on_the_slip_are_not_printed_a_second_time(native: bool) -> None:
    """A coupon on 58 mm: its code is there for the eye, in groups, and there is no room for bars."""
    profile = replace(PROFILES["bixolon-58"], native_barcode=native)
    code = Barcode("FN3BABMKT74F19JYD")

    said = printed(slip(Text("FN3B-ABMK-T74F-19JY-D", Align.CENTER), code), profile).text().split()
    other = printed(slip(Text("FN3B-ABMK"), code), profile).text().split()

    assert said == ["FN3B-ABMK-T74F-19JY-D"]
    assert other == ["FN3B-ABMK", "FN3BABMKT74F19JYD"]


def test_a_printer_without_barcodes_gets_them_drawn() -> None:
    page = printed(slip(Barcode("A17")), PROFILES["generic-80-image"])

    assert told(page)[0].startswith("[IMAGE 576x")
    assert told(page)[1].strip() == "A17"


def test_pictures_are_cut_into_slices_and_never_wider_than_the_paper() -> None:
    payload = encode(slip(Picture(_png(900, 720))), GENERIC, INK)

    assert payload.count(b"\x1dv0\x00") == 4  # 403 rows in slices of 128
    assert told(printed(slip(Picture(_png(900, 720))))) == ["[IMAGE 504x403]"]


@pytest.mark.parametrize("damaged", [b"", b"\x89PNG\r\n\x1a\nnothing", b"GIF89a"])
def test_a_damaged_picture_is_refused(damaged: bytes) -> None:
    with pytest.raises(BadDocument):
        encode(slip(Picture(damaged)), GENERIC, INK)


def test_the_drawer_opens_and_the_knife_cuts_where_there_are_such_things() -> None:
    with_both = printed(slip(Text("a"), Drawer(), Cut(partial=False)))
    without = encode(slip(Text("a"), Drawer(), Cut()), replace(GENERIC, drawer=False, cutter=False), INK)

    assert (with_both.drawer_kicks, with_both.cut) == (1, "full")
    assert b"\x1bp" not in without
    assert b"\x1dV" not in without
    assert without.count(b"\n") == 1 + GENERIC.feed_before_cut_lines


def test_a_slip_between_two_receipts_of_the_pos_changes_neither() -> None:
    """printing.md, decision 6: a POS that sets its printer up once a day must not notice our slip."""
    morning = (
        b"\x1b@\x1c.\x1bt\x10\x1bR\x00\x1b3\x28\x1ba\x01\x1bE\x01\x1b-\x01\x1d!\x01\x1dL\x18\x00\x1dh\x30\x1dw\x02"
    )
    receipt = b"Caf\xe9 \x80 12\n\x1dkE\x03ABC\nTHANKS\n"
    document = slip(Text("쿠폰", Align.CENTER, TITLE), Qr("abc"), Barcode("A1"), Text("é"), Cut())
    shadow = _state_after(morning)
    payload = encode(document, GENERIC, INK, left_by_pos=shadow)

    alone, between = EmulatedPrinter(Head(dots=512)), EmulatedPrinter(Head(dots=512))
    alone.receive(morning + receipt + b"\x1dV\x01" + receipt)
    between.receive(morning + receipt + b"\x1dV\x01" + payload + receipt)
    for printer in (alone, between):
        printer.tear_off()

    before, after = alone.take_pages()
    first, _slip, last = between.take_pages()
    assert (first.lines, last.lines) == (before.lines, after.lines)
    assert b"\x1b@" not in payload
    assert b"\x1da" not in payload


def test_a_slip_sent_into_a_wild_state_looks_as_always() -> None:
    wild = (
        b"\x1b!\xb9\x1dB\x01\x1b{\x01\x1bV\x01\x1ba\x02\x1b \x09\x1cS\x05\x05\x1dL\x30\x00\x1dW\x80\x00\x1c.\x1d!\x77"
    )
    document = slip(Text("쿠폰 사용"), Columns("고객", "김*수"), Cut())
    printer = EmulatedPrinter(Head(dots=512))

    printer.receive(wild + encode(document, GENERIC, INK, left_by_pos=_state_after(wild)))

    (page,) = printer.take_pages()
    assert page.lines == printed(document).lines


def test_a_printer_of_our_own_may_be_initialised() -> None:
    payload = encode(slip(Text("a")), GENERIC, INK, initialise=True)

    assert payload.startswith(b"\x1b@")
    assert _state_after(payload) == POWER_ON


def test_unchanged_styles_cost_no_bytes() -> None:
    twice = encode(slip(Text("가", style=BOLD), Text("나", style=BOLD), Text("다", style=PLAIN)), GENERIC, INK)

    assert twice.count(b"\x1bE\x01") == 1


def _state_after(stream: bytes) -> StreamState:
    tokenizer = Tokenizer()
    return after_tokens(POWER_ON, tokenizer.feed(stream) + tokenizer.close())


def _png(width: int, height: int) -> bytes:
    import io

    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(out, "PNG")
    return out.getvalue()


def test_drawing_code_is_imported_only_when_something_is_drawn() -> None:
    """python-escpos alone costs 150 ms; the agent's window must not wait for it."""
    program = (
        "import sys; import printers.encode, printers.slips, printers.jobs, printers.devices.delivery, "
        "printers.devices.tcp; print([m for m in ('PIL', 'escpos', 'qrcode', 'barcode') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.strip() == "[]"
