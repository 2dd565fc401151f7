"""The claims of printers.template: an owner's text becomes a slip, and nothing useless is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers import slips
from printers.document import Align, Columns, CopyNote, Cut, Document, Picture, Qr, Rule, Space, Style, Text, check
from printers.errors import BadDocument, BadTemplate
from printers.layout import as_text, lay_out
from printers.slip_kinds import KINDS, Templates, bundled_text, read_template
from printers.template import CHARS_MAX, LINES_MAX, Values, parse

SAMPLE: Values = {
    "shop": "느린오후 커피",
    "paid": "4,500원",
    "note": "연하게",
    "qr": "Q-1",
    "items": ({"name": "라테", "quantity": "2", "options": ({"option": "샷 추가"},)},),
}


def test_every_mark_becomes_its_block() -> None:
    text = "\n".join(
        [
            "// 손님에게",
            "^# {shop}",
            "> 오른쪽",
            "^! [ 제목 ]",
            "* 합계 | {paid}",
            "  수량 | 2개 | {paid}",
            "",
            "---",
            "===",
            "[QR {qr}]",
            "[COPY 고객용]",
            "[LOGO]",
            "\\^ 그대로 {shop}",
            "[CUT]",
        ]
    )

    blocks = parse(text, SAMPLE).blocks(SAMPLE, logo=b"png")

    assert blocks == (
        Text("느린오후 커피", Align.CENTER, Style(bold=True, double=True)),
        Text("오른쪽", Align.RIGHT),
        Text("[ 제목 ]", Align.CENTER, Style(bold=True, inverse=True)),
        Columns("합계", "4,500원", style=Style(bold=True)),
        Columns("수량", "4,500원", middle="2개", indent=2),
        Space(1),
        Rule(),
        Rule(double=True),
        Qr("Q-1"),
        CopyNote("고객용"),
        Picture(b"png"),
        Text("^ 그대로 {shop}"),
        Cut(),
    )


def test_lists_repeat_with_their_options() -> None:
    values: Values = {
        **SAMPLE,
        "items": (
            {"name": "라테", "quantity": "2", "options": ({"option": "샷"}, {"option": "연하게"})},
            {"name": "쿠키", "quantity": "1", "options": ()},
        ),
    }
    template = parse("@items {name} | {quantity}개\n@items.options   └ {option}\n끝", SAMPLE)

    assert as_text(lay_out(Document("-", template.blocks(values)), 20)) == [
        "라테             2개",
        "  └ 샷",
        "  └ 연하게",
        "쿠키             1개",
        "끝",
    ]


def test_what_has_nothing_to_say_is_left_out_with_its_rule() -> None:
    template = parse("---\n요청 | {note}\n---\n?note * 요청\n{note}\n---\n{shop} · {note}", SAMPLE)

    assert template.blocks({**SAMPLE, "note": ""}) == (Rule(), Text("느린오후 커피 · "))


@pytest.mark.parametrize(
    ("text", "code", "line", "name"),
    [
        ("안녕\n{shpo}", "unknown_name", 2, "shpo"),
        ("?nobody 안녕", "unknown_name", 1, "nobody"),
        ("{items}", "unknown_name", 1, "items"),
        ("@things {name}", "unknown_list", 1, "things"),
        ("@items.extras {name}", "unknown_list", 1, "extras"),
        ("@shop {name}", "unknown_list", 1, "shop"),
        ("{shop", "brace", 1, ""),
        ("a | b | c | d", "columns", 1, ""),
        ("", "required", 0, "paid"),
        ("?note", "required", 0, "paid"),
        ("x" * (CHARS_MAX + 1), "too_long", 0, ""),
        ("\n" * LINES_MAX, "too_long", 0, ""),
    ],
)
def test_a_template_that_cannot_work_says_what_is_wrong_and_where(text: str, code: str, line: int, name: str) -> None:
    with pytest.raises(BadTemplate) as caught:
        parse(text, SAMPLE, required=("paid",))

    assert (caught.value.code, caught.value.line, caught.value.name) == (code, line, name)


def test_the_figures_of_the_invented_receipt_add_up() -> None:
    """Whoever edits a template sees a receipt that a customer could check."""

    def won(text: object) -> int:
        return int(str(text).replace(",", "").removesuffix("원"))

    sample = KINDS["receipt"].sample
    items, tenders = sample["items"], sample["tenders"]
    assert isinstance(items, tuple)
    assert isinstance(tenders, tuple)

    total = won(sample["total"])
    assert sum(won(item["amount"]) for item in items) + won(sample["discount"]) == total
    assert won(sample["supply"]) + won(sample["vat"]) == total
    assert sum(won(tender["amount"]) for tender in tenders) == total


def test_a_copy_is_shown_as_the_copy_that_it_will_be() -> None:
    """Nobody's first copy says 재출력 0회: the paper of the POS was the original."""
    kind = KINDS["receipt_copy"]
    rows = lay_out(kind.example(read_template(kind.name, bundled_text(kind.name))), 42)

    assert "재출력 1회" in "\n".join(as_text(rows))


@pytest.mark.parametrize("kind", KINDS)
def test_every_bundled_template_uses_every_placeholder_it_may(kind: str) -> None:
    """An owner finds out from the template what can be said; `done` and the like must not be hidden."""
    text = bundled_text(kind)
    wanted = KINDS[kind]
    names = {name for name, value in wanted.sample.items() if isinstance(value, str)}

    assert {name for name in names if f"{{{name}}}" not in text and f"?{name}" not in text} == set()
    assert read_template(kind, text).blocks(wanted.sample)


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_without_what_makes_the_slip_useful_is_refused(kind: str) -> None:
    for name in KINDS[kind].required:
        without = bundled_text(kind).replace(f"{{{name}}}", "")
        with pytest.raises(BadTemplate) as caught:
            read_template(kind, without)
        assert caught.value.code == "required"


def test_a_shop_that_has_its_own_template_gets_it_and_a_useless_one_gives_way_to_ours() -> None:
    def made(own: dict[str, str]) -> list[str]:
        document = slips.coupon(
            shop="느린오후 커피", name="라테", valid_until="내일", code="A1", templates=Templates(own)
        )
        return as_text(lay_out(document, 32))

    assert made({"coupon": "{name} {valid_until}\n[BARCODE {code}]"}) == ["라테 내일", "[CODE128 A1]"]
    assert made({"coupon": "{name} {gone}"}) == made({})


def test_values_are_never_read_as_marks() -> None:
    """A customer who is called like a command prints like everybody else."""
    document = slips.order_ticket(
        shop="[CUT]",
        number="# 1",
        channel="---",
        items=[slips.TicketItem("a | b | c", 1, 100, ("[QR x]", "{shop}"))],
        total_won=100,
        payment="",
        ordered_at="",
        note="\\ // ?note",
    )

    assert [block for block in document.blocks if isinstance(block, Cut)] == [Cut()]
    text = as_text(lay_out(document, 42))
    assert [line.strip() for line in text if "└" in line] == ["└ [QR x]", "└ {shop}"]
    assert "a | b | c" in "\n".join(text)


@given(st.text(alphabet="^>#*!?@|{}[]\\/-= \nabn숍shopiteQRCUT", max_size=200))
def test_whatever_an_owner_types_is_a_printable_slip_or_a_reason(text: str) -> None:
    try:
        template = parse(text, SAMPLE)
    except BadTemplate:
        return
    for values in (SAMPLE, dict.fromkeys(SAMPLE, ""), {}):
        blocks = template.blocks(values)
        try:
            check(Document("-", blocks))
        except BadDocument:
            assert not blocks or "[" in text  # only codes have a form of their own
