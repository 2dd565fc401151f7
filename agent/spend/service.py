"""Owns spending points at this counter's tablet: held by the cloud, or by the snapshot without a line (PNT-10).

Callable without a screen. ``ask`` may wait for the network for some seconds; everything else is one short transaction.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from datetime import date

from agent.approval.counter_born import NewRequest
from agent.approval.repository import RequestRow
from agent.dispatch import Listeners
from agent.keys import KeyRing
from agent.logbook import topic
from agent.spend import repository
from agent.spend.book import phone_cell
from agent.spend.repository import SpendRow
from agent.spend.types import (
    AskedOutcome,
    AskPort,
    NoNumber,
    NotSpent,
    SpendAsked,
    SpendNotNow,
    SpendOutcome,
    SpendRefused,
    SpendTerms,
    SpendWaiting,
    Spent,
)
from rules.calendar import day_bounds_ms, local_day
from rules.phone import Phone, PhoneProblem, parse_phone
from rules.requests import USED_STATES, RequestState
from rules.spending import (
    CLOCKS_APART_MS,
    OfflineUse,
    Snapshot,
    SpendLimit,
    grant,
    offline_allowance,
    refuse_amount,
)
from sync import outbox
from sync.clock import Clock
from sync.earning import read_spending, told_rate_bp
from sync.ids import IdSource
from sync.outcomes import Denied, Held, Reason, Unavailable
from sync.profile import read_store_profile
from sync.protocol import DEVICE_SUSPENDED
from sync.secrets import phone_lookup
from sync.snapshot import Taken, find_member, read_age_ms, read_taken
from sync.store import Store, get_meta, set_meta

# R10: more questions than a counter has customers is somebody trying numbers.
ASKS_MAX = 20
ASKS_WINDOW_MS = 600_000
log = topic("spend")

_REFUSALS = {
    "insufficient_points": SpendLimit.BALANCE,
    "member_unknown": SpendLimit.BALANCE,
    "points_exceed_payment": SpendLimit.PAYMENT,
    "points_exceed_share": SpendLimit.SHARE,
    "day_total_reached": SpendLimit.DAY_TOTAL,
    "points_not_in_units": SpendLimit.AMOUNT,
}
# The question never left this machine, so the cloud holds nothing for it.
_NEVER_SENT = frozenset({Reason.UNREACHABLE, Reason.CLOSED})


class SpendService:
    """Thread-safe."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSource,
        keyring: KeyRing,
        online: Callable[[], bool],
        open_request: Callable[[sqlite3.Connection, NewRequest], None],
        find_request: Callable[[sqlite3.Connection, str], RequestRow | None],
        withdraw_request: Callable[[str], object],
        changed: Callable[[], None],
        listeners: Listeners,
    ) -> None:
        """``open_request`` puts a card up inside the transaction; ``changed`` tells its screens after it.
        ``withdraw_request`` takes a card away unless somebody was faster. ``listeners`` hear of every decision."""
        self.listeners = listeners
        self._store = store
        self._clock = clock
        self._ids = ids
        self._keyring = keyring
        self._online = online
        self._open_request = open_request
        self._find_request = find_request
        self._withdraw_request = withdraw_request
        self._changed = changed
        self._port: AskPort | None = None
        self._asks: deque[int] = deque(maxlen=ASKS_MAX)
        self._asking = threading.Lock()

    def attach(self, port: AskPort | None) -> None:
        """The line to the cloud was started, or ended."""
        self._port = port

    def new_id(self) -> str:
        """The id of a request to be: made when the screen opens, so that pressing twice asks once."""
        return self._ids.uuid7()

    def terms(self) -> SpendTerms:
        """What the screen may offer before it knows anybody."""
        with self._store.read() as conn:
            bounds, rate_bp = read_spending(conn), max(told_rate_bp(conn), 0)
            profile = read_store_profile(conn)
            everybody, _ = repository.used_on(conn, self._day(conn), "")
        rewards = profile is None or profile.rewards
        if self._online():
            return SpendTerms(
                possible=rewards,
                use_unit=bounds.use_unit,
                most_points=None,
                rate_bp=rate_bp,
                payment_max_percent=bounds.payment_max_percent,
            )
        most = min(bounds.offline_store_day_won - everybody, bounds.offline_member_won) if bounds.offline else 0
        return SpendTerms(
            possible=rewards and most >= bounds.use_unit,
            use_unit=bounds.use_unit,
            most_points=max(most, 0),
            rate_bp=rate_bp,
            payment_max_percent=bounds.payment_max_percent,
        )

    def ask(self, spend_id: str, digits: str, points: int | None, payment_won: int) -> AskedOutcome:
        """Asks for ``points`` (None: as many as possible) towards a payment. The same id again is answered with what it
        came to. Raises NotEnrolled before the device belongs to a store."""
        phone = parse_phone(digits)
        if isinstance(phone, PhoneProblem):
            return NoNumber(phone)
        with self._asking:  # a second press waits for the first one's answer
            with self._store.read() as conn:
                known = repository.find(conn, spend_id)
                policy = read_spending(conn)
                untrusted = _untrusted(conn)
                profile = read_store_profile(conn)
            if known is not None:
                return _asked(known)
            limit = None if points is None else refuse_amount(policy, points, payment_won)
            if limit is not None or payment_won < policy.use_unit:
                return SpendRefused(limit or SpendLimit.PAYMENT)
            if profile is not None and not profile.rewards:
                return SpendNotNow()
            if untrusted or not self._may_ask():
                # A queue that stands still belongs to a device that nobody trusts, or that has forgotten its quota.
                return SpendNotNow()
            outcome = self._ask(spend_id, phone, points, payment_won)
        log.event("spend_asked", spend=spend_id, phone=phone.masked, outcome=type(outcome).__name__)
        if isinstance(outcome, SpendAsked):
            self._changed()
        return outcome

    def _may_ask(self) -> bool:
        now_ms = self._clock.mono_ms()
        if len(self._asks) == ASKS_MAX and now_ms - self._asks[0] < ASKS_WINDOW_MS:
            return False
        self._asks.append(now_ms)
        return True

    def _ask(self, spend_id: str, phone: Phone, points: int | None, payment_won: int) -> AskedOutcome:
        port, uncertain = self._port, False
        if port is not None and self._online():
            fields = {"request_id": spend_id, "phone": phone.e164, "points": points, "payment_won": payment_won}
            answer = port.ask_request(fields)
            if isinstance(answer, Held):
                return self._held(spend_id, phone, answer.points, payment_won)
            if isinstance(answer, Denied):
                log.event("spend_denied", spend=spend_id, code=answer.code)
                if answer.code == DEVICE_SUSPENDED:  # what we let somebody spend without a line would be our loss
                    with self._store.transaction() as conn:
                        set_meta(conn, outbox.SUSPENDED, "1")
                return SpendRefused(_REFUSALS[answer.code]) if answer.code in _REFUSALS else SpendNotNow()
            uncertain = isinstance(answer, Unavailable) and answer.reason not in _NEVER_SENT
        return self._go_offline(spend_id, phone, points, payment_won, uncertain=uncertain)

    def _held(self, spend_id: str, phone: Phone, points: int, payment_won: int) -> SpendAsked:
        """The cloud holds the points; its row brings the card."""
        with self._store.transaction() as conn:
            return self._keep_held(conn, spend_id, phone, points, payment_won)

    def _keep_held(
        self, conn: sqlite3.Connection, spend_id: str, phone: Phone, points: int, payment_won: int
    ) -> SpendAsked:
        repository.insert(
            conn,
            spend_id,
            lookup=phone_lookup(self._keyring.keys.store_key, phone.e164),
            sealed=None,
            points=points,
            payment_won=payment_won,
            snapshot_ms=None,
            uncertain=False,
            day=self._day(conn),
            created_ms=self._asked_ms(conn),
        )
        return SpendAsked(spend_id, points, payment_won, offline=False)

    # --- without a line --------------------------------------------------------------------------------------------

    def _go_offline(
        self, spend_id: str, phone: Phone, points: int | None, payment_won: int, *, uncertain: bool
    ) -> AskedOutcome:
        keys = self._keyring.keys
        lookup = phone_lookup(keys.store_key, phone.e164)
        now_ms = self._clock.wall_ms()
        # Limits are read and used up in one transaction: two quick spends cannot pass them together.
        with self._store.transaction() as conn:
            held = self._find_request(conn, spend_id)
            if held is not None and held.pos_discount_won:
                # The answer is lost, but the cloud's row was faster: it holds the points, and the card is there.
                return self._keep_held(conn, spend_id, phone, held.pos_discount_won, payment_won)
            day = self._day(conn)
            policy = read_spending(conn)
            member, taken = find_member(conn, lookup), read_taken(conn)
            snapshot = None if member is None or taken is None else Snapshot(member[1], self._age_ms(conn, taken))
            used = self._used(conn, day, lookup, taken.wall_ms if taken is not None else now_ms)
            allowance = offline_allowance(policy, snapshot, used, payment_won)
            wanted = allowance.points if points is None else points
            limit = allowance.limit if wanted == 0 else grant(wanted, allowance)
            if limit is not None or member is None:
                return SpendRefused(limit or allowance.limit)
            repository.insert(
                conn,
                spend_id,
                lookup=lookup,
                sealed=keys.cipher.seal(phone.e164, phone_cell(spend_id)),
                points=wanted,
                payment_won=payment_won,
                snapshot_ms=member[2],
                uncertain=uncertain,
                day=day,
                created_ms=now_ms,
            )
            title = f"{wanted:,}P 사용"
            self._open_request(conn, NewRequest(spend_id, title, member[0], payment_won, wanted))
        return SpendAsked(spend_id, wanted, payment_won, offline=True)

    def _age_ms(self, conn: sqlite3.Connection, taken: Taken) -> int:
        """By our own watch and by the wall; a clock that was set back since makes it be of the future."""
        by_wall_ms = self._clock.wall_ms() - taken.wall_ms
        if by_wall_ms < -CLOCKS_APART_MS:
            return by_wall_ms
        return max(by_wall_ms, read_age_ms(conn, self._clock) or 0)

    def _used(self, conn: sqlite3.Connection, day: str, lookup: str, taken_wall_ms: int) -> OfflineUse:
        everybody, member = repository.used_on(conn, day, lookup)
        # What was asked for while the snapshot was on its way counts too.
        since_snapshot = repository.used_since(conn, lookup, taken_wall_ms - CLOCKS_APART_MS)
        midnight_ms, _ = day_bounds_ms(date.fromisoformat(day))
        return OfflineUse(everybody, member, since_snapshot, repository.known_total(conn, midnight_ms))

    def _asked_ms(self, conn: sqlite3.Connection) -> int:
        """Now; with a clock that was set back not before the snapshot, which does not know of this spend."""
        taken = read_taken(conn)
        return max(self._clock.wall_ms(), taken.wall_ms if taken is not None else 0)

    def _day(self, conn: sqlite3.Connection) -> str:
        """The business day; a clock that is set back does not bring back a quota that is used up."""
        return max(local_day(self._clock.wall_ms()).isoformat(), repository.last_day(conn))

    # --- what became of it -----------------------------------------------------------------------------------------

    def withdraw(self, spend_id: str) -> SpendOutcome:
        """The customer takes it back (APR-14). The answer is how it stands then: staff may have been faster, and what
        the cloud has not sent a card or a countdown for yet still waits and is asked again."""
        with self._store.read() as conn:
            row = self._find_request(conn, spend_id) if repository.find(conn, spend_id) else None
        if row is not None and row.waits:
            self._withdraw_request(spend_id)
        return self.outcome(spend_id)

    def outcome(self, spend_id: str) -> SpendOutcome:
        """None for an id that nothing was asked for."""
        with self._store.read() as conn:
            spend = repository.find(conn, spend_id)
            row = self._find_request(conn, spend_id)
        if spend is None:
            return None
        if row is None or row.waits or row.no_may_be_late:
            return SpendWaiting(spend.points, self._remaining_ms(row))
        if row.effective_state not in USED_STATES:
            return NotSpent(taken_back=row.effective_state is RequestState.WITHDRAWN)
        points = row.pos_discount_won or spend.points
        return Spent(points, max(spend.payment_won - points, 0))

    def _remaining_ms(self, row: RequestRow | None) -> int | None:
        if row is None or row.deadline_mono_ms is None or row.deadline_boot_id != self._clock.boot_id:
            return None
        return max(row.deadline_mono_ms - self._clock.mono_ms(), 0)


def _untrusted(conn: sqlite3.Connection) -> bool:
    """The queue stands still until somebody comes, or the cloud said that it believes nothing of ours about value."""
    return any(get_meta(conn, key) is not None for key in (outbox.HALTED, outbox.SUSPENDED))


def _asked(row: SpendRow) -> SpendAsked:
    return SpendAsked(row.spend_id, row.points, row.payment_won, row.offline)
