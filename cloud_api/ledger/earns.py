"""Earning: what a device reports about a sale becomes points, exactly once per receipt and operation.

Works on whole runs of operations: a few statements for hundreds of earns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from operator import attrgetter

from cloud_api import strict_json
from cloud_api.bulk import NewRows, select_among
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.exchange import Asked, among
from cloud_api.gateway import feeds
from cloud_api.grades.models import grade_due
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
    SaleSeen,
)
from cloud_api.ledger.lots import expiry_ms
from cloud_api.ledger.models import AccountKind, EarnStatus, PostingKind, earn, earn_tag
from cloud_api.ledger.purses import open_purses, points_holder
from cloud_api.ledger.service import Line, NewPosting, account_id, credit_member, lock_balances, post
from cloud_api.members import events
from cloud_api.members.service import Admitted, Join, admit
from cloud_api.notices import centre
from cloud_api.notices.centre import News
from cloud_api.stamps.earning import Cause, Given, Stamping
from cloud_api.stores.earning import Terms
from cloud_api.stores.service import Policy
from cloud_api.vault import Vault
from rules.accrual import Accrual, AccrualPolicy, accrue
from rules.boards import StampCause, StampMedium
from rules.earning import EarningMethod
from rules.grades import Grade
from rules.notices import NoticeKind, Oddity
from rules.programs import points_for
from rules.receipts import TEXT_FINGERPRINT_WINDOW_MS
from rules.sale import PayMeans
from sync.protocol import FeedKind, OpStatus

DUPLICATE_RECEIPT = "duplicate_receipt"
DUPLICATE_EARN = "duplicate_earn"
POINTS_DIFFER = "points_differ"
STAMPS_DIFFER = "stamps_differ"
CANCELLED_FIRST = "cancelled_first"
WITHDRAWN_REJOIN_BLOCK = "withdrawn_rejoin_block"


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
    large: list[BookedEarn] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    postings: list[NewPosting] = field(default_factory=list)
    beside: tuple[NewRows, ...] = ()

    def write(self, work: Work) -> None:
        if not self.rows:
            return
        tags = [(tag["store_id"], tag["tag"], tag["earn_id"]) for tag in self.tags]
        earns = NewRows(earn, _EARN_COLUMNS, [_earn_values(row) for row in self.rows])
        post(work, self.postings, beside=(earns, NewRows(earn_tag, _TAG_COLUMNS, tags), *self.beside))
        for row in self.large:
            details = {"what": Oddity.LARGE_PAYMENT.value, "earn_id": row.earn_id, "paid_won": row.paid_won}
            centre.tell(work, row.store_id, News(NoticeKind.ANOMALY, f"earn:{row.earn_id}", details))


def book_earns(
    work: Work, vault: Vault, policy: Policy, store_id: str, facts: Sequence[EarnFact], terms: Terms | None = None
) -> list[Outcome]:
    """Books a run of earns of one store, in order; one outcome each. Facts are flagged, never refused (PNT-09), but
    for somebody who left and may not be back yet (MEM-05). ``terms`` is what the store has besides the rate."""
    known = _load_known(work, store_id, facts)
    admitted = admit(work, vault, {fact.phone for fact in facts}, Join.at_counter(store_id))
    if not admitted.blocked:
        return _book(work, policy, store_id, facts, terms, known, admitted)
    booked = iter(
        _book(work, policy, store_id, [fact for fact in facts if fact.phone in admitted.ids], terms, known, admitted)
    )
    return [
        next(booked) if fact.phone in admitted.ids else _refused(work, fact, admitted.blocked[fact.phone], known)
        for fact in facts
    ]


def _book(
    work: Work,
    policy: Policy,
    store_id: str,
    facts: Sequence[EarnFact],
    terms: Terms | None,
    known: _Known,
    admitted: Admitted,
) -> list[Outcome]:
    members = [admitted.ids[fact.phone] for fact in facts]
    by_terms = None if terms is None else _ByTerms(work, terms, policy, store_id, facts, members, admitted.grades)
    holders = members if by_terms is None else by_terms.holders
    debts = _lock_members(work, holders) if by_terms is None or by_terms.stamping is None else {}
    expires_ms, accrual = expiry_ms(work.now_ms, policy.lot_valid_days), policy.accrual
    accrued: dict[int, Accrual] = {}  # a menu has few prices
    run = _Run()
    outcomes: list[Outcome] = []
    for fact, member_id, holder in zip(facts, members, holders, strict=True):
        repeated = _repeated(known, fact)
        if repeated is not None:
            outcomes.append(repeated)
            continue
        known.add(fact)
        if by_terms is not None:
            computed = by_terms.points(fact, member_id)
        elif fact.points_spent_won:
            computed = accrue(fact.paid_won, accrual, points_spent_won=fact.points_spent_won)
        else:
            computed = accrued.get(fact.paid_won) or accrued.setdefault(fact.paid_won, accrue(fact.paid_won, accrual))
        row = _earn_row(work, fact, member_id, computed)
        run.rows.append(row)
        if computed.flagged:
            run.large.append(row)
        run.tags += [{"store_id": store_id, "tag": tag, "earn_id": fact.earn_id} for tag in set(fact.approval_tags)]
        if row.posting_id is not None:
            run.postings.append(_posting(fact, row, row.posting_id, expires_ms, debts, holder))
        outcomes.append(_booked(fact, row) if by_terms is None else by_terms.booked(fact, row, computed))
    cancels_wait = bool(run.rows) and reversals.anything_waits(work, store_id)
    if by_terms is not None:
        by_terms.add_to(run)
    run.write(work)
    cancelled = reversals.apply_waiting(work, store_id, run.rows, run.tags) if cancels_wait else frozenset()
    if by_terms is not None:
        by_terms.after(cancelled)
    final = [_after_cancel(fact, outcome, cancelled) for fact, outcome in zip(facts, outcomes, strict=True)]
    for fact, outcome in zip(facts, final, strict=True):
        _publish(work, fact, outcome)
    return final


class _ByTerms:
    """What a run earns where a programme says more than the policy's rate: grades, extras, purses, stamps."""

    def __init__(
        self,
        work: Work,
        terms: Terms,
        policy: Policy,
        store_id: str,
        facts: Sequence[EarnFact],
        members: Sequence[str],
        grades: Mapping[str, str],
    ) -> None:
        self._work = work
        self._terms = terms
        self._program = terms.program
        self._accrual: AccrualPolicy = policy.accrual
        self._accrued: dict[tuple[int, int, str | None, PayMeans | None], Accrual] = {}
        self._grades = {one: _grade_in(grades[one], terms.brand_id) for one in grades} if self._program.grades else {}
        self._given: dict[str, tuple[str, Given]] = {}  # earn id -> whose, and what
        self._entry_grade = _code_of(self._program.grade(None))
        self._uncounted: frozenset[str] = frozenset()  # products that bring no stamp (MNU-14)
        self.stamping: Stamping | None = None
        self.holders = members
        if self._program.method is EarningMethod.STAMP:
            self.stamping = Stamping(work, terms, store_id, members, [fact.occurred_ms for fact in facts])
            self._uncounted = _uncounted(work, terms.brand_id, facts)
        elif self._program.scope is not None:
            self.holders = [points_holder(one, self._program.scope, terms.brand_id, store_id) for one in members]

    def points(self, fact: EarnFact, member_id: str) -> Accrual:
        """Computed once for each price, grade and means."""
        means = None if fact.sale is None else fact.sale.means
        key = (fact.paid_won, fact.points_spent_won, self._grades.get(member_id), means)
        found = self._accrued.get(key)
        if found is None:
            found = self._accrued[key] = points_for(
                self._program,
                self._accrual,
                fact.paid_won,
                grade=key[2],
                means=means,
                points_spent_won=fact.points_spent_won,
            )
        return found

    def booked(self, fact: EarnFact, row: BookedEarn, computed: Accrual) -> Outcome:
        """The outcome; where the store gives stamps they are in it, and the reason is in the row."""
        if self.stamping is None:
            return _booked(fact, row)
        cause = Cause(
            fact.origin,
            StampCause.PAYMENT,
            StampMedium.AUTO_EARN if fact.source == _BY_ITSELF else StampMedium.PHONE_NUMBER,
            row.member_id,
            fact.occurred_ms,
            computed.basis_won,
            _seen(fact.sale, self._uncounted),
            self._grades.get(row.member_id) or self._entry_grade,
            earn_id=fact.earn_id,
            fingerprint=fact.fingerprint,
        )
        given = self.stamping.earn(cause)
        row.reasons = _words((*computed.reasons, given.grant.reason))
        row.posting_id = given.posting_id
        self._given[fact.earn_id] = (row.member_id, given)
        body = {"earn_id": row.earn_id, "status": row.status, "points": row.points} | self.stamping.shown(given)
        if row.points != fact.points:
            return Outcome(OpStatus.ADJUSTED, POINTS_DIFFER, body)
        if fact.stamps != given.grant.stamps:
            return Outcome(OpStatus.ADJUSTED, STAMPS_DIFFER, body)
        return Outcome(OpStatus.APPLIED, None, body)

    def add_to(self, run: _Run) -> None:
        """What is to be written with the earns."""
        if self.stamping is not None:
            run.postings += self.stamping.postings
            run.beside = (self.stamping.rows,)
        if self._program.grades:
            run.beside = (*run.beside, NewRows(grade_due, _DUE_COLUMNS, self._due(run.rows)))

    def _due(self, rows: Sequence[BookedEarn]) -> list[tuple[str, str, str]]:
        """Payments that could lead to a higher grade. One look at a member finds all of them, so only the last one asks
        for it."""
        last = {row.member_id: row for row in rows}
        return [
            (row.earn_id, row.store_id, member_id)
            for member_id, row in last.items()
            if self._may_rise(self._grades.get(member_id))
        ]

    def _may_rise(self, code: str | None) -> bool:
        """Whether there is a grade that a payment could lead to; the others need nobody's look."""
        grade = self._program.grade(code)
        assert grade is not None, "there are grades"
        above = any(one.level > grade.level and not one.assigned for one in self._program.grades)
        return above and not grade.assigned

    def after(self, cancelled: Collection[str]) -> None:
        """Once all is written: tiers pay, unless a cancel slip had come first."""
        if self.stamping is not None:
            self.stamping.pay(self.stamping.standing(self._given, cancelled))


def _code_of(grade: Grade | None) -> str | None:
    return None if grade is None else grade.code


_PRODUCTS = "SELECT menu_id, rewards FROM menu_item WHERE brand_id = :brand_id AND menu_id {products}"


def _uncounted(work: Work, brand_id: str, facts: Sequence[EarnFact]) -> frozenset[str]:
    """Which of the products that were bought the menu counts for no stamp; a counter does not know."""
    products = {item.product_id for fact in facts if fact.sale is not None for item in fact.sale.items}
    if not products:
        return frozenset()
    rows = select_among(work.conn, _PRODUCTS, {"products": sorted(products)}, brand_id=brand_id)
    return frozenset(row.menu_id for row in rows if "stamp" not in strict_json.loads(row.rewards.encode()))


def _seen(sale: SaleSeen | None, uncounted: frozenset[str]) -> SaleSeen | None:
    if sale is None or not uncounted:
        return sale
    items = (replace(one, reward_excluded=one.reward_excluded or one.product_id in uncounted) for one in sale.items)
    return replace(sale, items=tuple(items))


_DUE_COLUMNS = ("earn_id", "store_id", "member_id")
_BY_ITSELF = "receipt_auto"


@lru_cache(maxsize=4_096)
def _grade_in(written: str, brand_id: str) -> str | None:
    """The member's grade in that brand, out of the member's row."""
    found = strict_json.loads(written.encode()).get(brand_id)
    return None if found is None else str(found)


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


def _lock_members(work: Work, holders: Collection[str]) -> dict[str, int]:
    """Locks the accounts that the run moves, in one order for everybody; returns balances by account id. Purses that
    are new are opened."""
    found = lock_balances(work, moved_accounts(holders))
    if len(found) < 2 * len(set(holders)):
        open_purses(work, holders)
        found = lock_balances(work, moved_accounts(holders))
    return found


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


def _refused(work: Work, fact: EarnFact, former_id: str, known: _Known) -> Outcome:
    """Remembered with the former member, whose number the operation carries until the purge (MEM-06)."""
    outcome = _repeated(known, fact)
    if outcome is None:
        events.write(work, former_id, events.EARN_REFUSED, by=fact.origin.actor, op_id=fact.origin.op_id)
        outcome = Outcome(OpStatus.REJECTED, WITHDRAWN_REJOIN_BLOCK, {"earn_id": fact.earn_id})
    _publish(work, fact, outcome)
    return outcome


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


def _posting(
    fact: EarnFact, row: BookedEarn, posting_id: str, expires_ms: int, balances: dict[str, int], holder: str
) -> NewPosting:
    debt_account = account_id(AccountKind.MEMBER_DEBT, holder)
    lines = credit_member(holder, row.points, balances[debt_account])
    for line in lines:
        # Later earns of the same run must see what this one repaid.
        balances[line.account_id] += line.amount
    issuance = Line(account_id(AccountKind.STORE_ISSUANCE, row.store_id), -row.points)
    return NewPosting(
        posting_id=posting_id,
        kind=PostingKind.EARN,
        store_id=row.store_id,
        member_id=holder,
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
    if outcome.body is not None and "stamps" in outcome.body:
        body["stamps"] = 0
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
    if "stamps" in outcome.body:
        body["stamps"] = outcome.body["stamps"]
    feeds.publish(work, feeds.store_feed(fact.origin.store_id), FeedKind.EARN, body)
