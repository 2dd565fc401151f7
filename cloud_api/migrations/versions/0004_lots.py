"""Lots with their uses, accounts for what expires, is corrected or lost, and the policy of both."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_VALID_MS = 1_827 * 86_400_000
_MEMBERS_AT_ONCE = 500


def upgrade() -> None:
    """Balances that exist get the lots that they would have, had there been lots from the beginning."""
    _tables()
    _accounts()
    _give_lots(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _tables() -> None:
    op.add_column("brand_policy", sa.Column("lot_valid_days", sa.Integer(), nullable=False, server_default="1827"))
    op.add_column(
        "brand_policy", sa.Column("adjustment_limit_points", sa.BigInteger(), nullable=False, server_default="50000")
    )
    op.create_table(
        "lot",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("remaining >= 0 AND remaining <= points", name="lot_within_its_points"),
        sa.PrimaryKeyConstraint("member_id", "expires_ms", "posting_id"),
    )
    op.create_index(
        "lot_due",
        "lot",
        ["expires_ms"],
        unique=False,
        sqlite_where=sa.text("remaining > 0"),
        postgresql_where=sa.text("remaining > 0"),
    )
    op.create_table(
        "lot_use",
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("lot_posting_id", sa.String(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.posting_id"]),
        sa.PrimaryKeyConstraint("posting_id", "lot_posting_id"),
    )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE TRIGGER lot_use_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_use "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER lot_immutable BEFORE UPDATE OF member_id, expires_ms, posting_id, points OR DELETE OR TRUNCATE "
        "ON lot FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _sqlite_triggers() -> None:
    for name, event, what in (
        ("lot_use", "update", "UPDATE"),
        ("lot_use", "delete", "DELETE"),
        ("lot", "update", "UPDATE OF member_id, expires_ms, posting_id, points"),
        ("lot", "delete", "DELETE"),
    ):
        op.execute(
            f"CREATE TRIGGER {name}_no_{event} BEFORE {what} ON {name} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def _accounts() -> None:
    for kind, owner in (("breakage", "brand"), ("adjustment", "brand"), ("offline_loss", "store")):
        op.execute(
            "INSERT INTO account (account_id, kind, owner_id, balance)"
            f" SELECT '{kind}:' || {owner}_id, '{kind}', {owner}_id, 0 FROM {owner}"
        )


class _Lot:
    def __init__(self, posting_id: str, expires_ms: int, points: int) -> None:
        self.posting_id = posting_id
        self.expires_ms = expires_ms
        self.points = self.remaining = points


class _Wallet:
    """One member's lots and their uses, as the entries tell them."""

    def __init__(self) -> None:
        self.lots: list[_Lot] = []
        self.uses: list[tuple[str, str, int]] = []
        self.by_request: dict[str, dict[str, int]] = {}  # request -> lot -> points that it still has

    def replay(self, rows: list[Any]) -> None:
        # What comes in first: with several processes the ids of neighbours need not be in the order of their commits.
        for row in rows:
            if row.kind == "earn":
                self.lots.append(_Lot(row.posting_id, row.booked_ms + _VALID_MS, row.amount))
        self.lots.sort(key=lambda lot: (lot.expires_ms, lot.posting_id))
        for row in rows:
            if row.amount < 0:
                self._take(row)
            elif row.kind != "earn":
                self._put_back(row)

    def _take(self, row: Any) -> None:
        left = -row.amount
        for lot in self.lots:
            taken = min(left, lot.remaining)
            if taken:
                self._use(row, lot, taken)
                left -= taken
        assert left == 0, f"posting {row.posting_id} took more than there was"

    def _put_back(self, row: Any) -> None:
        left = row.amount
        taken = self.by_request.get(row.request_id, {})
        for lot in reversed(self.lots):
            back = min(left, taken.get(lot.posting_id, 0))
            if back:
                self._use(row, lot, -back)
                left -= back
        assert left == 0, f"posting {row.posting_id} gave back more than was taken"

    def _use(self, row: Any, lot: _Lot, points: int) -> None:
        lot.remaining -= points
        self.uses.append((row.posting_id, lot.posting_id, points))
        if row.request_id is not None:
            of_request = self.by_request.setdefault(row.request_id, {})
            of_request[lot.posting_id] = of_request.get(lot.posting_id, 0) + points


_MOVES = sa.text(
    "SELECT account.owner_id, entry.posting_id, entry.amount, posting.kind, posting.request_id, posting.booked_ms"
    " FROM entry JOIN account ON account.account_id = entry.account_id AND account.kind = 'member'"
    " JOIN posting ON posting.posting_id = entry.posting_id WHERE account.owner_id IN :members"
    " ORDER BY account.owner_id, entry.posting_id"
).bindparams(sa.bindparam("members", expanding=True))


def _give_lots(conn: sa.Connection) -> None:
    for members in _members(conn):
        moves = conn.execute(_MOVES, {"members": members}).all()
        lots: list[dict[str, Any]] = []
        uses: list[dict[str, Any]] = []
        for member_id, rows in groupby(moves, key=lambda row: row.owner_id):
            wallet = _Wallet()
            wallet.replay(list(rows))
            lots += [{"member_id": member_id, **vars(lot)} for lot in wallet.lots]
            uses += [{"posting_id": made, "lot_posting_id": lot, "points": n} for made, lot, n in wallet.uses]
        if lots:
            conn.execute(_INSERT_LOT, lots)
        if uses:
            conn.execute(_INSERT_USE, uses)


_INSERT_LOT = sa.text(
    "INSERT INTO lot (member_id, expires_ms, posting_id, points, remaining)"
    " VALUES (:member_id, :expires_ms, :posting_id, :points, :remaining)"
)
_INSERT_USE = sa.text(
    "INSERT INTO lot_use (posting_id, lot_posting_id, points) VALUES (:posting_id, :lot_posting_id, :points)"
)


def _members(conn: sa.Connection) -> Iterator[list[str]]:
    after = ""
    statement = sa.text(
        "SELECT owner_id FROM account WHERE kind = 'member' AND account_id > :after ORDER BY account_id LIMIT :n"
    )
    while True:
        found = [row.owner_id for row in conn.execute(statement, {"after": after, "n": _MEMBERS_AT_ONCE})]
        if not found:
            return
        yield found
        after = f"member:{found[-1]}"
