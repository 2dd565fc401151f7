"""Snapshot, tally and uploads over a real socket: signed, packed, cut in the middle, refused (AGT-15)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from sync.clock import SystemClock
from sync.ids import SystemIds
from sync.outcomes import Denied, Reason, SnapshotEnded, SnapshotLine, Tallied, TooLarge, Unavailable, Upload, Uploaded
from sync.signing import RequestSigner
from sync.transport import BULK_PATH, SNAPSHOT_PATH, TALLY_PATH, HttpTransport, Timeouts
from tests.helpers import fake_cloud
from tests.helpers.devices import DEVICE_ID, SECRETS
from tests.helpers.fake_cloud import Exchange, FakeCloud, running

CLOCK = SystemClock()


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with running(FakeCloud()) as made:
        made.public_keys[DEVICE_ID] = SECRETS.signing_key().public_key().public_bytes_raw()
        made.members = [{"lookup": f"{n:064x}", "masked": "010", "points": n} for n in range(3_000)]
        yield made


@pytest.fixture
def line(cloud: FakeCloud) -> Iterator[HttpTransport]:
    signer = RequestSigner(DEVICE_ID, SECRETS.signing_key(), clock=CLOCK, ids=SystemIds(CLOCK))
    made = HttpTransport(cloud.base_url, signer=signer, clock=CLOCK, timeouts=Timeouts(2.0, 2.0, 2.0, 2.0))
    with closing(made):
        yield made


def packed(exchange: Exchange) -> bool:
    """As the real cloud answers who takes gzip."""
    assert "gzip" in exchange.request.headers["Accept-Encoding"]
    raw = gzip.compress(b"".join(exchange.cloud.snapshot_lines()))
    exchange.answer(200, raw, {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"})
    return True


def half(exchange: Exchange) -> bool:
    """Half of the bytes, then the line goes dead."""
    raw = b"".join(exchange.cloud.snapshot_lines())
    exchange.request.send_response(200)
    exchange.request.send_header("Content-Type", "application/x-ndjson")
    exchange.request.send_header("Content-Length", str(len(raw)))
    exchange.request.end_headers()
    exchange.request.wfile.write(raw[: len(raw) // 2])
    exchange.request.wfile.flush()
    exchange.cut()
    return True


@pytest.mark.parametrize("mishaps", [(), (packed,)])
def test_a_snapshot_arrives_line_by_line(
    cloud: FakeCloud, line: HttpTransport, mishaps: tuple[fake_cloud.Mishap]
) -> None:
    cloud.mishap(SNAPSHOT_PATH, *mishaps)
    events = list(line.open_snapshot(""))

    assert [event.kind for event in events[:2] if isinstance(event, SnapshotLine)] == ["begin", "member"]
    assert isinstance(events[-2], SnapshotLine)
    assert (events[-2].kind, events[-2].body, events[-1]) == ("end", {"rows": 3_000}, SnapshotEnded(None))
    assert len(events) == 3_003


def test_one_that_is_cut_tells_what_came_and_goes_on_behind_it(cloud: FakeCloud, line: HttpTransport) -> None:
    cloud.mishap(SNAPSHOT_PATH, half)
    first = list(line.open_snapshot(""))
    *came, ended = first
    assert ended == SnapshotEnded(Unavailable(Reason.CUT, ended.why.detail))  # type: ignore[union-attr]
    last = came[-1]
    assert isinstance(last, SnapshotLine)

    rest = list(line.open_snapshot(last.body["lookup"]))
    assert isinstance(rest[1], SnapshotLine)
    assert int(rest[1].body["lookup"], 16) == int(last.body["lookup"], 16) + 1


def test_refusals_of_all_three_are_values(cloud: FakeCloud, line: HttpTransport) -> None:
    """426 and 429 stop what is beside, in words that the chores wait by; a captive portal is no answer."""
    too_old = fake_cloud.status(426, {"code": "upgrade_needed", "message": ""})
    busy = fake_cloud.status(429, headers={"Retry-After": "7"})
    for path in (SNAPSHOT_PATH, TALLY_PATH, BULK_PATH):
        cloud.mishap(path, too_old, busy, fake_cloud.html_page)
    items = [Upload("u1", "health", {"n": 1})]

    for wanted in (Denied("upgrade_needed"), Unavailable(Reason.THROTTLED, "", 7_000)):
        assert list(line.open_snapshot("")) == [SnapshotEnded(wanted)]
        assert line.tally() == wanted
        assert line.upload(items) == wanted
    ended = list(line.open_snapshot(""))[-1]
    for outcome in (ended.why if isinstance(ended, SnapshotEnded) else None, line.tally(), line.upload(items)):
        assert isinstance(outcome, Unavailable)
        assert outcome.reason is Reason.BAD_ANSWER


def test_a_tally_and_uploads_are_answered(cloud: FakeCloud, line: HttpTransport) -> None:
    items = [Upload(f"u{n}", "health", {"n": n, "text": "라떼" * 200}) for n in range(3)]
    found = line.tally()

    assert isinstance(found, Tallied)
    assert (found.requests, found.cursor) == (0, "1.0.0")
    assert [line.upload(items), line.upload(items)] == [Uploaded(), Uploaded()]
    assert json.dumps(cloud.uploads["u1"]["body"]) == json.dumps(items[1].body)
    cloud.mishap(BULK_PATH, fake_cloud.status(413))
    assert line.upload(items) == TooLarge()
