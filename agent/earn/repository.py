"""Owns the SQL of documents, phone entries, earns and reversals."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, NamedTuple

from agent.earn.documents import CancelRefs, DocumentFacts
from rules.calendar import local_day
from rules.receipts import DocumentVerdict
from rules.spending import RECEIPT_FOLLOWS_MS
from sync.ids import first_uuid7_of
from sync.protocol import json_text


class EntryRow(NamedTuple):
    """One phone entry, from the opening of the screen on."""

    entry_id: str
    till: str
    opened_ms: int
    submitted_ms: int | None
    phone_sealed: bytes | None
    phone_lookup: str | None
    masked: str | None
    state: str
    document_id: str | None


class DocumentRow(NamedTuple):
    """One captured document with what became of it."""

    document_id: str
    captured_ms: int
    source: str
    kind: str
    total_won: int | None
    paid_won: int | None
    receipt_no: str | None
    till: str | None
    approval_tags: tuple[str, ...]
    fingerprint: str | None
    outcome: str
    earn_id: str | None
    day: str  # the business date on the paper, or that of its capture


class EarnRow(NamedTuple):
    """One earn of this counter."""

    earn_id: str
    paid_won: int
    points: int
    rate_bp: int
    masked: str
    status: str
    fingerprint: str | None
    posted_points: int | None
    stamps: int | None = None
    posted_stamps: int | None = None
    op_id: str = ""

    @property
    def stamps_now(self) -> int | None:
        """What the cloud booked, else what was computed here."""
        return self.stamps if self.posted_stamps is None else self.posted_stamps


class Submission(NamedTuple):
    """What a submitted number meets: its screen, how many came since the limit began, whether anything is overdue."""

    entry: EntryRow | None
    submitted_count: int
    overdue: bool


class Arrival(NamedTuple):
    """What a captured document meets: itself, its first print, cancels that wait for a sale, and what is overdue."""

    known: DocumentRow | None
    printed_before: bool
    cancels_wait: bool
    overdue: bool


class Person(NamedTuple):
    """What this counter has heard of a number. ``spent``: in points, and its receipt may not have come yet."""

    left: bool
    spent: bool


class NewEarn(NamedTuple):
    """What is known of an earn when it is booked, in the order in which `insert_earn` writes it."""

    earn_id: str
    op_id: str
    seq: int
    masked: str
    fingerprint: str | None
    document_id: str | None
    paid_won: int
    points: int
    rate_bp: int
    reasons_json: str
    created_ms: int
    late: bool
    stamps: int | None
    stamp_lookup: str | None


_DOCUMENT = (
    "document_id, captured_ms, source, kind, total_won, paid_won, receipt_no, till, approval_tags_json, fingerprint,"
    " outcome, earn_id, fingerprint_date"
)
_SHARES_A_TAG = "EXISTS (SELECT 1 FROM json_each(approval_tags_json) WHERE value IN ({}))"
_NOT_EARNED = "outcome <> 'earned'"  # says nothing new, but lets SQLite take the partial index
_WAITING_ONLY = "INDEXED BY phone_entry_waiting"  # SQLite would rather walk through every number that was typed before
LATE_MS = 60_000  # as in the index phone_entry_late
NEAR_MS = 3_600_000  # an earn that is further from its document is late, and in the index of late ones
_ID_BEFORE_ROW_MS = 5_000  # an entry's id is made before its row, by the same clock
_OVERDUE = (
    f"(EXISTS (SELECT 1 FROM phone_entry {_WAITING_ONLY} WHERE state = 'waiting' AND submitted_ms < :before)"
    f" OR EXISTS (SELECT 1 FROM document WHERE outcome = 'waiting' AND {_NOT_EARNED} AND captured_ms < :before))"
)
_SUBMITTED_SINCE = (
    "(SELECT count(*) FROM phone_entry WHERE entry_id >= :first AND submitted_ms > :since)"
    " + (SELECT count(*) FROM phone_entry INDEXED BY phone_entry_late WHERE submitted_ms - opened_ms > 60000"
    " AND submitted_ms > :since AND entry_id < :first)"
)
_ENTRY = "entry_id, till, opened_ms, submitted_ms, phone_sealed, phone_lookup, masked, state, document_id"
_EARN = "earn_id, paid_won, points, rate_bp, masked, status, fingerprint, posted_points, stamps, posted_stamps, op_id"


def _document(values: Any) -> DocumentRow:
    fields = list(values)
    fields[8] = () if fields[8] == "[]" else tuple(json.loads(fields[8]))
    fields[12] = fields[12] or local_day(fields[1]).isoformat()
    return DocumentRow._make(fields)


# --- documents -----------------------------------------------------------------------------------------------------


def find_document(conn: sqlite3.Connection, document_id: str) -> DocumentRow | None:
    found = conn.execute(f"SELECT {_DOCUMENT} FROM document WHERE document_id = ?", (document_id,)).fetchone()
    return _document(found) if found else None


def first_with_fingerprint(conn: sqlite3.Connection, fingerprint: str) -> DocumentRow | None:
    """The sale that this receipt is another print of, if there is one."""
    found = conn.execute(f"SELECT {_DOCUMENT} FROM document WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return _document(found) if found else None


def arrival(conn: sqlite3.Connection, document_id: str, fingerprint: str | None, before_ms: int) -> Arrival:
    """All that is asked of a captured document first, in one statement: a customer may wait for it."""
    *known, printed_before, cancels_wait, overdue_now = conn.execute(
        f"SELECT {_DOCUMENT}, EXISTS (SELECT 1 FROM document WHERE fingerprint = :fingerprint),"
        f" EXISTS (SELECT 1 FROM document WHERE outcome = 'reversal_waiting' AND {_NOT_EARNED}), {_OVERDUE}"
        " FROM (SELECT 1) LEFT JOIN document ON document_id = :document",
        {"document": document_id, "fingerprint": fingerprint, "before": before_ms},
    ).fetchone()
    document = None if known[0] is None else _document(known)
    return Arrival(document, bool(printed_before), bool(cancels_wait), bool(overdue_now))


def reading_of(conn: sqlite3.Connection, document_id: str) -> dict[str, Any]:
    """What was read on the paper; empty for one that was captured elsewhere."""
    found = conn.execute("SELECT reading_json FROM document WHERE document_id = ?", (document_id,)).fetchone()
    reading: dict[str, Any] = {} if found is None else json.loads(found[0])
    return reading


def menu_names(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """Ids and names of everything on the menu, also of what is hidden or sold out just now."""
    return [(str(row[0]), str(row[1])) for row in conn.execute("SELECT menu_id, name FROM menu_item WHERE removed = 0")]


def sales_since(conn: sqlite3.Connection, since_ms: int) -> list[DocumentRow]:
    """First prints of sales captured since then, oldest first."""
    rows = conn.execute(
        f"SELECT {_DOCUMENT} FROM document WHERE captured_ms >= ? AND verdict = ? AND outcome <> 'duplicate'"
        " ORDER BY captured_ms",
        (since_ms, DocumentVerdict.EARN.value),
    )
    return [_document(values) for values in rows]


def sales_meant(conn: sqlite3.Connection, amount_won: int, cancel: CancelRefs, since_ms: int) -> list[DocumentRow]:
    """First prints of sales over this amount, captured since then, that share a number or an approval with the
    cancel; newest first."""
    marks, tags = _tag_marks(cancel.tags)
    rows = conn.execute(
        f"SELECT {_DOCUMENT} FROM document WHERE verdict = '{DocumentVerdict.EARN.value}' AND outcome <> 'duplicate'"
        " AND coalesce(total_won, paid_won) = ? AND captured_ms >= ?"
        f" AND (receipt_no IN (?, ?) OR {_SHARES_A_TAG.format(marks)}) ORDER BY captured_ms DESC",
        (amount_won, since_ms, cancel.receipt_no, cancel.original_receipt_no, *tags),
    )
    return [_document(values) for values in rows]


def any_sale_with_tags(conn: sqlite3.Connection, cancel: CancelRefs, since_ms: int) -> bool:
    """Whether a sale captured since then carries one of the cancel's approvals, over whatever amount."""
    if not cancel.tags:
        return False
    marks, tags = _tag_marks(cancel.tags)
    found = conn.execute(
        "SELECT EXISTS (SELECT 1 FROM document WHERE captured_ms >= ? AND verdict = ? AND outcome <> 'duplicate'"
        f" AND {_SHARES_A_TAG.format(marks)})",
        (since_ms, DocumentVerdict.EARN.value, *tags),
    ).fetchone()
    return bool(found[0])


def _tag_marks(tags: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    return ", ".join("?" * len(tags)), tuple(sorted(tags))


def waiting_reversals(conn: sqlite3.Connection, amount_won: int) -> list[tuple[str, CancelRefs, str]]:
    """Cancels whose sale was never seen: document id, what they say about the sale, and their day."""
    rows = conn.execute(
        "SELECT document_id, approval_tags_json, receipt_no, till, reading_json, fingerprint_date, captured_ms"
        " FROM document"
        f" WHERE outcome = 'reversal_waiting' AND {_NOT_EARNED} AND abs(coalesce(total_won, paid_won)) = ?"
        " ORDER BY captured_ms",
        (amount_won,),
    )
    return [(str(row[0]), _refs(row), row[5] or local_day(row[6]).isoformat()) for row in rows]


def _refs(row: Any) -> CancelRefs:
    reading = json.loads(row[4])
    return CancelRefs(
        approval_tags=tuple(json.loads(row[1])),
        original_approval_tags=tuple(reading["original_approval_tags"]),
        receipt_no=row[2],
        original_receipt_no=reading["original_receipt_no"],
        till=row[3],
    )


def waiting_sales(conn: sqlite3.Connection, since_ms: int) -> list[DocumentRow]:
    """Sales that wait for a number, newest first."""
    rows = conn.execute(
        f"SELECT {_DOCUMENT} FROM document WHERE outcome = 'waiting' AND {_NOT_EARNED} AND captured_ms >= ?"
        " ORDER BY captured_ms DESC, document_id DESC",
        (since_ms,),
    )
    return [_document(values) for values in rows]


def unclaimed_sales(conn: sqlite3.Connection, since_ms: int, until_ms: int) -> list[DocumentRow]:
    """Sales captured between the two that wait for a number and have no claim slip, oldest first."""
    rows = conn.execute(
        f"SELECT {_DOCUMENT} FROM document WHERE outcome = 'waiting' AND {_NOT_EARNED}"
        " AND captured_ms BETWEEN ? AND ? AND document_id NOT IN (SELECT document_id FROM claim)"
        " ORDER BY captured_ms, document_id",
        (since_ms, until_ms),
    )
    return [_document(values) for values in rows]


def insert_document(
    conn: sqlite3.Connection,
    facts: DocumentFacts,
    *,
    fingerprint: str | None,
    fingerprint_date: str | None,
    outcome: str,
    earn_id: str | None = None,
    reading: dict[str, Any],
    lines: list[str],
) -> None:
    """``fingerprint`` is a first print's own; what was printed again has none. A document that is known already was a
    question and is read anew: it keeps its row, by whose number documents are uploaded."""
    conn.execute(
        "INSERT INTO document (document_id, captured_ms, source, kind, total_won, paid_won, receipt_no, till,"
        " printed_at, approval_tags_json, fingerprint, fingerprint_date, verdict, outcome, earn_id, reading_json,"
        " lines_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (document_id) DO UPDATE SET"
        " kind = excluded.kind, total_won = excluded.total_won, paid_won = excluded.paid_won,"
        " receipt_no = excluded.receipt_no, till = excluded.till, printed_at = excluded.printed_at,"
        " fingerprint = excluded.fingerprint, fingerprint_date = excluded.fingerprint_date,"
        " verdict = excluded.verdict, outcome = excluded.outcome, earn_id = excluded.earn_id,"
        " reading_json = excluded.reading_json",
        (
            facts.document_id,
            facts.captured_ms,
            facts.source,
            facts.kind,
            facts.total_won,
            facts.paid_won,
            facts.receipt_no,
            facts.till,
            facts.printed_at,
            json_text(facts.approval_tags),
            fingerprint,
            fingerprint_date,
            facts.verdict.value,
            outcome,
            earn_id,
            json_text(reading),
            json_text(lines),
        ),
    )


def row_of(facts: DocumentFacts, fingerprint: str | None, outcome: str) -> DocumentRow:
    """The row that such a document has or will have, without reading it."""
    return DocumentRow(
        document_id=facts.document_id,
        captured_ms=facts.captured_ms,
        source=facts.source,
        kind=facts.kind,
        total_won=facts.total_won,
        paid_won=facts.paid_won,
        receipt_no=facts.receipt_no,
        till=facts.till,
        approval_tags=facts.approval_tags,
        fingerprint=fingerprint,
        outcome=outcome,
        earn_id=None,
        day=facts.day,
    )


def set_outcome(conn: sqlite3.Connection, document_id: str, outcome: str, earn_id: str | None = None) -> None:
    conn.execute(
        "UPDATE document SET outcome = ?, earn_id = coalesce(?, earn_id) WHERE document_id = ?",
        (outcome, earn_id, document_id),
    )


# --- phone entries -------------------------------------------------------------------------------------------------


def find_entry(conn: sqlite3.Connection, entry_id: str) -> EntryRow | None:
    found = conn.execute(f"SELECT {_ENTRY} FROM phone_entry WHERE entry_id = ?", (entry_id,)).fetchone()
    return EntryRow(*found) if found else None


def open_entries(conn: sqlite3.Connection, till: str, since_ms: int) -> list[EntryRow]:
    """Screens opened since then and not yet answered, newest first."""
    rows = conn.execute(
        f"SELECT {_ENTRY} FROM phone_entry WHERE entry_id >= ? AND state = 'open' AND till = ? AND opened_ms >= ?"
        " ORDER BY opened_ms DESC, entry_id DESC",
        (first_uuid7_of(since_ms - _ID_BEFORE_ROW_MS), till, since_ms),
    )
    return [EntryRow(*values) for values in rows]


def waiting_entry(conn: sqlite3.Connection, till: str) -> EntryRow | None:
    """The number that waits for a receipt at this till; there is at most one (PNT-08)."""
    found = conn.execute(
        f"SELECT {_ENTRY} FROM phone_entry WHERE state = 'waiting' AND till = ? ORDER BY submitted_ms DESC", (till,)
    ).fetchone()
    return EntryRow(*found) if found else None


def insert_entry(
    conn: sqlite3.Connection, entry_id: str, *, till: str, opened_ms: int, document_id: str | None
) -> None:
    conn.execute(
        "INSERT INTO phone_entry (entry_id, till, opened_ms, state, document_id) VALUES (?, ?, ?, 'open', ?)",
        (entry_id, till, opened_ms, document_id),
    )


def submit_entry(
    conn: sqlite3.Connection, entry_id: str, *, submitted_ms: int, sealed: bytes, lookup: str, masked: str
) -> None:
    conn.execute(
        "UPDATE phone_entry SET state = 'waiting', submitted_ms = ?, phone_sealed = ?, phone_lookup = ?, masked = ?"
        " WHERE entry_id = ?",
        (submitted_ms, sealed, lookup, masked, entry_id),
    )


def close_entry(conn: sqlite3.Connection, entry_id: str, state: str, document_id: str | None = None) -> None:
    """End an entry. The number leaves the table with it: an earn's operation has its own copy, everything else
    vanishes."""
    conn.execute(
        "UPDATE phone_entry SET state = ?, phone_sealed = NULL, phone_lookup = NULL, masked = NULL, document_id = ?"
        " WHERE entry_id = ?",
        (state, document_id, entry_id),
    )


def earn_at_once(conn: sqlite3.Connection, entry_id: str, document_id: str, submitted_ms: int) -> None:
    """End an entry that never waited, because its receipt was there."""
    conn.execute(
        "UPDATE phone_entry SET state = 'earned', document_id = ?, submitted_ms = ? WHERE entry_id = ?",
        (document_id, submitted_ms, entry_id),
    )


def waiting_entries(conn: sqlite3.Connection) -> list[EntryRow]:
    """Numbers that wait for a receipt, at all tills, oldest first."""
    rows = conn.execute(f"SELECT {_ENTRY} FROM phone_entry WHERE state = 'waiting' ORDER BY submitted_ms, entry_id")
    return [EntryRow(*values) for values in rows]


def submitted_times(conn: sqlite3.Connection, since_ms: int) -> list[int]:
    """When numbers were submitted since then, oldest first.

    Those of screens that opened within a minute of it lie at the end of the table, the others in an index of their own.
    """
    rows = conn.execute(
        "SELECT submitted_ms FROM phone_entry WHERE entry_id >= :first AND submitted_ms > :since UNION ALL"
        " SELECT submitted_ms FROM phone_entry INDEXED BY phone_entry_late WHERE submitted_ms - opened_ms > 60000"
        " AND submitted_ms > :since AND entry_id < :first",
        {"first": first_uuid7_of(since_ms - LATE_MS - _ID_BEFORE_ROW_MS), "since": since_ms},
    )
    return sorted(int(row[0]) for row in rows)


def submission(conn: sqlite3.Connection, entry_id: str, since_ms: int, before_ms: int) -> Submission:
    """All that is asked of a submitted number first, in one statement; its count is how many `submitted_times` are."""
    first = first_uuid7_of(since_ms - LATE_MS - _ID_BEFORE_ROW_MS)
    *entry, count, overdue_now = conn.execute(
        f"SELECT {_ENTRY}, {_SUBMITTED_SINCE}, {_OVERDUE} FROM (SELECT 1) LEFT JOIN phone_entry ON entry_id = :entry",
        {"entry": entry_id, "first": first, "since": since_ms, "before": before_ms},
    ).fetchone()
    return Submission(None if entry[0] is None else EntryRow(*entry), int(count), bool(overdue_now))


def expire(conn: sqlite3.Connection, before_ms: int) -> bool:
    """Unpaired numbers and sales older than that vanish from the counter; whether there were any."""
    entries = conn.execute(
        f"UPDATE phone_entry {_WAITING_ONLY} SET state = 'expired', phone_sealed = NULL, phone_lookup = NULL,"
        " masked = NULL WHERE state = 'waiting' AND submitted_ms < ?",
        (before_ms,),
    ).rowcount
    documents = conn.execute(
        f"UPDATE document SET outcome = 'unmatched' WHERE outcome = 'waiting' AND {_NOT_EARNED} AND captured_ms < ?",
        (before_ms,),
    ).rowcount
    return bool(entries or documents)


def overdue(conn: sqlite3.Connection, before_ms: int) -> bool:
    """Whether `expire` would find anything; asked without a write."""
    return bool(conn.execute(f"SELECT {_OVERDUE}", {"before": before_ms}).fetchone()[0])


def person(conn: sqlite3.Connection, lookup: str, now_ms: int) -> Person:
    """Whether this is the number of somebody who withdrew and may not be back yet (MEM-05), or who may have a sale here
    whose receipt does not show what they spent in points (PNT-06)."""
    left, spent = conn.execute(
        "SELECT EXISTS (SELECT 1 FROM member_left WHERE lookup = :lookup AND until_ms > :now),"
        " EXISTS (SELECT 1 FROM spend WHERE phone_lookup = :lookup AND created_ms >= :since)",
        {"lookup": lookup, "now": now_ms, "since": now_ms - RECEIPT_FOLLOWS_MS},
    ).fetchone()
    return Person(bool(left), bool(spent))


# --- earns and reversals -------------------------------------------------------------------------------------------


def find_earn(conn: sqlite3.Connection, earn_id: str) -> EarnRow | None:
    found = conn.execute(f"SELECT {_EARN} FROM earn WHERE earn_id = ?", (earn_id,)).fetchone()
    return EarnRow(*found) if found else None


def insert_earn(conn: sqlite3.Connection, earn: NewEarn) -> None:
    conn.execute(
        "INSERT INTO earn (earn_id, op_id, seq, masked, fingerprint, document_id, paid_won, points, rate_bp,"
        " reasons_json, status, created_ms, late, stamps, stamp_lookup)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'provisional', ?, ?, ?, ?)",
        earn,
    )


def set_earn_status(conn: sqlite3.Connection, earn_id: str, status: str, posted_points: int | None) -> None:
    """A reversed earn stays reversed, whatever is heard of it later."""
    conn.execute(
        "UPDATE earn SET status = CASE WHEN status = 'reversed' THEN status ELSE ? END,"
        " posted_points = coalesce(?, posted_points) WHERE earn_id = ?",
        (status, posted_points, earn_id),
    )


def set_posted_stamps(conn: sqlite3.Connection, earn_id: str, stamps: int) -> None:
    """What the cloud booked takes the place of what was computed here."""
    conn.execute("UPDATE earn SET posted_stamps = ? WHERE earn_id = ?", (stamps, earn_id))


def stamps_since(conn: sqlite3.Connection, lookup: str, since_ms: int) -> list[tuple[int, int]]:
    """When this counter gave stamps to the member, and how many stand; since then, oldest first. Ids of earns rise with
    time, so this reads the end of the table."""
    rows = conn.execute(
        "SELECT created_ms, coalesce(posted_stamps, stamps) FROM earn WHERE earn_id >= ? AND stamp_lookup = ?"
        " AND created_ms >= ? AND status NOT IN ('reversed', 'rejected') ORDER BY earn_id",
        (first_uuid7_of(since_ms - _ID_BEFORE_ROW_MS), lookup, since_ms),
    )
    return [(int(at_ms), int(stamps)) for at_ms, stamps in rows]


def has_reversal(conn: sqlite3.Connection, fingerprint: str) -> bool:
    return conn.execute("SELECT 1 FROM reversal WHERE cancel_fingerprint = ?", (fingerprint,)).fetchone() is not None


def insert_reversal(conn: sqlite3.Connection, values: dict[str, Any]) -> None:
    conn.execute(
        "INSERT INTO reversal (reversal_id, op_id, cancel_fingerprint, earn_id, points, created_ms)"
        " VALUES (:reversal_id, :op_id, :cancel_fingerprint, :earn_id, :points, :created_ms)",
        values,
    )


def figures(conn: sqlite3.Connection, start_ms: int, end_ms: int) -> tuple[int, int, int, int, int, int]:
    """Earns, their points, points taken back, documents, unmatched sales and questions of one day."""
    span = {"start": start_ms, "end": end_ms}
    earned = conn.execute(
        "SELECT count(*), coalesce(sum(points), 0) FROM ("
        " SELECT coalesce(earn.posted_points, earn.points) AS points FROM document"
        " JOIN earn ON earn.earn_id = document.earn_id AND earn.document_id = document.document_id"
        " WHERE document.captured_ms >= :start - :near AND document.captured_ms < :end + :near AND earn.late = 0"
        " AND earn.status <> 'rejected' AND earn.created_ms >= :start AND earn.created_ms < :end"
        " UNION ALL SELECT coalesce(posted_points, points) FROM earn INDEXED BY earn_late"
        " WHERE late = 1 AND status <> 'rejected' AND created_ms >= :start AND created_ms < :end)",
        {**span, "near": NEAR_MS},
    ).fetchone()
    taken = conn.execute(
        "SELECT coalesce(sum(points), 0) FROM reversal WHERE created_ms >= :start AND created_ms < :end", span
    ).fetchone()
    read = conn.execute(
        "SELECT count(*), count(*) FILTER (WHERE outcome = 'unmatched'), count(*) FILTER (WHERE outcome = 'ask')"
        " FROM document WHERE captured_ms >= :start AND captured_ms < :end",
        span,
    ).fetchone()
    return (int(earned[0]), int(earned[1]), int(taken[0]), int(read[0]), int(read[1]), int(read[2]))


# --- claims --------------------------------------------------------------------------------------------------------


class ClaimRow(NamedTuple):
    """A claim slip that was made for a receipt."""

    document_id: str
    earn_id: str
    code: str
    issued_ms: int
    until_ms: int


_CLAIM = "document_id, earn_id, code, issued_ms, until_ms"


def find_claim(conn: sqlite3.Connection, document_id: str) -> ClaimRow | None:
    found = conn.execute(f"SELECT {_CLAIM} FROM claim WHERE document_id = ?", (document_id,)).fetchone()
    return ClaimRow(*found) if found else None


def find_claim_by(conn: sqlite3.Connection, *, earn_id: str = "", code: str = "") -> ClaimRow | None:
    found = conn.execute(f"SELECT {_CLAIM} FROM claim WHERE earn_id = ? OR code = ?", (earn_id, code)).fetchone()
    return ClaimRow(*found) if found else None


def any_claim(conn: sqlite3.Connection, now_ms: int) -> bool:
    """Whether a slip of this counter is still good."""
    return bool(conn.execute("SELECT EXISTS (SELECT 1 FROM claim WHERE until_ms >= ?)", (now_ms,)).fetchone()[0])


def insert_claim(conn: sqlite3.Connection, claim: ClaimRow) -> None:
    conn.execute(
        f"INSERT INTO claim ({_CLAIM}) VALUES (?, ?, ?, ?, ?)",
        (claim.document_id, claim.earn_id, claim.code, claim.issued_ms, claim.until_ms),
    )
