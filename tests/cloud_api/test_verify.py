"""Whoever rewrites the book past the program is found out, and the first wrong row is named (case 61; PNT-01)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.ledger.expiry import expire_all
from cloud_api.ledger.verify import BookReport, rebuild, verify
from cloud_api.requests.sweeper import sweep
from cloud_api.settings import Settings
from cloud_api.stores.service import Policy
from tests.cloud_api.world import OTHER_PHONE, Device, World, new_id


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def busy(request: pytest.FixtureRequest, key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A book with every kind of posting: a member with points, holds, a debt repaid, an expiry, a correction. One for
    all of these tests: each undoes what it forged, and says so."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("busy") / "cloud.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("empty_postgres")()
    with World(Settings(url, key_file, sweeper=False, trust_every_ms=50), policy=Policy(lot_valid_days=30)) as world:
        _fill(world)
        yield world


def _fill(world: World) -> None:
    device = world.device()
    member = world.member()
    device.push(device.earn(30_000, phone=OTHER_PHONE), device.earn(20_000))
    world.clock.advance(20 * DAY_MS)
    device.push(device.earn(10_000, fingerprint="a"))
    _spend(world, device, member, 120)
    returned = _spend(world, device, member, 40)
    device.push(device.recover(returned), device.reverse(sale_fingerprint="a", amount_won=10_000))
    asked = world.ask_points(member, 30)
    device.push(device.decide(asked["request_id"], "reject"))
    _let_time_run_out(world, device, world.ask_points(member, 5)["request_id"])
    body = {"store_id": world.store.store_id, "member_id": member, "points": 77, "reason": "누락분", "by": "김본사"}
    world.ok("POST", "/v1/adjustments", body | {"idempotency_key": new_id("adjust")})
    world.clock.advance(10 * DAY_MS)
    expire_all(world.cloud.database)
    world.ask_points(member, 11)
    world.assert_book_is_sound()


def _spend(world: World, device: Device, member: str, points: int) -> str:
    request_id = str(world.ask_points(member, points)["request_id"])
    device.push(device.decide(request_id))
    return request_id


def _let_time_run_out(world: World, device: Device, request_id: str) -> None:
    device.push(device.seen(request_id))
    world.clock.advance(61_500)
    assert sweep(world.cloud.database, world.clock()).auto_approved == 1


class _Undo(Exception):
    pass


def _report_after(world: World, *statements: str) -> BookReport:
    """What verify says after somebody rewrote the database with its guards switched off; all of it is undone."""
    reports = []

    def forge(work: Work) -> None:
        if world.cloud.database.is_sqlite:
            work.conn.execute(text("PRAGMA defer_foreign_keys = ON"))
            for name in (
                work.conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            ):
                work.conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            work.conn.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            assert work.conn.execute(text(statement)).rowcount > 0, statement
        reports.append(verify(work.conn))
        raise _Undo

    with pytest.raises(_Undo):
        world.cloud.database.transact(forge)
    world.assert_book_is_sound()
    return reports[0]


def _one(world: World, query: str) -> str:
    with world.cloud.database.read() as conn:
        return str(conn.execute(text(f"{query} LIMIT 1")).scalar_one())


_MINE = "(SELECT member_id FROM adjustment)"
_EARN = f"(SELECT posting_id FROM earn WHERE member_id = {_MINE} AND status = 'posted')"


@pytest.mark.parametrize(
    ("rule", "named", "statements"),
    [
        pytest.param(
            "balance",
            f"SELECT account_id FROM account WHERE kind = 'member' AND owner_id = {_MINE}",
            [f"UPDATE account SET balance = balance + 1000 WHERE kind = 'member' AND owner_id = {_MINE}"],
            id="a balance",
        ),
        pytest.param(
            "lots_of_member",
            f"SELECT account_id FROM account WHERE kind = 'member' AND owner_id = {_MINE}",
            [f"UPDATE account SET balance = balance + 1000 WHERE kind = 'member' AND owner_id = {_MINE}"],
            id="a balance beside its lots",
        ),
        pytest.param(
            "unbalanced",
            f"SELECT posting_id FROM earn WHERE posting_id = {_EARN}",
            [f"UPDATE entry SET amount = amount + 1 WHERE posting_id = {_EARN} AND line = 1"],
            id="an entry",
        ),
        pytest.param(
            "unbalanced",
            f"SELECT posting_id FROM earn WHERE posting_id = {_EARN}",
            [f"DELETE FROM entry WHERE posting_id = {_EARN}"],
            id="entries taken out",
        ),
        pytest.param(
            "orphan",
            f"SELECT posting_id FROM earn WHERE posting_id = {_EARN}",
            [f"DELETE FROM posting WHERE posting_id = {_EARN}"],
            id="a posting taken out",
        ),
        pytest.param(
            "receipt",
            f"SELECT posting_id FROM earn WHERE posting_id = {_EARN}",
            [
                f"UPDATE entry SET amount = amount * 2 WHERE posting_id = {_EARN}",
                f"UPDATE lot SET points = points * 2, remaining = remaining + points WHERE posting_id = {_EARN}",
            ],
            id="an earn raised on both sides and in its lot",
        ),
        pytest.param(
            "receipt",
            f"SELECT posting_id FROM earn WHERE posting_id = {_EARN}",
            [f"UPDATE earn SET points = points + 1 WHERE posting_id = {_EARN}"],
            id="what a receipt earned",
        ),
        pytest.param(
            "taken_back",
            f"SELECT posting_id FROM earn WHERE posting_id = {_EARN}",
            [f"UPDATE posting SET reverses_id = {_EARN} WHERE kind IN ('adjustment', 'hold')"],
            id="an earn taken back twice",
        ),
        pytest.param(
            "lots_of_posting",
            "SELECT posting_id FROM adjustment",
            ["UPDATE lot SET points = 1000, remaining = 1000 WHERE posting_id = (SELECT posting_id FROM adjustment)"],
            id="the points of a lot",
        ),
        pytest.param(
            "lot",
            "SELECT posting_id FROM adjustment",
            ["UPDATE lot SET remaining = 0 WHERE posting_id = (SELECT posting_id FROM adjustment)"],
            id="the rest of a lot",
        ),
        pytest.param(
            "lot",
            f"SELECT lot_posting_id FROM lot_use WHERE lot_posting_id = {_EARN}",
            [f"DELETE FROM lot_use WHERE lot_posting_id = {_EARN}"],
            id="uses of a lot taken out",
        ),
        pytest.param(
            "lots_of_posting",
            "SELECT posting_id FROM posting WHERE kind = 'expiry'",
            [
                "UPDATE lot_use SET points = points - 1 WHERE posting_id IN (SELECT posting_id FROM posting"
                " WHERE kind = 'expiry')"
            ],
            id="a use of a lot",
        ),
        pytest.param(
            "foreign_lot",
            "SELECT posting_id FROM adjustment",
            ["UPDATE lot SET member_id = 'somebody' WHERE posting_id = (SELECT posting_id FROM adjustment)"],
            id="whose lot it is",
        ),
        pytest.param(
            "held",
            "SELECT request_id FROM request WHERE state = 'requested'",
            ["UPDATE request SET points = 1 WHERE state = 'requested'"],
            id="what an open request waits for",
        ),
        pytest.param(
            "held",
            "SELECT request_id FROM request WHERE state = 'auto_approved'",
            ["UPDATE request SET state = 'rejected' WHERE state = 'auto_approved'"],
            id="how a request ended",
        ),
        pytest.param(
            "held_by_nothing",
            "SELECT request_id FROM request WHERE state = 'auto_approved'",
            [
                "UPDATE posting SET request_id = 'other' WHERE request_id ="
                " (SELECT request_id FROM request WHERE state = 'auto_approved')"
            ],
            id="the request of postings",
        ),
        pytest.param(
            "road",
            f"SELECT posting_id FROM earn WHERE posting_id = {_EARN}",
            [f"UPDATE posting SET op_id = 'other' WHERE posting_id = {_EARN}"],
            id="the operation of a posting",
        ),
        pytest.param(
            "road",
            "SELECT posting_id FROM posting WHERE kind = 'reversal'",
            ["UPDATE posting SET reverses_id = NULL WHERE kind = 'reversal'"],
            id="what a reversal takes back",
        ),
        pytest.param(
            "road",
            "SELECT posting_id FROM adjustment",
            ["UPDATE posting SET actor = '' WHERE kind = 'adjustment'"],
            id="who acted",
        ),
        pytest.param(
            "road",
            "SELECT posting_id FROM adjustment",
            ["DELETE FROM adjustment"],
            id="the correction behind a posting",
        ),
    ],
)
def test_what_was_rewritten_is_named(busy: World, rule: str, named: str, statements: list[str]) -> None:
    """Case 61, I1, I6."""
    row = _one(busy, named)

    report = _report_after(busy, *statements)

    assert not report.sound
    assert row in report.of_rule(rule), report


@pytest.mark.parametrize("column", ["member_id", "definition_id"])
def test_a_coupon_of_nothing_is_named(busy: World, column: str) -> None:
    """I6: the database itself does not look (docs/adr/0029)."""
    kept, lost = busy.coupon(busy.member()), busy.coupon(busy.member())

    report = _report_after(busy, f"UPDATE coupon SET {column} = 'nothing' WHERE coupon_id = '{lost}'")

    assert report.of_rule("foreign_coupon") == [lost]
    assert kept != lost


def test_points_out_of_nowhere_are_named_however_well_they_balance(busy: World) -> None:
    """Case 61: entries, balances and lot agree, but nothing at any counter led to them."""
    member = _one(busy, f"SELECT {_MINE}")
    store = busy.store.store_id

    report = _report_after(
        busy,
        "INSERT INTO posting (posting_id, kind, store_id, member_id, op_id, actor, booked_ms)"
        f" SELECT 'forged', 'earn', '{store}', '{member}', op_id, 'x', 1 FROM earn WHERE posting_id = {_EARN}",
        f"INSERT INTO entry VALUES ('forged', 0, 'store_issuance:{store}', -500)",
        f"INSERT INTO entry VALUES ('forged', 1, 'member:{member}', 500)",
        f"INSERT INTO lot VALUES ('{member}', 9000000000000, 'forged', 500, 500)",
        f"UPDATE account SET balance = balance + 500 WHERE account_id = 'member:{member}'",
        f"UPDATE account SET balance = balance - 500 WHERE account_id = 'store_issuance:{store}'",
    )

    assert [(found.rule, found.row) for found in report.findings if found.rule != "guard"] == [("road", "forged")]


def test_a_missing_trigger_is_named(busy: World) -> None:
    name = "entry_no_update" if busy.cloud.database.is_sqlite else "entry_immutable"
    where = "" if busy.cloud.database.is_sqlite else " ON entry"
    reports = []

    def drop(work: Work) -> None:
        work.conn.execute(text(f"DROP TRIGGER {name}{where}"))
        reports.append(verify(work.conn))
        raise _Undo

    with pytest.raises(_Undo):
        busy.cloud.database.transact(drop)

    assert reports[0].of_rule("guard") == [name]
    busy.assert_book_is_sound()


def test_caches_are_rebuilt_from_the_book(busy: World) -> None:
    member = busy.member()
    before = busy.points(member)

    def spoil(work: Work) -> None:
        work.conn.execute(text("UPDATE account SET balance = balance + 3 WHERE kind IN ('member', 'store_issuance')"))
        work.conn.execute(text("UPDATE lot SET remaining = points WHERE remaining < points"))

    busy.cloud.database.transact(spoil)
    with busy.cloud.database.read_moment() as conn:
        report = verify(conn)
    assert f"member:{member}" in report.of_rule("balance")
    assert report.of_rule("lot")

    assert busy.cloud.database.transact(rebuild) > 3
    assert busy.cloud.database.transact(rebuild) == 0

    busy.assert_book_is_sound()
    assert busy.points(member) == before
