"""Owns earning at this counter: numbers and receipts meet, points are booked once, cancels take them back (PNT)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from agent.dispatch import Listeners
from agent.earn import provisional, repository
from agent.earn.documents import DocumentFacts, facts_of, sale_fingerprint
from agent.earn.pairing import DEFAULT_TILL, OPEN_ENTRY_HOLDS_MS, Gone, Pairing
from agent.earn.repository import Arrival, DocumentRow, EntryRow
from agent.earn.reversals import Reversals
from agent.earn.types import (
    Earned,
    EarnFigures,
    EntryOutcome,
    Expired,
    IngestOutcome,
    NoRewards,
    ReceiptOffer,
    Refused,
    SubmitOutcome,
    TooManyEntries,
    UnknownEntry,
    Waiting,
    Worth,
)
from agent.keys import KeyRing
from agent.logbook import topic
from agent.operations import Operations, SentOp
from printers.capture.spool import CapturedDocument
from rules.calendar import day_bounds_ms, local_day
from rules.phone import Phone, PhoneProblem, parse_phone
from rules.receipts import PAIRING_WINDOW_MS, TEXT_FINGERPRINT_WINDOW_MS, DocumentVerdict
from sync.clock import Clock
from sync.errors import CellUnreadable
from sync.ids import IdSource
from sync.inbox import RowContext
from sync.profile import read_store_profile, require_identity
from sync.protocol import FeedRow, OpKind, OpResult, OpStatus, json_text
from sync.secrets import phone_lookup
from sync.store import Store

# R10: a counter serves a customer every 20 seconds at its busiest; more is somebody trying numbers.
ENTRIES_MAX = 30
ENTRIES_WINDOW_MS = 600_000
TABLET_ACTOR = "tablet"
CAPTURE_ACTOR = "capture"
log = topic("earn")

__all__ = [
    "EarnFigures",
    "EarnService",
    "Earned",
    "EntryOutcome",
    "Expired",
    "IngestOutcome",
    "PhoneProblem",
    "ReceiptOffer",
    "Refused",
    "SubmitOutcome",
    "TooManyEntries",
    "UnknownEntry",
    "Waiting",
]


class EarnService:
    """Thread-safe. The earn, its operation and the outcome of its receipt are one transaction."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSource,
        operations: Operations,
        keyring: KeyRing,
        missing_on_receipt: Callable[[sqlite3.Connection, str, str, int, int], int],
        till_by_source: Mapping[str, str] | None = None,
        print_earned: Callable[[sqlite3.Connection, Earned, DocumentRow], None] = lambda _conn, _earned, _sale: None,
    ) -> None:
        """``missing_on_receipt``: what a member spent in points that this receipt does not show (look-up, document,
        payment, time). ``print_earned`` is called inside the transaction of an earn with a phone number."""
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._ids = ids
        self._operations = operations
        self._keyring = keyring
        self._missing_on_receipt = missing_on_receipt
        self._print_earned = print_earned
        self._pairing = Pairing(till_by_source or {})
        self._shown: dict[str, str | None] = {}  # the receipt that each till's screen showed last
        self._reversals = Reversals(ids=ids, clock=clock, operations=operations, keyring=keyring)

    # --- the customer's screen -------------------------------------------------------------------------------------

    def open_entry(self, till: str = DEFAULT_TILL) -> str:
        """An entry screen opens. Its id is the id of the earn to come, so that sending it twice earns once."""
        now_ms = self._clock.wall_ms()
        entry_id = self._ids.uuid7()  # after the time: the newest screens are looked for by their ids
        with self._store.transaction() as conn:
            self._expire(conn, now_ms)
            sale = self._pairing.sale_for_screen(conn, till, now_ms)
            document_id = sale.document_id if sale else None
            repository.insert_entry(conn, entry_id, till=till, opened_ms=now_ms, document_id=document_id)
        self._shown[till] = document_id
        return entry_id

    def offer(self, till: str = DEFAULT_TILL) -> ReceiptOffer | None:
        """The sale a number typed now would earn on; at most three minutes old (PNT-08)."""
        now_ms = self._clock.wall_ms()
        with self._store.read() as conn:
            sale = self._pairing.sale_for_screen(conn, till, now_ms)
            if sale is None or sale.paid_won is None:
                self._shown[till] = None
                return None
            found = provisional.of_payment(conn, sale.paid_won, now_ms, document_id=sale.document_id)
        self._shown[till] = sale.document_id
        return ReceiptOffer(sale.document_id, sale.paid_won, found.accrual.points, found.stamps)

    def submit_phone(self, entry_id: str, digits: str) -> SubmitOutcome:
        """Book the number: with its receipt it earns at once, without one it waits for three minutes. Sending the
        same entry again gives the first answer. Raises NotEnrolled before the device belongs to a store."""
        phone = parse_phone(digits)
        now_ms = self._clock.wall_ms()
        with self._store.transaction() as conn:
            met = repository.submission(conn, entry_id, now_ms - ENTRIES_WINDOW_MS, now_ms - PAIRING_WINDOW_MS)
            entry = met.entry
            if entry is None:
                return UnknownEntry()
            if entry.state != "open":
                return self._outcome_of(conn, entry, now_ms) or Expired()
            if isinstance(phone, PhoneProblem):
                return Refused(phone)
            profile = read_store_profile(conn)
            if profile is not None and not profile.rewards:
                return NoRewards()  # a sale that was paired before it closed stands: it happened
            if met.submitted_count >= ENTRIES_MAX:
                return self._too_many(conn, now_ms)
            if met.overdue:
                repository.expire(conn, now_ms - PAIRING_WINDOW_MS)
            outcome = self._book_number(conn, entry, phone, now_ms)
        log.event("phone_submitted", entry=entry_id, phone=phone.masked, outcome=type(outcome).__name__)
        self.listeners.notify()
        return outcome

    def entry_outcome(self, entry_id: str) -> EntryOutcome:
        """What became of an entry; None while nobody has submitted it, or after it was skipped."""
        with self._store.read() as conn:
            entry = repository.find_entry(conn, entry_id)
            return None if entry is None else self._outcome_of(conn, entry, self._clock.wall_ms())

    def skip(self, entry_id: str) -> None:
        """On without a number (R11): the screen's entry ends, the receipt stays offered to the next one."""
        with self._store.transaction() as conn:
            entry = repository.find_entry(conn, entry_id)
            if entry is None or entry.state != "open":
                return
            repository.close_entry(conn, entry_id, "skipped")
        self.listeners.notify()

    def _too_many(self, conn: sqlite3.Connection, now_ms: int) -> TooManyEntries:
        times = repository.submitted_times(conn, now_ms - ENTRIES_WINDOW_MS)
        return TooManyEntries(max(times[-ENTRIES_MAX] + ENTRIES_WINDOW_MS - now_ms, 1))

    def _book_number(
        self, conn: sqlite3.Connection, entry: EntryRow, phone: Phone, now_ms: int
    ) -> Earned | Waiting | Expired:
        keys = self._keyring.keys
        shown_id = self._shown.get(entry.till, entry.document_id)
        sale = self._pairing.sale_for_entry(conn, entry, shown_id, now_ms)
        if isinstance(sale, Gone):
            repository.close_entry(conn, entry.entry_id, "expired")
            return Expired()
        if sale is not None:
            earned = self._book_earn(conn, entry.entry_id, phone, sale, now_ms, actor=TABLET_ACTOR)
            repository.set_outcome(conn, sale.document_id, "earned", entry.entry_id)
            repository.earn_at_once(conn, entry.entry_id, sale.document_id, now_ms)
            return earned
        replaced = repository.waiting_entry(conn, entry.till)
        sealed = keys.cipher.seal(phone.e164, _entry_cell(entry.entry_id))
        lookup = phone_lookup(keys.store_key, phone.e164)
        repository.submit_entry(
            conn, entry.entry_id, submitted_ms=now_ms, sealed=sealed, lookup=lookup, masked=phone.masked
        )
        if replaced is not None:
            repository.close_entry(conn, replaced.entry_id, "replaced")
        return Waiting(phone.masked, PAIRING_WINDOW_MS)

    def _outcome_of(self, conn: sqlite3.Connection, entry: EntryRow, now_ms: int) -> EntryOutcome:
        if entry.state == "earned":
            earn = repository.find_earn(conn, entry.entry_id)
            assert earn is not None, "an earned entry has its earn"
            return Earned(earn.earn_id, earn.points, earn.paid_won, earn.rate_bp, earn.masked, earn.stamps_now)
        if entry.state in ("expired", "replaced"):
            return Expired()
        if entry.state != "waiting" or entry.submitted_ms is None:
            return None
        remaining_ms = entry.submitted_ms + PAIRING_WINDOW_MS - now_ms
        if remaining_ms < 0:
            return Expired()
        return Waiting(entry.masked or "", min(remaining_ms, PAIRING_WINDOW_MS))

    # --- what the POS printed --------------------------------------------------------------------------------------

    def ingest(self, document: CapturedDocument, *, again: bool = False) -> IngestOutcome:
        """Take in one captured document: pair, earn, reverse, ignore or ask. The same document twice changes
        nothing, unless it was a question and is now read ``again``. Raises NotEnrolled, and KeyError, TypeError or
        ValueError for a document that is none."""
        facts = facts_of(document)
        store_key = self._keyring.keys.store_key
        now_ms = self._clock.wall_ms()
        own: str | None = None
        if facts.verdict is DocumentVerdict.EARN:
            own = sale_fingerprint(store_key, facts, first_captured_ms=facts.captured_ms)
        with self._store.transaction() as conn:
            met = repository.arrival(conn, facts.document_id, own, now_ms - PAIRING_WINDOW_MS)
            if met.known is not None and not (again and met.known.outcome == "ask"):
                return self._known(conn, met.known)
            if met.overdue:
                repository.expire(conn, now_ms - PAIRING_WINDOW_MS)
            if facts.verdict is DocumentVerdict.EARN:
                outcome = self._take_sale(conn, facts, document, own, met, now_ms)
            elif facts.verdict is DocumentVerdict.REVERSE:
                self._insert(conn, facts, document, "reversal_waiting", None)
                outcome = self._reversals.take(conn, facts)
            else:
                word = "ask" if facts.verdict is DocumentVerdict.ASK else "ignored"
                self._insert(conn, facts, document, word, None)
                outcome = IngestOutcome(facts.document_id, word)
        log.event("document_ingested", document=facts.document_id, kind=facts.kind, outcome=outcome.outcome)
        self.listeners.notify()
        return outcome

    def _known(self, conn: sqlite3.Connection, known: DocumentRow) -> IngestOutcome:
        earn = repository.find_earn(conn, known.earn_id) if known.earn_id else None
        return IngestOutcome(known.document_id, known.outcome, known.earn_id, earn.points if earn else 0)

    def _take_sale(
        self,
        conn: sqlite3.Connection,
        facts: DocumentFacts,
        document: CapturedDocument,
        own: str | None,
        met: Arrival,
        now_ms: int,
    ) -> IngestOutcome:
        outcome, earned = "waiting", None
        if met.printed_before if facts.has_numbers else self._text_printed_before(conn, facts):
            outcome, own = "duplicate", None
        elif met.cancels_wait and self._reversals.cancelled_before(conn, facts):
            outcome = "reversed"
        elif now_ms - facts.captured_ms > PAIRING_WINDOW_MS:  # read late, after the capture ran on its own
            outcome = "unmatched"
        else:
            earned = self._meet_number(conn, repository.row_of(facts, own, outcome), document.reading, now_ms)
        if earned is None:
            self._insert(conn, facts, document, outcome, own)
            return IngestOutcome(facts.document_id, outcome)
        self._insert(conn, facts, document, "earned", own, earned.earn_id)
        return IngestOutcome(facts.document_id, "earned", earned.earn_id, earned.points)

    def _meet_number(
        self, conn: sqlite3.Connection, sale: DocumentRow, reading: Mapping[str, Any], now_ms: int
    ) -> Earned | None:
        """Books the sale, whose paper is kept only then, for the number that waits at its till, if one does."""
        entry = self._pairing.entry_for_sale(conn, sale.source, sale.captured_ms, now_ms)
        if entry is None or entry.phone_sealed is None:
            return None
        try:
            phone = Phone(self._keyring.keys.cipher.open(entry.phone_sealed, _entry_cell(entry.entry_id)))
        except CellUnreadable:
            # A number sealed with keys that are gone; the receipt stays on offer and the queue moves on.
            repository.close_entry(conn, entry.entry_id, "expired")
            return None
        earned = self._book_earn(conn, entry.entry_id, phone, sale, now_ms, actor=CAPTURE_ACTOR, reading=reading)
        repository.close_entry(conn, entry.entry_id, "earned", sale.document_id)
        return earned

    def _text_printed_before(self, conn: sqlite3.Connection, facts: DocumentFacts) -> bool:
        """Whether a document that nothing but its text tells from others is a second copy of one."""
        store_key = self._keyring.keys.store_key
        for earlier in repository.sales_since(conn, facts.captured_ms - TEXT_FINGERPRINT_WINDOW_MS):
            as_copy = sale_fingerprint(store_key, facts, first_captured_ms=earlier.captured_ms)
            if as_copy is not None and as_copy == earlier.fingerprint:
                return True
        return False

    def _insert(
        self,
        conn: sqlite3.Connection,
        facts: DocumentFacts,
        document: CapturedDocument,
        outcome: str,
        fingerprint: str | None,
        earn_id: str | None = None,
    ) -> None:
        repository.insert_document(
            conn,
            facts,
            fingerprint=fingerprint,
            fingerprint_date=facts.day,
            outcome=outcome,
            earn_id=earn_id,
            reading={
                **document.reading,
                "original_approval_tags": list(facts.original_approval_tags),
                "original_receipt_no": facts.original_receipt_no,
            },
            lines=list(document.lines),
        )

    # --- booking ---------------------------------------------------------------------------------------------------

    def _book_earn(
        self,
        conn: sqlite3.Connection,
        entry_id: str,
        phone: Phone,
        sale: DocumentRow,
        now_ms: int,
        *,
        actor: str,
        source: str = "receipt_auto",
        reading: Mapping[str, Any] | None = None,
    ) -> Earned:
        """The earn and its operation; the caller ends the entry and the sale."""
        assert sale.paid_won is not None, "only a sale with a known payment waits"
        lookup = phone_lookup(self._keyring.keys.store_key, phone.e164)
        person = repository.person(conn, lookup, now_ms)
        missing_won = 0
        if person.spent:
            missing_won = self._missing_on_receipt(conn, lookup, sale.document_id, sale.paid_won, now_ms)
        found = provisional.of_payment(
            conn,
            sale.paid_won,
            now_ms,
            lookup=lookup,
            points_spent_won=missing_won,
            document_id=sale.document_id,
            reading=reading,
        )
        accrual, stamps = found.accrual, found.stamps
        # Somebody who left is promised nothing here; what it comes to is for the cloud to say (MEM-05).
        points = accrual.points
        if person.left:
            points, stamps = 0, None if stamps is None else 0
        body = {
            "earn_id": entry_id,
            "receipt": {
                "fingerprint": sale.fingerprint,
                "approval_tags": list(sale.approval_tags),
                "receipt_no": sale.receipt_no,
                "till": sale.till,
                "kind": sale.kind,
            },
            "paid_won": sale.paid_won,
            "points": points,
            "rate_bp": accrual.rate_bp,
            "policy_version": accrual.policy_version,
            "source": source,
            "occurred_ms": now_ms,
        }
        if missing_won:
            body["points_spent_won"] = missing_won
        if stamps:
            body["stamps"] = stamps
        if found.sale is not None:
            body["sale"] = found.sale
        appended = self._operations.append(conn, OpKind.EARN, body, actor=actor, secret={"phone": phone.e164})
        repository.insert_earn(
            conn,
            repository.NewEarn(
                earn_id=entry_id,
                op_id=appended.op_id,
                seq=appended.seq,
                masked=phone.masked,
                fingerprint=sale.fingerprint,
                document_id=sale.document_id or None,
                paid_won=sale.paid_won,
                points=points,
                rate_bp=accrual.rate_bp,
                reasons_json=json_text(accrual.reasons),
                created_ms=now_ms,
                late=not sale.document_id or abs(now_ms - sale.captured_ms) > repository.NEAR_MS,
                stamps=stamps,
                stamp_lookup=lookup if stamps else None,
            ),
        )
        earned = Earned(entry_id, points, sale.paid_won, accrual.rate_bp, phone.masked, stamps)
        self._print_earned(conn, earned, sale)
        return earned

    # --- late ones -------------------------------------------------------------------------------------------------

    def book_late(
        self, conn: sqlite3.Connection, earn_id: str, phone: Phone, sale: DocumentRow, now_ms: int, *, actor: str
    ) -> Earned:
        """A receipt that met no number in time and that somebody has brought together with one. Without a document id
        it was captured at another counter of the store, and its slip says what it was."""
        earned = self._book_earn(conn, earn_id, phone, sale, now_ms, actor=actor, source="claim")
        if sale.document_id:
            repository.set_outcome(conn, sale.document_id, "earned", earn_id)
        return earned

    def number_of(self, conn: sqlite3.Connection, entry_id: str) -> Phone | None:
        """The number that waits under this entry."""
        entry = repository.find_entry(conn, entry_id)
        if entry is None or entry.state != "waiting" or entry.phone_sealed is None:
            return None
        try:
            return Phone(self._keyring.keys.cipher.open(entry.phone_sealed, _entry_cell(entry_id)))
        except CellUnreadable:
            return None

    def worth(self, conn: sqlite3.Connection, paid_won: int) -> Worth:
        """What a payment earns by the policy of now."""
        found = provisional.of_payment(conn, paid_won, self._clock.wall_ms())
        return Worth(found.accrual.points, found.stamps)

    def is_typing(self, conn: sqlite3.Connection, sale: DocumentRow, now_ms: int) -> bool:
        """Whether somebody has the screen of this receipt's till open, and may be about to give a number."""
        till = self._pairing.till_of(sale.source)
        return bool(repository.open_entries(conn, till, now_ms - OPEN_ENTRY_HOLDS_MS))

    def store_id(self, conn: sqlite3.Connection) -> str:
        """The store this counter belongs to. Raises NotEnrolled."""
        return require_identity(conn).store_id

    # --- what the cloud says ---------------------------------------------------------------------------------------

    def on_result(self, conn: sqlite3.Connection, result: OpResult, sent: SentOp) -> None:
        """The cloud answered an operation of ours: provisional points become what it booked."""
        if sent.kind != OpKind.EARN:
            return
        earn_id = str(sent.body["earn_id"])
        answer = result.body or {}
        posted = answer.get("points")
        posted_points = posted if isinstance(posted, int) and not isinstance(posted, bool) else None
        _book_stamps(conn, earn_id, answer)
        if result.status == OpStatus.APPLIED:
            repository.set_earn_status(conn, earn_id, "posted", posted_points)
        elif result.status == OpStatus.ADJUSTED:
            repository.set_earn_status(conn, earn_id, "adjusted", posted_points)
        elif result.status == OpStatus.REJECTED:
            repository.set_earn_status(conn, earn_id, "rejected", 0)

    def apply_earn_row(self, conn: sqlite3.Connection, row: FeedRow, _context: RowContext) -> None:
        """The inbox applier of earn rows; rows about another counter's earns change nothing here."""
        earn_id, status, points = str(row.body["earn_id"]), str(row.body["status"]), int(row.body["points"])
        earn = repository.find_earn(conn, earn_id)
        if earn is None:
            claim = repository.find_claim_by(conn, earn_id=earn_id)
            if claim is not None and status in ("posted", "adjusted", "reversed"):
                # The customer claimed it with the app: nobody else may.
                outcome = "reversed" if status == "reversed" else "earned"
                repository.set_outcome(conn, claim.document_id, outcome)
            return
        if status != "reversed" and row.body.get("op_id", earn.op_id) != earn.op_id:
            return  # another bearer of the same slip, at another counter or at an app (PNT-09)
        if status == "posted":
            same = points == earn.points and row.body.get("stamps", earn.stamps) == earn.stamps
            status = "posted" if same else "adjusted"
        _book_stamps(conn, earn_id, row.body)
        if status not in ("posted", "adjusted", "reversed", "rejected"):
            log.warning("earn_status_unknown", earn=earn_id, status=status)
            return
        # A reversal reports the points it took; what had been posted stays on record.
        repository.set_earn_status(conn, earn_id, status, points if status in ("posted", "adjusted") else None)

    # --- figures and time ------------------------------------------------------------------------------------------

    def today(self) -> EarnFigures:
        """The figures of the shop's calendar day."""
        start_ms, end_ms = day_bounds_ms(local_day(self._clock.wall_ms()))
        with self._store.read() as conn:
            return EarnFigures(*repository.figures(conn, start_ms, end_ms))

    def tick(self) -> None:
        """Called every few seconds: numbers and sales that nobody paired vanish after three minutes."""
        now_ms = self._clock.wall_ms()
        with self._store.read() as conn:
            if not repository.overdue(conn, now_ms - PAIRING_WINDOW_MS):
                return
        with self._store.transaction() as conn:
            changed = self._expire(conn, now_ms)
        if changed:
            self.listeners.notify()

    def _expire(self, conn: sqlite3.Connection, now_ms: int) -> bool:
        before_ms = now_ms - PAIRING_WINDOW_MS
        return repository.overdue(conn, before_ms) and repository.expire(conn, before_ms)


def _book_stamps(conn: sqlite3.Connection, earn_id: str, told: Mapping[str, Any]) -> None:
    stamps = told.get("stamps")
    if isinstance(stamps, int) and not isinstance(stamps, bool):
        repository.set_posted_stamps(conn, earn_id, stamps)


def _entry_cell(entry_id: str) -> str:
    return f"phone_entry/phone_sealed/{entry_id}"
