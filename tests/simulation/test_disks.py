"""Simulated disks: what a crash leaves is exactly what was committed."""

from __future__ import annotations

import pytest

from simulation.disks import AFTER, BEFORE, Disk, MemoryStore
from simulation.ground import prepare_ground
from simulation.outcomes import Crash


def numbers(disk: Disk) -> list[int]:
    return [row[0] for row in disk.open().execute("SELECT n FROM t ORDER BY n")]


def disk_with_table() -> Disk:
    disk = Disk("pc", b"")
    conn = disk.open()
    conn.execute("CREATE TABLE t (n INTEGER)")
    disk.pull_plug(conn)
    return disk


@pytest.mark.parametrize(("when", "left"), [(BEFORE, [1]), (AFTER, [1, 2])])
def test_a_crash_at_a_commit_leaves_what_was_durable_then(when: str, left: list[int]) -> None:
    disk = disk_with_table()
    conn = disk.open()
    disk.plan_crash(2, when)
    conn.execute("BEGIN")
    conn.execute("INSERT INTO t VALUES (1)")
    conn.execute("COMMIT")
    conn.execute("BEGIN")
    conn.execute("INSERT INTO t VALUES (2)")

    with pytest.raises(Crash):
        conn.execute("COMMIT")

    assert numbers(disk) == left


def test_power_lost_inside_a_transaction_leaves_nothing_of_it() -> None:
    disk = disk_with_table()
    conn = disk.open()
    conn.execute("BEGIN")
    conn.execute("INSERT INTO t VALUES (1)")

    disk.pull_plug(conn)

    assert numbers(disk) == []


def test_the_driver_s_own_commit_crashes_as_well() -> None:
    """SQLAlchemy does not say COMMIT, it calls commit()."""
    disk = disk_with_table()
    conn = disk.open()
    disk.plan_crash(1, BEFORE)
    conn.execute("BEGIN")
    conn.execute("INSERT INTO t VALUES (1)")

    with pytest.raises(Crash):
        conn.commit()

    assert numbers(disk) == []


def test_what_is_left_over_of_a_crashed_program_can_do_nothing() -> None:
    device = prepare_ground().devices[0]
    store = MemoryStore(Disk(device.name, device.image))
    store.dead = True

    with pytest.raises(Crash), store.transaction():
        raise AssertionError("not reached")
    with pytest.raises(Crash), store.read():
        raise AssertionError("not reached")
