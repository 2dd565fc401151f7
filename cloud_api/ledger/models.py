"""Tables of the book: accounts, postings, entries; and of what happened at counters: earns and reversals (PNT-01)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, partial, table


class AccountKind(StrEnum):
    """Credit is positive: what members hold is above zero, what stores issued is below."""

    MEMBER = "member"
    MEMBER_HOLD = "member_hold"
    MEMBER_DEBT = "member_debt"  # what a member owes after a reversal; zero or below
    STORE_ISSUANCE = "store_issuance"
    STORE_REDEMPTION = "store_redemption"
    OFFLINE_LOSS = "offline_loss"  # of a store: what was spent offline and no balance covered
    BREAKAGE = "breakage"  # of a brand: what expired
    ADJUSTMENT = "adjustment"  # of a brand: the other side of corrections by hand
    IMPORT = "import"  # of a brand: what members brought along from another service; zero or below
    TRANSFER = "transfer"  # of a merge of two members: what is on its way, zero in between
    # In stamps; a posting has entries of one unit only.
    MEMBER_STAMPS = "member_stamps"  # on the board that is being filled
    MEMBER_BOARDS = "member_boards"  # on boards that were full: they lapse no more
    STAMP_ISSUANCE = "stamp_issuance"  # of a store
    STAMP_BREAKAGE = "stamp_breakage"  # of a store: what lapsed
    STAMP_TRANSFER = "stamp_transfer"  # of a merge of two members


STAMP_KINDS = (
    AccountKind.MEMBER_STAMPS,
    AccountKind.MEMBER_BOARDS,
    AccountKind.STAMP_ISSUANCE,
    AccountKind.STAMP_BREAKAGE,
    AccountKind.STAMP_TRANSFER,
)


class PostingKind(StrEnum):
    EARN = "earn"
    REVERSAL = "reversal"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    RETURN = "return"
    EXPIRY = "expiry"
    ADJUSTMENT = "adjustment"
    SPEND = "spend"
    IMPORT = "import"
    GRANT = "grant"  # points that a promotion or a draw gives
    STAMP = "stamp"
    STAMP_BACK = "stamp_back"
    STAMP_EXPIRY = "stamp_expiry"
    MERGE = "merge"  # two members are one person (MEM-08)
    LAPSE = "lapse"  # the member leaves (MEM-06)


class Account(SQLModel, table=True):
    """A bucket of points. ``balance`` is a cache of its entries."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "kind NOT IN ('member', 'member_hold', 'member_stamps', 'member_boards') OR balance >= 0",
            name="member_never_below_zero",
        ),
        CheckConstraint("kind <> 'member_debt' OR balance <= 0", name="debt_never_above_zero"),
    )

    account_id: str = Field(primary_key=True)
    kind: str
    owner_id: str
    balance: int = Field(sa_type=Big, default=0)


class Purse(SQLModel, table=True):
    """What a member has at one place: the points of a brand or store that keeps its own (PNT-03), or the stamps of a
    card. Its accounts and lots carry its id where others carry the member's."""

    __tablename__ = "purse"
    __table_args__ = (Index("purse_member", "member_id"),)

    purse_id: str = Field(primary_key=True)
    member_id: str
    place_id: str  # a brand or a store
    unit: str  # rules.earning.EarningMethod
    opened_ms: int = Field(sa_type=Big)


class PointGrant(SQLModel, table=True):
    """Points that no payment earned, and why they were given."""

    __tablename__ = "point_grant"

    posting_id: str = Field(primary_key=True)
    member_id: str
    store_id: str
    points: int = Field(sa_type=Big)
    cause: str
    cause_id: str
    booked_ms: int = Field(sa_type=Big)


class Posting(SQLModel, table=True):
    """One balanced business record; never changed, never deleted (triggers)."""

    __tablename__ = "posting"
    __table_args__ = (
        Index("posting_store", "store_id", "kind"),
        partial("posting_request", "request_id", "request_id IS NOT NULL"),
    )

    posting_id: str = Field(primary_key=True)
    kind: str
    store_id: str
    member_id: str
    op_id: str | None = None
    request_id: str | None = None
    fingerprint: str | None = None
    reverses_id: str | None = None
    actor: str
    booked_ms: int = Field(sa_type=Big)


class Entry(SQLModel, table=True):
    """One signed line of a posting; never changed, never deleted (triggers).

    That its posting and its account exist is checked by ``verify``, not by the database at every line (docs/adr/0010).
    """

    __tablename__ = "entry"
    __table_args__ = (Index("entry_account", "account_id", "posting_id"),)

    posting_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    account_id: str
    amount: int = Field(sa_type=Big)


# Holders of stamps are named so (cloud_api.ledger.purses); a statement that repeats these words uses the index.
LOTS_ON_BOARDS = "remaining > 0 AND member_id LIKE '%~%'"


class Lot(SQLModel, table=True):
    """Points that a member got together; named after the posting that gave them. ``remaining`` is a cache of its uses.

    The key is the order in which lots are spent. Nothing but ``remaining`` ever changes (triggers).
    """

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("remaining >= 0 AND remaining <= points", name="lot_within_its_points"),
        partial("lot_due", "expires_ms", "remaining > 0"),
        # What lies on cards: an earn of stamps reads that, and not what filled boards before.
        partial("lot_on_board", ("member_id", "expires_ms"), LOTS_ON_BOARDS),
    )

    member_id: str = Field(primary_key=True)
    expires_ms: int = Field(sa_type=Big, primary_key=True)
    posting_id: str = Field(primary_key=True)
    points: int = Field(sa_type=Big)
    remaining: int = Field(sa_type=Big)


class LotUse(SQLModel, table=True):
    """What a posting took from a lot, or put back into it (below zero); never changed, never deleted (triggers)."""

    __tablename__ = "lot_use"

    posting_id: str = Field(primary_key=True)  # that it is there is for ``verify``, as with an entry
    lot_posting_id: str = Field(primary_key=True)
    points: int = Field(sa_type=Big)


class AdjustmentState(StrEnum):
    PENDING = "pending"  # waits for a second person
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


class Adjustment(SQLModel, table=True):
    """A correction by hand and who wanted it; what was proposed never changes (triggers)."""

    __tablename__ = "adjustment"
    __table_args__ = (
        UniqueConstraint("posting_id", name="adjustment_booked_once"),
        Index("adjustment_member", "member_id", "proposed_ms"),
        Index("adjustment_state", "state", "proposed_ms"),
    )

    adjustment_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id")
    member_id: str
    points: int = Field(sa_type=Big)
    reason: str
    state: str
    proposed_by: str
    proposed_ms: int = Field(sa_type=Big)
    decided_by: str | None = None
    decided_ms: int | None = Field(default=None, sa_type=Big)
    posting_id: str | None = Field(default=None, foreign_key="posting.posting_id")


class EarnStatus(StrEnum):
    POSTED = "posted"
    REVERSED = "reversed"


class Earn(SQLModel, table=True):
    """What one sale earned. One earn per receipt and store.

    ``text_ms`` is 0, or the time of a sale whose fingerprint is of the text alone: equal texts are one sale only within
    minutes.
    """

    __tablename__ = "earn"
    __table_args__ = (
        UniqueConstraint("store_id", "fingerprint", "text_ms", name="earn_once_per_receipt"),
        UniqueConstraint("op_id", name="earn_once_per_op"),
        # A member's other earns are found through the entries of the member's account.
        partial("earn_without_points", "member_id", "posting_id IS NULL"),
    )

    store_id: str = Field(primary_key=True)
    earn_id: str = Field(primary_key=True)
    op_id: str
    device_id: str
    member_id: str
    fingerprint: str | None = None
    text_ms: int = Field(sa_type=Big, default=0)
    receipt_no: str | None = None
    till: str | None = None
    source: str
    paid_won: int = Field(sa_type=Big)
    points: int = Field(sa_type=Big)
    provisional_points: int = Field(sa_type=Big)
    rate_bp: int
    policy_version: int
    reasons: str  # JSON list
    flags: str  # JSON list
    status: str
    posting_id: str | None = None
    occurred_ms: int = Field(sa_type=Big)
    booked_ms: int = Field(sa_type=Big)


class EarnTag(SQLModel, table=True):
    """Approval tags of a sale, so that a cancel slip finds it."""

    __tablename__ = "earn_tag"

    store_id: str = Field(primary_key=True)
    tag: str = Field(primary_key=True)
    earn_id: str = Field(primary_key=True)


class ReversalState(StrEnum):
    APPLIED = "applied"
    WAITING = "waiting"  # the cancel slip came before its sale


class Reversal(SQLModel, table=True):
    """What one cancel slip took back, or waits to take back."""

    __tablename__ = "reversal"
    __table_args__ = (
        UniqueConstraint("store_id", "cancel_fingerprint", name="reversal_once_per_slip"),
        UniqueConstraint("op_id", name="reversal_once_per_op"),
        Index("reversal_waiting", "store_id", "state", "sale_fingerprint"),
    )

    store_id: str = Field(primary_key=True)
    reversal_id: str = Field(primary_key=True)
    op_id: str
    device_id: str
    actor: str
    cancel_fingerprint: str
    sale_fingerprint: str | None = None
    wanted_earn_id: str | None = None
    amount_won: int = Field(sa_type=Big)
    state: str
    earn_id: str | None = None
    points: int = Field(sa_type=Big, default=0)
    debt_points: int = Field(sa_type=Big, default=0)
    posting_id: str | None = None
    occurred_ms: int = Field(sa_type=Big)
    booked_ms: int = Field(sa_type=Big)


class ReversalTag(SQLModel, table=True):
    """Approval tags of a waiting cancel slip."""

    __tablename__ = "reversal_tag"

    store_id: str = Field(primary_key=True)
    tag: str = Field(primary_key=True)
    reversal_id: str = Field(primary_key=True)


account = table(Account)
purse = table(Purse)
point_grant = table(PointGrant)
posting = table(Posting)
entry = table(Entry)
lot = table(Lot)
lot_use = table(LotUse)
adjustment = table(Adjustment)
earn = table(Earn)
earn_tag = table(EarnTag)
reversal = table(Reversal)
reversal_tag = table(ReversalTag)
