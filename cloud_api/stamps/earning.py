"""Stamps of a run of sales: how many each earns, on which board they come to lie, and what its tiers pay (STP-02, 04,
15, 19).

What fills a board leaves the lots: stamps of a full board lapse no more, so what lies in lots is always the board that
is being filled, and what is in lots together with the full boards is the member's total.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cloud_api.bulk import NewRows, insert_rows
from cloud_api.clock import korean_day
from cloud_api.coupons import paper
from cloud_api.coupons import service as coupons
from cloud_api.database import Work
from cloud_api.exchange import Asked, among, of_rows, rows_listed
from cloud_api.gateway import feeds
from cloud_api.gateway.feeds import CONSUMERS
from cloud_api.ledger.facts import Origin, SaleSeen
from cloud_api.ledger.lots import NEVER_MS, LotUse
from cloud_api.ledger.models import LOTS_ON_BOARDS, AccountKind, PostingKind
from cloud_api.ledger.purses import open_purses, stamps_holder
from cloud_api.ledger.service import Line, NewPosting, account_id, balances_question
from cloud_api.stamps.models import GrantState, stamp_grant, stamp_tier
from cloud_api.stores.earning import Terms
from rules.boards import Board, StampCard, StampCause, StampMedium, Tier, board_of, room, tiers_crossed
from rules.calendar import MINUTE_MS
from rules.coupons import IssueKind
from rules.notices import NoticeKind
from rules.programs import EarningProgram, bounded, business_day, sale_stamps_of, stamps_expire_ms, stamps_within
from rules.sale import PayMeans, Sale, SaleChannel, ServiceType
from rules.stamps import StampGrant, StampReason
from sync.protocol import FeedKind

GRANT_COLUMNS = (
    "posting_id",
    "purse_id",
    "member_id",
    "store_id",
    "earn_id",
    "request_id",
    "cause",
    "medium",
    "day",
    "stamps",
    "uncapped",
    "reason",
    "program_version",
    "state",
    "taken_back",
    "menu",
    "booked_ms",
)
_NOTHING = SaleSeen()


@dataclass(slots=True)
class _Lot:
    expires_ms: int
    posting_id: str
    remaining: int


@dataclass(slots=True)
class Held:
    """What a member has of one card."""

    stamps_account: str
    boards_account: str
    lots: list[_Lot] = field(default_factory=list)
    on_board: int = 0  # stamps in lots
    boards: int = 0  # stamps on full boards
    today: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.boards + self.on_board


# The next two are made for every sale of a push; slots and no freezing, because that costs half.


@dataclass(slots=True)
class Given:
    """What a sale came to: the grant, where the member's card stands, and the tiers that it reached."""

    grant: StampGrant
    total: int
    purse_id: str
    posting_id: str | None = None
    tiers: tuple[Tier, ...] = ()
    earn_id: str | None = None
    device_id: str = ""


@dataclass(slots=True)
class Cause:
    """Why stamps are given, and by whom."""

    origin: Origin
    cause: StampCause
    medium: StampMedium
    member_id: str
    occurred_ms: int
    paid_won: int = 0
    sale: SaleSeen | None = None
    grade: str | None = None
    earn_id: str | None = None
    request_id: str | None = None
    fingerprint: str | None = None


class Stamping:
    """The stamps of one run of one store, in order. Nothing is written before ``rows`` and ``postings`` are."""

    def __init__(
        self, work: Work, terms: Terms, store_id: str, member_ids: Sequence[str], times: Iterable[int]
    ) -> None:
        """Reads and locks what these members have; ``times`` are those of the sales, on whose days caps count."""
        assert terms.program.card is not None, "a programme of stamps has a card"
        self.card: StampCard = terms.program.card
        self.postings: list[NewPosting] = []
        self._work = work
        self._terms = terms
        self._program = terms.program
        self._on = terms.stamps_on
        self._bounded = bounded(terms.program)
        self._store_id = store_id
        self._issuance = account_id(AccountKind.STAMP_ISSUANCE, store_id)
        self._rows: list[tuple[Any, ...]] = []
        self._days: dict[int, str] = {}
        self._day_begins_ms = terms.program.day_starts_minute * MINUTE_MS
        # A menu has few prices, and members of a shop stand at few totals.
        self._worths: dict[Hashable, StampGrant] = {}
        self._crossings: dict[tuple[int, int], tuple[Tier, ...]] = {}
        self._boards: dict[int, Board] = {}
        self._expires_ms = stamps_expire_ms(self.card, work.now_ms) or NEVER_MS
        scope = terms.program.scope
        self._purses = {one: stamps_holder(one, scope, terms.brand_id, store_id) for one in set(member_ids)}
        days = {(self._purses[one], self.day(at_ms)) for one, at_ms in zip(member_ids, times, strict=True)}
        self._held = self._read(sorted(set(self._purses.values())), sorted(days))

    def day(self, occurred_ms: int) -> str:
        """The business day a sale counts for."""
        number = korean_day(occurred_ms - self._day_begins_ms)
        found = self._days.get(number)
        if found is None:
            found = self._days[number] = day_of(self._terms, occurred_ms)
        return found

    def held(self, member_id: str) -> Held:
        """What the member has, with what the run gave so far."""
        return self._held[self._purses[member_id]]

    def earn(self, cause: Cause) -> Given:
        """Stamps of one sale, by the rules."""
        if not self._on:
            return self.give(cause, _PLAN)
        held = self.held(cause.member_id)
        today = held.today.get(self.day(cause.occurred_ms), 0)
        return self.give(cause, stamps_within(self._program, self._worth(cause), today, held.total))

    def _worth(self, cause: Cause) -> StampGrant:
        """What the sale is worth to anybody; computed once for equal ones."""
        day = korean_day(cause.occurred_ms) if self._bounded else 0
        key = (cause.paid_won, cause.grade, cause.sale, day)
        found = self._worths.get(key)
        if found is None:
            found = self._worths[key] = sale_stamps_of(self._program, _sale(cause, self._store_id))
        return found

    def give(self, cause: Cause, grant: StampGrant) -> Given:
        """Books so many stamps."""
        purse_id = self._purses[cause.member_id]
        held = self._held[purse_id]
        before = held.total
        if not grant.stamps:
            return Given(grant, before, purse_id)
        posting_id, day = self._work.ids.uuid7(), self.day(cause.occurred_ms)
        self._rows.append(self._row(cause, grant, purse_id, posting_id, day))
        self.postings.append(self._place(cause, grant.stamps, purse_id, posting_id, held))
        held.today[day] = held.today.get(day, 0) + grant.stamps
        after = before + grant.stamps
        tiers = self._crossed(before, after)
        return Given(grant, after, purse_id, posting_id, tiers, cause.earn_id, cause.origin.device_id)

    def _crossed(self, before: int, after: int) -> tuple[Tier, ...]:
        found = self._crossings.get((before, after))
        if found is None:
            found = self._crossings[before, after] = tiers_crossed(self.card, before, after)
        return found

    def fitting(self, member_id: str, grant: StampGrant) -> StampGrant:
        """Not more than the last board has room for (STP-19)."""
        free = room(self.card, self.held(member_id).total)
        if free is None or grant.stamps <= free:
            return grant
        return StampGrant(free, StampReason.BOARDS_FULL, grant.uncapped)

    def shown(self, given: Given) -> dict[str, Any]:
        """What is told of a grant: how many, why, and where the card stands."""
        board = self._boards.get(given.total)
        if board is None:
            board = self._boards[given.total] = board_of(self.card, given.total)
        return {
            "stamps": given.grant.stamps,
            "reason": given.grant.reason.value,
            "board": board.number,
            "on_board": board.stamps,
            "per_board": self.card.per_board,
            "tiers": [tier.stamps for tier in given.tiers] if given.tiers else [],
        }

    @property
    def rows(self) -> NewRows:
        """To be written beside the postings."""
        return NewRows(stamp_grant, GRANT_COLUMNS, self._rows)

    def standing(self, given: Mapping[str, tuple[str, Given]], cancelled: Collection[str]) -> list[tuple[str, Given]]:
        """Of what a run's sales came to, in their order, what stands when cancel slips had come before some of them: a
        tier that a cancelled sale would have reached is reached by the next one (STP-04, STP-21)."""
        if not cancelled:
            return list(given.values())
        gone: dict[str, int] = {}
        stands = []
        for earn_id, (member_id, one) in given.items():
            if earn_id in cancelled:
                gone[one.purse_id] = gone.get(one.purse_id, 0) + one.grant.stamps
            elif gone.get(one.purse_id):
                total = one.total - gone[one.purse_id]
                tiers = tiers_crossed(self.card, total - one.grant.stamps, total)
                stands.append((member_id, replace(one, total=total, tiers=tiers)))
            else:
                stands.append((member_id, one))
        return stands

    def pay(self, given: Sequence[tuple[str, Given]]) -> None:
        """The coupons of tiers that were reached, by member id; a tier of a board pays once (STP-04, STP-19)."""
        rewards = self._program.rewards
        wanted = [
            _Due(member_id, one, tier, rewards[self.card.tiers.index(tier.stamps)])
            for member_id, one in (given if rewards else ())
            for tier in one.tiers
        ]
        if wanted:
            _pay(self._work, self._store_id, wanted)

    def _read(self, purse_ids: Sequence[str], days: Sequence[tuple[str, str]]) -> dict[str, Held]:
        accounts = _accounts(purse_ids)
        work = self._work
        for _ in range(2):
            locked, lots, *counted = work.ask_all(*card_questions(work, self._program, purse_ids, days))
            missing = set(accounts) - {name for name, _ in locked}
            if not missing:
                break
            open_purses(work, {name.partition(":")[2] for name in missing})
        stamps, boards = _KINDS
        held = {one: Held(account_id(stamps, one), account_id(boards, one)) for one in purse_ids}
        for name, balance in locked:
            kind, _, purse_id = name.partition(":")
            if kind == AccountKind.MEMBER_BOARDS:
                held[purse_id].boards = balance
        for purse_id, expires_ms, posting_id, remaining in lots:
            one = held[purse_id]
            one.lots.append(_Lot(expires_ms, posting_id, remaining))
            one.on_board += remaining
        for rows in counted:
            for purse_id, day, count in rows:
                held[purse_id].today[day] = int(count)
        return held

    def _place(self, cause: Cause, stamps: int, purse_id: str, posting_id: str, held: Held) -> NewPosting:
        """Onto the board, and what fills it out of the lots, soonest lapse first."""
        full = (held.total + stamps) // self.card.per_board * self.card.per_board
        filled = max(full - held.boards, 0)
        uses, left = _take(held, purse_id, filled) if filled else ((), 0)
        expires_ms = self._expires_ms
        if stamps > left:
            insort(held.lots, _Lot(expires_ms, posting_id, stamps - left), key=_order)
            held.on_board += stamps - left
        held.boards += filled
        amounts = (
            (self._issuance, -stamps),
            (held.stamps_account, stamps - filled),
            (held.boards_account, filled),
        )
        return NewPosting(
            posting_id=posting_id,
            kind=PostingKind.STAMP,
            store_id=self._store_id,
            member_id=purse_id,
            actor=cause.origin.actor,
            lines=tuple([Line(name, amount) for name, amount in amounts if amount]),
            op_id=cause.origin.op_id or None,
            fingerprint=cause.fingerprint,
            uses=uses,
            expires_ms=expires_ms,
            unit=AccountKind.MEMBER_STAMPS,
        )

    def _row(
        self, cause: Cause, grant: StampGrant, purse_id: str, posting_id: str, day: str
    ) -> tuple[str | int | None, ...]:
        items = (cause.sale or _NOTHING).items
        return (
            posting_id,
            purse_id,
            cause.member_id,
            self._store_id,
            cause.earn_id,
            cause.request_id,
            cause.cause.value,
            cause.medium.value,
            day,
            grant.stamps,
            grant.uncapped,
            grant.reason.value,
            self._program.version,
            _GIVEN,
            0,
            items[0].product_id if items else None,
            self._work.now_ms,
        )


def _take(held: Held, purse_id: str, wanted: int) -> tuple[tuple[LotUse, ...], int]:
    """What fills a board, from the lots; and how much of it they have not."""
    uses = []
    while wanted and held.lots:
        lot = held.lots[0]
        part = min(wanted, lot.remaining)
        uses.append(LotUse(purse_id, lot.expires_ms, lot.posting_id, part))
        lot.remaining -= part
        held.on_board -= part
        wanted -= part
        if not lot.remaining:
            del held.lots[0]
    return tuple(uses), wanted


def _order(lot: _Lot) -> tuple[int, str]:
    return lot.expires_ms, lot.posting_id


_PLAN = StampGrant(0, StampReason.PLAN, 0)
_GIVEN = GrantState.GIVEN.value
_KINDS = (AccountKind.MEMBER_STAMPS, AccountKind.MEMBER_BOARDS)
LOTS = (
    f"SELECT member_id, expires_ms, posting_id, remaining FROM lot WHERE {LOTS_ON_BOARDS} AND expires_ms > $1"
    " AND member_id {purses} ORDER BY expires_ms, posting_id"
)
# Added up for each card by itself: one look into the index, and nothing to sort.
_TODAY = of_rows(
    "SELECT purse_id, day, (SELECT coalesce(sum(stamps - taken_back), 0) FROM stamp_grant"
    " WHERE stamp_grant.purse_id = wanted.purse_id AND stamp_grant.day = wanted.day) FROM ({wanted}) AS wanted",
    purse_id="TEXT",
    day="TEXT",
)


def card_questions(
    work: Work, program: EarningProgram, purse_ids: Sequence[str], days: Sequence[tuple[str, str]]
) -> list[Asked]:
    """What earning reads of these cards: their accounts, which it locks, then what lies on them, and what each of them
    has of its days; the last only where a cap wants to know."""
    asked = [
        balances_question(work, _accounts(purse_ids)),
        among(work, LOTS, {"purses": purse_ids}, work.now_ms),
    ]
    if program.stamps is not None and program.stamps.day_max is not None:
        asked.append(Asked(_TODAY, rows_listed(days, postgres=work.postgres)))
    return asked


def _accounts(purse_ids: Sequence[str]) -> list[str]:
    return [account_id(kind, one) for one in purse_ids for kind in _KINDS]


def day_of(terms: Terms, occurred_ms: int) -> str:
    """The store's business day of a moment (STP-15)."""
    return business_day(occurred_ms, terms.program.day_starts_minute).isoformat()


def _sale(cause: Cause, store_id: str) -> Sale:
    seen = cause.sale or _NOTHING
    return Sale(
        cause.paid_won,
        cause.occurred_ms,
        store_id,
        seen.items,
        seen.means or PayMeans.CARD,
        seen.service or ServiceType.IN_STORE,
        seen.channel or SaleChannel.OFFLINE,
        cause.grade,
        coupon_used=seen.coupon_used,
    )


@dataclass(frozen=True)
class _Due:
    """A tier that somebody reached, and what it pays."""

    member_id: str
    given: Given
    tier: Tier
    definition_id: str

    @property
    def place(self) -> tuple[str, int, int]:
        return self.given.purse_id, self.tier.board, self.tier.stamps


# Of just these tiers; what a card was paid in all its years is not read.
_PAID = of_rows(
    "SELECT paid.purse_id, paid.board, paid.stamps FROM ({wanted}) AS wanted JOIN stamp_tier AS paid"
    " ON paid.purse_id = wanted.purse_id AND paid.board = wanted.board AND paid.stamps = wanted.stamps",
    purse_id="TEXT",
    board="INTEGER",
    stamps="INTEGER",
)
_TIER_COLUMNS = ("purse_id", "board", "stamps", "definition_id", "coupon_id", "posting_id", "paid_ms")


def _pay(work: Work, store_id: str, wanted: Sequence[_Due]) -> None:
    places = {one.place for one in wanted}
    paid = set(work.ask(Asked(_PAID, rows_listed(places, postgres=work.postgres))))
    due: list[_Due] = []
    for one in wanted:
        if one.place not in paid:
            paid.add(one.place)
            due.append(one)
    # A sale is never refused because no coupon is left; the row says what the member is owed.
    issued = coupons.issue_many(work, [(one.member_id, one.definition_id) for one in due], kind=IssueKind.STAMP_TIER)
    ids = [None if made is None else made.coupon_id for made in issued]
    rows = [
        (*one.place, one.definition_id, coupon_id, one.given.posting_id, work.now_ms)
        for one, coupon_id in zip(due, ids, strict=True)
    ]
    insert_rows(work, stamp_tier, _TIER_COLUMNS, rows)
    papers = [
        paper.OnPaper(made, one.given.earn_id, one.given.device_id)
        for one, made in zip(due, issued, strict=True)
        if made is not None
    ]
    paper.tell(work, store_id, papers, paper.Why.STAMP_TIER)
    for one, coupon_id in zip(due, ids, strict=True):
        body = {
            "kind": NoticeKind.STAMP_REWARD.value,
            "request_id": None,
            "store_id": store_id,
            "member_id": one.member_id,
            "state": None,
            "coupon_id": coupon_id,
            "board": one.tier.board,
            "stamps": one.tier.stamps,
            "created_ms": work.now_ms,
        }
        feeds.publish(work, CONSUMERS, FeedKind.NOTICE, body)
