"""Forgetting: old feed rows with a clear answer to those who still want them, nonces, answers, uploads."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from cloud_api import pruning
from cloud_api.clock import DAY_MS
from cloud_api.devices.models import nonce
from cloud_api.gateway.models import bulk_item
from cloud_api.integrators.models import idempotent_call
from cloud_api.pruning import Keep, Pruned, prune
from tests.cloud_api.test_cloud_command import _run
from tests.cloud_api.world import World

OLD_MS = 90 * DAY_MS + 1


def test_old_rows_are_gone_and_who_wants_them_is_told_where_to_start(world: World) -> None:
    device = world.device()
    device.push(*[device.earn() for _ in range(5)])
    stale = device.pull(limit=3)["cursor"]
    behind = device.pull()["cursor"]
    world.clock.advance(OLD_MS)
    device.push(device.earn())

    gone = prune(world.cloud.database, world.clock(), Keep())

    assert gone.feed_rows == 7  # profile, policy and five earns
    assert [row["n"] for row in device.pull(behind)["rows"]] == [7]
    for cursor in ("1.0.0", stale, "1.5.1", "1.6.0", "x"):
        refused = device.get(f"/v1/sync/pull?cursor={cursor}")
        assert (refused.status_code, refused.json()["code"]) == (410, "cursor_reset")
        assert (refused.json()["generation"], refused.json()["cursor"]) == (1, "1.6.1")
    assert [row["n"] for row in device.pull("1.6.1")["rows"]] == [7]
    assert world.device().welcome["cursor"] == "1.6.1"
    device.push(device.earn())
    assert [row["n"] for row in device.pull(behind)["rows"]] == [7, 8]
    assert prune(world.cloud.database, world.clock(), Keep()).feed_rows == 0


def test_rows_go_in_short_steps_and_never_in_the_middle(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "ROWS_AT_ONCE", 3)
    device = world.device()
    device.push(*[device.earn() for _ in range(7)])
    world.clock.advance(OLD_MS)
    device.push(device.earn())
    world.clock.advance(-1_000)  # a clock that was set back: an older time behind a newer one
    device.push(device.earn())
    world.clock.advance(500 + OLD_MS)

    gone = prune(world.cloud.database, world.clock(), Keep())

    assert gone.feed_rows == 8 + 1
    assert [row["n"] for row in device.pull("1.8.1")["rows"]] == [9, 10]


def test_nonces_answers_and_uploads_end_when_their_time_is_over(world: World) -> None:
    device = world.device()
    body = json.dumps({"items": [{"id": "a", "kind": "receipt.text", "body": 1}]}).encode()
    headers = {"authorization": device.sign("POST", "/v1/sync/bulk", body), "content-type": "application/json"}
    world.http.post("/v1/sync/bulk", content=body, headers=headers)
    member = world.member()
    world.ask_coupon(member, world.coupon(member))
    world.clock.advance(OLD_MS)
    device.push(device.earn())

    gone = prune(world.cloud.database, world.clock(), Keep(feed_ms=10 * OLD_MS))

    assert gone == Pruned(feed_rows=0, nonces=1, calls=1, uploads=1)
    with world.cloud.database.read() as conn:
        left = [conn.execute(select(func.count()).select_from(t)).scalar_one() for t in (nonce, idempotent_call)]
        assert (left, conn.execute(select(bulk_item)).all()) == ([1, 0], [])


def test_the_command_prunes(new_world: Callable[..., World], capsys: pytest.CaptureFixture[str]) -> None:
    settings = new_world().cloud.settings
    named = ["--database", settings.database_url, "--folder", str(settings.secret_file.parent)]

    # The world's clock is years behind: its rows are old for the command.
    assert _run(capsys, "prune", *named) == (0, "feed_rows 2 nonces 0 calls 0 uploads 0", "")
    assert _run(capsys, "prune", *named, "--feed-days", "14")[0] == 2
