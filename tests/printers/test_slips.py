"""Golden slips: the bytes and a text rendering of every slip lie in tests/golden/slips, so that a reviewer sees them.

After an intended change run the tests once with ACCEPT_GOLDEN=1 and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from printers import slips
from printers.document import Document
from printers.emulator.press import Head
from printers.emulator.printer import EmulatedPrinter
from printers.encode import Ink, encode
from printers.korean import width
from printers.layout import TextRow, lay_out
from printers.profiles import PROFILES
from printers.slip_kinds import KINDS

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slips"
ACCEPT = bool(os.environ.get("ACCEPT_GOLDEN"))
INK = Ink.bundled()
SHOP = "느린오후 커피"
PAPERS = {32: "bixolon-58", 42: "generic-80", 48: "generic-80-48"}


def coupon() -> Document:
    return slips.approval_slip(
        kind=slips.RewardKind.COUPON,
        shop=SHOP,
        reward="아메리카노\n1잔 무료",
        nickname="김*수",
        discount_won=4_500,
        decided_by="이지은",
        decided_at="11-20 14:32:41",
        slip_code="KTQWMR",
        qr_payload="withfom:slip:KTQWMR",
    )


def points_used() -> Document:
    return slips.approval_slip(
        kind="points",
        shop=SHOP,
        reward="3,000P 쓰기",
        nickname="박*영",
        discount_won=3_000,
        decided_by="",
        decided_at="11-20 14:33:02",
        slip_code="BNXKDP",
        automatic=True,
    )


def stamp() -> Document:
    return slips.approval_slip(
        kind="stamp",
        shop=SHOP,
        reward="스탬프 2개",
        nickname="최*아",
        discount_won=None,
        decided_by="이지은",
        decided_at="11-20 15:01:10",
        slip_code="QZWTHC",
    )


def claim() -> Document:
    return slips.claim_slip(
        shop=SHOP,
        points_count=45,
        qr_payload=str(KINDS["claim"].sample["qr"]),
        slip_code="PHVL-QJWN",
        paid_won=4_500,
        claim_until="11-27 14:31",
        source_line="POS 01 · 전표 0042 · 11-20 14:31",
    )


def earned() -> Document:
    return slips.points_slip(
        shop=SHOP,
        points_count=450,
        masked_phone="010-****-5678",
        paid_won=4_500,
        earned_at="11-20 14:32",
        source_line="POS 01 · 전표 0042",
        provisional=True,
    )


def order() -> Document:
    items = [
        slips.TicketItem("아이스 아메리카노 (대)", 2, 9_000, ("연하게", "샷 추가 +500원")),
        slips.TicketItem("시그니처 바닐라 크림 콜드브루 라지 사이즈", 1, 7_500),
    ]
    return slips.order_ticket(
        shop=SHOP,
        number="A-17",
        channel="앱 주문",
        items=items,
        total_won=16_500,
        payment="앱 결제",
        ordered_at="11-20 14:31",
        nickname="김*수",
        note="얼음은 적게, 뚜껑은 따로 주십시오",
        slip_code="A17-20261120",
    )


def closing() -> Document:
    return slips.closing_slip(
        shop=SHOP,
        day="2026-11-20 (금)",
        figures=slips.ClosingFigures(
            receipts_read=68,
            earned_count=58,
            earned_points=4_125,
            claimed_count=9,
            claimed_points=405,
            reversed_points=58,
            ask=0,
            approved_by_hand=21,
            approved_by_itself=2,
            rejected=1,
            spent_points=6_000,
            orders=31,
            sales_won=412_500,
            print_failures=0,
            summary="오프라인 37건, 모두 전송 완료",
            cups="132개  제출함",
            offline="14:02 ~ 14:26",
        ),
        closed_line="담당 이지은 · 21:58 출력",
    )


def sale() -> Document:
    return slips.receipt(
        seller=slips.Seller(SHOP, "000-00-00000", "이지은", "서울시 가상구 느린길 12, 1층", "02-000-0000"),
        sold_at="2026-11-20 14:31",
        receipt_no="0042",
        items=[
            slips.TicketItem("아이스 아메리카노 (대)", 2, 9_000, ("샷 추가 +500원",)),
            slips.TicketItem("크루아상", 1, 4_300),
        ],
        tenders=[slips.Tender("신용카드", 12_000, "01234567"), slips.Tender("현금", 1_000)],
        total_won=13_000,
        vat_won=1_182,
        discount_won=300,
        clerk="이지은",
        footer="고맙습니다. 또 오십시오.",
    )


def coupon_to_take() -> Document:
    return slips.coupon(
        shop=SHOP,
        name="아메리카노 1잔",
        condition="10,000원 이상 결제",
        valid_until="2026-12-31",
        code="FN3BABMKT74F19JYD",
        slip_code="FN3B-ABMK-T74F-19JY-D",
        qr_payload="withfom:coupon:0198c5c0-7a11-7d46-b52e-93d1c8f0a65e",
    )


def stamp_card() -> Document:
    return slips.stamp_card(
        shop=SHOP,
        filled=7,
        goal=10,
        reward="아메리카노 1잔",
        nickname="최*아",
        printed_at="11-20 15:01",
        valid_until="2027-05-20",
    )


def receipt_again() -> Document:
    lines = [
        "                 [ 영 수 증 ]",
        "느린오후 커피                        000-00-00000",
        "-" * 48,
        "아이스 아메리카노 (대)         2          9,000원",
        "합계                                      9,000원",
        "카드번호 ****-****-****-****          ** ****7744",
        "",
        "",
        "고맙습니다. 또 오십시오.",
        "",
    ]
    return slips.receipt_copy(
        shop=SHOP, lines=lines, receipt_no="0042", copy_number=1, columns=48, printed_at="2026-11-20 15:02"
    )


def reprinted() -> Document:
    return coupon().as_reprint(1)


SLIPS = {
    made.__name__: made
    for made in (
        coupon,
        points_used,
        stamp,
        claim,
        earned,
        order,
        closing,
        reprinted,
        sale,
        coupon_to_take,
        stamp_card,
        receipt_again,
    )
}


@pytest.mark.parametrize("columns", PAPERS)
@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_the_one_in_the_golden_folder(name: str, columns: int) -> None:
    _compare(SLIPS[name](), name, columns)


@pytest.mark.parametrize("columns", PAPERS)
def test_the_test_page_shows_a_ruler_as_wide_as_the_paper(columns: int) -> None:
    profile = PROFILES[PAPERS[columns]]

    page = slips.test_page(profile, shop=SHOP, printer_name="카운터 1", printed_at="11-20 14:00")

    assert any(isinstance(row, TextRow) and row.text.startswith("1234567890") and width(row.text) == columns
               for row in lay_out(page, columns))  # fmt: skip
    _compare(page, "test_page", columns)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_survives_being_stored(name: str) -> None:
    assert Document.from_json(SLIPS[name]().to_json()) == SLIPS[name]()


def test_the_amount_to_key_in_is_white_on_black() -> None:
    bars = [row.text.strip() for row in lay_out(coupon(), 42) if isinstance(row, TextRow) and row.style.inverse]

    assert bars == ["[ 쿠폰 사용 승인 ]", "POS에서 4,500원 할인 입력"]


def test_a_slip_without_discount_asks_for_nothing_at_the_pos() -> None:
    text = "\n".join(row.text for row in lay_out(stamp(), 42) if isinstance(row, TextRow))

    assert "POS" not in text
    assert "할인" not in text


def _compare(document: Document, name: str, columns: int) -> None:
    profile = PROFILES[PAPERS[columns]]
    payload = encode(document, profile, INK)
    printer = EmulatedPrinter(Head(dots=profile.paper_dots, units_per_dot=profile.feed_units_per_dot))
    printer.receive(payload)
    printer.tear_off()
    text = "".join(page.text() for page in printer.take_pages())
    for suffix, content in ((".bin", payload), (".txt", text.encode())):
        path = GOLDEN / f"{name}-{columns}{suffix}"
        if ACCEPT:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        assert path.read_bytes() == content, f"{path.name} differs; if that is meant, run once with ACCEPT_GOLDEN=1"
