"""Proves the book: every posting sums to zero, every cached balance equals the replay of its entries."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from cloud_api.database import Work


@dataclass(frozen=True)
class BookReport:
    """``unbalanced`` postings and ``drifted`` accounts (id, cached, replayed); both empty in a sound book."""

    postings: int
    entries: int
    entries_sum: int
    unbalanced: tuple[str, ...]
    drifted: tuple[tuple[str, int, int], ...]

    @property
    def sound(self) -> bool:
        return self.entries_sum == 0 and not self.unbalanced and not self.drifted


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
_REBUILD = text(
    "UPDATE account SET balance ="
    " (SELECT coalesce(sum(amount), 0) FROM entry WHERE entry.account_id = account.account_id)"
)


def verify(conn: Connection) -> BookReport:
    """Reads the whole book once; changes nothing."""
    postings, entries, total = conn.execute(_COUNTS).one()
    unbalanced = tuple(str(row.posting_id) for row in conn.execute(_UNBALANCED))
    drifted = tuple((str(row.account_id), int(row.balance), int(row.total)) for row in conn.execute(_DRIFTED))
    return BookReport(int(postings), int(entries), int(total), unbalanced, drifted)


def rebuild_balances(work: Work) -> None:
    """Recomputes every cached balance from the entries."""
    work.conn.execute(_REBUILD)
