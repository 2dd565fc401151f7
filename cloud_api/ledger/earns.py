"""Earning: what a device reports about a sale becomes points, exactly once per receipt and operation.

Works on whole runs of operations: a few statements for hundreds of earns.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from operator import attrgetter

from cloud_api import strict_json
from cloud_api.bulk import NewRows
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.exchange import Asked, among
from cloud_api.gateway import feeds
from cloud_api.ledger import reversals
from cloud_api.ledger.facts import (
    FLAG_CLOCK_AHEAD,
    FLAG_DEVICE_SUSPENDED,
    FLAG_DISCOUNT_NOT_KEYED,
    FLAG_POINTS_DIFFER,
    FLAG_SUSPICIOUS_AMOUNT,
    BookedEarn,
    EarnFact,
    Outcome,
)
from cloud_api.ledger.lots import expiry_ms
from cloud_api.ledger.models import AccountKind, EarnStatus, PostingKind, earn, earn_tag
from cloud_api.ledger.service import Line, NewPosting, account_id, credit_member, lock_balances, post
from cloud_api.members.service import find_or_create
from cloud_api.stores.service import Policy
from cloud_api.vault import Vault
from rules.accrual import Accrual, accrue
from rules.receipts import TEXT_FINGERPRINT_WINDOW_MS
from sync.protocol import FeedKind, OpStatus

DUPLICATE_RECEIPT = "duplicate_receipt"
DUPLICATE_EARN = "duplicate_earn"
POINTS_DIFFER = "points_differ"
CANCELLED_FIRST = "cancelled_first"


_EARN_COLUMNS = tuple(column.name for column in fields(BookedEarn))
_earn_values = attrgetter(*_EARN_COLUMNS)
_TAG_COLUMNS = ("store_id", "tag", "earn_id")


@dataclass
class _Known:
    """Earns that the run must not repeat: those in the database, then those of the run itself."""

    by_receipt: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # fingerprint -> (occurred, earn id)
    earn_ids: set[str] = field(default_factory=set)

    def duplicate_of(self, fact: EarnFact) -> str | None:
        for occurred_ms, earn_id in self.by_receipt.get(fact.fingerprint or "", ()):
            near = abs(occurred_ms - fact.occurred_ms) <= TEXT_FINGERPRINT_WINDOW_MS
            if near or not fact.known_by_text_only:
                return earn_id
        return None

    def add(self, fact: EarnFact) -> None:
        self.earn_ids.add(fact.earn_id)
        if fact.fingerprint is not None:
            self.by_receipt.setdefault(fact.fingerprint, []).append((fact.occurred_ms, fact.earn_id))


@dataclass
class _Run:
    """What a run of earns will write."""

    rows: list[BookedEarn] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    postings: list[NewPosting] = field(default_factory=list)

    def write(self, work: Work) -> None:
        if not self.rows:
            return
        tags = [(tag["store_id"], tag["tag"], tag["earn_id"]) for tag in self.tags]
        earns = NewRows(earn, _EARN_COLUMNS, [_earn_values(row) for row in self.rows])
        post(work, self.postings, beside=(earns, NewRows(earn_tag, _TAG_COLUMNS, tags)))


def book_earns(work: Work, vault: Vault, policy: Policy, store_id: str, facts: Sequence[EarnFact]) -> list[Outcome]:
    """Books a run of earns of one store, in order; one outcome each. Facts are flagged, never refused (PNT-09)."""
    known = _load_known(work, store_id, facts)
    ids = find_or_create(work, vault, {fact.phone for fact in facts}, store_id=store_id)
    members = [ids[fact.phone] for fact in facts]
    debts = _lock_members(work, members)
    expires_ms, terms = expiry_ms(work.now_ms, policy.lot_valid_days), policy.accrual
    accrued: dict[int, Accrual] = {}  # a menu has few prices
    run = _Run()
    outcomes: list[Outcome] = []
    for fact, member_id in zip(facts, members, strict=True):
        repeated = _repeated(known, fact)
        if repeated is not None:
            outcomes.append(repeated)
            continue
        known.add(fact)
        if fact.points_spent_won:
            computed = accrue(fact.paid_won, terms, points_spent_won=fact.points_spent_won)
        else:
            computed = accrued.get(fact.paid_won) or accrued.setdefault(fact.paid_won, accrue(fact.paid_won, terms))
        row = _earn_row(work, fact, member_id, computed)
        run.rows.append(row)
        run.tags += [{"store_id": store_id, "tag": tag, "earn_id": fact.earn_id} for tag in set(fact.approval_tags)]
        if row.posting_id is not None:
            run.postings.append(_posting(fact, row, row.posting_id, expires_ms, debts))
        outcomes.append(_booked(fact, row))
    cancels_wait = bool(run.rows) and reversals.anything_waits(work, store_id)
    run.write(work)
    cancelled = reversals.apply_waiting(work, store_id, run.rows, run.tags) if cancels_wait else frozenset()
    final = [_after_cancel(fact, outcome, cancelled) for fact, outcome in zip(facts, outcomes, strict=True)]
    for fact, outcome in zip(facts, final, strict=True):
        _publish(work, fact, outcome)
    return final


def _load_known(work: Work, store_id: str, facts: Sequence[EarnFact]) -> _Known:
    known = _Known()
    for earn_id, fingerprint, occurred_ms, _ in work.ask(known_question(work, store_id, facts)):
        if fingerprint is None:
            known.earn_ids.add(earn_id)
        else:
            known.by_receipt.setdefault(fingerprint, []).append((occurred_ms, earn_id))
    return known


def known_question(work: Work, store_id: str, facts: Sequence[EarnFact]) -> Asked:
    """Earns of these receipts, oldest first, and those of these ids, which come without a fingerprint."""
    fingerprints = {fact.fingerprint for fact in facts if fact.fingerprint is not None}
    lists = {"receipts": list(fingerprints), "ids": list({fact.earn_id for fact in facts})}
    return among(work, _KNOWN, lists, store_id)


_KNOWN = (
    "SELECT earn_id, fingerprint, occurred_ms, booked_ms FROM earn WHERE store_id = $1 AND fingerprint {receipts}"
    " UNION ALL SELECT earn_id, NULL, 0, 0 FROM earn WHERE store_id = $1 AND earn_id {ids}"
    " ORDER BY booked_ms, earn_id"
)


def _lock_members(work: Work, member_ids: Collection[str]) -> dict[str, int]:
    """Locks the accounts that the run moves, in one order for everybody; returns balances by account id."""
    return lock_balances(work, moved_accounts(member_ids))


def moved_accounts(member_ids: Collection[str]) -> list[str]:
    """The accounts of these members that earning may move."""
    kinds = (AccountKind.MEMBER, AccountKind.MEMBER_DEBT)
    return [account_id(kind, owner) for owner in set(member_ids) for kind in kinds]


def _repeated(known: _Known, fact: EarnFact) -> Outcome | None:
    existing = known.duplicate_of(fact)
    if existing is not None:
        return Outcome(OpStatus.REJECTED, DUPLICATE_RECEIPT, {"earn_id": existing})
    if fact.earn_id in known.earn_ids:
        return Outcome(OpStatus.REJECTED, DUPLICATE_EARN, {"earn_id": fact.earn_id})
    return None


def _earn_row(work: Work, fact: EarnFact, member_id: str, computed: Accrual) -> BookedEarn:
    return BookedEarn(
        store_id=fact.origin.store_id,
        earn_id=fact.earn_id,
        op_id=fact.origin.op_id,
        device_id=fact.origin.device_id,
        member_id=member_id,
        fingerprint=fact.fingerprint,
        text_ms=_text_ms(fact),
        receipt_no=fact.receipt_no,
        till=fact.till,
        source=fact.source,
        paid_won=fact.paid_won,
        points=computed.points,
        provisional_points=fact.points,
        rate_bp=computed.rate_bp,
        policy_version=computed.policy_version,
        reasons=_words(computed.reasons),
        flags=_words(tuple(_flags(work, fact, computed))),
        status=EarnStatus.POSTED.value,
        posting_id=work.ids.uuid7() if computed.points else None,
        occurred_ms=fact.occurred_ms,
        booked_ms=work.now_ms,
    )


@lru_cache(maxsize=256)
def _words(words: tuple[str, ...]) -> str:
    """A few combinations of the same words, as JSON."""
    return strict_json.dumps(words)


def _text_ms(fact: EarnFact) -> int:
    """Part of the unique key of a receipt. Equal texts are one sale only within minutes, so theirs carries the time."""
    return fact.occurred_ms if fact.known_by_text_only else 0


def _flags(work: Work, fact: EarnFact, computed: Accrual) -> list[str]:
    """What a person should look at; none of it withholds a point."""
    flags = []
    if computed.flagged:
        flags.append(FLAG_SUSPICIOUS_AMOUNT)
    if fact.occurred_ms > work.now_ms + DAY_MS:
        flags.append(FLAG_CLOCK_AHEAD)
    if fact.origin.suspended:
        flags.append(FLAG_DEVICE_SUSPENDED)
    if fact.points_spent_won:
        flags.append(FLAG_DISCOUNT_NOT_KEYED)
    if computed.points != fact.points:
        flags.append(FLAG_POINTS_DIFFER)
    return flags


def _posting(fact: EarnFact, row: BookedEarn, posting_id: str, expires_ms: int, balances: dict[str, int]) -> NewPosting:
    debt_account = account_id(AccountKind.MEMBER_DEBT, row.member_id)
    lines = credit_member(row.member_id, row.points, balances[debt_account])
    for line in lines:
        # Later earns of the same run must see what this one repaid.
        balances[line.account_id] += line.amount
    issuance = Line(account_id(AccountKind.STORE_ISSUANCE, row.store_id), -row.points)
    return NewPosting(
        posting_id=posting_id,
        kind=PostingKind.EARN,
        store_id=row.store_id,
        member_id=row.member_id,
        actor=fact.origin.actor,
        lines=(issuance, *lines),
        op_id=fact.origin.op_id,
        fingerprint=fact.fingerprint,
        expires_ms=expires_ms,
    )


def _booked(fact: EarnFact, row: BookedEarn) -> Outcome:
    body = {"earn_id": row.earn_id, "status": row.status, "points": row.points}
    if row.points == fact.points:
        return Outcome(OpStatus.APPLIED, None, body)
    return Outcome(OpStatus.ADJUSTED, POINTS_DIFFER, body)


def _after_cancel(fact: EarnFact, outcome: Outcome, cancelled: frozenset[str]) -> Outcome:
    if outcome.status is OpStatus.REJECTED or fact.earn_id not in cancelled:
        return outcome
    body = {"earn_id": fact.earn_id, "status": EarnStatus.REVERSED.value, "points": 0}
    return Outcome(OpStatus.ADJUSTED, CANCELLED_FIRST, body)


def _publish(work: Work, fact: EarnFact, outcome: Outcome) -> None:
    assert outcome.body is not None
    body = {
        "earn_id": fact.earn_id,
        "op_id": fact.origin.op_id,
        "status": outcome.body.get("status", "rejected"),
        "points": outcome.body.get("points", 0),
        "code": outcome.code,
    }
    feeds.publish(work, feeds.store_feed(fact.origin.store_id), FeedKind.EARN, body)
