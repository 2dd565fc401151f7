"""Proves the book: that it balances, that its caches are its replay, and that every entry leads back to its cause.

Each rule is one query over the whole book; what it finds is wrong, and named. ``rebuild`` mends the caches, which are
the balances of accounts and the rests of lots; everything else has no second copy and is for a person to look at.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from cloud_api.database import Work
from cloud_api.exchange import is_postgres
from cloud_api.ledger.models import STAMP_KINDS
from rules.requests import OPEN_STATES, USED_STATES

FINDINGS_MAX = 100  # of one rule: who reads them has seen enough


@dataclass(frozen=True)
class Finding:
    """A row that breaks a rule, and how."""

    rule: str
    row: str
    detail: str


@dataclass(frozen=True)
class BookReport:
    """What was read, and what is wrong with it."""

    postings: int
    entries: int
    entries_sum: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return not self.findings

    def of_rule(self, rule: str) -> list[str]:
        """The rows that break this rule."""
        return [found.row for found in self.findings if found.rule == rule]


_COUNTS = text(
    "SELECT (SELECT count(*) FROM posting), (SELECT count(*) FROM entry), (SELECT coalesce(sum(amount), 0) FROM entry)"
)


def _listed(states: frozenset[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


_OPEN = _listed(frozenset(state.value for state in OPEN_STATES))
_USED = _listed(frozenset(state.value for state in USED_STATES))

_ON_HOLD = "sum(CASE WHEN account.kind = 'member_hold' THEN entry.amount ELSE 0 END)"
_IN_STAMPS = (
    f"sum(CASE WHEN account.kind IN ({_listed(frozenset(kind.value for kind in STAMP_KINDS))}) THEN 1 ELSE 0 END)"
)
_REDEEMED = "sum(CASE WHEN account.kind = 'store_redemption' THEN entry.amount ELSE 0 END)"

# Rule → query for (row, detail); whatever it returns is wrong.
_RULES: dict[str, str] = {
    "unbalanced": (
        "SELECT posting.posting_id, 'sums to ' || coalesce(sum(entry.amount), 0) || ' in ' || count(entry.line)"
        " || ' lines' FROM posting LEFT JOIN entry ON entry.posting_id = posting.posting_id"
        " GROUP BY posting.posting_id HAVING coalesce(sum(entry.amount), 0) <> 0 OR count(entry.line) < 2"
    ),
    "orphan": (
        "SELECT entry.posting_id, 'line ' || entry.line || ' has no posting or no account' FROM entry"
        " LEFT JOIN posting ON posting.posting_id = entry.posting_id"
        " LEFT JOIN account ON account.account_id = entry.account_id"
        " WHERE posting.posting_id IS NULL OR account.account_id IS NULL"
    ),
    "balance": (
        "SELECT account.account_id, 'cached ' || account.balance || ' replayed ' || coalesce(replay.total, 0)"
        " FROM account LEFT JOIN (SELECT account_id, sum(amount) AS total FROM entry GROUP BY account_id) AS replay"
        " ON replay.account_id = account.account_id WHERE account.balance <> coalesce(replay.total, 0)"
    ),
    "below_zero": (
        "SELECT account_id, 'has ' || balance FROM account"
        " WHERE (kind IN ('member', 'member_hold', 'member_stamps', 'member_boards')"
        " AND balance < 0) OR (kind = 'member_debt' AND balance > 0)"
    ),
    "under_way": (
        "SELECT account_id, 'has ' || balance || ' that reached nobody' FROM account"
        " WHERE kind IN ('transfer', 'stamp_transfer') AND balance <> 0"
    ),
    "lots_of_member": (
        "SELECT account.account_id, 'lots have ' || coalesce(rest.total, 0) || ', the balance is ' || account.balance"
        " FROM account LEFT JOIN (SELECT member_id, sum(remaining) AS total FROM lot GROUP BY member_id) AS rest"
        " ON rest.member_id = account.owner_id"
        " WHERE account.kind IN ('member', 'member_stamps') AND account.balance <> coalesce(rest.total, 0)"
    ),
    "lot": (
        "SELECT lot.posting_id, 'cached ' || lot.remaining || ' replayed ' || (lot.points - coalesce(used.total, 0))"
        " FROM lot LEFT JOIN"
        " (SELECT lot_posting_id, sum(points) AS total FROM lot_use GROUP BY lot_posting_id) AS used"
        " ON used.lot_posting_id = lot.posting_id"
        " WHERE lot.remaining <> lot.points - coalesce(used.total, 0) OR lot.remaining NOT BETWEEN 0 AND lot.points"
    ),
    # What a posting gave to its member is its new lot less what it took from lots.
    "lots_of_posting": (
        "SELECT posting.posting_id, 'entries give ' || coalesce(moved.total, 0) || ', lots '"
        " || (coalesce(made.total, 0) - coalesce(used.total, 0)) FROM posting"
        " LEFT JOIN (SELECT entry.posting_id, account.owner_id, sum(entry.amount) AS total FROM entry"
        "  JOIN account ON account.account_id = entry.account_id AND account.kind IN ('member', 'member_stamps')"
        "  GROUP BY entry.posting_id, account.owner_id) AS moved"
        " ON moved.posting_id = posting.posting_id AND moved.owner_id = posting.member_id"
        " LEFT JOIN"
        " (SELECT posting_id, member_id, sum(points) AS total FROM lot GROUP BY posting_id, member_id) AS made"
        " ON made.posting_id = posting.posting_id AND made.member_id = posting.member_id"
        " LEFT JOIN (SELECT posting_id, sum(points) AS total FROM lot_use GROUP BY posting_id) AS used"
        " ON used.posting_id = posting.posting_id"
        " WHERE coalesce(moved.total, 0) <> coalesce(made.total, 0) - coalesce(used.total, 0)"
    ),
    "foreign_lot": (
        "SELECT lot.posting_id, 'is a lot of ' || lot.member_id || ' without such a posting' FROM lot"
        " LEFT JOIN posting ON posting.posting_id = lot.posting_id AND posting.member_id = lot.member_id"
        " WHERE posting.posting_id IS NULL"
        " UNION ALL SELECT lot_use.posting_id, 'uses lot ' || lot_use.lot_posting_id || ' of somebody else or nobody'"
        " FROM lot_use LEFT JOIN posting ON posting.posting_id = lot_use.posting_id"
        " LEFT JOIN lot ON lot.posting_id = lot_use.lot_posting_id AND lot.member_id = posting.member_id"
        " WHERE lot.posting_id IS NULL"
    ),
    # What is on hold is what open requests wait for; what stores took is what stands as used.
    "held": (
        f"SELECT posting.request_id, 'holds ' || {_ON_HOLD} || ' and redeemed ' || {_REDEEMED}"
        " || ' as ' || coalesce(min(request.state), 'no request') FROM posting"
        " JOIN entry ON entry.posting_id = posting.posting_id"
        " JOIN account ON account.account_id = entry.account_id AND account.kind IN ('member_hold', 'store_redemption')"
        " LEFT JOIN request ON request.request_id = posting.request_id GROUP BY posting.request_id"
        f" HAVING {_ON_HOLD} <> coalesce(min(CASE WHEN request.state IN ({_OPEN}) THEN request.points ELSE 0 END), 0)"
        f" OR {_REDEEMED} <> coalesce(min(CASE WHEN request.state IN ({_USED}) THEN request.points ELSE 0 END), 0)"
    ),
    "held_by_nothing": (
        f"SELECT request.request_id, 'is ' || request.state || ' without a posting' FROM request"
        " LEFT JOIN posting ON posting.request_id = request.request_id"
        f" WHERE request.points > 0 AND request.state IN ({_OPEN}, {_USED}) AND posting.posting_id IS NULL"
    ),
    "receipt": (
        "SELECT earn.posting_id, 'earn ' || earn.earn_id || ' says ' || earn.points || ', the posting '"
        " || coalesce(-entry.amount, 0) FROM earn LEFT JOIN entry"
        " ON entry.posting_id = earn.posting_id AND entry.account_id = 'store_issuance:' || earn.store_id"
        " WHERE earn.posting_id IS NOT NULL AND earn.points <> coalesce(-entry.amount, 0)"
    ),
    # Points and stamps never meet in one posting.
    "mixed_units": (
        f"SELECT entry.posting_id, 'has ' || {_IN_STAMPS} || ' of ' || count(*) || ' lines in stamps' FROM entry"
        " JOIN account ON account.account_id = entry.account_id GROUP BY entry.posting_id"
        f" HAVING {_IN_STAMPS} NOT IN (0, count(*))"
    ),
    "stamps": (
        "SELECT stamp_grant.posting_id, 'says ' || stamp_grant.stamps || ', the posting ' || coalesce(-entry.amount, 0)"
        " FROM stamp_grant LEFT JOIN entry ON entry.posting_id = stamp_grant.posting_id"
        " AND entry.account_id = 'stamp_issuance:' || stamp_grant.store_id"
        " WHERE stamp_grant.stamps <> coalesce(-entry.amount, 0)"
    ),
    "purse": (
        "SELECT account.account_id, 'belongs to no purse' FROM account"
        " LEFT JOIN purse ON purse.purse_id = account.owner_id"
        " WHERE account.kind IN ('member_stamps', 'member_boards') AND purse.purse_id IS NULL"
    ),
    "foreign_coupon": (
        "SELECT coupon.coupon_id, 'is of no definition or of nobody' FROM coupon"
        " LEFT JOIN coupon_definition ON coupon_definition.definition_id = coupon.definition_id"
        " LEFT JOIN member ON member.member_id = coupon.member_id"
        " WHERE coupon_definition.definition_id IS NULL OR member.member_id IS NULL"
    ),
    "imported": (
        "SELECT imported_member.posting_id, 'line ' || imported_member.line || ' of the import brought '"
        " || imported_member.points || ', the posting ' || coalesce(-entry.amount, 0) FROM imported_member"
        " LEFT JOIN entry ON entry.posting_id = imported_member.posting_id"
        " AND entry.account_id = 'import:' || imported_member.brand_id"
        " WHERE imported_member.points <> coalesce(-entry.amount, 0)"
    ),
    "taken_back": (
        "SELECT reverses_id, 'was taken back ' || count(*) || ' times' FROM posting WHERE reverses_id IS NOT NULL"
        " GROUP BY reverses_id HAVING count(*) > 1"
    ),
    "road": (
        "SELECT posting.posting_id, 'a posting of kind ' || posting.kind || ' does not lead back to its cause'"
        " FROM posting LEFT JOIN device_op ON device_op.op_id = posting.op_id"
        " LEFT JOIN claim_use ON claim_use.op_id = posting.op_id"
        " LEFT JOIN direct_op ON direct_op.op_id = posting.op_id"
        " LEFT JOIN earn ON earn.posting_id = posting.posting_id"
        " LEFT JOIN reversal ON reversal.posting_id = posting.posting_id"
        " LEFT JOIN request ON request.request_id = posting.request_id"
        " LEFT JOIN adjustment ON adjustment.posting_id = posting.posting_id"
        " LEFT JOIN point_grant ON point_grant.posting_id = posting.posting_id"
        " LEFT JOIN stamp_grant ON stamp_grant.posting_id = posting.posting_id"
        " LEFT JOIN imported_member ON imported_member.posting_id = posting.posting_id"
        " LEFT JOIN posting AS taken_back ON taken_back.posting_id = posting.reverses_id"
        " WHERE posting.actor = '' OR (posting.op_id IS NOT NULL AND device_op.op_id IS NULL"
        "  AND claim_use.op_id IS NULL AND direct_op.op_id IS NULL) OR NOT CASE posting.kind"
        "  WHEN 'earn' THEN posting.op_id IS NOT NULL AND earn.earn_id IS NOT NULL"
        "  WHEN 'reversal' THEN posting.op_id IS NOT NULL AND reversal.reversal_id IS NOT NULL"
        "   AND coalesce(taken_back.kind, '') = 'earn'"
        "  WHEN 'grant' THEN point_grant.points IS NOT NULL"
        "  WHEN 'stamp' THEN stamp_grant.stamps IS NOT NULL"
        "  WHEN 'stamp_back' THEN coalesce(taken_back.kind, '') = 'stamp'"
        "  WHEN 'stamp_expiry' THEN EXISTS (SELECT 1 FROM lot_use WHERE lot_use.posting_id = posting.posting_id)"
        "  WHEN 'expiry' THEN EXISTS (SELECT 1 FROM lot_use WHERE lot_use.posting_id = posting.posting_id)"
        "  WHEN 'merge' THEN EXISTS (SELECT 1 FROM entry"
        "   JOIN account ON account.account_id = entry.account_id AND account.kind IN ('transfer', 'stamp_transfer')"
        "   JOIN member_merge ON member_merge.merge_id = account.owner_id"
        "   WHERE entry.posting_id = posting.posting_id)"
        "  WHEN 'lapse' THEN EXISTS (SELECT 1 FROM lot_use WHERE lot_use.posting_id = posting.posting_id)"
        "  WHEN 'adjustment' THEN adjustment.adjustment_id IS NOT NULL"
        "  WHEN 'import' THEN imported_member.import_id IS NOT NULL"
        "  ELSE request.request_id IS NOT NULL END"
    ),
}

_GUARDED = ("posting", "entry", "lot", "lot_use", "adjustment")
_TRIGGERS = {
    "sqlite": (
        {f"{name}_no_{event}" for name in _GUARDED for event in ("update", "delete")},
        text("SELECT name FROM sqlite_master WHERE type = 'trigger'"),
    ),
    "postgresql": (
        {f"{name}_immutable" for name in _GUARDED},
        text("SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"),
    ),
}


def verify(conn: Connection) -> BookReport:
    """Reads the whole book, which must be of one moment; changes nothing."""
    postings, entries, total = conn.execute(_COUNTS).one()
    findings = [
        Finding(rule, str(row[0]), str(row[1]))
        for rule, query in _RULES.items()
        for row in conn.execute(text(f"{query} ORDER BY 1 LIMIT {FINDINGS_MAX}"))
    ]
    return BookReport(int(postings), int(entries), int(total), (*findings, *_missing_guards(conn)))


def _missing_guards(conn: Connection) -> list[Finding]:
    """Triggers that somebody took away: from then on anybody could have rewritten the book."""
    wanted, query = _TRIGGERS[conn.dialect.name]
    there = set(conn.execute(query).scalars())
    return [Finding("guard", name, "the trigger is missing") for name in sorted(wanted - there)]


_REBUILD_LOTS = text(
    "UPDATE lot SET remaining = points - (SELECT coalesce(sum(lot_use.points), 0) FROM lot_use"
    " WHERE lot_use.lot_posting_id = lot.posting_id)"
    " WHERE remaining <> points - (SELECT coalesce(sum(lot_use.points), 0) FROM lot_use"
    " WHERE lot_use.lot_posting_id = lot.posting_id)"
)
_REBUILD_BALANCES = text(
    "UPDATE account SET balance ="
    " (SELECT coalesce(sum(amount), 0) FROM entry WHERE entry.account_id = account.account_id)"
    " WHERE balance <> (SELECT coalesce(sum(amount), 0) FROM entry WHERE entry.account_id = account.account_id)"
)


def rebuild(work: Work) -> int:
    """Recomputes every cached balance and the rest of every lot; returns how many were wrong."""
    if is_postgres(work.conn):
        # Bookings lock accounts first: those under way end before this begins, new ones wait for its end.
        work.conn.execute(text("LOCK TABLE account IN EXCLUSIVE MODE"))
    lots = work.conn.execute(_REBUILD_LOTS).rowcount
    return lots + work.conn.execute(_REBUILD_BALANCES).rowcount
