"""The claims of printers.document: a stored document comes back equal, a damaged one is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.document import (
    BAR,
    TITLE,
    Align,
    Barcode,
    BarcodeKind,
    Block,
    Columns,
    CopyNote,
    Cut,
    Document,
    Drawer,
    Picture,
    Qr,
    Rule,
    Space,
    Style,
    Text,
    check,
)
from printers.errors import BadDocument, UnreadableDocument

EVERYTHING = Document(
    title="모두",
    blocks=(
        Text("제목", Align.CENTER, TITLE),
        Text("본문", hang=3),
        Columns("왼쪽", "오른쪽", middle="가운데", style=BAR, indent=2),
        Rule(double=True),
        Space(3),
        Qr("https://withfom.example/s/1"),
        Barcode("880123456789", BarcodeKind.EAN13),
        Picture(b"\x89PNG\r\n"),
        CopyNote("매장 보관용"),
        Drawer(pin=5),
        Cut(partial=False),
    ),
    reprint=2,
)


def test_a_document_survives_its_json() -> None:
    assert Document.from_json(EVERYTHING.to_json()) == EVERYTHING


@given(
    st.lists(
        st.one_of(
            st.builds(
                Text,
                st.text(st.characters(exclude_categories=["Cs"])),
                st.sampled_from(Align),
                st.builds(Style, st.booleans(), st.booleans(), st.booleans()),
                st.integers(0, 9),
            ),
            st.builds(Columns, st.text(max_size=9), st.text(max_size=9)),
            st.builds(Space, st.integers(0, 40)),
            st.builds(Rule, st.booleans()),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_document_survives_its_json(blocks: list[Block]) -> None:
    document = Document("무엇이든", tuple(blocks))

    assert Document.from_json(document.to_json()) == document


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body | {"version": 2},
        lambda body: body | {"blocks": [{"kind": "virus"}]},
        lambda body: body | {"blocks": [{"kind": "text", "text": 5}]},
        lambda body: body | {"blocks": [{"kind": "text", "text": "a", "colour": "red"}]},
        lambda body: body | {"blocks": [{"kind": "text", "text": "a", "style": ["blinking"]}]},
        lambda body: body | {"blocks": [{"kind": "text", "text": "a", "align": "diagonal"}]},
        lambda body: body | {"blocks": [{"kind": "picture", "png": "not base64!"}]},
        lambda body: body | {"blocks": [{"kind": "cut", "partial": "yes"}]},
        lambda body: body | {"blocks": [{"kind": "columns", "left": "a"}]},
        lambda body: body | {"blocks": []},
        lambda body: body | {"reprint": -1},
        lambda body: body | {"title": None},
        lambda body: [body],
    ],
)
def test_a_damaged_document_is_refused_in_plain_words(damage: object) -> None:
    body = json.loads(EVERYTHING.to_json())

    with pytest.raises(UnreadableDocument) as refusal:
        Document.from_json(json.dumps(damage(body)))  # type: ignore[operator]

    assert "전표" in refusal.value.user_message


@pytest.mark.parametrize("text", ["", "{", "null", "[" * 100_000])
def test_no_text_at_all_can_crash_the_reader(text: str) -> None:
    with pytest.raises(UnreadableDocument):
        Document.from_json(text)


@pytest.mark.parametrize(
    "block",
    [
        Qr(""),
        Qr("a" * 501),
        Qr("\ud800"),
        Barcode("가", BarcodeKind.CODE128),
        Barcode("12", BarcodeKind.EAN13),
        Barcode("lower", BarcodeKind.CODE39),
        Drawer(pin=3),
        Space(41),
    ],
)
def test_what_no_printer_can_print_is_refused_before_a_byte_leaves(block: Block) -> None:
    with pytest.raises(BadDocument):
        check(Document("나쁜 전표", (block,)))


def test_a_reprint_counts_the_copies_before_it() -> None:
    slip = Document("전표", (Text("a"),))

    assert slip.as_reprint(0).reprint == 1
    assert slip.as_reprint(3).reprint == 3
    assert slip.as_reprint(3).as_reprint(1).reprint == 3
