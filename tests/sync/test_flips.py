"""Torn logs and flipped bits: a prefix of what was confirmed, or a loud answer; never a silently wrong queue."""

from __future__ import annotations

import logging
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import backup
from sync.chain import verify_chain
from sync.engine import Halted, Idle
from sync.errors import StoreError
from sync.store import FILE_NAME
from tests.helpers.devices import Bench, enrolled
from tests.sync.test_rebuild import Cloud, line, send_all

PAGE = 4096
WAL = f"{FILE_NAME}-wal"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Damage is the point here; every case logs it."""
    logging.getLogger("sync").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("sync").setLevel(logging.NOTSET)


def crashed_copy(bench: Bench, folder: Path) -> None:
    """The files as a power cut leaves them: no checkpoint, the log beside the file."""
    folder.mkdir()
    for name in (FILE_NAME, WAL):
        shutil.copy(bench.store.folder / name, folder / name)


@pytest.fixture
def torn(tmp_path: Path) -> tuple[Path, list[str]]:
    """A file with ten operations checkpointed and thirty more in its log, and their ids in order."""
    bench = enrolled(tmp_path / "whole")
    ids = [bench.append({"n": n}, phone="+821012345678").op_id for n in range(10)]
    bench.store.close()
    bench = enrolled(tmp_path / "whole")
    ids += [bench.append({"n": n}, phone="+821012345678").op_id for n in range(30)]
    crashed_copy(bench, tmp_path / "crashed")
    bench.store.close()
    return tmp_path / "crashed", ids


def test_a_log_cut_at_any_offset_leaves_a_prefix_of_the_confirmed_operations(
    tmp_path: Path, torn: tuple[Path, list[str]]
) -> None:
    """Case 59. Offsets at, beside and between frame ends; each prefix verifies and takes new operations."""
    folder, ids = torn
    log = (folder / WAL).read_bytes()
    frame = PAGE + 24
    rng = random.Random(59)
    offsets = {0, 1, 31, 32, len(log) - 1, len(log)}
    offsets |= {32 + n * frame + beside for n in range(len(log) // frame + 1) for beside in (-1, 1)}
    offsets |= {rng.randrange(len(log)) for _ in range(30)}
    lengths = set()
    for number, offset in enumerate(sorted(offset for offset in offsets if 0 <= offset <= len(log))):
        cut = tmp_path / f"cut-{number}"
        shutil.copytree(folder, cut)
        (cut / WAL).write_bytes(log[:offset])
        bench = enrolled(cut)
        try:
            assert bench.store.set_aside is None
            found = [row[0] for row in bench.rows("SELECT op_id FROM outbox ORDER BY seq")]
            assert found == ids[: len(found)]
            assert len(found) >= 10
            assert bench.append({"n": 99}).seq == len(found) + 1
            with bench.store.read() as conn:
                assert verify_chain(conn, bench.cipher) is None
        finally:
            bench.store.close()
        shutil.rmtree(cut)
        lengths.add(len(found))
    assert lengths == set(range(10, 41))  # every prefix was seen, the whole one too


def test_a_flipped_bit_in_the_log_leaves_a_prefix_too(tmp_path: Path, torn: tuple[Path, list[str]]) -> None:
    folder, ids = torn
    log = (folder / WAL).read_bytes()
    rng = random.Random(60)
    for number in range(80):
        cut = tmp_path / f"flip-{number}"
        shutil.copytree(folder, cut)
        flipped = bytearray(log)
        flipped[rng.randrange(len(log))] ^= 1 << rng.randrange(8)
        (cut / WAL).write_bytes(flipped)
        bench = enrolled(cut)
        try:
            found = [row[0] for row in bench.rows("SELECT op_id FROM outbox ORDER BY seq")]
            assert found == ids[: len(found)]
            with bench.store.read() as conn:
                assert verify_chain(conn, bench.cipher) is None
        finally:
            bench.store.close()
        shutil.rmtree(cut)


def outcome_of(folder: Path, truth: dict[str, dict[str, object]]) -> str:
    """Opens a file with one changed bit and sends its queue; says how it was found, or fails when it was not.

    Whatever reaches the cloud must be word for word what was confirmed; what does not reach it must be named.
    """
    try:
        bench = enrolled(folder)
    except StoreError:
        return "refused"
    except Exception as loud:  # a changed schema or value that does not read: the program does not start, and says so
        return f"loud {type(loud).__name__}"
    try:
        cloud = Cloud()
        cloud.epoch = 0
        try:
            ended = send_all(line_for(bench, cloud))
        except Exception as loud:
            return f"loud {type(loud).__name__}"
        for op_id, body in cloud.taken.items():
            assert truth.get(op_id) == body, "a changed operation reached the cloud"
        missing = truth.keys() - cloud.taken.keys()
        report = bench.store.restored()
        if not missing:
            return "harmless" if report is None else "restored whole"
        if isinstance(ended, Halted):
            return f"halted {ended.reason}"
        assert ended == Idle()
        parked = {row[0] for row in bench.rows("SELECT op_id FROM outbox WHERE status = 'parked'")}
        named = report is not None and (report.lost_ops or report.unreadable or not report.end_known)
        assert missing <= parked or named, f"{len(missing)} operations are gone and nobody says so"
        return "restored with a named gap"
    finally:
        bench.store.close()


def line_for(bench: Bench, cloud: Cloud):  # type: ignore[no-untyped-def]
    with bench.store.read() as conn:
        identity = conn.execute("SELECT value FROM meta WHERE key = 'device.identity'").fetchone()
    if identity is not None and '"epoch": 1' in identity[0]:
        cloud.epoch = 1
    return line(bench, cloud)


FLIPS = int(os.environ.get("WITHFOM_FLIPS", "160"))  # more by night


def test_one_flipped_bit_anywhere_is_found_or_does_no_harm(tmp_path: Path) -> None:
    """Case 58, with a backup from before half of the operations. Bits over all pages, more in those of the queue."""
    bench = enrolled(tmp_path / "whole")
    truth: dict[str, dict[str, object]] = {}
    for n in range(40):
        phone = "+821012345678" if n % 3 else None
        op_id = bench.append({"n": n, "points": 45}, phone=phone).op_id
        truth[op_id] = {"n": n, "points": 45, **({"phone": phone} if phone else {})}
        if n == 20:
            backup.make(bench.store, bench.clock)
    bench.store.close()
    raw = (tmp_path / "whole" / FILE_NAME).read_bytes()
    pages = [n for n in range(len(raw) // PAGE) if raw[n * PAGE : (n + 1) * PAGE].strip(b"\0")]
    queue = [
        n
        for n in pages
        if b'"points"' in raw[n * PAGE : (n + 1) * PAGE] or b"pending" in raw[n * PAGE : (n + 1) * PAGE]
    ]
    rng = random.Random(58)
    outcomes: Counter[str] = Counter()
    for number in range(FLIPS):
        page = rng.choice(queue if number % 2 else pages)
        used = [at for at in range(page * PAGE, (page + 1) * PAGE) if raw[at]] or [page * PAGE]
        at = rng.choice(used) if number % 4 else page * PAGE + rng.randrange(PAGE)
        flipped = bytearray(raw)
        flipped[at] ^= 1 << rng.randrange(8)
        folder = tmp_path / f"flip-{number}"
        shutil.copytree(tmp_path / "whole", folder)
        (folder / FILE_NAME).write_bytes(flipped)
        outcomes[outcome_of(folder, truth)] += 1
        shutil.rmtree(folder)

    assert set(outcomes) == {"harmless", "restored whole", "restored with a named gap"}, outcomes


def test_a_sealed_part_that_was_changed_is_never_sent(tmp_path: Path) -> None:
    """Case 62 beside: the cell authenticates itself, and the queue goes on without it."""
    bench = enrolled(tmp_path)
    try:
        ids = [bench.append({"n": n}, phone="+821012345678").op_id for n in range(3)]
        with bench.store.transaction() as conn:
            sealed = bytearray(conn.execute("SELECT sealed FROM outbox WHERE seq = 2").fetchone()[0])
            sealed[20] ^= 4
            conn.execute("UPDATE outbox SET sealed = ? WHERE seq = 2", (bytes(sealed),))
        cloud = Cloud()
        ended = send_all(line(bench, cloud))

        assert ended == Idle()
        assert list(cloud.taken) == [ids[0], ids[2]]
        assert bench.rows("SELECT op_id, code FROM outbox WHERE status = 'parked'") == [(ids[1], "secret_unreadable")]
    finally:
        bench.store.close()


def test_sealed_parts_that_were_swapped_are_never_sent(tmp_path: Path) -> None:
    """Case 62: each is whole and of the right key, and stands in the wrong place."""
    bench = enrolled(tmp_path)
    try:
        ids = [bench.append({"n": n}, phone=f"+8210123456{n:02d}").op_id for n in range(4)]
        cells = bench.rows("SELECT sealed FROM outbox WHERE seq IN (2, 3) ORDER BY seq")
        with bench.store.transaction() as conn:
            for seq, cell in ((2, cells[1][0]), (3, cells[0][0])):
                conn.execute("UPDATE outbox SET sealed = ? WHERE seq = ?", (cell, seq))
        cloud = Cloud()
        ended = send_all(line(bench, cloud))

        assert ended == Idle()
        assert list(cloud.taken) == [ids[0], ids[3]]
        assert bench.rows("SELECT code FROM outbox WHERE status = 'parked'") == [("secret_unreadable",)] * 2
    finally:
        bench.store.close()
