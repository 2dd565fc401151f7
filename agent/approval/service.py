"""Owns what happens to reward and order requests at this counter: seen, decided, recovered, printed (APR)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.approval import repository
from agent.approval.counter_born import DEVICE_ACTOR, CounterBorn, NewRequest, OwnRequests
from agent.approval.recovery import Recoveries
from agent.approval.repository import RequestRow
from agent.approval.types import (
    AlreadyDecided,
    Decided,
    DecisionOutcome,
    DecisionRecord,
    NotAllowed,
    NotPossible,
    OwnerNeeded,
    ReasonMissing,
    RecoverOutcome,
    RequestCard,
    TooLate,
    UnknownRequest,
    WaitsForOwner,
)
from agent.dispatch import Listeners
from agent.logbook import topic
from agent.operations import Operations, SentOp
from agent.staff.service import StaffService
from rules.alerts import AlertMode, pops_up, prints_by_itself
from rules.requests import (
    OPEN_STATES,
    USED_STATES,
    AtZero,
    RejectReason,
    RequestKind,
    RequestState,
)
from sync.clock import Clock
from sync.inbox import RowContext
from sync.profile import require_identity
from sync.protocol import FeedRow, OpKind, OpResult, OpStatus
from sync.store import Store

HISTORY_LENGTH = 5  # APR-13
TICK_JUMP_MS = 2_000  # a tick this much later than its second means sleep or a moved clock
ANSWER_FRESH_MS = 5_000  # an answer about time left that is older is asked for again
REASON_TEXT_MAX = 200  # what fits on a card and a consumer's phone
CUSTOMER_ACTOR = "consumer"  # the cloud's word for whoever asked
SLIP_OF_USE_MS = 600_000  # a slip that this device never showed and that is older lies on nobody's tray any more
# What the cloud may say of a question that it heard and whose answer, given here, it does not know yet.
_BEFORE_IT_HEARD = OPEN_STATES | {RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED}
log = topic("approval")

__all__ = [
    "AlreadyDecided",
    "ApprovalService",
    "Decided",
    "DecisionOutcome",
    "DecisionRecord",
    "NotAllowed",
    "NotPossible",
    "OwnerNeeded",
    "ReasonMissing",
    "RecoverOutcome",
    "RejectReason",
    "RequestCard",
    "RequestKind",
    "RequestState",
    "TooLate",
    "UnknownRequest",
    "WaitsForOwner",
]


@dataclass(frozen=True)
class _Countdown:
    """``remaining_ms`` is None while none runs; ``stale`` means that one ran and must be asked for again."""

    remaining_ms: int | None
    stale: bool = False


class ApprovalService:
    """Thread-safe. Every action is one transaction: the local effect, the print job and the outbox operation."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        operations: Operations,
        enqueue_slip: Callable[[sqlite3.Connection, RequestRow, str], str | None],
        order_decided: Callable[[sqlite3.Connection, str, bool], None],
        online: Callable[[], bool],
        counter_born: CounterBorn,
        staff: StaffService,
        alert_mode: Callable[[sqlite3.Connection], AlertMode] = lambda _conn: AlertMode.BOTH,
    ) -> None:
        """``enqueue_slip`` queues what an approval prints and answers the job's id; the same request never prints
        twice. ``order_decided`` moves the order of an order request on this screen. ``alert_mode``: how orders are told
        of at this counter."""
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._operations = operations
        self._enqueue_slip = enqueue_slip
        self._alert_mode = alert_mode
        self._order_decided = order_decided
        self._online = online
        self._own = OwnRequests(born=counter_born, clock=clock, enqueue_slip=enqueue_slip)
        self._staff = staff
        self._recoveries = Recoveries(clock, operations, staff, online)
        self._last_tick: tuple[int, int] | None = None

    # --- reading ---------------------------------------------------------------------------------------------------

    def pending(self) -> tuple[RequestCard, ...]:
        """What waits for a person: least remaining time first, requests without a countdown last (APR-20)."""
        with self._store.read() as conn:
            rows = repository.waiting(conn)
            if not rows:
                return ()  # asked often by the screens: nothing else has to be known then
            owned = self._own.born.owned(conn)
        offline = not self._online()
        cards = [self._card(row, offline, at_counter=row.request_id in owned) for row in rows]
        return tuple(sorted(cards, key=_urgency))

    def recent(self, limit: int = HISTORY_LENGTH) -> tuple[DecisionRecord, ...]:
        """The last decisions since the shop opened, newest first; a shop that never closes keeps them (APR-13)."""
        with self._store.read() as conn:
            rows = repository.decided(conn, limit)
            opened_ms = self._recoveries.opened_ms(conn)
            return tuple(
                self._record(conn, row) for row in rows if opened_ms is None or (row.decided_ms or 0) >= opened_ms
            )

    def withdrawn(self, request_ids: Sequence[str]) -> frozenset[str]:
        """Those that their customer took back (APR-14)."""
        with self._store.read() as conn:
            rows = [repository.find(conn, request_id) for request_id in request_ids]
        return frozenset(row.request_id for row in rows if row and row.effective_state is RequestState.WITHDRAWN)

    def _card(self, row: RequestRow, offline: bool, *, at_counter: bool) -> RequestCard:
        countdown = self._countdown(row)
        return RequestCard(
            request_id=row.request_id,
            kind=row.kind,
            state=row.state,
            title=row.title,
            nickname=row.nickname,
            condition=row.condition,
            amount_won=row.amount_won,
            pos_discount_won=row.pos_discount_won,
            created_ms=row.created_ms,
            remaining_ms=countdown.remaining_ms,
            at_zero=row.at_zero,
            asking=countdown.stale and not offline,
            order_id=row.order_id,
            offline=offline or at_counter,
            local_decision=row.local_decision,
            at_counter=at_counter,
        )

    def _record(self, conn: sqlite3.Connection, row: RequestRow) -> DecisionRecord:
        return DecisionRecord(
            request_id=row.request_id,
            kind=row.kind,
            title=row.title,
            nickname=row.nickname,
            state=row.effective_state,
            decided_by=self._name(conn, row.decided_by),
            decided_ms=row.decided_ms or row.created_ms,
            reason=row.reason,
            pos_discount_won=row.pos_discount_won,
            can_recover=self._recoveries.possible(row),
            recovery_by=self._name(conn, row.recovery_by),
        )

    def _name(self, conn: sqlite3.Connection, actor: str | None) -> str | None:
        return None if actor is None else self._staff.name_of(conn, actor)

    def _countdown(self, row: RequestRow) -> _Countdown:
        if row.deadline_mono_ms is None:
            return _Countdown(None)
        if row.deadline_boot_id != self._clock.boot_id:
            return _Countdown(None, stale=True)
        return _Countdown(max(row.deadline_mono_ms - self._clock.mono_ms(), 0))

    # --- what people do --------------------------------------------------------------------------------------------

    def mark_shown(self, request_ids: Sequence[str]) -> None:
        """These cards stand on a screen that is awake: the cloud starts the countdown (APR-18). Once each."""
        told = False
        with self._store.transaction() as conn:
            owned = self._own.born.owned(conn)
            for request_id in request_ids:
                row = repository.find(conn, request_id)
                if row is None or row.seen_op or not row.waits:
                    continue
                repository.mark_seen(conn, request_id)
                if request_id in owned:
                    self._own.shown(conn, request_id)
                else:
                    self._append_seen(conn, request_id)
                told = True
        if told:
            self.listeners.notify()

    def _append_seen(self, conn: sqlite3.Connection, request_id: str) -> None:
        self._operations.append(conn, OpKind.REQUEST_SEEN, {"request_id": request_id}, actor=DEVICE_ACTOR)

    def approve(self, request_id: str, actor: str) -> DecisionOutcome:
        """Approve, queue the slip and tell the cloud. A second decision gets the first one's outcome (APR-36)."""
        return self._decide(request_id, repository.APPROVE, None, None, actor)

    def reject(self, request_id: str, reason: RejectReason, text: str, actor: str) -> DecisionOutcome:
        """Reject with one of the four reasons; ``OTHER`` needs a text (APR-08)."""
        words = text.strip()[:REASON_TEXT_MAX]
        if reason is RejectReason.OTHER and not words:
            return ReasonMissing(request_id)
        return self._decide(request_id, repository.REJECT, reason, words or None, actor)

    def withdraw(self, request_id: str) -> DecisionOutcome:
        """The customer takes back what this counter's tablet asked for, while nobody has decided (APR-14, 36)."""
        return self._decide(request_id, repository.WITHDRAW, None, None, CUSTOMER_ACTOR)

    def _decide(
        self, request_id: str, decision: str, reason: RejectReason | None, text: str | None, actor: str
    ) -> DecisionOutcome:
        with self._store.transaction() as conn:
            row = repository.find(conn, request_id)
            if row is None:
                return UnknownRequest(request_id)
            if not row.waits:
                return AlreadyDecided(request_id, row.effective_state, self._name(conn, row.decided_by))
            countdown = self._countdown(row)
            if countdown.remaining_ms == 0 or (countdown.stale and self._online()):
                # At 0 the cloud decides; after sleep or a restart it is asked first what still stands.
                return TooLate(request_id)
            job_id = self._book_decision(conn, row, decision, reason, text, actor, countdown.remaining_ms)
        log.event("request_decided", request=request_id, decision=decision, remaining_ms=countdown.remaining_ms)
        self.listeners.notify()
        return Decided(request_id, repository.provisional(decision), row.pos_discount_won, job_id)

    def _book_decision(
        self,
        conn: sqlite3.Connection,
        row: RequestRow,
        decision: str,
        reason: RejectReason | None,
        text: str | None,
        actor: str,
        remaining_ms: int | None,
    ) -> str | None:
        now_ms = self._clock.wall_ms()
        repository.set_outcome(
            conn, row.request_id, decided_by=actor, decided_ms=now_ms, reason=reason, reason_text=text
        )
        body = {
            "request_id": row.request_id,
            "decision": decision,
            "reason": reason.value if reason else None,
            "reason_text": text,
            "remaining_ms": remaining_ms,
            "occurred_ms": now_ms,
        }
        if row.request_id in self._own.born.owned(conn):
            return self._own.decide(conn, row, body, actor)
        repository.set_local_decision(conn, row.request_id, decision)
        if remaining_ms is None:
            repository.set_deadline(conn, row.request_id, None, None)  # no countdown says that it was in time
        self._operations.append(conn, OpKind.REQUEST_DECIDE, body, actor=actor)
        approved = decision == repository.APPROVE
        if row.order_id is not None:
            self._order_decided(conn, row.order_id, approved)
        # Several counters may approve, one prints: the cloud named it. Who does not know yet waits for the cloud's row.
        here = approved and row.print_device == require_identity(conn).device_id
        return self._enqueue_slip(conn, row, actor) if here and self._prints(conn, row) else None

    def _prints(self, conn: sqlite3.Connection, row: RequestRow) -> bool:
        """An order's ticket comes out by itself only where the shop wants paper (AGT-01)."""
        return row.kind is not RequestKind.ORDER or prints_by_itself(self._alert_mode(conn))

    def recover(self, request_id: str, actor: str) -> RecoverOutcome:
        """Give the value back: an approval by hand (APR-15, 16), or an auto-approval within five minutes (APR-17)."""
        with self._store.transaction() as conn:
            row = repository.find(conn, request_id)
            if row is None:
                return NotPossible(request_id, None)
            outcome = self._recoveries.recover(conn, row, actor)
        log.event("request_recovered", request=request_id, outcome=type(outcome).__name__)
        self.listeners.notify()
        return outcome

    def keep(self, request_id: str, actor: str) -> bool:
        """The owner refuses a recovery that staff asked for. False: nothing to refuse, or not the owner."""
        with self._store.transaction() as conn:
            row = repository.find(conn, request_id)
            kept = row is not None and self._recoveries.keep(conn, row, actor)
        self.listeners.notify()
        return kept

    def open_at_counter(self, conn: sqlite3.Connection, new: NewRequest) -> None:
        """A request that begins here, inside the caller's transaction; the caller tells ``listeners`` afterwards."""
        self._own.open(conn, new)

    # --- time ------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Called about once a second. After sleep or a moved clock the countdowns on screen mean nothing any more:
        they are withdrawn and asked for again."""
        now = (self._clock.wall_ms(), self._clock.mono_ms())
        last, self._last_tick = self._last_tick, now
        if last is None:
            return
        wall_step_ms, mono_step_ms = now[0] - last[0], now[1] - last[1]
        if abs(wall_step_ms - mono_step_ms) > TICK_JUMP_MS or mono_step_ms > 1_000 + TICK_JUMP_MS:
            log.event("clock_jumped", wall_step_ms=wall_step_ms, mono_step_ms=mono_step_ms)
            self.ask_again(stop_running=True)
        self._run_out()

    def started(self) -> None:
        """A process begins: nobody has looked at this counter's own countdowns, so a person confirms."""
        with self._store.read() as conn:
            if not self._own.born.owned(conn):
                return  # a program that has nothing to write starts on a full disk as well
        with self._store.transaction() as conn:
            self._own.stop_countdowns(conn)

    def _run_out(self) -> None:
        with self._store.read() as conn:
            if not self._own.born.owned(conn):
                return
        with self._store.transaction() as conn:
            ended = self._own.run_out(conn)
        if ended:
            log.event("requests_run_out", requests=",".join(ended))
            self.listeners.notify()

    def ask_again(self, *, stop_running: bool = False) -> None:
        """Ask the cloud for every countdown that this process cannot trust: after a start, sleep or a clock jump."""
        with self._store.transaction() as conn:
            asked = stop_running and self._own.stop_countdowns(conn)
            owned = self._own.born.owned(conn)
            for row in repository.waiting(conn):
                if row.request_id in owned:
                    continue
                if row.deadline_mono_ms is None or not (stop_running or self._countdown(row).stale):
                    continue
                repository.set_deadline(conn, row.request_id, row.deadline_mono_ms, repository.STALE_BOOT)
                self._append_seen(conn, row.request_id)
                asked = True
        if asked:
            self.listeners.notify()

    # --- what the cloud says ---------------------------------------------------------------------------------------

    def apply_request_row(self, conn: sqlite3.Connection, row: FeedRow, context: RowContext) -> None:
        """The inbox applier of request rows: the cloud's projection wins, our unsettled decision stays on top."""
        if str(row.body["kind"]) not in frozenset(RequestKind):
            # Shown by nobody here, so the cloud lets it expire and the customer keeps everything (APR-18).
            log.warning("request_kind_unknown", request=row.body["request_id"], kind=row.body["kind"])
            return
        body = _projection(row.body)
        request_id = body["request_id"]
        before = repository.find(conn, request_id)
        if before is not None and (before.generation, before.version) > (context.generation, body["version"]):
            return
        if before is not None and self._own.refuse_again(conn, before, repository.known_state(body["state"])):
            return
        if body["state"] in _BEFORE_IT_HEARD and self._own.born.keeps_spent(conn, request_id):
            return  # that it was spent here is on its way; this is from before the cloud heard of it
        if before is not None and before.waits and request_id in self._own.born.owned(conn):
            self._take_over(conn, before)
        repository.upsert_projection(conn, {**body, "generation": context.generation}, received_wall_ms=context.wall_ms)
        state = repository.known_state(body["state"])
        if state.value != body["state"]:
            log.warning("request_state_unknown", request=request_id, state=body["state"])
        decided = before is not None and not before.waits  # by which countdown does not change any more
        if state in OPEN_STATES:
            remaining_ms = row.body.get("remaining_ms")
            if isinstance(remaining_ms, int) and not decided:
                deadline_ms = context.received_mono_ms + remaining_ms
                repository.set_deadline(conn, request_id, deadline_ms, context.boot_id)
            self._tell_on_paper(conn, request_id)
            return
        if not decided:
            repository.set_deadline(conn, request_id, None, None)
        self._settle_local_decision(conn, before, state)
        if state in USED_STATES and before is not None and before.local_decision in (None, repository.APPROVE):
            self._print_here(conn, before, context.wall_ms)

    def _tell_on_paper(self, conn: sqlite3.Connection, request_id: str) -> None:
        """Where orders are told of by paper alone, the ticket is what stands before people: it starts the minute, and
        the counter that the cloud names for it prints (AGT-01, AGT-02)."""
        row = repository.find(conn, request_id)
        assert row is not None
        if row.kind is not RequestKind.ORDER or pops_up(self._alert_mode(conn)) or not row.waits:
            return
        if not row.seen_op:
            repository.mark_seen(conn, request_id)
            self._append_seen(conn, request_id)
        elif row.state is RequestState.SEEN and row.print_device == require_identity(conn).device_id:
            self._enqueue_slip(conn, row, "")

    def _take_over(self, conn: sqlite3.Connection, before: RequestRow) -> None:
        """The cloud had heard the question although its answer was lost: it holds the value and owns the minute."""
        self._own.born.hand_over(conn, before.request_id)
        repository.set_deadline(conn, before.request_id, None, None)
        if before.seen_op:
            self._append_seen(conn, before.request_id)

    def _print_here(self, conn: sqlite3.Connection, before: RequestRow, now_ms: int) -> None:
        """The slip of what was approved anywhere, if the cloud named this device for it; never a second time. A device
        that reads an old feed again prints nothing of it."""
        row = repository.find(conn, before.request_id)
        assert row is not None
        stood_here = before.seen_op and before.state in OPEN_STATES
        if (
            row.print_device == require_identity(conn).device_id
            and (stood_here or now_ms - (row.decided_ms or 0) <= SLIP_OF_USE_MS)
            and self._prints(conn, row)
        ):
            self._enqueue_slip(conn, row, row.decided_by or "")

    def _settle_local_decision(self, conn: sqlite3.Connection, before: RequestRow | None, state: RequestState) -> None:
        """Our own decision may still win over a time-out (APR-19); against anything else the cloud's word stands."""
        if before is None or before.local_decision is None:
            return
        if before.local_decision == repository.RECOVER:
            still_open = state in (RequestState.APPROVED, RequestState.AUTO_APPROVED)
        else:
            still_open = state in (RequestState.AUTO_APPROVED, RequestState.EXPIRED)
        if not still_open:
            repository.set_local_decision(conn, before.request_id, None)

    def on_result(self, conn: sqlite3.Connection, result: OpResult, sent: SentOp) -> None:
        """The cloud has answered one of our operations."""
        request_id = sent.body.get("request_id")
        row = repository.find(conn, request_id) if isinstance(request_id, str) else None
        if row is None or result.status == OpStatus.PARKED:
            return  # parked: our decision stays on the screen, the status pill says that it needs attention
        answer = result.body or {}
        if sent.kind == OpKind.REQUEST_SEEN:
            self._refresh_countdown(conn, row, answer, sent)
            return
        if sent.kind in (OpKind.REQUEST_RECOVER, OpKind.REQUEST_KEEP):
            self._recoveries.on_result(conn, row, result)
        if row.local_decision is None or sent.kind == OpKind.REQUEST_KEEP:
            return
        answered = repository.RECOVER if sent.kind == OpKind.REQUEST_RECOVER else str(sent.body["decision"])
        stands = answer.get("state")
        if stands is None and result.status == OpStatus.APPLIED:
            stands = repository.provisional(answered)
        if row.local_decision == answered:  # not so when an approval was taken back before its answer came
            repository.set_local_decision(conn, row.request_id, None)
        if isinstance(stands, str) and stands in frozenset(RequestState):
            repository.set_state(conn, row.request_id, RequestState(stands))
            version = answer.get("version")
            if isinstance(version, int) and version > row.version:
                # Rows of before the answer are still on their way: an approval that was overruled prints no slip.
                repository.set_version(conn, row.request_id, version)

    def _refresh_countdown(
        self, conn: sqlite3.Connection, row: RequestRow, answer: dict[str, Any], sent: SentOp
    ) -> None:
        """Take over the time that was left, counted from our question: rather too little than too much."""
        remaining_ms = answer.get("remaining_ms")
        if not row.waits or not isinstance(remaining_ms, int) or not self._countdown(row).stale:
            return
        age_ms = self._clock.mono_ms() - sent.mono_ms
        if sent.boot_id == self._clock.boot_id and 0 <= age_ms <= ANSWER_FRESH_MS:
            repository.set_deadline(conn, row.request_id, sent.mono_ms + remaining_ms, self._clock.boot_id)
        else:
            self._append_seen(conn, row.request_id)  # an answer to an old question says nothing about now


def _urgency(card: RequestCard) -> tuple[bool, int, int, str]:
    missing = card.remaining_ms is None
    return (missing, card.remaining_ms or 0, card.created_ms, card.request_id)


_TEXTS = ("request_id", "kind", "state", "title")
_OPTIONAL = (
    "nickname",
    "condition",
    "amount_won",
    "pos_discount_won",
    "reason",
    "reason_text",
    "decided_by",
    "decided_ms",
    "order_id",
    "slip_code",
    "print_device",
    "at_zero",
    "recovery_by",
)


def _projection(body: dict[str, Any]) -> dict[str, Any]:
    """The columns of a request row. Raises KeyError or ValueError on a row that is none: the inbox keeps it apart."""
    fields: dict[str, Any] = {name: str(body[name]) for name in _TEXTS}
    fields["version"] = int(body["version"])
    fields["created_ms"] = int(body["created_ms"])
    fields.update({name: body.get(name) for name in _OPTIONAL})
    fields["at_zero"] = fields["at_zero"] or AtZero.APPROVE.value
    return fields
