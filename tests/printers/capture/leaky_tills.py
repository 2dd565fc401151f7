"""Tills that print whole card numbers, in every way a number can be torn apart. All numbers are invented."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.printers.receipts.invented.papers import paper

LENGTHS = (14, 15, 16, 16, 16, 16, 16, 19)


@dataclass(frozen=True)
class Leak:
    """`secret`: digits that may stand nowhere in what is kept, in this order without others between them."""

    stream: bytes
    secret: str
    way: str


def leak(number: int) -> Leak:
    """The leaking paper of this number, always the same one: an invented receipt with a card number put into it."""
    dice = random.Random(number)
    card = card_number(dice)
    stream = paper(number % 500).stream
    encoding = "utf-8" if dice.random() < 0.2 else "cp949"
    way, rows, secret = _ways(dice, card)
    text = b"\n" + b"\n".join(row if isinstance(row, bytes) else row.encode(encoding) for row in rows) + b"\n"
    at = stream.rindex(b"\x1bd\x04")
    if b"\x1bL" in stream or encoding == "utf-8":  # page mode prints nothing behind itself; encodings do not mix
        return Leak(b"\x1b@" + text + b"\x1bd\x04\x1dV\x00", secret, way)
    return Leak(stream[:at] + text + stream[at:], secret, way)


def card_number(dice: random.Random) -> str:
    length = dice.choice(LENGTHS)
    body = dice.choice("34569") + "".join(str(dice.randrange(10)) for _ in range(length - 2))
    return next(body + check for check in "0123456789" if luhn(body + check))


def luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _ways(dice: random.Random, card: str) -> tuple[str, list[str | bytes], str]:
    mark = dice.choice(("", " ", "-", ".", "  ", " - ", "/", "·"))
    groups = [card[at : at + 4] for at in range(0, len(card), 4)]
    written = mark.join(groups)
    label = dice.choice(
        ("카드번호 : ", "카드번호", "CARD NO. ", "Card Number: ", "", "번호 ", "신용카드 ", "[카드번호] ")
    )
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in written)
    cut = dice.randrange(2, len(written) - 2)
    half = dice.choice((1, 2, max(len(groups) - 2, 1)))
    secret = card[:-4]
    gap = " " * dice.randint(3, 24)
    masked = card[:6] + "*" * (len(card) - 10) + card[-4:]
    masked = mark.strip().join(masked[at : at + 4] for at in range(0, len(masked), 4))
    chosen = dice.choice(
        (
            ("one row", [label + written]),
            ("full width", [label + wide]),
            ("two rows", [label + written[:cut], written[cut:]]),
            ("two rows, indented", [label + mark.join(groups[:half]), " " * 10 + mark.join(groups[half:])]),
            ("three rows", [label + groups[0], groups[1], mark.join(groups[2:])]),
            ("columns", [label + mark.join(groups[:half]) + gap + mark.join(groups[half:])]),
            ("every digit apart", [label + " ".join(card)]),
            ("emphasis inside", [label.encode("cp949") + b"\x1bE\x01".join(g.encode() for g in groups) + b"\x1bE\x00"]),
            ("positions", [label.encode("cp949") + _placed(groups)]),
            ("positions backwards", [_placed(groups, backwards=True)]),
            ("as goods", [f"{written}          1      4,500"]),
            ("as a receipt number", [f"영수증번호 : {written}"]),
            ("as an order number", [f"주문번호 {card}"]),
            ("as an approval", [f"승인번호 : {written}"]),
            ("in brackets", [f"메모({written})"]),
            ("beside other numbers", [f"2026-11-20 14:03 {written} 12,000"]),
            ("partly masked", [label + masked]),
            ("asked in between", [label.encode("cp949") + b"\x10\x04\x01".join(g.encode() for g in groups)]),
        )
    )
    way, rows = chosen
    return way, list(rows), card[:6] if way == "partly masked" else secret


def _placed(groups: list[str], *, backwards: bool = False) -> bytes:
    """Each group at a position of its own, also sent from right to left."""
    placed = [b"\x1b$" + (96 + 72 * at).to_bytes(2, "little") + group.encode() for at, group in enumerate(groups)]
    return b"".join(reversed(placed) if backwards else placed)
