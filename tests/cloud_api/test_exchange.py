"""What travels together: all of it or nothing, the same on both databases; and who is remembered is not believed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from cloud_api.bulk import add_to_column
from cloud_api.database import Work
from cloud_api.devices.enrollment import revoke
from cloud_api.devices.keys import OLD_KEY_HOLDS_MS
from cloud_api.devices.models import nonce
from cloud_api.exchange import Asked, NothingChanged, Statement, among, of_rows, rows_listed, together
from tests.cloud_api.test_device_keys import ask
from tests.cloud_api.world import PUSH, World, statuses

_NOTE = Statement("INSERT INTO nonce (device_id, jti, seen_ms) VALUES ($1, $2, $3)")
_TOUCH = Statement("UPDATE nonce SET seen_ms = $2 WHERE jti = $1", must_change=True)
_ALL = Statement("SELECT jti, seen_ms FROM nonce ORDER BY jti")
_KEEP = Statement(
    "INSERT INTO bulk_item (device_id, item_id, store_id, kind, sealed, received_ms) VALUES ($1, $2, $3, $4, $5, $6)"
)
_KEPT = Statement("SELECT device_id, sealed, received_ms FROM bulk_item WHERE item_id = $1")


def nonces(world: World) -> list[tuple[str, int]]:
    return world.cloud.database.transact(lambda work: work.ask(Asked(_ALL, ())))


def test_what_is_left_for_later_is_there_for_whoever_looks_and_after_the_commit(world: World) -> None:
    def job(work: Work) -> tuple[list[tuple[object, ...]], object]:
        work.later(_NOTE, "d", "first", 2**52)
        seen = work.ask(Asked(_ALL, ()))
        work.later(_NOTE, "d", "second", 7)
        return seen, work.conn.execute(text("SELECT count(*) FROM nonce")).scalar_one()

    assert world.cloud.database.transact(job) == ([("first", 2**52)], 2)
    assert nonces(world) == [("first", 2**52), ("second", 7)]


def test_a_write_that_fails_beside_the_commit_takes_everything_with_it(world: World) -> None:
    def job(work: Work) -> None:
        work.later(_NOTE, "d", "once", 1)
        work.later(_NOTE, "d", "twice", 1)
        work.later(_NOTE, "d", "twice", 2)

    with pytest.raises(IntegrityError):
        world.cloud.database.transact(job)
    assert nonces(world) == []


def test_a_row_that_must_change_and_is_not_there_stops_the_commit(world: World) -> None:
    class Missing(Exception):
        pass

    def job(work: Work, *, or_else: Exception | None) -> None:
        work.later(_NOTE, "d", "here", 1)
        work.later(_TOUCH, "here", 2, or_else=or_else)
        work.later(_TOUCH, "nowhere", 2, or_else=or_else)

    for or_else, raised in ((Missing(), Missing), (None, NothingChanged)):
        with pytest.raises(raised):
            world.cloud.database.transact(lambda work, or_else=or_else: job(work, or_else=or_else))
        assert nonces(world) == []


def test_values_come_back_as_they_went(world: World) -> None:
    sealed = bytes(range(256))

    def job(work: Work) -> list[tuple[object, ...]]:
        work.later(_KEEP, "한글 \\ \t 'quoted'", "i", "s", "k", sealed, -(2**60))
        return work.ask(Asked(_KEPT, ("i",)))

    assert world.cloud.database.transact(job) == [("한글 \\ \t 'quoted'", sealed, -(2**60))]


def test_lists_of_none_one_and_many_are_asked_for_alike(world: World) -> None:
    names = ["a", "b b", "c'c"]

    def job(work: Work) -> list[list[str]]:
        for name in names:
            work.later(_NOTE, "d", name, 1)
        words = "SELECT jti FROM nonce WHERE device_id = $1 AND jti {wanted} ORDER BY jti"
        wanted = ([], ["b b"], ["c'c", "a", "nobody"])
        return [[row[0] for row in work.ask(among(work, words, {"wanted": items}, "d"))] for items in wanted]

    assert world.cloud.database.transact(job) == [[], ["b b"], ["a", "c'c"]]


def test_rows_are_asked_for_by_all_of_their_columns(world: World) -> None:
    """Neither is a row found that has one column of one wanted row and one of another."""
    statement = of_rows(
        "SELECT nonce.jti, nonce.seen_ms FROM ({wanted}) AS wanted"
        " JOIN nonce ON nonce.jti = wanted.jti AND nonce.seen_ms = wanted.seen_ms ORDER BY 1, 2",
        jti="TEXT",
        seen_ms="BIGINT",
    )

    def job(work: Work) -> list[list[tuple[object, ...]]]:
        for name, seen_ms in (("a", 2**52), ('b"b', 7), ("c,c", 2**52)):
            work.later(_NOTE, "d", name, seen_ms)
        wanted = ([("a", 2**52), ('b"b', 7)], [("a", 7), ('b"b', 2**52)], [("c,c", 2**52)])
        return [work.ask(Asked(statement, rows_listed(rows, postgres=work.postgres))) for rows in wanted]

    assert world.cloud.database.transact(job) == [[("a", 2**52), ('b"b', 7)], [], [("c,c", 2**52)]]


@pytest.mark.parametrize("count", [2, 40])
def test_a_balance_that_is_not_there_stops_the_others(world: World, count: int) -> None:
    """PNT-01: few are moved one by one, many together; either way all of them or none."""

    class Missing(Exception):
        pass

    def job(work: Work, names: list[str]) -> None:
        add_to_column(work, nonce, "jti", "seen_ms", dict.fromkeys(names, 5), or_else=Missing())

    names = [f"n{n:02d}" for n in range(count)]
    with world.cloud.database.schema_connection() as conn:
        conn.execute(nonce.insert(), [{"device_id": "d", "jti": name, "seen_ms": 1} for name in names])

    with pytest.raises(Missing):
        world.cloud.database.transact(lambda work: job(work, [*names, "nobody"]))
    assert {seen for _, seen in nonces(world)} == {1}
    world.cloud.database.transact(lambda work: job(work, names))
    assert {seen for _, seen in nonces(world)} == {6}


def test_more_than_the_line_takes_at_once_arrives_whole(world: World) -> None:
    """Several megabytes out, several back: nobody waits for the other to read first."""
    sealed = b"\x00\xff" * 1_500_000

    def job(work: Work) -> list[bytes]:
        kept = [Asked(_KEEP, ("d", f"i{n}", "s", "k", sealed, n)) for n in range(3)]
        looked = [Asked(_KEPT, (f"i{n}",)) for n in range(3)]
        return [row[1] for answer in work.exchange(*kept, *looked) for row in answer.rows]

    assert world.cloud.database.transact(job) == [sealed] * 3


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_nul_in_a_text_is_refused_and_not_taken_for_its_end(world: World) -> None:
    with pytest.raises(DBAPIError):
        world.cloud.database.transact(lambda work: work.exchange(Asked(_NOTE, ("d", "half\0other half", 1))))
    assert nonces(world) == []


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_server_forgot_is_prepared_again(world: World) -> None:
    device = world.device()
    assert statuses(device.push(device.earn())) == ["applied"]
    for _ in range(2):
        with world.cloud.database.read() as conn:  # the pool gives the connection that the push had
            conn.execute(text("DEALLOCATE ALL"))
        assert statuses(device.push(device.earn())) == ["applied"]
    world.assert_book_is_sound()


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_single_question_is_asked_again_when_the_server_forgot_it(world: World) -> None:
    """A refused write before it makes the driver drop what was prepared on the connection."""
    member = world.member()
    for _ in range(2):
        assert world.points(member) == (0, 0, 0)
        with world.cloud.database.read() as conn:
            conn.execute(text("DEALLOCATE ALL"))
    assert world.points(member) == (0, 0, 0)


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lost_connection_is_an_error_of_the_database_and_the_next_one_is_another(world: World) -> None:
    def job(work: Work) -> int:
        with world.cloud.database.read() as other:
            mine = work.ask(Asked(Statement("SELECT pg_backend_pid()"), ()))[0][0]
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine}).all()
        return len(work.ask(Asked(_ALL, ())))

    with pytest.raises(DBAPIError):
        world.cloud.database.transact(job)
    assert nonces(world) == []


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_statements_after_a_failed_one_are_prepared_when_they_are_asked_again(world: World) -> None:
    """What the server skipped is not taken for prepared."""
    never = Statement("SELECT 1 / (n - n) FROM feed")
    after = Statement("SELECT 41 + 1")
    with world.cloud.database.read() as conn:
        with pytest.raises(DBAPIError):
            together(conn, [Asked(never, ()), Asked(after, ())])
        conn.rollback()
        assert together(conn, [Asked(after, ())])[0].rows == [(42,)]


def test_a_device_that_is_remembered_is_shut_out_at_once_when_it_is_revoked(world: World) -> None:
    device = world.device()
    assert statuses(device.push(device.earn())) == ["applied"]
    world.cloud.database.transact(lambda work: revoke(work, device.device_id))

    answer = device.push_raw(device.batch(device.earn()))

    assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked")
    assert world.points(world.member()) == (45, 0, 0)


def test_a_key_that_is_remembered_ends_when_it_ends(world: World) -> None:
    device, fresh = world.device(), Ed25519PrivateKey.generate()
    assert statuses(device.push(device.earn())) == ["applied"]
    assert ask(device, fresh).status_code == 200
    body = device.batch(device.earn())

    def push(key: Ed25519PrivateKey | None) -> tuple[int, str | None]:
        named = {"authorization": device.sign("POST", PUSH, body, key=key), "content-type": "application/json"}
        answer = world.http.post(PUSH, content=body, headers=named)
        return answer.status_code, answer.json().get("code")

    assert push(None) == (200, None)
    world.clock.advance(OLD_KEY_HOLDS_MS)
    assert push(None) == (401, "bad_signature")
    assert push(fresh) == (200, None)
    assert push(None) == (401, "bad_signature")
