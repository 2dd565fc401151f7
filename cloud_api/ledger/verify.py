"""Proves the book: postings sum to zero, balances are the replay of their entries, lots that of their uses."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from cloud_api.database import Work


@dataclass(frozen=True)
class BookReport:
    """``unbalanced`` postings, ``drifted`` accounts and ``drifted_lots`` (id, cached, replayed); empty when sound."""

    postings: int
    entries: int
    entries_sum: int
    unbalanced: tuple[str, ...]
    drifted: tuple[tuple[str, int, int], ...]
    drifted_lots: tuple[tuple[str, int, int], ...]

    @property
    def sound(self) -> bool:
        return not (self.entries_sum or self.unbalanced or self.drifted or self.drifted_lots)


_COUNTS = text(
    "SELECT (SELECT count(*) FROM posting), (SELECT count(*) FROM entry), (SELECT coalesce(sum(amount), 0) FROM entry)"
)
_UNBALANCED = text(
    "SELECT posting.posting_id FROM posting LEFT JOIN entry ON entry.posting_id = posting.posting_id"
    " GROUP BY posting.posting_id HAVING coalesce(sum(entry.amount), 0) <> 0 OR count(entry.line) < 2"
    " ORDER BY posting.posting_id"
)
_DRIFTED = text(
    "SELECT account.account_id, account.balance, coalesce(replay.total, 0) AS total FROM account"
    " LEFT JOIN (SELECT account_id, sum(amount) AS total FROM entry GROUP BY account_id) AS replay"
    " ON replay.account_id = account.account_id"
    " WHERE account.balance <> coalesce(replay.total, 0) ORDER BY account.account_id"
)
# Of members whose account and lots disagree, then of lots that are not their uses.
_DRIFTED_LOTS = text(
    "SELECT account.account_id AS id, coalesce(rest.total, 0) AS cached, account.balance AS total FROM account"
    " LEFT JOIN (SELECT member_id, sum(remaining) AS total FROM lot GROUP BY member_id) AS rest"
    " ON rest.member_id = account.owner_id"
    " WHERE account.kind = 'member' AND account.balance <> coalesce(rest.total, 0)"
    " UNION ALL SELECT lot.posting_id, lot.remaining, lot.points - coalesce(used.total, 0) FROM lot"
    " LEFT JOIN (SELECT lot_posting_id, sum(points) AS total FROM lot_use GROUP BY lot_posting_id) AS used"
    " ON used.lot_posting_id = lot.posting_id WHERE lot.remaining <> lot.points - coalesce(used.total, 0)"
)
_REBUILD = text(
    "UPDATE account SET balance ="
    " (SELECT coalesce(sum(amount), 0) FROM entry WHERE entry.account_id = account.account_id)"
)


def verify(conn: Connection) -> BookReport:
    """Reads the whole book once; changes nothing."""
    postings, entries, total = conn.execute(_COUNTS).one()
    unbalanced = tuple(str(row.posting_id) for row in conn.execute(_UNBALANCED))
    drifted = tuple((str(row.account_id), int(row.balance), int(row.total)) for row in conn.execute(_DRIFTED))
    lots = tuple((str(row.id), int(row.cached), int(row.total)) for row in conn.execute(_DRIFTED_LOTS))
    return BookReport(int(postings), int(entries), int(total), unbalanced, drifted, lots)


def rebuild_balances(work: Work) -> None:
    """Recomputes every cached balance from the entries."""
    work.conn.execute(_REBUILD)
