"""A Korean receipt of 48 columns with a QR code, from its values to the printer's bytes, against python-escpos printing
the same receipt in ASCII into its memory printer: the same rows, emphases, code and cut, laid out by hand.

Both in one run, in turns, in time of the processor; every receipt has other amounts, so that nothing is remembered.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks._report import Report, median
from printers import slips
from printers.document import Cut, Document, Qr
from printers.encode import Ink, encode
from printers.profiles import PROFILES

ROUNDS = 15
RECEIPTS_A_ROUND = 40
RATIO_MAX = 1.5
COLUMNS = 48
QR_TEXT = "https://withfom.example/c/7F3K9Q2M"
MENU = (
    ("아이스 아메리카노 (대)", "Iced americano (L)", 4_500),
    ("바닐라 크림 콜드브루", "Vanilla cream cold brew", 6_500),
    ("크루아상", "Croissant", 4_300),
    ("딸기 생크림 케이크", "Strawberry cake", 7_500),
    ("자몽 허니 블랙티", "Grapefruit honey tea", 5_700),
    ("시그니처 라떼", "Signature latte", 5_900),
    ("얼그레이 스콘", "Earl grey scone", 3_800),
    ("레몬 에이드", "Lemonade", 5_500),
)
SELLER = slips.Seller("느린오후 커피", "000-00-00000", "이지은", "서울시 가상구 느린길 12, 1층", "02-000-0000")


def ours(number: int, ink: Ink) -> bytes:
    """Template, layout and bytes."""
    items = [slips.TicketItem(name, 1, won + number * 10) for name, _english, won in MENU]
    total_won = sum(item.amount_won for item in items)
    made = slips.receipt(
        seller=SELLER,
        sold_at=f"2026-11-20 14:{number % 60:02}",
        receipt_no=f"{number:04}",
        items=items,
        tenders=[slips.Tender("신용카드", total_won, f"{number:08}")],
        total_won=total_won,
        vat_won=total_won // 11,
        clerk="이지은",
        footer="고맙습니다. 또 오십시오.",
    )
    document = Document(made.title, (*made.blocks[:-1], Qr(f"{QR_TEXT}{number:04}"), Cut()))
    return encode(document, PROFILES["generic-80-48"], ink)


def theirs(number: int) -> bytes:
    """The same rows through python-escpos."""
    from escpos.printer import Dummy

    total_won = sum(won + number * 10 for _korean, _name, won in MENU)
    printer: Any = Dummy(profile="RP-F10-80mm")
    rule = "-" * COLUMNS + "\n"
    printer.set(align="center", bold=True, double_width=True, double_height=True)
    printer.text("Slow Afternoon\n")
    printer.set(align="left", bold=False, normal_textsize=True)
    _pairs(printer, [("Business no", "000-00-00000"), ("Owner", "Lee Jieun")])
    printer.text("12 Slow Road 1F, Somewhere, Seoul\nTEL 02-000-0000\n" + "=" * COLUMNS + "\n")
    _pairs(printer, [("Sold at", f"2026-11-20 14:{number % 60:02}"), ("No", f"{number:04}"), ("Clerk", "Lee Jieun")])
    printer.text(rule)
    printer.set(bold=True)
    _pairs(printer, [("Item", "Qty     Amount")])
    printer.set(bold=False)
    printer.text(rule)
    _pairs(printer, [(name, f"1 {won + number * 10:>10,}") for _korean, name, won in MENU])
    printer.text(rule)
    _pairs(printer, [("Supply", f"{total_won - total_won // 11:,}"), ("VAT", f"{total_won // 11:,}")])
    printer.set(bold=True)
    _pairs(printer, [("Total", f"{total_won:,}")])
    printer.set(bold=False)
    printer.text(rule)
    _pairs(printer, [("Credit card", f"{total_won:,}"), ("  Approval", f"{number:08}")])
    printer.text(rule)
    printer.set(align="center")
    printer.text("Thank you. Come again.\nCustomer copy, printed again 0 times\n")
    printer.qr(f"{QR_TEXT}{number:04}", native=True, size=8, center=False)
    printer.set(align="left")
    printer.cut()
    return bytes(printer.output)


def _pairs(printer: Any, pairs: Sequence[tuple[str, str]]) -> None:
    for left, right in pairs:
        printer.text(left + " " * (COLUMNS - len(left) - len(right)) + right + "\n")


def spent_ms(make: Callable[[int], bytes], first: int) -> float:
    """Milliseconds of the processor for one receipt."""
    begun = time.process_time()
    for number in range(first, first + RECEIPTS_A_ROUND):
        make(number)
    return (time.process_time() - begun) * 1000 / RECEIPTS_A_ROUND


def main() -> int:
    report = Report("slip_encode")
    ink = Ink.bundled()
    ours(0, ink), theirs(0)  # imports and fonts belong to the start of the program
    mine: list[float] = []
    peer: list[float] = []
    for turn in range(ROUNDS):
        first = 1 + turn * RECEIPTS_A_ROUND
        mine.append(spent_ms(lambda number: ours(number, ink), first))
        peer.append(spent_ms(theirs, first))
    report.figure("bytes of a receipt, ours and theirs", f"{len(ours(1, ink)):,} and {len(theirs(1)):,}")
    report.figure("ours, Korean (median)", f"{median(mine):.2f} ms")
    report.figure("python-escpos, ASCII (median)", f"{median(peer):.2f} ms")
    ratios = [own / other for own, other in zip(mine, peer, strict=True)]
    report.goal("ours in times of theirs (median)", median(ratios), RATIO_MAX, "times")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
