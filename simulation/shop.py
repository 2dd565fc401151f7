"""Owns the people and the POS: sales, numbers, reprints, cancels, requests, decisions, orders. All from the seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent.approval.types import Decided
from agent.bootstrap import Agent
from agent.earn.types import Earned
from agent.orders.types import Advanced
from printers.capture.spool import CapturedDocument
from rules.receipts import approval_tag
from rules.requests import OrderState, RejectReason
from simulation.agenda import Agenda
from simulation.cloud import CloudMachine
from simulation.consumers import Consumers
from simulation.counter import CounterMachine
from simulation.ground import PHONES, Ground
from simulation.memory import Memory
from simulation.outcomes import demand
from sync import outbox

STAFF_LOOK_MS = (1_500, 6_000)


@dataclass
class Sale:
    """What really happened at the till."""

    receipt_no: str
    paid_won: int
    approvals: tuple[str, ...]
    printed_at: str
    captured_by: tuple[CounterMachine, ...]
    cancelled: bool = False
    untold: bool = False  # one of its slips was captured by a machine that died before it took it


@dataclass
class Shop:
    """Plans what people do; tells the memory what screens answered them."""

    agenda: Agenda
    rng: random.Random
    ground: Ground
    cloud: CloudMachine
    counters: tuple[CounterMachine, ...]
    memory: Memory
    open: bool = True
    before_tap: Callable[[CounterMachine], None] = lambda _counter: None
    # Who acts at a counter, who hears of what was decided, and who takes it back: nobody was set up, or the people.
    actor_of: Callable[[CounterMachine, Agent], str] = lambda counter, _agent: f"staff:{counter.name}"
    on_decided: Callable[[CounterMachine, str], None] = lambda _counter, _request_id: None
    takes_back: Callable[[CounterMachine, str], None] | None = None
    app: str = "app-key"  # keys of what this brand's app asks for begin so
    purse: str = ""  # what the holders of this brand's points end with; nothing: they are the members'
    dark: bool = False  # after closing time: nobody looks at a screen any more
    sales: list[Sale] = field(default_factory=list)
    _plans: dict[tuple[str, str], str] = field(default_factory=dict)
    _slips: dict[str, Sale] = field(default_factory=dict)  # by document
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.consumers = Consumers(self)

    def holds(self, owner: str) -> bool:
        """Whether these points can be spent in this shop."""
        return owner.endswith(self.purse) if self.purse else "@" not in owner

    def member_of(self, owner: str) -> str:
        return owner.partition("@")[0]

    def begin(self, actions: int, span_ms: int) -> None:
        """Spreads this many things over the time; staff look at their screens all the while."""
        kinds = (
            (self.sell, 34),
            (self.reprint, 5),
            (self.cancel, 9),
            (self.cancel_first, 2),
            (self.consumers.ask_coupon, 14),
            (self.consumers.ask_points, 14),
            (self.consumers.order, 10),
            (self.advance_order, 8),
            (self.poison, 2),
            (self.consumers.new_policy, 2),
            (self.consumers.expire, 4),
            (self.consumers.correct, 4),
        )
        names = [job for job, weight in kinds for _ in range(weight)]
        for _ in range(actions):
            self.agenda.after(self.rng.randrange(span_ms), self._if_open(self.rng.choice(names)))
        for counter in self.counters:
            self._look_later(counter)

    def _if_open(self, job: Any) -> Any:
        return lambda: job() if self.open else None

    def later(self, low_ms: int, high_ms: int, job: Any) -> None:
        """``job`` happens within these bounds."""
        self.agenda.after(self.rng.randint(low_ms, high_ms), job)

    def next_number(self) -> int:
        """A number that nothing else of this run has."""
        self._numbers += 1
        return self._numbers

    # --- the till ----------------------------------------------------------------------------------------------------

    def sell(self, *, prints: bool = True) -> Sale:
        """A sale whose receipt one counter captures, or two."""
        n = self.next_number()
        captured_by = [self.rng.choice(self.counters)]
        if self.rng.random() < 0.25:
            captured_by = list(self.counters)
        card = self.rng.random() < 0.7
        sale = Sale(
            receipt_no=f"R-{n:04d}",
            paid_won=self.rng.randint(20, 800) * 100,
            approvals=(f"{30_000_000 + n}",) if card else (),
            printed_at=f"2026-09-21T{9 + n % 12:02d}:{n % 60:02d}:00",
            captured_by=tuple(captured_by),
        )
        self.sales.append(sale)
        if prints:
            for counter in sale.captured_by:
                self._print(counter, sale, "sale")
        if self.rng.random() < 0.9:
            for counter in sale.captured_by:
                self.later(-8_000 if prints else 0, 30_000, lambda at=counter: self.enter_number(at))
        if self.rng.random() < 0.12:
            self.later(500, 90_000, lambda: self.cancel_sale(sale))
        return sale

    def sell_unclaimed(self, captured_by: tuple[CounterMachine, ...]) -> Sale:
        """A sale after which nobody types a number."""
        n = self.next_number()
        approvals = (f"{30_000_000 + n}",) if self.rng.random() < 0.7 else ()
        sale = Sale(f"R-{n:04d}", self.rng.randint(20, 800) * 100, approvals, "2026-09-21T20:30:00", captured_by)
        self.sales.append(sale)
        for counter in captured_by:
            self._print(counter, sale, "sale")
        return sale

    def sell_to(self, counter: CounterMachine, phone: str, *, cancels_first: bool) -> None:
        """A sale of 21,000 won to somebody who types this number; perhaps its cancel slip came before it, elsewhere."""
        n = self.next_number()
        sale = Sale(f"R-{n:04d}", 21_000, (f"{30_000_000 + n}",), f"2026-09-21T19:{n % 60:02d}:00", (counter,))
        self.sales.append(sale)
        if cancels_first:
            sale.cancelled = True
            self._print(self.counters[-1] if counter is self.counters[0] else self.counters[0], sale, "cancel")
        self.later(1_600, 2_000, lambda: self._print(counter, sale, "sale"))
        self.later(200, 1_500, lambda: self._type(counter, phone))

    def _type(self, counter: CounterMachine, phone: str) -> None:
        entry_id = counter.acting(lambda agent: agent.earn.open_entry())
        if entry_id is not None:
            self._submit(counter, entry_id, phone)

    def sell_in_passing(self, counter: CounterMachine) -> None:
        """One sale more at this counter, in a queue of people; half of them type a number."""
        n = self.next_number()
        sale = Sale(f"R-{n:04d}", 4_500, (f"{30_000_000 + n}",), f"2026-09-21T21:{n % 60:02d}:00", (counter,))
        self.sales.append(sale)
        self._print(counter, sale, "sale")
        if self.rng.random() < 0.5:
            self.later(500, 9_000, lambda: self.enter_number(counter))

    def sell_at(self, counter: CounterMachine) -> None:
        """One sale with a number, now, at this counter: for the acts after the shop has closed."""
        n = self.next_number()
        sale = Sale(f"R-{n:04d}", 7_000, (), "2026-09-21T20:00:00", (counter,))
        self._print(counter, sale, "sale")
        self.agenda.run_until(self.agenda.now_ms + 2_000)
        entry_id = counter.acting(lambda agent: agent.earn.open_entry())
        assert entry_id is not None
        counter.acting(lambda agent: agent.earn.submit_phone(entry_id, PHONES[0].national))

    def _print(self, counter: CounterMachine, sale: Sale, kind: str) -> None:
        if counter.gone:
            sale.untold = True
            return
        n = self.next_number()
        cancels = kind == "cancel"
        key = counter.device.secrets.store_key
        document = CapturedDocument(
            document_id=f"doc-{n:05d}",
            captured_wall_ms=counter.clock.wall_ms(),
            source="pos",
            reading={
                "kind": kind,
                "total": -sale.paid_won if cancels else sale.paid_won,
                "paid": -sale.paid_won if cancels else sale.paid_won,
                "receipt_no": f"C-{sale.receipt_no}" if cancels else sale.receipt_no,
                "till": "01",
                "time": sale.printed_at,
            },
            approval_tags=tuple(approval_tag(key, number) for number in sale.approvals),
            original_approval_tags=(),
            original_receipt_no=sale.receipt_no if cancels else None,
            text_digest=f"{kind}-{sale.receipt_no}",
            lines=("느린오후 커피",),
        )
        counter.spool.append(document)
        self._slips[document.document_id] = sale
        self.later(5, 1_500, lambda: self.take_spool(counter))

    def take_spool(self, counter: CounterMachine) -> None:
        """The agent takes the oldest file; a crash before the file is removed brings it again."""
        if not counter.spool:
            return
        if not counter.awake:
            self.later(1_000, 3_000, lambda: self.take_spool(counter))
            return
        document = counter.spool[0]
        taken = counter.acting(lambda agent: agent.earn.ingest(document))
        if taken is None or self.rng.random() < 0.05:  # crashed before the file was removed, or removing it failed
            self.later(500, 3_000, lambda: self.take_spool(counter))
            return
        counter.spool.remove(document)
        self.memory.confirmed(counter)

    def till_lost(self, counter: CounterMachine) -> None:
        """The machine dies with the slips that it had not taken."""
        for document in counter.spool:
            self._slips[document.document_id].untold = True
        counter.spool.clear()

    def enter_number(self, counter: CounterMachine, tries: int = 0) -> None:
        """A customer types a number on the tablet of this counter; an impatient one taps twice."""
        if not self.open:
            return
        phone = self.rng.choice(PHONES).national
        entry_id = counter.acting(lambda agent: agent.earn.open_entry())
        if entry_id is None:
            if tries < 3:
                self.later(2_000, 8_000, lambda: self.enter_number(counter, tries + 1))
            return
        if self.rng.random() < 0.05:
            counter.acting(lambda agent: agent.earn.skip(entry_id))
            return
        self.later(200, 6_000, lambda: self._submit(counter, entry_id, phone))

    def _submit(self, counter: CounterMachine, entry_id: str, phone: str, tries: int = 0) -> None:
        if not self.open:
            return
        answer = counter.acting(lambda agent: agent.earn.submit_phone(entry_id, phone))
        if answer is None:
            if tries < 3:  # the tablet shows the entry again once the counter is back
                self.later(2_000, 8_000, lambda: self._submit(counter, entry_id, phone, tries + 1))
            return
        self.memory.confirmed(counter)
        if isinstance(answer, Earned):
            self.memory.earned(counter, answer)
            if self.rng.random() < 0.2:
                again = counter.acting(lambda agent: agent.earn.submit_phone(entry_id, phone))
                demand(again is None or again == answer, "I10", f"entry {entry_id}: {answer}, then {again}")

    def reprint(self) -> None:
        """The till prints an earlier receipt once more, marked or not."""
        if self.sales and self.open:
            sale = self.rng.choice(self.sales[-8:])
            kind = self.rng.choice(("reprint", "sale"))
            for counter in sale.captured_by:
                self._print(counter, sale, kind)
            if self.rng.random() < 0.4:
                self.later(500, 9_000, lambda: self.enter_number(self.rng.choice(sale.captured_by)))

    def cancel(self) -> None:
        standing = [sale for sale in self.sales if not sale.cancelled]
        if standing:
            self.cancel_sale(self.rng.choice(standing[-8:]))

    def cancel_sale(self, sale: Sale) -> None:
        """The whole sale is cancelled, where it was made or at another counter; sometimes in two copies."""
        if sale.cancelled or not self.open:
            return
        sale.cancelled = True
        elsewhere = (self.rng.choice(self.counters),)
        for counter in self.rng.choice((sale.captured_by, sale.captured_by, self.counters, elsewhere)):
            for _ in range(self.rng.choice((1, 1, 1, 2))):
                self._print(counter, sale, "cancel")

    def cancel_first(self) -> None:
        """The cancel slip is captured before the sale's own receipt."""
        sale = self.sell(prints=False)
        sale.cancelled = True
        for counter in sale.captured_by:
            self._print(counter, sale, "cancel")
            self.later(500, 20_000, lambda at=counter: self._print(at, sale, "sale"))

    def poison(self) -> None:
        """A program of another version left an operation that this cloud does not know."""
        counter = self.rng.choice(self.counters)
        kind = self.rng.choice(("loyalty.stamp", "earn", "request.decide"))

        def leave(agent: Agent) -> bool:
            with agent.store.transaction() as conn:
                incarnation = counter.now
                assert incarnation is not None
                operation = outbox.NewOp(kind, {"from": "another version"}, "device")
                outbox.append(conn, operation, clock=counter.clock, ids=incarnation.ids, cipher=incarnation.cipher)
            return True

        if counter.acting(leave):
            self.memory.confirmed(counter)
            self.memory.poisoned += 1

    # --- staff -------------------------------------------------------------------------------------------------------

    def _look_later(self, counter: CounterMachine) -> None:
        self.later(*STAFF_LOOK_MS, lambda: self._look(counter))

    def _look(self, counter: CounterMachine) -> None:
        self._look_later(counter)
        if self.dark:
            return
        cards = counter.acting(lambda agent: agent.approval.pending())
        if not cards:
            return
        self.memory.saw_cards(counter, cards)
        counter.acting(lambda agent: agent.approval.mark_shown([card.request_id for card in cards]))
        for card in cards:
            key = (counter.name, card.request_id)
            if key not in self._plans and self.open:
                plan = self.rng.choice(("approve", "approve", "reject", "wait", "wait"))
                self._plans[key] = plan
                if plan != "wait":
                    self.later(500, 75_000, lambda which=card.request_id, how=plan: self._decide(counter, which, how))

    def _decide(self, counter: CounterMachine, request_id: str, how: str) -> None:
        if not self.open:
            return
        card = next(
            (c for c in counter.acting(lambda agent: agent.approval.pending()) or () if c.request_id == request_id),
            None,
        )

        self.before_tap(counter)

        def tap(agent: Agent) -> Any:
            if how == "approve":
                return agent.approval.approve(request_id, self.actor_of(counter, agent))
            return agent.approval.reject(request_id, RejectReason.OUT_OF_STOCK, "", self.actor_of(counter, agent))

        answer = counter.acting(tap)
        if answer is None or isinstance(answer, Decided):  # None: it went down, perhaps after its commit
            self.on_decided(counter, request_id)
        if not isinstance(answer, Decided):
            return
        self.memory.confirmed(counter)
        self.memory.decided(counter, request_id, how, card.remaining_ms if card else None)
        if how == "approve" and self.rng.random() < 0.2:
            self.later(500, 60_000, lambda: self._recover(counter, request_id))

    def _recover(self, counter: CounterMachine, request_id: str) -> None:
        def tap(agent: Agent) -> object:
            return agent.approval.recover(request_id, "owner")

        if self.takes_back is not None:
            if self.open:
                self.takes_back(counter, request_id)
            return
        if self.open and counter.acting(tap) is not None:
            self.memory.confirmed(counter)

    def advance_order(self) -> None:
        """Staff move an order on from the list."""
        counter = self.rng.choice(self.counters)
        orders = counter.acting(lambda agent: agent.orders.list()) or ()
        steps = {
            OrderState.NEW: (OrderState.PREPARING, OrderState.CANCELLED),
            OrderState.PREPARING: (OrderState.READY,),
        }
        movable = [order for order in orders if order.state in steps]
        if not movable:
            return
        order = self.rng.choice(movable)
        to = self.rng.choice(steps[order.state])
        answer = counter.acting(lambda agent: agent.orders.advance(order.order_id, to, self.actor_of(counter, agent)))
        if answer is None or isinstance(answer, Advanced):  # an order's first step decides about its request
            for (request_id,) in self.cloud.rows("SELECT request_id FROM request WHERE order_id = ?", order.order_id):
                self.on_decided(counter, request_id)
        if isinstance(answer, Advanced):
            self.memory.confirmed(counter)
