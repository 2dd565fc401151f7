"""Several server processes on one PostgreSQL: one truth, whoever is asked."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from tests.cloud_api.test_cloud_command import PROGRAM, ROOT, _enroll
from tests.cloud_api.test_stream import Reading, serving
from tests.cloud_api.world import Device, World
from withfom.commands import cloud

LIMIT_S = 30.0


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    from cloud_api.stores.service import Policy

    made = new_world(policy=Policy(request_timeout_ms=1_000))
    made.clock.now_ms = time.time_ns() // 1_000_000  # the processes have the real one
    return made


@contextlib.contextmanager
def _served(world: World, *words: str) -> Iterator[subprocess.Popen[str]]:
    settings = world.cloud.settings
    address = ["--database", settings.database_url, "--folder", str(settings.secret_file.parent), "--port", "0"]
    server = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "cloud", "serve", *address, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert server.stdout is not None
    try:
        yield server
    finally:
        if server.poll() is None:
            server.terminate()
        server.wait(LIMIT_S)
        server.stdout.close()


def _ready(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("withfom cloud ready: "), line
    return line.split()[-1]


@contextlib.contextmanager
def _streaming(url: str, device: Device) -> Iterator[Reading]:
    target = "/v1/sync/stream?cursor=1.0.0"
    headers = {"authorization": device.sign("GET", target, b"")}
    with httpx.Client(timeout=LIMIT_S) as client, client.stream("GET", url + target, headers=headers) as answer:
        assert answer.status_code == 200
        yield Reading(answer)


def _until(reading: Reading, state: str, count: int) -> list[dict[str, Any]]:
    """Rows of requests until ``count`` of them are in that state."""
    rows: list[dict[str, Any]] = []
    while sum(row["state"] == state for row in rows) < count:
        event = reading.next()
        assert event is not None
        if event.name == "row" and event.content["kind"] == "request":
            rows.append(event.content["body"])
    return rows


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_one_process_takes_another_delivers_and_each_request_is_decided_once(world: World) -> None:
    """NOTIFY between processes; two sweepers, one outcome (APR-07, I6)."""
    member = world.member()
    coupons = [world.coupon(member) for _ in range(4)]
    with _served(world) as first, _served(world) as second:
        here, there = _ready(first), _ready(second)
        device = _enroll(there, world.code())
        with _streaming(there, device) as reading:
            asked, took = [], []
            for coupon in coupons:
                body = {"kind": "coupon", "store_id": world.store.store_id, "member_id": member, "coupon_id": coupon}
                body |= {"idempotency_key": f"ask-{coupon}"}
                begun = time.monotonic()
                answer = httpx.post(here + "/v1/requests", json=body, headers={"authorization": f"Bearer {world.key}"})
                asked.append(answer.json()["request_id"])
                assert _until(reading, "requested", 1)[-1]["request_id"] == asked[-1]
                took.append(time.monotonic() - begun)
            # Well below the safety poll: somebody rang.
            assert min(took) < 0.5, took
            body_of_push = device.batch(*[device.seen(request_id) for request_id in asked])
            headers = {"authorization": device.sign("POST", "/v1/sync/push", body_of_push)}
            named = headers | {"content-type": "application/json"}
            assert httpx.post(here + "/v1/sync/push", content=body_of_push, headers=named).status_code == 200
            rows = _until(reading, "auto_approved", len(asked))

    decided = [row["request_id"] for row in rows if row["state"] == "auto_approved"]
    assert sorted(decided) == sorted(asked)
    assert world.sums()["coupons_used"] == len(asked)
    world.assert_book_is_sound()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at child processes through /proc")
@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_share_a_port_are_replaced_and_end_together(world: World) -> None:
    with _served(world, "--workers", "2") as server:
        url = _ready(server)
        children = _children(server.pid)
        assert len(children) >= 2
        device = _enroll(url, world.code())
        with contextlib.ExitStack() as stack:
            readings = [stack.enter_context(_streaming(url, device)) for _ in range(6)]
            for reading in readings:
                assert reading.next() is not None
            world.ask_coupon(member := world.member(), world.coupon(member))
            for reading in readings:
                assert _until(reading, "requested", 1)
        os.kill(_serving(server.pid)[0], signal.SIGKILL)
        _wait_for(lambda: len(_serving(server.pid)) == 2)
        assert httpx.get(url + "/v1/health").json()["status"] == "ok"
        server.send_signal(signal.SIGTERM)
        assert server.wait(LIMIT_S) == 0
    _wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def _children(pid: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(place.read_text().rpartition(") ")[2].split()[1]) == pid:
                found.append(int(place.parent.name))
    return sorted(found)


def _serving(pid: int) -> list[int]:
    """Children that run the server; the other one is multiprocessing's resource tracker."""
    return [child for child in _children(pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_several_processes_on_sqlite_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser(prog="withfom")
    cloud.register(parser.add_subparsers(dest="command", required=True))
    words = ["cloud", "serve", "--folder", str(tmp_path), "--port", "0", "--workers", "2"]

    code = cloud.run(parser.parse_args(words))

    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert "PostgreSQL" in err
    assert len(err.splitlines()) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.expect_log(r"feed_bell_lost")
def test_a_bell_that_loses_its_connection_comes_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then the poll is quick again."""
    from cloud_api.gateway import bell

    monkeypatch.setattr(bell, "RETRY_S", 0.02)

    def listeners() -> list[int]:
        with engine.connect() as conn:
            query = "SELECT pid FROM pg_stat_activity WHERE query = :query"
            return [row.pid for row in conn.execute(text(query), {"query": f"LISTEN {bell.CHANNEL}"})]

    engine = create_engine(world.cloud.settings.database_url, isolation_level="AUTOCOMMIT")
    try:
        _wait_for(lambda: len(listeners()) == 1)
        (before,) = listeners()
        with engine.connect() as conn:
            conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
        _wait_for(lambda: listeners() not in ([], [before]))
    finally:
        engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_row_whose_bell_was_never_rung_is_found_by_the_safety_poll(new_world: Callable[..., World]) -> None:
    """Two servers on one database; NOTIFY is a hint, the table is the truth."""
    here, there = new_world(), new_world()
    for world in (here, there):
        world.clock.now_ms = time.time_ns() // 1_000_000
    device = here.device()
    member = here.member()
    coupons = [here.coupon(member) for _ in range(2)]
    ring = here.cloud.hub._tell_others
    with serving(there) as url, _streaming(url, device) as reading:
        took = []
        for heard, coupon in ((True, coupons[0]), (False, coupons[1])):
            here.cloud.hub.tell_others(ring if heard else None)
            begun = time.monotonic()
            asked = here.ask_coupon(member, coupon)["request_id"]
            assert _until(reading, "requested", 1)[-1]["request_id"] == asked
            took.append(time.monotonic() - begun)

    assert took[1] < here.cloud.settings.safety_poll_ms / 1000 + 2
