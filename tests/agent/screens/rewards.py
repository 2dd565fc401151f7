"""Owns the sample shop's rewards: papers that are read, and what came of them."""

from __future__ import annotations

from collections.abc import Callable

from agent.coupons.using import Held, NoLine, ReadOutcome, Refused, Standing
from agent.dispatch import Listeners
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
