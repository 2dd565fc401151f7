"""Owns receipts that met no number in time: linked by hand at the counter, or claimed with a slip (PNT-08, PNT-09)."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from agent.earn import repository
from agent.earn.repository import DocumentRow
from agent.earn.service import EarnService
from agent.earn.types import Earned, Refused, TooManyEntries, Worth
from agent.keys import KeyRing
from agent.logbook import topic
from rules.claims import CLAIM_VALID_MS, Claim, ClaimProblem, open_claim, seal_claim, short_code
from rules.phone import Phone, PhoneProblem, parse_phone
from rules.receipts import PAIRING_WINDOW_MS
from sync.clock import Clock
from sync.ids import IdSource
from sync.store import Store

# A code has 34 bits: a thousand wrong tries a day would need half a million years.
WRONG_CODES_MAX = 10
WRONG_CODES_WINDOW_MS = 600_000
OFFER_AFTER_MS = (
    10_000  # who means to type a number has touched the screen by then; a slip too many is paper for nothing
)
log = topic("earn")


@dataclass(frozen=True)
class WaitingNumber:
    """A number that was typed and has no receipt yet."""

    entry_id: str
    till: str
    masked: str


@dataclass(frozen=True)
class NotToBeHad:
    """The receipt has earned, was cancelled, is too old, or was not read with certainty."""


@dataclass(frozen=True)
class ClaimSlip:
    """What goes on the slip. ``qr`` is the signed text, ``code`` the eight letters for typing."""

    document_id: str
    qr: str
    code: str
    paid_won: int
    worth: Worth
    printed_ms: int
    until_ms: int
    receipt_no: str | None
    till: str | None


@dataclass(frozen=True)
class SlipOffer:
    """What a slip would earn."""

    paid_won: int
    points: int
    stamps: int | None = None  # None: the shop gives points


@dataclass(frozen=True)
class _Redeemable:
    earn_id: str
    sale: DocumentRow


class LateEarns:
    """Thread-safe. Every credit is one transaction with its operation, as in `EarnService`."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSource,
        keyring: KeyRing,
        earn: EarnService,
        print_claim: Callable[[sqlite3.Connection, ClaimSlip], None],
        offers_slips: Callable[[], bool] = lambda: False,
    ) -> None:
        """``offers_slips``: whether a receipt that meets no number prints its slip by itself."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._keyring = keyring
        self._earn = earn
        self._print_claim = print_claim
        self._offers_slips = offers_slips
        self._wrong_at: deque[int] = deque(maxlen=WRONG_CODES_MAX)

    def waiting_numbers(self) -> tuple[WaitingNumber, ...]:
        """Numbers that wait for a receipt now, at any till."""
        with self._store.read() as conn:
            rows = repository.waiting_entries(conn)
        return tuple(WaitingNumber(row.entry_id, row.till, row.masked or "") for row in rows)

    def is_creditable(self, document_id: str) -> bool:
        """Whether this receipt may still be credited to somebody."""
        with self._store.read() as conn:
            return self._creditable(conn, document_id, self._clock.wall_ms()) is not None

    # --- by hand -----------------------------------------------------------------------------------------------------

    def credit(self, document_id: str, digits: str, actor: str) -> Earned | Refused | NotToBeHad:
        """Staff type the number of a customer who shows this receipt."""
        phone = parse_phone(digits)
        if isinstance(phone, PhoneProblem):
            return Refused(phone)
        with self._store.transaction() as conn:
            outcome = self._credit(conn, document_id, phone, actor)
        return self._told(outcome)

    def credit_waiting(self, document_id: str, entry_id: str, actor: str) -> Earned | NotToBeHad:
        """Staff link this receipt with a number that waits, as of another till or of a receipt that was read late."""
        with self._store.transaction() as conn:
            phone = self._earn.number_of(conn, entry_id)
            if phone is None:
                return NotToBeHad()
            outcome = self._credit(conn, document_id, phone, actor)
            if isinstance(outcome, Earned):
                repository.close_entry(conn, entry_id, "replaced")
        return self._told(outcome)

    def _credit(self, conn: sqlite3.Connection, document_id: str, phone: Phone, actor: str) -> Earned | NotToBeHad:
        now_ms = self._clock.wall_ms()
        sale = self._creditable(conn, document_id, now_ms)
        if sale is None:
            return NotToBeHad()
        claim = repository.find_claim(conn, document_id)
        # A slip that was printed for it may be on its way to the cloud: one id, one earn.
        earn_id = claim.earn_id if claim else self._ids.uuid7()
        return self._earn.book_late(conn, earn_id, phone, sale, now_ms, actor=actor)

    def _told(self, outcome: Earned | NotToBeHad) -> Earned | NotToBeHad:
        if isinstance(outcome, Earned):
            log.event("credited_late", earn=outcome.earn_id, phone=outcome.masked)
            self._earn.listeners.notify()
        return outcome

    def _creditable(self, conn: sqlite3.Connection, document_id: str, now_ms: int) -> DocumentRow | None:
        sale = repository.find_document(conn, document_id)
        if sale is None or sale.outcome not in ("waiting", "unmatched") or sale.fingerprint is None:
            return None
        if not sale.paid_won or now_ms - sale.captured_ms > CLAIM_VALID_MS:
            return None
        return sale

    # --- by a slip ---------------------------------------------------------------------------------------------------

    def issue(self, document_id: str) -> ClaimSlip | NotToBeHad:
        """Print a claim slip for this receipt; asked again it is the same claim. Raises NotEnrolled."""
        store_key, now_ms = self._keyring.keys.store_key, self._clock.wall_ms()
        with self._store.transaction() as conn:
            sale = self._creditable(conn, document_id, now_ms)
            if sale is None or sale.paid_won is None or sale.fingerprint is None:
                return NotToBeHad()
            claim = repository.find_claim(conn, document_id)
            if claim is None:
                earn_id = self._ids.uuid7()
                until_ms = sale.captured_ms + CLAIM_VALID_MS
                claim = repository.ClaimRow(document_id, earn_id, short_code(store_key, earn_id), now_ms, until_ms)
                repository.insert_claim(conn, claim)
            slip = ClaimSlip(
                document_id=document_id,
                qr=seal_claim(store_key, self._sealed(conn, sale, claim)),
                code=claim.code,
                paid_won=sale.paid_won,
                worth=self._earn.worth(conn, sale.paid_won),
                printed_ms=sale.captured_ms,
                until_ms=claim.until_ms,
                receipt_no=sale.receipt_no,
                till=sale.till,
            )
            self._print_claim(conn, slip)
        log.event("claim_issued", document=document_id)
        self._earn.listeners.notify()  # screens offer to take slips from now on
        return slip

    def tick(self) -> None:
        """Called every second. Where the shop wants it, a receipt that nobody's number met prints its slip, once and
        while the customer is still there; never while somebody stands at the till's screen. Raises as ``issue``."""
        if not self._offers_slips():
            return
        now_ms = self._clock.wall_ms()
        with self._store.read() as conn:
            due = [
                sale.document_id
                for sale in repository.unclaimed_sales(conn, now_ms - PAIRING_WINDOW_MS, now_ms - OFFER_AFTER_MS)
                if self._earn.worth(conn, sale.paid_won or 0) and not self._earn.is_typing(conn, sale, now_ms)
            ]
        for document_id in due:
            self.issue(document_id)

    def _sealed(self, conn: sqlite3.Connection, sale: DocumentRow, claim: repository.ClaimRow) -> Claim:
        assert sale.fingerprint is not None
        assert sale.paid_won is not None
        return Claim(
            store=self._earn.store_id(conn),
            earn_id=claim.earn_id,
            fingerprint=sale.fingerprint,
            tags=sale.approval_tags,
            receipt_no=sale.receipt_no,
            till=sale.till,
            paid_won=sale.paid_won,
            printed_ms=sale.captured_ms,
            until_ms=claim.until_ms,
        )

    def redeem(self, text: str, digits: str, actor: str) -> Earned | Refused | ClaimProblem | TooManyEntries:
        """A customer comes back with a slip: its QR text or its eight letters, and a number. Works without the cloud;
        the cloud books the same earn once, whoever brings it first."""
        now_ms = self._clock.wall_ms()
        rests = self._rests(now_ms)
        if rests is not None:
            return rests
        phone = parse_phone(digits)
        if isinstance(phone, PhoneProblem):
            return Refused(phone)
        with self._store.transaction() as conn:
            found = self._find(conn, text.strip(), now_ms)
            if isinstance(found, ClaimProblem):
                return found
            earned = self._earn.book_late(conn, found.earn_id, phone, found.sale, now_ms, actor=actor)
        self._told(earned)
        return earned

    def offer(self, text: str) -> SlipOffer | ClaimProblem | TooManyEntries:
        """What a slip would earn now. A wrong one counts as a try, here as there."""
        now_ms = self._clock.wall_ms()
        rests = self._rests(now_ms)
        if rests is not None:
            return rests
        with self._store.read() as conn:
            found = self._find(conn, text.strip(), now_ms)
            if isinstance(found, ClaimProblem):
                return found
            paid_won = found.sale.paid_won or 0
            worth = self._earn.worth(conn, paid_won)
            return SlipOffer(paid_won, worth.points, worth.stamps)

    def has_slips(self) -> bool:
        """Whether a slip of this counter may still be in somebody's pocket."""
        with self._store.read() as conn:
            return repository.any_claim(conn, self._clock.wall_ms())

    def _rests(self, now_ms: int) -> TooManyEntries | None:
        if len(self._wrong_at) < WRONG_CODES_MAX or now_ms - self._wrong_at[0] >= WRONG_CODES_WINDOW_MS:
            return None
        return TooManyEntries(self._wrong_at[0] + WRONG_CODES_WINDOW_MS - now_ms)

    def _find(self, conn: sqlite3.Connection, text: str, now_ms: int) -> _Redeemable | ClaimProblem:
        """The receipt of a slip that may earn now. The letters are known where they were printed; the QR code says
        everything itself, so that each counter of the store takes it."""
        scanned = open_claim(text, lambda _store: self._keyring.keys.store_key)
        opened = scanned if isinstance(scanned, Claim) else None
        if opened is not None:
            row = repository.find_claim_by(conn, earn_id=opened.earn_id)
        else:
            row = repository.find_claim_by(conn, code=text.replace("-", "").replace(" ", "").upper())
        if row is not None:
            if now_ms > row.until_ms:
                return ClaimProblem.EXPIRED
            sale = self._creditable(conn, row.document_id, now_ms)
            return ClaimProblem.USED if sale is None else _Redeemable(row.earn_id, sale)
        if opened is None:
            self._wrong_at.append(now_ms)
            return ClaimProblem.UNKNOWN
        if now_ms > opened.until_ms:
            return ClaimProblem.EXPIRED
        known = repository.first_with_fingerprint(conn, opened.fingerprint)
        sale = _printed_elsewhere(opened) if known is None else self._creditable(conn, known.document_id, now_ms)
        if sale is None or repository.find_earn(conn, opened.earn_id) is not None:
            return ClaimProblem.USED
        return _Redeemable(opened.earn_id, sale)


def _printed_elsewhere(claim: Claim) -> DocumentRow:
    """The receipt as the slip tells it: another counter of this store has the document."""
    return DocumentRow(
        document_id="",
        captured_ms=claim.printed_ms,
        source="",
        kind="sale",
        total_won=claim.paid_won,
        paid_won=claim.paid_won,
        receipt_no=claim.receipt_no,
        till=claim.till,
        approval_tags=claim.tags,
        fingerprint=claim.fingerprint,
        outcome="unmatched",
        earn_id=None,
        day="",
    )
