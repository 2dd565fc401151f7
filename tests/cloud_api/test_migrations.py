"""The schema: the same on both databases, the same as the models, never older than the program assumes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, TextClause, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from cloud_api.bootstrap import Cloud, build, prepare
from cloud_api.clock import DAY_MS
from cloud_api.errors import StartError
from cloud_api.ledger.service import spendable
from cloud_api.ledger.verify import verify
from cloud_api.migrations.runner import config
from cloud_api.settings import Settings
from cloud_api.stores.service import policy_of
from cloud_api.tables import all_tables
from rules.calendar import moment_ms


def test_the_migrated_schema_is_what_the_models_say(database_url: str, key_file: Path) -> None:
    cloud = build(Settings(database_url, key_file))
    with cloud.database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        difference = compare_metadata(context, all_tables())
    cloud.database.close()

    assert difference == []


def test_preparing_twice_changes_nothing(database_url: str, key_file: Path) -> None:
    cloud = build(Settings(database_url, key_file))

    assert prepare(cloud) == prepare(cloud) == "0045"
    cloud.database.close()


# One member's history from before there were lots: (posting, kind, request, {account: amount}).
_OLD_BOOK = (
    ("p1", "earn", None, {"store_issuance:s": -100, "member:m": 100}),
    ("p2", "earn", None, {"store_issuance:s": -50, "member:m": 50}),
    ("p3", "hold", "r1", {"member:m": -120, "member_hold:m": 120}),
    ("p4", "capture", "r1", {"member_hold:m": -120, "store_redemption:s": 120}),
    ("p5", "hold", "r2", {"member:m": -20, "member_hold:m": 20}),
    ("p6", "reversal", None, {"member:m": -10, "member_debt:m": -40, "store_issuance:s": 50}),
    ("p7", "return", "r1", {"store_redemption:s": -120, "member_debt:m": 40, "member:m": 80}),
)


@pytest.fixture
def old_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of schema 0002."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as admin:
        admin.execute(text("DROP DATABASE IF EXISTS withfom_old"))
        admin.execute(text("CREATE DATABASE withfom_old"))
    server.dispose()
    yield make_url(database_url).set(database="withfom_old").render_as_string(hide_password=False)


@pytest.mark.thorough
def test_balances_from_before_lots_get_the_lots_they_would_have(old_url: str, key_file: Path) -> None:
    """0002 → 0004: what was held and what was spent can still go back to where it came from."""
    cloud = build(Settings(old_url, key_file))
    with _old_book(cloud, "0002"):
        pass

    prepare(cloud)

    with cloud.database.read() as conn:
        lots = conn.execute(text("SELECT posting_id, expires_ms, points, remaining FROM lot ORDER BY 1")).all()
        uses = conn.execute(text("SELECT * FROM lot_use ORDER BY 1, 2")).all()
        kinds = conn.execute(text("SELECT account_id FROM account WHERE balance = 0 ORDER BY 1")).scalars().all()
        policy = policy_of(conn, "b")
        # The old book of this test has no operations and receipts to lead back to; everything else must hold.
        assert {found.rule for found in verify(conn).findings} == {"road", "held"}
        assert spendable(conn, ["m"], 2_000) == {"m": 80}
    cloud.database.close()
    year5 = 1_827 * DAY_MS
    assert [tuple(row) for row in lots] == [("p1", 1_001 + year5, 100, 60), ("p2", 1_002 + year5, 50, 20)]
    assert [tuple(row) for row in uses] == [
        ("p3", "p1", 100),
        ("p3", "p2", 20),
        ("p5", "p2", 20),
        ("p6", "p2", 10),
        ("p7", "p1", -60),
        ("p7", "p2", -20),
    ]
    assert {"breakage:b", "adjustment:b", "offline_loss:s"} <= set(kinds)
    assert (policy.lot_valid_days, policy.adjustment_limit_points, policy.rate_bp) == (1_827, 50_000, 250)


@pytest.mark.thorough
def test_receipts_from_before_the_split_key_still_earn_once(old_url: str, key_file: Path) -> None:
    """0007 → 0008: the fingerprint stands for a receipt, with its time where it is of the text alone (PNT-09)."""
    cloud = build(Settings(old_url, key_file))
    with _old_book(cloud, "0007") as conn:
        for n, (fingerprint, key) in enumerate((("a", "a"), ("b", "b@1007"), (None, None), (None, None))):
            conn.execute(_earn("receipt_key"), {"id": f"e{n}", "fp": fingerprint, "key": key})

    prepare(cloud)

    with cloud.database.read() as conn:
        found = conn.execute(text("SELECT earn_id, fingerprint, text_ms FROM earn ORDER BY earn_id")).all()
        assert verify(conn).of_rule("balance") == []
    assert [tuple(row) for row in found] == [("e0", "a", 0), ("e1", "b", 1007), ("e2", None, 0), ("e3", None, 0)]
    for fingerprint, text_ms, refused in (("a", 0, True), ("b", 1007, True), ("b", 1008, False)):
        values = {"id": f"n{text_ms}", "fp": fingerprint, "key": text_ms}
        with pytest.raises(IntegrityError) if refused else nullcontext():
            cloud.database.transact(lambda work, values=values: work.conn.execute(_earn("text_ms"), values))
    for change in ("UPDATE entry SET amount = 1", "DELETE FROM entry"):
        with pytest.raises(DBAPIError, match="append-only"):
            cloud.database.transact(lambda work, change=change: work.conn.execute(text(change)))
    cloud.database.close()


@pytest.mark.thorough
def test_orders_from_before_there_were_figures_are_in_them(old_url: str, key_file: Path) -> None:
    """0020 → 0021: their day is the calendar's in Korea (ORD-18)."""
    cloud = build(Settings(old_url, key_file))
    with _old_book(cloud, "0020") as conn:
        midnight_ms = moment_ms(date(2024, 2, 29), 0)
        orders = (
            ("o1", "ready", "in_store", midnight_ms - 1),
            ("o2", "ready", "take_out", midnight_ms),
            ("o3", "cancelled", "app_order", midnight_ms),
            ("o4", "new", "in_store", midnight_ms),
        )
        for order_id, state, channel, created_ms in orders:
            values = {"id": order_id, "state": state, "channel": channel, "created": created_ms}
            conn.execute(text(_OLD_ORDER), values)

    prepare(cloud)

    with cloud.database.read() as conn:
        found = conn.execute(text("SELECT order_id, day, take_out, points FROM customer_order ORDER BY 1")).all()
        sums = conn.execute(
            text("SELECT day, hour, channel, completed, take_out, menu_won, cancelled_won FROM order_sum ORDER BY 1, 3")
        ).all()
    cloud.database.close()
    days = ("2024-02-28", *["2024-02-29"] * 3)
    outs = (False, True, True, False)
    assert [tuple(row) for row in found] == [
        (f"o{n}", day, out, 0) for n, (day, out) in enumerate(zip(days, outs, strict=True), start=1)
    ]
    assert [tuple(row) for row in sums] == [
        ("2024-02-28", 23, "in_store", 1, 0, 5_000, 0),
        ("2024-02-29", 0, "app_order", 0, 0, 0, 5_000),
        ("2024-02-29", 0, "take_out", 1, 1, 5_000, 0),
    ]


def test_what_the_looks_had_not_reached_is_still_to_be_told(old_url: str, key_file: Path) -> None:
    """0040 → 0041: nobody is told twice, and nothing is left out (PNT-21, CPN-05)."""
    cloud = build(Settings(old_url, key_file))
    with _old_book(cloud, "0040") as conn:
        conn.execute(text("INSERT INTO message_look VALUES ('members', 'p3'), ('member-events', 'e1')"))
        for n, kind in enumerate(("merged", "merged", "profile", "withdrawn"), start=1):
            values = {"id": f"e{n}", "kind": kind}
            conn.execute(text("INSERT INTO member_event VALUES (:id, 'm', :kind, 'x', '', '{}', 1)"), values)

    prepare(cloud)

    with cloud.database.read() as conn:
        found = conn.execute(text("SELECT topic, ids, n FROM happened ORDER BY topic, ids")).all()
    cloud.database.close()
    assert [tuple(row) for row in found] == [
        ("member", "e2", 1),
        ("member", "e4", 1),
        ("posting", "p4", 1),
        ("posting", "p6", 1),
    ]


def test_who_waited_for_a_look_at_a_grade_waits_on_and_coupons_stay(old_url: str, key_file: Path) -> None:
    """0042 → 0044: MEM-18, CPN-19."""
    cloud = build(Settings(old_url, key_file))
    with _old_book(cloud, "0042") as conn:
        for earn_id, due in (("e1", True), ("e2", False), ("e3", True)):
            conn.execute(text(_OLD_GRADED), {"id": earn_id, "due": due})
        conn.execute(
            text(
                "INSERT INTO member (member_id, phone_lookup, phone_sealed, nickname, joined_ms, join_store_id)"
                " VALUES ('m', 'l', :sealed, '', 1, 's')"
            ),
            {"sealed": b"p"},
        )
        conn.execute(
            text(
                "INSERT INTO coupon_definition (definition_id, brand_id, name, condition, value_won, pos_discount_won,"
                " valid_days, created_ms) VALUES ('d', 'b', 'c', '', 1, 1, 30, 1)"
            )
        )
        for coupon_id, request_id in (("c1", None), ("c2", "r2")):
            conn.execute(text(_OLD_COUPON), {"id": coupon_id, "request": request_id})

    prepare(cloud)

    with cloud.database.read() as conn:
        looks = conn.execute(text("SELECT earn_id, store_id, member_id FROM grade_due ORDER BY 1")).all()
        coupons = conn.execute(
            text("SELECT coupon_id, request_id, expires_ms, issue_kind FROM coupon ORDER BY 1")
        ).all()
        assert verify(conn).of_rule("foreign_coupon") == []
    cloud.database.close()
    assert [tuple(row) for row in looks] == [("e1", "s", "m"), ("e3", "s", "m")]
    assert [tuple(row) for row in coupons] == [("c1", None, 9, "api"), ("c2", "r2", 9, "api")]


_OLD_GRADED = (
    "INSERT INTO graded_order (member_id, brand_id, earn_id, store_id, at_ms, due)"
    " VALUES ('m', 'b', :id, 's', 1007, :due)"
)
_OLD_COUPON = (
    "INSERT INTO coupon (coupon_id, definition_id, member_id, state, request_id, issued_ms, expires_ms, changed_ms)"
    " VALUES (:id, 'd', 'm', 'pending', :request, 1, 9, 1)"
)

_OLD_ORDER = (
    "INSERT INTO customer_order (order_id, store_id, version, number, state, channel, items, total_won, payment,"
    " nickname, note, created_ms, request_id) VALUES (:id, 's', 1, '101', :state, :channel, '[]', 5000, 'prepaid', '',"
    " '', :created, 'r')"
)


def _earn(key_column: str) -> TextClause:
    """A new earn, in a schema that keeps the key of its receipt in this column."""
    return text(
        "INSERT INTO earn (store_id, earn_id, op_id, device_id, member_id, fingerprint, source, paid_won, points,"
        " provisional_points, rate_bp, policy_version, reasons, flags, status, occurred_ms, booked_ms, "
        + key_column
        + ")"
        " VALUES ('s', :id, :id, 'd', 'm', :fp, 'claim', 1, 0, 0, 1, 1, '[]', '[]', 'posted', 1007, 1, :key)"
    )


@contextmanager
def _old_book(cloud: Cloud, version: str) -> Iterator[Connection]:
    """A schema of that version, whose book was written before there were lots."""
    with cloud.database.schema_connection() as conn:
        alembic = config()
        alembic.attributes["connection"] = conn
        command.upgrade(alembic, "0002")
        _write_old_book(conn)
        command.upgrade(alembic, version)
        yield conn


def _write_old_book(conn: Connection) -> None:
    def write(statement: str, **values: object) -> None:
        conn.execute(text(statement), values)

    write("INSERT INTO brand VALUES ('b', 'brand', 1)")
    write("INSERT INTO brand_policy VALUES ('b', 1, 250, 0, 60000, 1)")
    write("INSERT INTO store VALUES ('s', 'b', 'shop', 'composite', 'free', 'normal', :key, 1)", key=b"k")
    balances: dict[str, int] = {}
    for _, _, _, lines in _OLD_BOOK:
        for account_id, amount in lines.items():
            balances[account_id] = balances.get(account_id, 0) + amount
    for account_id, balance in balances.items():
        kind, owner = account_id.split(":")
        write("INSERT INTO account VALUES (:id, :kind, :owner, :n)", id=account_id, kind=kind, owner=owner, n=balance)
    for n, (posting_id, kind, request_id, lines) in enumerate(_OLD_BOOK, start=1_001):
        write(
            "INSERT INTO posting (posting_id, kind, store_id, member_id, request_id, actor, booked_ms)"
            " VALUES (:id, :kind, 's', 'm', :request, 'x', :n)",
            id=posting_id,
            kind=kind,
            request=request_id,
            n=n,
        )
        for line, (account_id, amount) in enumerate(lines.items()):
            write(
                "INSERT INTO entry VALUES (:id, :line, :account, :n)",
                id=posting_id,
                line=line,
                account=account_id,
                n=amount,
            )


@pytest.mark.thorough
def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Case 60."""
    settings = Settings.for_folder(tmp_path)
    cloud = build(settings)
    prepare(cloud)
    cloud.database.transact(lambda work: work.conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))

    with pytest.raises(StartError, match="9999"):
        prepare(cloud)
    cloud.database.close()


@pytest.mark.thorough
def test_keys_of_another_database_are_refused(tmp_path: Path) -> None:
    """With other keys every known number would become a second member."""
    settings = Settings.for_folder(tmp_path)
    first = build(settings)
    prepare(first)
    first.database.close()
    settings.secret_file.unlink()
    second = build(settings)

    with pytest.raises(StartError, match="key file"):
        prepare(second)
    second.database.close()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"field_key": "AA", "lookup_key": "AA"}', "\x00\xff"])
def test_a_damaged_key_file_stops_the_start_and_is_not_replaced(tmp_path: Path, content: str) -> None:
    """Case 63."""
    settings = Settings.for_folder(tmp_path)
    settings.secret_file.write_text(content, encoding="latin-1")

    with pytest.raises(StartError, match="key file"):
        build(settings)
    assert settings.secret_file.read_text(encoding="latin-1") == content


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    settings = Settings.for_folder(tmp_path)
    (tmp_path / "cloud.db").write_bytes(b"this is not a database, but a file of some length " * 50)
    cloud = build(settings)

    with pytest.raises(StartError, match="cannot be opened"):
        prepare(cloud)
    cloud.database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://"])
def test_addresses_that_are_no_database_are_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(StartError):
        build(Settings(url, tmp_path / "keys"))


@pytest.mark.thorough
def test_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    """WAL, FULL, foreign keys, one writer; readers cannot write."""
    cloud = build(Settings.for_folder(tmp_path))
    prepare(cloud)

    def pragmas(name: str) -> object:
        return cloud.database.transact(lambda work: work.conn.execute(text(f"PRAGMA {name}")).scalar_one())

    assert [pragmas(name) for name in ("journal_mode", "synchronous", "foreign_keys")] == ["wal", 2, 1]
    with cloud.database.read() as conn, pytest.raises(Exception, match="readonly"):
        conn.execute(text("UPDATE feed SET n = 1"))
    cloud.database.close()
