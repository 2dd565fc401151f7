"""The kinds of slips, what each may say, and the templates that say it: ours from assets/slips, or the shop's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from printers.document import Document, check
from printers.errors import BadDocument, BadTemplate
from printers.template import Template, Value, Values, parse

_SHOP: Final = {"shop": "느린오후 커피"}
_ITEMS: Final[Sequence[Values]] = (
    {
        "name": "아이스 아메리카노 (대)",
        "quantity": "2",
        "amount": "9,000원",
        "options": ({"option": "샷 추가 +500원"},),
    },
    {"name": "바닐라 크림 콜드브루", "quantity": "1", "amount": "7,500원", "options": ()},
)

# As real ones are, so that the preview shows a QR code of their size: a sealed claim of an invented receipt.
_CLAIM_QR: Final = (
    "WFC1.WyIwMTk4YzVjMC03YTExLTcwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCIwMTk4YzVjMC03YTExLTcwMDAtODAwMC0wMDAwMDA"
    "wMDAwYzQiLCJmMTVlNTUxNWMwZWU3MjAwZmNlYjNlMWQyMTJkNGFhNjAxZGM0MGU2YTBkM2FjZjg5NWNmMGFhYjNkZmJkMzljIix"
    "bIjNmOWQwYzVlN2EyMWI4NjQzZjlkMGM1ZSJdLCIwMDQyIiwiMDEiLDQ1MDAsMTc5NTE1MjY2MDAwMCwxNzk1NzU3NDYwMDAwXfT"
    "wwtgJjDXPCvjWi4U004Y"
)


@dataclass(frozen=True)
class SlipKind:
    """`sample` holds every placeholder with an invented value, as the preview shows it. Without one that is `required`
    the slip would be of no use, so that no template may leave it out. `reprint`: it is a copy by its nature."""

    name: str
    sample: Values
    required: tuple[str, ...] = ()
    reprint: int = 0

    def example(self, template: Template, logo: bytes | None = None) -> Document:
        """The sample on paper, as previews show it."""
        return Document(self.name, template.blocks(self.sample, logo), self.reprint)


_KINDS: Final = (
    SlipKind(
        "approval",
        {
            **_SHOP,
            "title": "쿠폰 사용 승인",
            "reward": "아메리카노 1잔 무료",
            "nickname": "김*수",
            "discount": "-4,500원",
            "pos_discount": "4,500원",
            "approver": "이지은",
            "decided_at": "11-20 14:32",
            "slip_code": "KTQWMR",
            "qr": "withfom:slip:KTQWMR",
            "done": "쿠폰은 사용 처리됐습니다.",
        },
        required=("reward", "slip_code", "pos_discount"),
    ),
    SlipKind(
        "claim",
        {
            **_SHOP,
            "points": "45P",
            "qr": _CLAIM_QR,
            "slip_code": "PHVL-QJWN",
            "paid": "4,500원",
            "claim_until": "11-27 14:31",
            "source": "POS 01 · 전표 0042 · 11-20 14:31",
        },
        required=("points", "qr", "claim_until"),
    ),
    SlipKind(
        "points",
        {
            **_SHOP,
            "title": "포인트 적립",
            "points": "45P",
            "phone": "010-****-5678",
            "paid": "4,500원",
            "earned_at": "11-20 14:32",
            "provisional": "통신이 끊긴 동안 적립",
            "source": "POS 01 · 전표 0042",
        },
        required=("points",),
    ),
    SlipKind(
        "order_ticket",
        {
            **_SHOP,
            "number": "A-17",
            "channel": "앱 주문",
            "ordered_at": "14:31",
            "items": _ITEMS,
            "total": "16,500원",
            "payment": "앱 결제",
            "nickname": "김*수",
            "note": "얼음은 적게, 뚜껑은 따로 주십시오",
            "slip_code": "A17-20261120",
        },
        required=("number", "name", "quantity"),
    ),
    SlipKind(
        "closing",
        {
            **_SHOP,
            "day": "2026-11-20 (금)",
            "lost": "0건",
            "summary": "오프라인 37건, 모두 전송 완료",
            "receipts_read": "68건",
            "earned_count": "58건",
            "earned_points": "4,125P",
            "claimed_count": "9건",
            "claimed_points": "405P",
            "ask": "0건",
            "reversed_points": "-58P",
            "approved": "23건",
            "approved_by_hand": "21건",
            "approved_by_itself": "2건",
            "rejected": "1건",
            "spent_points": "6,000P",
            "orders": "31건",
            "sales": "412,500원",
            "cups": "132개  제출함",
            "offline": "14:02 ~ 14:26",
            "print_failures": "0건",
            "closed": "담당 이지은 · 21:58 출력",
        },
        required=("lost", "day"),
    ),
    SlipKind(
        "receipt",
        {
            **_SHOP,
            "business_no": "000-00-00000",
            "owner": "이지은",
            "address": "서울시 가상구 느린길 12, 1층",
            "tel": "02-000-0000",
            "sold_at": "2026-11-20 14:31",
            "receipt_no": "0042",
            "clerk": "이지은",
            "items": _ITEMS,
            "supply": "14,545원",
            "vat": "1,455원",
            "discount": "-500원",
            "total": "16,000원",
            "tenders": ({"label": "신용카드", "amount": "16,000원", "approval": "01234567"},),
            "footer": "고맙습니다. 또 오십시오.",
        },
        required=("total", "receipt_no", "sold_at"),
    ),
    SlipKind(
        "receipt_copy",
        {
            **_SHOP,
            "lines": (
                {"line": "      [ 영 수 증 ]"},
                {"line": "느린오후 커피      02-000-0000"},
                {"line": "------------------------------"},
                {"line": "아이스 아메리카노  2    9,000"},
                {"line": "합계                    9,000"},
                {"line": "카드 ****-****-****-1234"},
            ),
            "printed_at": "2026-11-20 15:02",
        },
        required=("line",),
        reprint=1,
    ),
    SlipKind(
        "coupon",
        {
            **_SHOP,
            "name": "아메리카노 1잔",
            "condition": "10,000원 이상 결제",
            "valid_until": "2026-12-31",
            "qr": "withfom:coupon:0198c5c0-7a11-7d46-b52e-93d1c8f0a65e",
            "code": "FN3BABMKT74F19JYD",
            "slip_code": "FN3B-ABMK-T74F-19JY-D",
        },
        required=("name", "code", "valid_until"),
    ),
    SlipKind(
        "stamp_card",
        {
            **_SHOP,
            "filled": "7",
            "goal": "10",
            "rows": ({"row": "●●●●●"}, {"row": "●●○○○"}),
            "nickname": "최*아",
            "reward": "아메리카노 1잔",
            "missing": "3개",
            "valid_until": "2027-05-20",
            "printed_at": "11-20 15:01",
        },
        required=("filled", "goal"),
    ),
)
KINDS: Final[dict[str, SlipKind]] = {kind.name: kind for kind in _KINDS}


def bundled_text(kind: str) -> str:
    """Our template of this kind, as it lies in assets/slips."""
    folder = Path(__file__).resolve().parents[1] / "assets" / "slips"
    return (folder / f"{KINDS[kind].name}.txt").read_text(encoding="utf-8")


def read_template(kind: str, text: str) -> Template:
    """A template that can print slips of this kind. Raises BadTemplate."""
    wanted = KINDS[kind]
    template = parse(text, wanted.sample, wanted.required)
    try:
        check(wanted.example(template))
    except BadDocument as problem:
        raise BadTemplate("document", 0) from problem
    return template


@dataclass
class Templates:
    """The templates in force: `own` texts by kind where the shop has some, else ours; and the shop's logo as PNG."""

    own: Mapping[str, str] = field(default_factory=dict)
    logo: bytes | None = None
    _read: dict[str, Template] = field(default_factory=dict)

    def document(self, kind: str, title: str, values: Mapping[str, Value]) -> Document:
        """The slip. A template of the shop that cannot be used (an older version knew other names) gives way to
        ours: a slip in another look is better than none."""
        if kind not in self._read:
            self._read[kind] = self._usable(kind)
        return Document(title, self._read[kind].blocks(values, self.logo))

    def _usable(self, kind: str) -> Template:
        if kind in self.own:
            try:
                return read_template(kind, self.own[kind])
            except BadTemplate:
                pass
        return read_template(kind, bundled_text(kind))


BUNDLED: Final = Templates()
