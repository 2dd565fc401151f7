"""Two tills, any interleaving: no receipt is credited to a number that is not its customer's, and none twice.

PNT-08, PNT-09.
"""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.earn.types import Expired
from tests.helpers.counter import Counter, captured, counter

pytestmark = pytest.mark.thorough
TILLS = ("1", "2")
PRESS_MS = 100  # between the last look at the screen and the finger on the button


@dataclass(frozen=True)
class Customer:
    """How somebody pays: types a number before the receipt, after it, or not at all."""

    types: str  # "before", "after", "never"
    before_ms: int  # since the customer before, at this till
    typing_ms: int
    paying_ms: int
    reading_ms: int  # how long the capture takes to hand the receipt over
    copies: int  # prints of the same receipt after the first
    copies_ms: int
    cancelled: bool
    left_open: bool  # a screen that somebody opened and left before this customer


CUSTOMERS = st.builds(
    Customer,
    types=st.sampled_from(("before", "after", "after", "never")),
    before_ms=st.sampled_from((1, 50, 1_000, 5_000, 70_000, 200_000)),
    typing_ms=st.integers(500, 70_000),
    paying_ms=st.sampled_from((1, 60, 400, 3_000, 100_000)),
    reading_ms=st.sampled_from((0, 20, 300)),
    copies=st.integers(0, 2),
    copies_ms=st.integers(1, 400_000),
    cancelled=st.booleans(),
    left_open=st.booleans(),
)


class Till:
    """What people do at one till, as steps with their moments."""

    def __init__(self, number: str, customers: list[Customer]) -> None:
        self.steps: list[tuple[int, int, str, int]] = []  # when, order, what, which customer
        self.number = number
        now, tablet_free = 1_000, 1_000
        for who, customer in enumerate(customers):
            now += customer.before_ms
            if customer.left_open:
                self._at(max(now, tablet_free), "open", who)
            if customer.types == "before":
                now = tablet_free = self._type(max(now, tablet_free), customer.typing_ms, who, "before")
            now += customer.paying_ms
            printed = now
            self._at(now, "print", who)
            now += customer.reading_ms
            self._at(now, "read", who)
            if customer.types == "after":  # the next customer may pay meanwhile
                tablet_free = self._type(max(now, tablet_free) + 400, customer.typing_ms, who, "after")
            for copy in range(customer.copies):
                self._at(printed + customer.reading_ms + (copy + 1) * customer.copies_ms, "copy", who)
            if customer.cancelled:
                self._at(now + customer.copies_ms, "cancel", who)

    def _type(self, begins: int, typing_ms: int, who: int, when: str) -> int:
        """Opens the screen, types with an eye on it, presses the button; answers when the tablet is free again."""
        self._at(begins, "open", who)
        self._at(begins + typing_ms, "look", who)
        self._at(begins + typing_ms + PRESS_MS, f"press {when}", who)
        return begins + typing_ms + PRESS_MS + 1

    def _at(self, when: int, what: str, who: int) -> None:
        self.steps.append((when, len(self.steps), what, who))


class Play:
    """Carries the steps of both tills out on a real counter, and remembers whose receipt is whose."""

    def __init__(self, shop: Counter, tills: list[Till]) -> None:
        self._shop = shop
        self._steps = sorted(
            (when, till.number, order, what, who) for till in tills for when, order, what, who in till.steps
        )
        self._printed: dict[tuple[str, int], int] = {}
        self._entries: dict[str, str] = {}
        self._seen: dict[str, int | None] = {}
        self.typed: set[tuple[str, int]] = set()

    def run(self) -> None:
        begun = self._shop.clock.wall_ms()
        for when, till, _order, what, who in self._steps:
            self._shop.clock.advance(begun + when - self._shop.clock.wall_ms())
            self._step(till, what, who)

    def _step(self, till: str, what: str, who: int) -> None:
        earn = self._shop.agent.earn
        earn.tick()
        match what:
            case "open":
                self._entries[till] = earn.open_entry(till)
            case "look":
                offered = earn.offer(till)
                self._seen[till] = None if offered is None else offered.paid_won
                assert offered is None or till_of(offered.paid_won) == till, "a till showed the other's receipt"
            case "press before" if self._seen[till] is None:  # who sees an amount that is not theirs does not press
                earn.submit_phone(self._entries[till], phone(till, who))
                self.typed.add((till, who))
            case "press after" if self._seen[till] == amount(till, who):
                answer = earn.submit_phone(self._entries[till], phone(till, who))
                assert isinstance(answer, Expired) or answer.paid_won == amount(till, who)  # type: ignore[union-attr]
                self.typed.add((till, who))
            case "print":
                self._printed[till, who] = self._shop.clock.wall_ms()
            case "read" | "copy":
                earn.ingest(self._receipt(till, who, "sale" if what == "read" else "reprint"))
            case "cancel":
                earn.ingest(self._receipt(till, who, "cancel"))

    def _receipt(self, till: str, who: int, kind: str) -> object:
        made = captured(
            self._shop.clock,
            kind,
            amount(till, who) if kind != "cancel" else -amount(till, who),
            receipt_no=f"{till}-{who:04d}",
            till=till,
            approvals=(f"{till}{who:07d}",),
            source=till,
        )
        at = self._printed[till, who] if kind == "sale" else made.captured_wall_ms
        return replace(made, captured_wall_ms=at)


def till_of(won: int) -> str:
    return str(won // 10_000)


def phone(till: str, who: int) -> str:
    return f"010{till}111{who:04d}"


def amount(till: str, who: int) -> int:
    return 10_000 * int(till) + 100 * (who + 1)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=st.lists(CUSTOMERS, min_size=1, max_size=6), second=st.lists(CUSTOMERS, min_size=0, max_size=6))
def test_no_receipt_goes_to_a_wrong_number_and_none_twice(first: list[Customer], second: list[Customer]) -> None:
    with TemporaryDirectory() as folder, counter(Path(folder)) as shop:
        play = Play(shop, [Till("1", first), Till("2", second)])
        play.run()
        earned = [body for kind, body in shop.ops("earn") if kind == "earn"]

        for body in earned:
            till, who = str(body["receipt"]["receipt_no"]).split("-")
            assert body["phone"].endswith(phone(till, int(who))[1:]), "a receipt went to somebody else"
            assert (till, int(who)) in play.typed
            assert body["paid_won"] == amount(till, int(who))
        twice = Tally(str(body["receipt"]["fingerprint"]) for body in earned)
        assert all(count == 1 for count in twice.values()), "a receipt earned twice"
        reversed_ids = [body["earn_id"] for _, body in shop.ops("earn.reverse") if body["earn_id"]]
        assert len(reversed_ids) == len(set(reversed_ids))
        cancelled = {
            (till, who)
            for till, group in zip(TILLS, (first, second), strict=True)
            for who, one in enumerate(group)
            if one.cancelled
        }
        for body in earned:
            till, who = str(body["receipt"]["receipt_no"]).split("-")
            assert (body["earn_id"] in reversed_ids) == ((till, int(who)) in cancelled)
