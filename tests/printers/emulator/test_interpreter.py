"""The claims of the emulator: it reads ESC/POS as a Korean receipt printer does, and junk never stops it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.emulator.paper import Page
from printers.emulator.press import Head
from printers.emulator.printer import EmulatedPrinter
from printers.emulator.render import page_image, page_png
from printers.emulator.symbols import NOT_DRAWN
from printers.raster import GlyphPainter, bundled_fonts

PAINTER = GlyphPainter(bundled_fonts())
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "escpos_samples"


def pages_of(stream: bytes, dots: int = 576) -> list[Page]:
    printer = EmulatedPrinter(Head(dots=dots))
    printer.receive(stream)
    printer.end_of_stream()
    printer.tear_off()
    return printer.take_pages()


def page_of(stream: bytes, dots: int = 576) -> Page:
    (page,) = pages_of(stream, dots)
    return page


def text_of(stream: bytes) -> list[str]:
    return page_of(stream).text_lines()


def k(text: str) -> bytes:
    return text.encode("cp949")


def test_hangul_takes_two_cells_of_twelve_dots() -> None:
    (line,) = page_of(k("가A나\n")).lines

    assert [(glyph.char, glyph.x, glyph.width) for glyph in line.glyphs] == [
        ("가", 0, 24),
        ("A", 24, 12),
        ("나", 36, 24),
    ]


def test_switched_off_hangul_gives_the_code_table() -> None:
    assert text_of(b"\x1c.\x1bt\x00\x82\xc4\xc4\n\x1bt\x10\x80\n\x1c&\xb0\xa1\n") == ["é──", "€", "가"]


def test_the_won_sign_depends_on_the_national_set() -> None:
    assert text_of(b"\x5c1\n\x1bR\x00\x5c1\n\x1bR\x0d\x5c1\n") == ["₩1", "\\1", "₩1"]


def test_utf8_printers_read_utf8() -> None:
    assert text_of(b"\x1c(C\x02\x000\x02" + "한글 é\n".encode()) == ["한글 é"]


def test_half_a_letter_leaves_a_mark_and_not_a_crash() -> None:
    assert text_of(b"\xb0\n\xb0\xa1\n\xff\n") == ["□", "가", "□"]


def test_a_question_between_the_halves_of_a_letter_does_not_break_it() -> None:
    assert text_of(b"\xb0\x10\x04\x01\xa1\n") == ["가"]


def test_text_wraps_at_the_edge_of_the_paper() -> None:
    assert text_of(b"x" * 50 + b"\n") == ["x" * 48, "xx"]
    assert page_of(b"x" * 50 + b"\n", dots=384).text_lines() == ["x" * 32, "x" * 18]


def test_alignment_margins_and_tabs_place_text() -> None:
    centred, right, margin, tabbed = page_of(
        b"\x1ba\x01ab\n\x1ba\x02ab\n\x1ba\x00\x1dL\x18\x00ab\n\x1dL\x00\x00\x1bD\x0a\x14\x00a\tb\tc\n"
    ).lines

    assert [centred.glyphs[0].x, right.glyphs[0].x, margin.glyphs[0].x] == [276, 552, 24]
    assert [glyph.x for glyph in tabbed.glyphs] == [0, 120, 240]


def test_lines_are_built_from_positions_not_from_the_order_of_bytes() -> None:
    assert text_of(b"\x1b$\x78\x00right\x1b$\x00\x00left\n") == ["left      right"]


def test_sizes_multiply_cells_and_lift_the_line() -> None:
    big, after = page_of(b"\x1d!\x11" + k("가A") + b"\n\x1d!\x00a\n").lines

    assert [(glyph.width, glyph.height) for glyph in big.glyphs] == [(48, 48), (24, 48)]
    assert after.y == 48


def test_line_spacing_and_feeds_move_the_paper() -> None:
    lines = page_of(b"a\n\x1b3\x64a\n\x1b2a\n\x1bJ\x32a\n\x1bd\x02a\n").lines

    assert [line.y for line in lines if line.glyphs] == [0, 34, 134, 218, 320]
    assert [line.y for line in page_of(b"a\n\x1bJ\x40b\n").lines] == [0, 98]


def test_vertical_units_of_the_model_and_of_the_pos_count() -> None:
    half = EmulatedPrinter(Head(units_per_dot=2))
    half.receive(b"\x1bJ\x64a\n")
    half.tear_off()

    assert half.take_pages()[0].lines[0].y == 50
    assert page_of(b"\x1dP\x00\xcb\x1bJ\x64a\n").lines[0].y == 100


def test_cuts_separate_pages_and_blank_paper_is_none() -> None:
    first, second, third = pages_of(b"a\n\x1dV\x01\x1dV\x00b\n\x1dVB\x10\x1bic\n\x1bm")

    assert [page.text() for page in (first, second, third)] == ["a\n", "b\n", "c\n"]
    assert [page.cut for page in (first, second, third)] == ["partial", "partial", "partial"]
    assert b"".join(page.raw for page in (first, second, third)) == b"a\n\x1dV\x01\x1dV\x00b\n\x1dVB\x10\x1bic\n\x1bm"
    assert second.height_dots > first.height_dots + 96


def test_a_drawer_kick_is_counted_not_printed() -> None:
    assert page_of(b"\x1bp\x00\x32\xfaa\n\x10\x14\x01\x00\x05").drawer_kicks == 2


def test_images_of_every_command_land_on_paper() -> None:
    row = b"\xf0\x0f"
    raster = b"\x1dv0\x00\x02\x00\x10\x00" + row * 16
    column = b"\x1b*\x21\x10\x00" + b"\xff\x00\xff" * 16
    graphics = b"\x1d(L\x2a\x000p0\x01\x011\x10\x00\x10\x00" + row * 16 + b"\x1d(L\x02\x0002"
    download = b"\x1d*\x02\x02" + b"\xaa" * 32 + b"\x1d/\x00"
    stored = b"\x1cq\x01\x02\x00\x02\x00" + b"\xaa" * 32 + b"\x1cp\x01\x03"

    for stream, size in (
        (raster, (16, 16)),
        (column, (16, 24)),
        (graphics, (16, 16)),
        (download, (16, 16)),
        (stored, (32, 32)),
    ):
        page = page_of(stream + b"\nend\n")
        (bitmap,) = [bitmap for line in page.lines for bitmap in line.bitmaps]
        assert (bitmap.width, bitmap.height) == size
        assert page.text_lines()[-1] == "end"


def test_column_and_row_images_draw_the_same_dots() -> None:
    """A diagonal of 8 dots once in rows and once in columns."""
    by_rows = page_of(b"\x1dv0\x00\x01\x00\x08\x00" + bytes(0x80 >> n for n in range(8)))
    by_columns = page_of(b"\x1d*\x01\x01" + bytes(0x80 >> n for n in range(8)) + b"\x1d/\x00")

    assert by_rows.lines[0].bitmaps[0].bits == by_columns.lines[0].bitmaps[0].bits


def test_image_bands_that_touch_are_one_image_in_the_text() -> None:
    band = b"\x1dv0\x00\x08\x00\x20\x00" + b"\x81" * 8 * 32

    assert text_of(band * 3 + b"a\n" + band) == ["[IMAGE 64x96]", "a", "[IMAGE 64x32]"]


def test_codes_are_drawn_and_named() -> None:
    qr = b"\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1\x1d(k\x08\x001P0hello\x1d(k\x03\x001Q0"
    page = page_of(qr + b"\x1dH\x02\x1dkI\x07{BAB-12\x1dk\x04ABC\x00\x1dkH\x02AB")

    assert [line.strip() for line in page.text_lines()[:3]] == ["[QR hello]", "[CODE128 AB-12]", "AB-12"]
    assert page.lines[0].bitmaps[0].width == 21 * 6
    assert "[CODE39 ABC]" in page.text_lines()
    assert "[CODE93 AB]" in page.text_lines()


def two_dimensional(kind: int, content: bytes) -> bytes:
    """GS ( k: store the data of a symbol, and print it."""
    size = (len(content) + 3).to_bytes(2, "little")
    return b"\x1d(k" + size + bytes([kind]) + b"P0" + content + b"\x1d(k\x03\x00" + bytes([kind]) + b"Q0"


@pytest.mark.parametrize(("kind", "name"), sorted(NOT_DRAWN.items()))
def test_a_symbol_that_is_not_drawn_stands_as_its_name_and_content(kind: int, name: str) -> None:
    page = page_of(k("앞\n") + two_dimensional(kind, b"PAY-0042\n\x1bm9,000") + k("뒤\n"))

    lines = [line.strip() for line in page.text_lines()]
    assert lines[0] == "앞"
    assert lines[1] == f"[{name} PAY-0042··m9,000]"
    assert lines[-1] == "뒤"
    assert page.lines[1].bitmaps, "and there is something to see in the picture"


def test_each_symbol_has_a_store_of_its_own() -> None:
    """As in a printer: what was stored for one is not printed as another."""
    stored = b"\x1d(k\x06\x001P0abc"

    assert text_of(stored + b"\x1d(k\x03\x000Q0" + b"a\n") == ["a"]
    assert text_of(two_dimensional(48, b"pdf") + stored + b"\x1d(k\x03\x000Q0\x1d(k\x03\x001Q0")[-1] == "[QR abc]"


def test_page_mode_places_areas_on_one_sheet() -> None:
    area = b"\x1bW" + b"".join(n.to_bytes(2, "little") for n in (100, 50, 300, 200))
    page = page_of(b"top\n\x1bL" + area + b"\x1d$\x20\x00inside\n\x0cafter\n")

    assert page.text_lines() == ["top", "        inside", "after"]
    inside = page.lines[1]
    assert (inside.glyphs[0].x, inside.y) == (100, 34 + 50 + 32)


def test_a_deselected_printer_ignores_everything_until_it_is_selected() -> None:
    assert text_of(b"a\n\x1b=\x00b\n\x1b@\x1b=\x01c\n") == ["a", "c"]


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([b"\x1b", b"\x1d", b"\x1c", b"\x1d(k", b"\x1bL", b"\x0c"]))
    )
)
def test_junk_never_stops_the_printer(pieces: list[bytes]) -> None:
    printer = EmulatedPrinter()
    for piece in pieces:
        printer.receive(piece)
    printer.end_of_stream()
    printer.tear_off()
    for page in printer.take_pages():
        page.text()
        page_image(page, PAINTER)

    printer.receive(b"\x1b=\x01\x1b@\n\x1dV\x00ok\n\x1dV\x00")
    assert printer.take_pages()[-1].text().splitlines()[-1] == "ok"


@given(st.binary(max_size=300), st.integers(1, 7))
def test_the_size_of_packets_changes_nothing(stream: bytes, size: int) -> None:
    pieces = EmulatedPrinter()
    for start in range(0, len(stream), size):
        pieces.receive(stream[start : start + size])
    pieces.end_of_stream()
    pieces.tear_off()

    assert [(page.lines, page.cut) for page in pieces.take_pages()] == [(p.lines, p.cut) for p in pages_of(stream)]


@pytest.mark.parametrize("columns", [384, 512, 576])
def test_the_picture_is_as_wide_as_the_head_or_the_roll(columns: int) -> None:
    page = page_of(k("한글 ABC\n"), dots=columns)

    assert page_image(page, PAINTER).width == columns
    assert page_image(page, PAINTER, paper=True).width == (464 if columns == 384 else 640)
    assert page_png(page, PAINTER).startswith(b"\x89PNG")


def test_every_hangul_glyph_stays_in_its_cell() -> None:
    """Two lines of different letters have ink only inside their cells: the columns between them stay white."""
    image = page_image(page_of(k("힣뷁똠쀍\n")), PAINTER)

    ink = [min(_shade(image, x, y) for y in range(24)) < 128 for x in range(96)]
    assert all(any(ink[start : start + 24]) for start in range(0, 96, 24))
    assert image.crop((96, 0, 576, 24)).getextrema() == (252, 252)


def test_inverse_is_white_on_black() -> None:
    image = page_image(page_of(b"\x1dB\x01A \n"), PAINTER)

    assert _shade(image, 13, 2) < 60
    assert _shade(image, 30, 2) > 200


@pytest.mark.thorough
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the public ESC/POS samples are not beside this checkout")
def test_every_public_sample_prints() -> None:
    for sample in sorted(SAMPLES.iterdir()):
        if sample.suffix == ".md":
            continue
        pages = pages_of(sample.read_bytes())
        assert pages, sample.name
        for page in pages:
            assert page_image(page, PAINTER, paper=True).height > 8, sample.name
            assert not page.is_blank, sample.name


def _shade(image, x: int, y: int) -> int:  # type: ignore[no-untyped-def]
    shade = image.getpixel((x, y))
    assert isinstance(shade, int)
    return shade
