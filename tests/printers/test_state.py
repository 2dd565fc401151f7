"""The claims of printers.state: the shadow follows the POS, a slip's epilogue brings its settings back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.state import POWER_ON, StreamState, after_tokens, enter, restore
from printers.stream.tokenizer import Tokenizer


def after(stream: bytes, state: StreamState = POWER_ON) -> StreamState:
    """The state a printer is in after these bytes."""
    tokenizer = Tokenizer()
    return after_tokens(state, tokenizer.feed(stream) + tokenizer.close())


@pytest.mark.parametrize(
    ("stream", "changed"),
    [
        (b"\x1b!\x39", {"font": 1, "bold": True, "width": 2, "height": 2, "hangul_width": 2, "hangul_height": 2}),
        (b"\x1d!\x12", {"width": 2, "height": 3, "hangul_width": 2, "hangul_height": 3}),
        (b"\x1c!\x0c", {"hangul_width": 2, "hangul_height": 2}),
        (b"\x1cW1", {"hangul_width": 2, "hangul_height": 2}),
        (b"\x1c.", {"hangul": False}),
        (b"\x1bR\x00\x1bt\x02", {"international": 0, "code_table": 2}),
        (b"\x1b3\x18", {"line_spacing": 24}),
        (b"\x1ba1", {"align": 1}),
        (b"\x1ba\x02\x1bE\x01\x1bG\x01\x1dB\x01", {"align": 2, "bold": True, "double_strike": True, "inverse": True}),
        (b"\x1d(k\x03\x00\x31\x43\x08", {"qr_module": 8}),
        (b"\x1c(C\x02\x00\x30\x02", {"utf8": True}),
        (b"\x1dL\x18\x00\x1dW\x00\x01", {"left_margin": 24, "print_width": 256}),
        (b"\x1b@", {}),
        (b"\x1bE\x01\x1b@", {}),
        (b"\x1bM\x09\x1bV\x07", {}),
    ],
)
def test_the_shadow_follows_what_the_pos_sets(stream: bytes, changed: dict[str, object]) -> None:
    assert after(stream) == replace(POWER_ON, **changed)  # type: ignore[arg-type]


_STATES = st.builds(
    StreamState,
    hangul=st.booleans(),
    international=st.integers(0, 20),
    code_table=st.integers(0, 52),
    utf8=st.booleans(),
    font=st.integers(0, 1),
    bold=st.booleans(),
    double_strike=st.booleans(),
    underline=st.integers(0, 2),
    width=st.just(2),
    height=st.just(3),
    hangul_width=st.just(2),
    hangul_height=st.just(3),
    inverse=st.booleans(),
    upside_down=st.booleans(),
    rotated=st.integers(0, 1),
    align=st.integers(0, 2),
    line_spacing=st.none() | st.integers(0, 255),
    char_spacing=st.integers(0, 20),
    hangul_spacing=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    motion=st.sampled_from([(0, 0), (203, 203), (180, 180)]),
    left_margin=st.integers(0, 200),
    print_width=st.none() | st.integers(100, 576),
    barcode_height=st.integers(1, 255),
    qr_module=st.integers(1, 16),
    page_mode=st.booleans(),
)


@given(_STATES)
def test_a_slip_leaves_no_trace_in_any_state(state: StreamState) -> None:
    """printing.md, decision 6: whatever the POS had set is set again, and neither ESC @ nor GS a is ever sent."""
    prologue, epilogue = enter(state, print_width=504), restore(state, barcode=True, qr=True)

    in_between = after(prologue, state)
    shape = ("page_mode", "hangul", "international", "width", "height", "align", "left_margin", "print_width", "utf8")
    for name in shape:
        assert getattr(in_between, name) == (504 if name == "print_width" else getattr(POWER_ON, name))
    assert after(epilogue, in_between) == state
    assert b"\x1b@" not in prologue + epilogue
    assert b"\x1da" not in prologue + epilogue


def test_sizes_of_hangul_alone_are_restored_after_the_common_size() -> None:
    state = replace(POWER_ON, hangul_width=2, hangul_height=2)

    assert after(restore(state)) == state


def test_a_pos_that_set_nothing_special_costs_few_bytes() -> None:
    assert len(enter(POWER_ON, print_width=504)) + len(restore(POWER_ON)) < 60
    assert POWER_ON.is_neutral_for_text()
    assert not replace(POWER_ON, underline=1).is_neutral_for_text()
