"""Owns the calls of a real counter to a real cloud, without sockets: signed, and lost when a test wants them lost."""

from __future__ import annotations

from typing import Any

import httpx

from sync.answers import Answer, ask_outcome, tell_outcome
from sync.outcomes import AskOutcome, Reason, TellOutcome, Unavailable
from sync.transport import ASK_PATH, PAPER_PATH
from tests.helpers.joined import Joined


class Line:
    """``loses``: the question arrives, its answer does not."""

    def __init__(self, one: Joined) -> None:
        self.one, self.loses = one, False

    def ask_request(self, fields: dict[str, Any]) -> AskOutcome:
        answer = self._answer(self.one.device.post(ASK_PATH, fields))
        return ask_outcome(answer)

    def ask_coupon(self, fields: dict[str, Any]) -> TellOutcome:
        answer = self._answer(self.one.device.post(PAPER_PATH, fields))
        return tell_outcome(answer)

    def _answer(self, answer: httpx.Response) -> Answer | Unavailable:
        if self.loses:
            return Unavailable(Reason.CUT)
        now_ms = self.one.device.world.clock()
        return Answer.of(answer.status_code, answer.headers, answer.content, now_ms)
