"""Owns the sample shop's rewards: papers that are read, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent.coupons.using import Held, NoLine, ReadOutcome, Refused, Standing
from agent.dispatch import Listeners
from agent.rewards.reports import BOARDS, USES, Report
from rules.codes import code_of_id, shown
from rules.requests import RequestState
from tests.agent.screens import sample

PAPER_CODE = shown(code_of_id("0198c5c0-7a11-7d46-b52e-93d1c8f0a65e"))
BREAD = sample.BREAD
HELD = Held(BREAD.request_id, "소금빵 50% 할인", "최*아", "매장에서 5,000원 이상", 1_750)
WAITS = Standing(HELD, RequestState.SEEN, True, 43_000)
USED = Standing(HELD, RequestState.APPROVED, False, None)
USED_BEFORE = Refused("coupon_used", sample.at(12, 5), here=True)


class Papers:
    """``agent.coupons.using.PaperUse`` as far as the page knows it; ``outcome`` is what the cloud says next."""

    def __init__(self, *, offline: bool = False) -> None:
        self.listeners = Listeners()
        self.outcome: ReadOutcome = NoLine() if offline else HELD
        self.stands: Standing | None = None
        self.asked: list[tuple[str, str]] = []
        self.taken_back: list[str] = []

    def new_id(self) -> str:
        return HELD.request_id

    def read(self, request_id: str, text: str, done: Callable[[ReadOutcome], None]) -> None:
        self.asked.append((request_id, text))
        done(self.outcome)

    def standing(self, _request_id: str) -> Standing | None:
        return self.stands

    def take_back(self, request_id: str) -> None:
        self.taken_back.append(request_id)
        self.stand(Standing(HELD, RequestState.WITHDRAWN, False, None))

    def stand(self, stands: Standing | None) -> None:
        """The cloud's row arrived, or somebody decided."""
        self.stands = stands
        self.listeners.notify()


def _use(
    nickname: str, name: str | None, won: int, hour: int, minute: int, by: str | None, uses: int = 1
) -> dict[str, Any]:
    return {
        "request_id": "r",
        "member_id": "m",
        "nickname": nickname,
        "reward": "points" if name is None else "coupon",
        "definition_id": None if name is None else "d",
        "name": name or "",
        "uses": uses,
        "won": won,
        "decided_by": by,
        "at_ms": sample.at(hour, minute),
    }


USES_PAGE = {
    "page": 1,
    "pages": 3,
    "total": 47,
    "rows": [
        _use("최*아", "소금빵 50% 할인", 1_750, 14, 31, "이지은"),
        _use("이*민", None, 3_000, 14, 12, "이지은"),
        _use("김*수", "아메리카노 1잔 무료", 4_500, 13, 58, None),
        _use("010-****-0912", "라떼 사이즈업", 500, 13, 2, "박서준"),
        _use("윤*아", "아메리카노 1잔 무료", 4_500, 12, 44, "박서준"),
        _use("정*호", None, 1_200, 11, 20, "이지은"),
    ],
    "coupons": [
        {"definition_id": "a", "name": "소금빵 50% 할인"},
        {"definition_id": "b", "name": "아메리카노 1잔 무료"},
    ],
}
BY_CUSTOMER = USES_PAGE | {"rows": [_use("이*민", None, 12_400, 14, 12, None, uses=5)], "pages": 1, "total": 1}


def _step(name: str, what: str, hour: int, minute: int) -> dict[str, Any]:
    return {"name": name, "what": what, "at_ms": sample.at(hour, minute)}


_TOP = ("이*민", "김*수", "최*아", "윤*아", "")
BOARDS_PAGE: dict[str, Any] = {
    "days": 92,
    "coupons": {
        "issued": 1_240,
        "issued_today": 12,
        "used": 418,
        "used_today": 7,
        "expired": 96,
        "unused": 726,
        "top": [
            {"name": "아메리카노 1잔 무료", "used": 182, "rate_bp": 4_100},
            {"name": "소금빵 50% 할인", "used": 120, "rate_bp": 3_800},
            {"name": "라떼 사이즈업", "used": 61, "rate_bp": 2_200},
        ],
        "log": [
            _step("소금빵 50% 할인", "approve", 14, 31),
            _step("라떼 사이즈업", "issue", 14, 20),
            _step("아메리카노 1잔 무료", "recover", 13, 59),
        ],
    },
    "points": {
        "issued": 184_200,
        "issued_today": 3_410,
        "used": 96_500,
        "used_today": 4_200,
        "expired": 1_200,
        "usable": 86_500,
        "top": [
            {"nickname": who, "used": 9_000 - 800 * n, "use_rate_bp": 6_200 - 400 * n} for n, who in enumerate(_TOP)
        ],
    },
    "stamps": {
        "issued": 3_120,
        "issued_today": 41,
        "used": 204,
        "used_today": 3,
        "expired": 88,
        "usable": 1_430,
        "top": [{"nickname": who, "collected": 43 - 4 * n, "collect_rate_bp": 0} for n, who in enumerate(_TOP)],
    },
    "card": {
        "per_board": 10,
        "tiers": [
            {"stamps": 3, "name": "수제 쿠키"},
            {"stamps": 7, "name": "음료 한 잔"},
            {"stamps": 10, "name": "케이크"},
        ],
    },
}


class Reports:
    """``agent.rewards.reports.RewardReports``; ``answers`` None: there is no line."""

    def __init__(self, *, offline: bool = False, quiet: bool = False) -> None:
        self.offline, self.quiet = offline, quiet
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.fields: dict[str, dict[str, Any]] = {USES: USES_PAGE, BOARDS: BOARDS_PAGE}
        if quiet:
            self.fields = {USES: {"page": 1, "pages": 1, "rows": [], "coupons": []}}

    def known(self, name: str, _params: Mapping[str, str]) -> Report | None:
        fields = self.fields.get(name)
        return Report(fields, sample.at(14, 2)) if self.offline and fields is not None else None

    def ask(self, name: str, params: Mapping[str, str], done: Callable[[Report | None], None]) -> None:
        self.asked.append((name, dict(params)))
        fields = BY_CUSTOMER if params.get("by") == "customer" else self.fields.get(name)
        done(None if self.offline or fields is None else Report(fields, sample.NOW_MS))
