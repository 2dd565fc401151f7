"""Papers made harder on purpose: labels nobody knows, rows that are missing, decoys in between.

A reading of these may be unknown as often as it likes; it is never another amount.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from tests.printers.receipts.invented.rows import Cells, Pair, Row, Text

SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초구누두루무부수우주추계액금총합결제할인승"
DECOYS = (
    "이번달 결제금액", "월 누적 금액", "전월 실적", "최소주문금액", "다음 쿠폰까지", "지난 방문 결제금액",
    "예상 적립금", "1인당 금액",
    "권장 봉사료", "주차 할인", "카드 한도", "쿠폰 예정금액", "할인 전 금액", "정상가", "오늘의 매출",
    "기부금 누계", "환율 1USD",
    "단골 누적결제", "부가세 별도 금액", "배송 무료 기준", "보증금 잔액", "Suggested Tip", "Last Purchase",
    "미사용 금액권",
    "추천 세트 가격", "이벤트 응모 기준", "합계", "결제금액", "현금", "카드", "소계", "총액",
)  # fmt: skip


def disturbed(rows: Sequence[Row], dice: random.Random, way: str) -> list[Row]:
    """`way`: "relabel" sums and payments, "decoy" rows in between, or "lose" one row."""
    found = list(rows)
    pairs = [at for at, row in enumerate(found) if isinstance(row, Pair)]
    match way:
        case "relabel":
            for at in dice.sample(pairs, min(len(pairs), dice.choice((1, 1, 2, 4)))):
                row = found[at]
                assert isinstance(row, Pair)
                found[at] = replace(row, label="".join(dice.choice(SYLLABLES) for _ in range(dice.randint(2, 6))))
        case "decoy":
            for _ in range(dice.choice((1, 1, 2, 3))):
                amount = f"{dice.choice((1, 1, 10)) * dice.randint(1, 999) * 100:,}"
                row = Pair(dice.choice(DECOYS), amount)
                found.insert(
                    dice.randrange(3, len(found) + 1), row if dice.random() < 0.8 else Text(f"{row.label} {amount}")
                )
        case "lose":
            del found[dice.choice([at for at, row in enumerate(found) if isinstance(row, Pair | Cells)] or [-1])]
    return found
