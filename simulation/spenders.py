"""Owns customers who spend points at a counter's tablet, with a line and without (docs/protocol.md, "Points spent at a
counter"), what the tablets told them, and the staff who clear the last cards when the shop has closed."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from agent.approval.repository import find
from agent.bootstrap import Agent
from agent.spend.types import AskedOutcome, NotSpent, SpendAsked, Spent
from cloud_api.bootstrap import Cloud
from cloud_api.clock import DAY_MS
from cloud_api.requests import routes as request_routes
from rules.phone import Phone
from rules.requests import RejectReason
from rules.spending import SpendPolicy
from simulation.cloud import body_of
from simulation.counter import CounterMachine
from simulation.ground import KEY_ID, PHONES
from simulation.inhabitants import Inhabitants
from simulation.outcomes import demand
from sync.snapshot import Why, ask_for
from sync.transport import ASK_PATH

if TYPE_CHECKING:
    from simulation.run import World

CUSTOMERS = (4, 12)
SPENDING = PHONES[:3]  # few people, so that two counters meet the same one
STORE_DAY_WON = (500, 1_200, 30_000)
MEMBER_WON = (200, 600, 5_000)
UNITS = (1, 1, 10)
CUT_MS = (15_000, 70_000)
PRESSES_MAX = 4
LONG_QUESTIONS = 2
DOUBTED_MS = (11_000, 25_000)  # the question arrives while the counter's own countdown runs
LOOKS_EVERY_MS, LOOKS_MAX = 100, 600  # somebody who looks at the screen for a minute
BACK_MS = 3_600_000
ACTOR = "staff:closing"


@dataclass
class Visit:
    """One customer in front of a tablet: the screen made the id when it opened."""

    counter: CounterMachine
    spend_id: str
    phone: Phone
    points: int | None  # as many as possible
    payment_won: int
    asked: SpendAsked | None = None
    shown: list[Spent | NotSpent] = field(default_factory=list)  # what the tablet said became of it


class Spenders:
    """Of one world. ``visits`` are read by the checks (simulation.spend_checks)."""

    def __init__(self, world: World, who: Inhabitants) -> None:
        self._world = world
        self._who = who
        self._rng, self._agenda, self._shop = world.rng, world.agenda, world.shop
        self._apart = random.Random(f"doubts of {world.seed}")
        self._busy: set[str] = set()  # a tablet serves one customer at a time
        self.visits: list[Visit] = []
        self.limits = SpendPolicy()

    def begin(self, span_ms: int) -> None:
        """The brand sets limits for spending without a line; customers come over the day."""
        rng = self._rng
        self.limits = SpendPolicy(rng.choice(UNITS), rng.choice(STORE_DAY_WON), rng.choice(MEMBER_WON), DAY_MS)
        if self._who.clock_set_back:
            self.limits = SpendPolicy(1, STORE_DAY_WON[-1], MEMBER_WON[-1], DAY_MS)
            self._agenda.after(rng.randrange(8_000, 30_000), self._set_back)
        self._world.cloud.calling(self._shop.consumers.set_policy(**asdict(self.limits)))
        self._world.cloud.calling(self._were_here)
        for counter in self._world.counters:
            for _ in range(rng.randint(0, 2)):
                self._agenda.after(rng.randrange(span_ms), partial(counter.acting, _hours_pass))
        for _ in range(rng.randint(*CUSTOMERS)):
            self._agenda.after(rng.randrange(5_000, span_ms), self._come)
        if self._who.long_questions:
            for _ in range(LONG_QUESTIONS):
                self._agenda.after(rng.randrange(5_000, span_ms), self._ask_for_long)
            for _ in range(LONG_QUESTIONS):
                self._agenda.after(self._apart.randrange(5_000, span_ms // 3), self._doubt_for_long)

    def _were_here(self, cloud: Cloud) -> None:
        """Customers have been at this store before, else a counter's snapshot would not know them."""
        for number, member in enumerate(self._world.ground.member_ids[: len(SPENDING)]):
            body = request_routes.UseCoupon(
                kind="coupon",
                store_id=self._world.ground.profile.store_id,
                member_id=member,
                coupon_id=self._world.ground.coupon_ids[member][0],
                idempotency_key=f"days-ago-{number}",
            )
            asked = body_of(request_routes.ask(body, cloud, KEY_ID))
            request_routes.withdraw(str(asked["request_id"]), cloud, KEY_ID)

    def _come(self) -> None:
        counter = self._rng.choice(self._world.counters)
        spend_id = counter.acting(lambda agent: agent.spend.new_id())
        if spend_id is None or not self._shop.open:
            return
        points = self._rng.choice((None, self._rng.randint(1, 30) * 10, self._rng.randint(1, 900)))
        if points is not None and self._rng.random() < 0.9:
            points = points // self.limits.use_unit * self.limits.use_unit or self.limits.use_unit
        visit = Visit(counter, spend_id, self._rng.choice(SPENDING), points, self._rng.randint(3, 300) * 100)
        self.visits.append(visit)
        if self._rng.random() < 0.4:
            self._cut(counter)
        elif self._rng.random() < 0.4:
            self._shop.later(0, 9_000, partial(self._cut, counter))
        elif self._rng.random() < 0.5:
            self._world.network.plan(counter.name, ASK_PATH, self._rng.choice(("late_request", "lost_answer")))
        self._shop.later(100, 9_000, partial(self._press, visit, PRESSES_MAX))

    def _set_back(self) -> None:
        """Somebody sets the clock, and then notices; a customer comes before that, and again when no line is there."""
        counter, phone = self._rng.choice(self._world.counters), self._rng.choice(SPENDING)
        if counter.gone:
            return
        self._world.misfortunes.jump(counter, -BACK_MS)
        self._shop.later(12_000, 20_000, partial(self._world.misfortunes.jump, counter, BACK_MS))
        self._shop.later(100, 1_000, partial(self._want_all, counter, phone, 200))
        self._shop.later(20_500, 25_000, partial(self._cut, counter))
        self._shop.later(25_500, 30_000, partial(self._want_all, counter, phone, 30_000))

    def _want_all(self, counter: CounterMachine, phone: Phone, payment_won: int) -> None:
        spend_id = counter.acting(lambda agent: agent.spend.new_id())
        if spend_id is None or not self._shop.open:
            return
        visit = Visit(counter, spend_id, phone, None, payment_won)
        self.visits.append(visit)
        self._press(visit, PRESSES_MAX)

    def _ask_for_long(self) -> None:
        """The question is under way for up to a minute; the counter goes on alone and staff say no at once."""
        counter = self._rng.choice(self._world.counters)
        spend_id = counter.acting(lambda agent: agent.spend.new_id())
        if spend_id is None or not self._shop.open:
            return
        visit = Visit(counter, spend_id, self._rng.choice(SPENDING), self.limits.use_unit, 20_000)
        self.visits.append(visit)
        self._world.network.plan(counter.name, ASK_PATH, "late_request")
        self._press(visit, 0)
        if visit.asked is not None and visit.asked.offline:
            self._shop.later(200, 4_000, partial(self._say_no, visit))

    def _doubt_for_long(self) -> None:
        """The same, and the customer takes it back at the worst moment: the cloud has taken over, and the line breaks
        before its countdown is known here."""
        counter = self._apart.choice(self._world.counters)
        spend_id = counter.acting(lambda agent: agent.spend.new_id())
        if spend_id is None or not self._shop.open:
            return
        visit = Visit(counter, spend_id, self._apart.choice(SPENDING), self.limits.use_unit, 20_000)
        self.visits.append(visit)
        self._world.network.plan(counter.name, ASK_PATH, "late_request", late_ms=self._apart.randint(*DOUBTED_MS))
        self._press(visit, 0)
        if visit.asked is not None and visit.asked.offline:
            self._agenda.after(LOOKS_EVERY_MS, partial(self._at_the_worst_moment, visit, LOOKS_MAX))

    def _at_the_worst_moment(self, visit: Visit, looks: int) -> None:
        if visit.counter.acting(partial(_taken_over, visit.spend_id)):
            self._cut(visit.counter)
            self._think_better(visit)
        elif looks:
            self._agenda.after(LOOKS_EVERY_MS, partial(self._at_the_worst_moment, visit, looks - 1))

    def _say_no(self, visit: Visit) -> None:
        def tap(agent: Agent) -> object:
            return agent.approval.reject(visit.spend_id, RejectReason.OUT_OF_STOCK, "", ACTOR)

        if visit.counter.acting(tap) is not None:
            self._world.memory.confirmed(visit.counter)

    def _cut(self, counter: CounterMachine) -> None:
        if not self._world.plan.healed:
            self._world.network.partition(counter.name, self._rng.randint(*CUT_MS))

    def _press(self, visit: Visit, tries: int) -> None:
        if not self._shop.open:
            return
        if visit.counter.name in self._busy:
            answer = None
        else:
            self._busy.add(visit.counter.name)
            try:
                answer = visit.counter.acting(partial(self._ask, visit))
            finally:
                self._busy.discard(visit.counter.name)
        if answer is None:  # the tablet shows the same question again once the counter is back
            if tries:
                self._shop.later(1_000, 9_000, partial(self._press, visit, tries - 1))
            return
        self._world.memory.confirmed(visit.counter)
        if isinstance(answer, SpendAsked):
            before = visit.asked or answer
            # The cloud may have taken the card over meanwhile: it held the points although its answer was lost.
            same = answer in (before, replace(before, offline=False))
            demand(same, "I10", f"{visit.spend_id}: {before}, then {answer}")
            visit.asked = before
            if tries and self._rng.random() < 0.3:
                self._shop.later(50, 20_000, partial(self._press, visit, 0))
            self._shop.later(2_000, 80_000, partial(self._look, visit))
            if self._rng.random() < 0.12:
                self._shop.later(500, 40_000, partial(self._think_better, visit))

    def _ask(self, visit: Visit, agent: Agent) -> AskedOutcome:
        return agent.spend.ask(visit.spend_id, visit.phone.national, visit.points, visit.payment_won)

    def _think_better(self, visit: Visit) -> None:
        """The customer presses "cancel", perhaps too late (APR-14)."""
        outcome = visit.counter.acting(lambda agent: agent.spend.withdraw(visit.spend_id))
        if isinstance(outcome, NotSpent):
            self._world.memory.confirmed(visit.counter)
            visit.shown.append(outcome)

    def _look(self, visit: Visit) -> None:
        """The tablet says what became of it."""
        outcome = visit.counter.acting(lambda agent: agent.spend.outcome(visit.spend_id))
        if isinstance(outcome, Spent | NotSpent):
            self._world.memory.confirmed(visit.counter)
            visit.shown.append(outcome)
            if isinstance(outcome, Spent) and self._shop.open and self._rng.random() < 0.25:
                self._shop.later(500, 40_000, partial(self._take_back, visit))

    def _take_back(self, visit: Visit) -> None:
        if visit.counter.acting(lambda agent: agent.approval.recover(visit.spend_id, "owner")) is not None:
            self._world.memory.confirmed(visit.counter)

    def close(self) -> None:
        """The shop is closed: staff say yes or no to what a counter that restarted will not decide by itself."""
        for counter in self._world.counters:
            for card in counter.acting(lambda agent: agent.approval.pending()) or ():
                if card.at_counter and card.remaining_ms is None:
                    counter.acting(partial(_decide, card.request_id))
                    self._world.memory.confirmed(counter)

    def waiting(self) -> str | None:
        """What keeps the world from resting."""
        for counter in self._world.counters:
            if counter.now is not None and not counter.gone and _owned(counter):
                return f"{counter.name} decides about points by itself"
        return None


def _hours_pass(agent: Agent) -> None:
    """Seconds here are the hours after which a counter fetches its members again."""
    with agent.store.transaction() as conn:
        ask_for(conn, Why.AGE)


def _taken_over(spend_id: str, agent: Agent) -> bool:
    """Whether the cloud has the minute, and this screen shows none."""
    with agent.store.read() as conn:
        row = find(conn, spend_id)
    return row is not None and row.waits and row.version > 0 and row.deadline_mono_ms is None


def _decide(request_id: str, agent: Agent) -> object:
    return agent.approval.approve(request_id, ACTOR)


def _owned(counter: CounterMachine) -> frozenset[str]:
    assert counter.now is not None
    with counter.now.store.read() as conn:
        return counter.now.agent.spend_book.owned(conn)
