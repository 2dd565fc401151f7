"""No personal number survives in what is written (R7, R8; reliability case 53)."""

from __future__ import annotations

import random

import pytest

from printers.capture.redact import redact


def one(line: str, **options: object) -> str:
    return "\n".join(redact([line], **options).lines)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("카드번호 4111 1111 1111 1111", "411111111111"),
        ("4111111111111111", "411111111111"),
        ("374245455400126", "37424545540"),
        ("카드번호 : 5409-26**-****-118*", "540926"),
        ("9490-13**-****-7021", "949013"),
        ("TEL:02-555-0142", "5550142"),
        ("010-1234-5678", "12345678"),
        ("01012345678", "12345678"),
        ("+82 10-1234-5678", "12345678"),
        ("휴대폰 010-****-5678", "5678"),
        ("신분확인번호 010****5678", "5678"),
        ("현금영수증 식별번호: 1234567890123456", "1234567890"),
        ("유효기간 : 12/27", "1227"),
        ("VALID THRU 1227", "1227"),
        ("안심번호 0504-1234-5678", "5678"),
        ("주민번호 900101-1234567", "9001011234567"),
    ],
)
def test_numbers_of_persons_and_cards_are_hidden(line: str, secret: str) -> None:
    shown = "".join(letter for letter in one(line) if letter.isdigit())

    assert secret not in shown


@pytest.mark.parametrize(
    "line",
    [
        "합계                    12,000",
        "2026-11-20 14:03:22",
        "영수증번호:20261120-01-0057",
        "사업자:214-87-00341",
        "아메리카노(ICE)       4,500    2     9,000",
        "*** 재 발 행 ***",
        "바코드 8801234567890",
        "------------------------------------------",
    ],
)
def test_what_identifies_nobody_stays(line: str) -> None:
    assert one(line) == line


def test_a_card_keeps_its_last_four_and_is_counted() -> None:
    found = redact(["4111-1111-1111-1111", "1234-56**-****-7890"])

    assert found.lines == ("****-****-****-1111", "****-****-****-7890")
    assert found.full_cards == 1


def test_a_card_parted_by_the_end_of_a_line_is_hidden() -> None:
    found = redact(["카드 4111-1111-", "1111-1111"])

    assert found.lines == ("카드 ****-****-", "****-1111")


def test_approval_numbers_are_hidden_also_when_spaced() -> None:
    found = redact(["승인번호 3012 7744", "No.30127744", "130127744"], approvals=["30127744"])

    assert found.lines == ("승인번호 ********", "No.********", "130127744")


def test_a_delivery_ticket_loses_name_and_address() -> None:
    rows = ["고객명 : 홍길동", "배달주소 : 서울 마포구", "새물길 27 101동 202호", "--------------", "돈까스 1 10,000"]

    shown = "\n".join(redact(rows, delivery=True).lines)

    for secret in ("홍길동", "마포구", "새물길", "101동"):
        assert secret not in shown
    assert "돈까스 1 10,000" in shown


@pytest.mark.parametrize("count", [1_500, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_card_numbers_in_receipts_leave_none(count: int) -> None:
    """R8"""
    dice = random.Random(8)
    for _ in range(count):
        number = _card(dice)
        mark = dice.choice(("", " ", "-"))
        groups = [number[at : at + 4] for at in range(0, len(number), 4)]
        written = mark.join(groups)
        if dice.random() < 0.2:
            cut = dice.randrange(4, len(written) - 4)
            rows = ["카드번호 " + written[:cut], written[cut:]]
        else:
            rows = [dice.choice(("카드번호 : ", "", "2026-11-20 ", "합계 12,000  ")) + written]

        shown = "".join(letter for letter in "".join(redact(rows).lines) if letter.isdigit())

        assert number[:-4] not in shown, rows


def _card(dice: random.Random) -> str:
    length = dice.choice((14, 15, 16, 16, 16, 16, 19))
    body = dice.choice("3459") + "".join(str(dice.randrange(10)) for _ in range(length - 2))
    for check in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(body + check)):
            value = int(digit) * (2 if place % 2 else 1)
            total += value - 9 if value > 9 else value
        if total % 10 == 0:
            return body + check
    raise AssertionError("one check digit fits")


def test_full_width_digits_are_digits_also_without_a_label() -> None:
    assert redact(["번호 ４０３２６４２７０８２９２１４２"]).full_cards == 1
