"""From a readable operation to its effect: which service books which kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud_api.database import Work
from cloud_api.gateway.operations import Fact, ReadOp, read_fact
from cloud_api.ledger.earns import book_earns
from cloud_api.ledger.facts import EarnFact, Origin, Outcome, ReversalFact
from cloud_api.ledger.reversals import book_reversal
from cloud_api.menu import operations as menu
from cloud_api.menu.facts import MarkSoldOut
from cloud_api.notices import operations as notices
from cloud_api.notices.facts import Acknowledge
from cloud_api.orders import service as orders
from cloud_api.orders import sold_out
from cloud_api.orders.facts import Advance, SayingSoldOut
from cloud_api.requests import decisions, spends
from cloud_api.requests.facts import Decide, Keep, Recover, Seen, Spend
from cloud_api.staff import rights as staff
from cloud_api.staff.facts import Right
from cloud_api.stock import operations as stock
from cloud_api.stock.facts import Report, StockOrder, TakenOff
from cloud_api.stores.earning import Terms
from cloud_api.stores.service import Policy
from cloud_api.vault import Vault
from sync.protocol import DEVICE_SUSPENDED, OpKind, OpStatus

UNREADABLE_BODY = "unreadable"


@dataclass
class Applier:
    """Applies runs of operations of one device inside one transaction."""

    work: Work
    vault: Vault
    policy: Policy
    device_id: str
    store_id: str
    suspended: bool
    terms: Terms | None = None

    def together(self, earlier: ReadOp, later: ReadOp) -> bool:
        """Neighbours that one set of statements books."""
        return earlier.kind == later.kind == OpKind.EARN

    def apply(self, run: Sequence[ReadOp]) -> list[Outcome]:
        """One outcome per operation; a run has several only when they are all earns."""
        facts = [self._fact(op) for op in run]
        earns = [fact for fact in facts if isinstance(fact, EarnFact)]
        booked = iter(book_earns(self.work, self.vault, self.policy, self.store_id, earns, self.terms) if earns else ())
        return [
            next(booked) if isinstance(fact, EarnFact) else self._one(op, fact)
            for op, fact in zip(run, facts, strict=True)
        ]

    def _fact(self, op: ReadOp) -> Fact | None:
        assert op.op is not None
        return read_fact(op.op, self._origin(op))

    def _origin(self, op: ReadOp) -> Origin:
        assert op.op is not None
        return Origin(op.op_id, self.device_id, self.store_id, op.op.actor, self.suspended)

    def _one(self, op: ReadOp, fact: Fact | None) -> Outcome:
        origin = self._origin(op)
        match fact:
            case None:
                return Outcome(OpStatus.PARKED, UNREADABLE_BODY)
            case ReversalFact():
                return book_reversal(self.work, fact)
            case Seen():
                policy = self.policy
                return decisions.seen(
                    self.work, origin, fact.request_id, policy.request_timeout_ms, policy.auto_approve_max_won
                )
            case Spend():
                return spends.book_spend(self.work, self.vault, self.policy, origin, fact)
            case Report():
                return stock.report(self.work, origin, fact)
            case TakenOff():
                return stock.take_off(self.work, origin, fact)
            case (
                Decide() | Recover() | Keep() | Right() | Advance() | SayingSoldOut() | StockOrder() | Acknowledge()
            ) if self.suspended:
                # A clone of the device may be speaking; what it earned is booked, what it decides is not believed.
                return Outcome(OpStatus.REJECTED, DEVICE_SUSPENDED)
            case Decide():
                return decisions.decide(self.work, origin, fact)
            case Recover():
                return decisions.recover(self.work, origin, fact)
            case Keep():
                return decisions.keep(self.work, origin, fact)
            case Right():
                return staff.change_right(self.work, origin, fact)
            case Advance():
                return orders.advance(self.work, self.vault, self.policy, self.terms, origin, fact)
            case SayingSoldOut():
                return sold_out.say(self.work, origin, fact)
            case MarkSoldOut():
                return menu.mark_sold_out(self.work, origin, fact)
            case StockOrder():
                return stock.order(self.work, origin, fact)
            case Acknowledge():
                return notices.acknowledge(self.work, origin, fact)
            case _:
                raise AssertionError("earns are booked as a run")
