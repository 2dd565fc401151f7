"""The wire: one spelling per value, a chain that notices every change, cursors that read back."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol import (
    CHAIN_START,
    Cursor,
    FeedRow,
    Operation,
    canonical_json,
    chain_hash,
    json_text,
    normalise_enroll_code,
)

OP = Operation(
    op_id="019",
    device="d1",
    epoch=1,
    seq=1,
    kind="earn",
    v=1,
    store="s1",
    actor="tablet",
    wall_ms=1,
    mono_ms=2,
    boot_id="b",
    seen_cursor="1.0.0",
    body={"points": 45, "name": "라떼"},
)


def test_an_operation_survives_the_wire() -> None:
    assert Operation.from_wire(OP.to_wire()) == OP


@pytest.mark.parametrize(
    "broken",
    [{"seq": "1"}, {"seq": True}, {"body": []}, {"epoch": None}, {"op_id": 7}],
)
def test_a_field_of_the_wrong_type_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Operation.from_wire(OP.to_wire() | broken)


def test_a_missing_field_is_refused() -> None:
    wire = OP.to_wire()
    del wire["actor"]

    with pytest.raises(KeyError):
        Operation.from_wire(wire)


def test_key_order_does_not_change_the_bytes_and_floats_are_refused() -> None:
    assert canonical_json({"b": 1, "a": ["가", None, True]}) == '{"a":["가",null,true],"b":1}'.encode()
    for what_is_no_json in (1.5, float("nan"), b"a", {1}, date(2026, 11, 27), {"b": (1, {"c": 0.5})}):
        with pytest.raises(TypeError):
            canonical_json({"a": [what_is_no_json]})
    with pytest.raises(TypeError):
        canonical_json({1: "a"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_the_spelling_is_the_one_that_devices_and_clouds_have_always_hashed(value: Any) -> None:
    """The chain covers these bytes: another spelling of a value would make a fork of it (AGT-05)."""
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    assert canonical_json(value) == plain
    assert json_text(value).encode() == plain


def test_the_chain_notices_a_changed_body_and_a_changed_past() -> None:
    first = chain_hash(CHAIN_START, OP)
    changed = chain_hash(CHAIN_START, dataclasses.replace(OP, body=OP.body | {"points": 46}))

    assert len({first, changed, chain_hash(first, OP)}) == 3


@given(st.tuples(*[st.integers(min_value=0, max_value=2**53)] * 3))
def test_a_cursor_reads_back(parts: tuple[int, int, int]) -> None:
    cursor = Cursor(*parts)

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "1.2", "1.2.3.4", "a.b.c", "-1.0.0"])
def test_what_is_not_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Cursor.parse(text)


def test_a_feed_row_needs_a_known_feed() -> None:
    with pytest.raises(TypeError):
        FeedRow.from_wire({"feed": "other", "n": 1, "kind": "request", "body": {}})


def test_an_enrollment_code_may_be_typed_in_any_case_and_with_hyphens() -> None:
    assert normalise_enroll_code(" bcdf-ghjk ") == "BCDFGHJK"
