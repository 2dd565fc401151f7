"""Everything a network and a cloud can do becomes one of a few values; signatures are real (R3, cases 18 to 21)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import outbox
from sync.address import BadAddress
from sync.answers import RETRY_AFTER_MAX_MS, retry_after_ms
from sync.clock import SystemClock
from sync.ids import SystemIds
from sync.outbox import Batch
from sync.outcomes import (
    AskOutcome,
    CursorReset,
    Denied,
    Held,
    Pulled,
    Pushed,
    Reason,
    StreamAlive,
    StreamEnded,
    StreamHello,
    StreamRow,
    Told,
    TooLarge,
    Unavailable,
)
from sync.signing import RequestSigner
from sync.transport import (
    ASK_PATH,
    PAPER_PATH,
    PULL_PATH,
    PUSH_PATH,
    REPORT_PATH,
    STREAM_PATH,
    HttpTransport,
    Timeouts,
)
from tests.helpers import fake_cloud
from tests.helpers.devices import DEVICE_ID, SECRETS, enrolled
from tests.helpers.fake_cloud import Exchange, FakeCloud, running
from tests.helpers.waiting import free_port

CLOCK = SystemClock()
QUICK = Timeouts(connect_s=1.0, answer_s=0.3, stream_silence_s=0.3)


def connected(cloud: FakeCloud, *, key: Ed25519PrivateKey | None = None, timeouts: Timeouts = QUICK) -> HttpTransport:
    cloud.public_keys[DEVICE_ID] = SECRETS.signing_key().public_key().public_bytes_raw()
    signer = RequestSigner(DEVICE_ID, key or SECRETS.signing_key(), clock=CLOCK, ids=SystemIds(CLOCK))
    return HttpTransport(cloud.base_url, signer=signer, clock=CLOCK, timeouts=timeouts)


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with running(FakeCloud()) as made:
        yield made


@pytest.fixture
def line(cloud: FakeCloud) -> Iterator[HttpTransport]:
    made = connected(cloud)
    yield made
    made.close()


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    bench = enrolled(tmp_path)
    for n in range(3):
        bench.append({"n": n, "name": "라떼"})
    with bench.store.read() as conn:
        made = outbox.next_batch(conn, bench.cipher)
    bench.store.close()
    assert made is not None
    return made


def test_a_push_arrives_signed_zipped_and_with_its_chain(cloud: FakeCloud, line: HttpTransport, batch: Batch) -> None:
    outcome = line.push(batch)

    assert isinstance(outcome, Pushed)
    assert [result.status for result in outcome.response.results] == ["applied"] * 3
    assert cloud.encodings == ["gzip"]
    assert cloud.op_ids() == [op.op_id for op in batch.ops]


def test_a_page_is_pulled(cloud: FakeCloud, line: HttpTransport) -> None:
    for n in range(3):
        cloud.publish("request", {"n": n})

    outcome = line.pull("1.0.0", limit=2, wait_ms=0)

    assert isinstance(outcome, Pulled)
    assert ([row.n for row in outcome.page.rows], outcome.page.cursor, outcome.page.has_more) == ([1, 2], "1.2.0", True)


ASK = {"request_id": "r-1", "phone": "+821012345678", "points": None, "payment_won": 18_000}


@pytest.mark.parametrize(
    ("status", "fields", "outcome"),
    [
        (201, {"points": 3_240, "state": "requested"}, Held(3_240)),
        (409, {"code": "insufficient_points", "message": "m"}, Denied("insufficient_points", "m")),
        (403, {"code": "device_suspended"}, Denied("device_suspended")),
        (429, {"code": "slow"}, Unavailable(Reason.THROTTLED)),
        (503, {"code": "busy"}, Unavailable(Reason.SERVER_ERROR, "http_503")),
    ],
)
def test_a_question_for_points_is_answered_or_refused(
    cloud: FakeCloud, line: HttpTransport, status: int, fields: dict[str, Any], outcome: AskOutcome
) -> None:
    """PNT-10: signed, with the number in the body and never in the address."""
    asked: list[dict[str, Any]] = []

    def answer(exchange: Exchange) -> bool:
        asked.append(json.loads(exchange.body))
        exchange.answer(status, fields)
        return True

    cloud.mishap(ASK_PATH, answer)

    assert line.ask_request(ASK) == outcome
    assert asked == [ASK]


def test_a_question_for_a_paper_carries_the_code_in_its_body_and_brings_what_a_refusal_says(
    cloud: FakeCloud, line: HttpTransport
) -> None:
    """CPN-15, CPN-18: the code stays out of addresses and their logs."""
    asked: list[dict[str, Any]] = []

    def refuse(exchange: Exchange) -> bool:
        asked.append(json.loads(exchange.body))
        exchange.answer(409, {"code": "coupon_used", "message": "m", "request_id": "x", "at_ms": 7, "here": True})
        return True

    cloud.mishap(PAPER_PATH, refuse)
    refused = line.ask_coupon({"request_id": "r1", "code": "0" * 17})
    cloud.mishap(PAPER_PATH, fake_cloud.status(201, {"title": "라떼"}))

    assert asked == [{"request_id": "r1", "code": "0" * 17}]
    assert isinstance(refused, Denied)
    assert (refused.code, refused.details) == ("coupon_used", {"at_ms": 7, "here": True})
    assert line.ask_coupon({"request_id": "r1", "code": "0" * 17}) == Told({"title": "라떼"})


@pytest.mark.parametrize("page", [fake_cloud.status(200, b"<html>"), fake_cloud.status(200, {"status": "login"})])
def test_a_farewell_that_a_portal_answered_was_not_heard(
    cloud: FakeCloud, line: HttpTransport, page: fake_cloud.Mishap
) -> None:
    """A captive portal answers 200 as well: somebody has to shut the device out by hand."""
    cloud.mishap("/v1/sync/leave", page)

    assert line.leave() is False


def test_a_report_is_asked_for_with_its_filters(cloud: FakeCloud, line: HttpTransport) -> None:
    """CPN-22: signed with its query, so that nobody asks another page with it."""
    cloud.mishap(REPORT_PATH + "reward-uses", fake_cloud.status(200, {"rows": []}))

    assert line.read_report("reward-uses", {"period": "week", "page": "2"}) == Told({"rows": []})


@pytest.mark.parametrize("points", [0, True, "3240", None])
def test_an_answer_without_points_is_no_hold(cloud: FakeCloud, line: HttpTransport, points: Any) -> None:
    """A captive portal answers 200 as well."""
    cloud.mishap(ASK_PATH, fake_cloud.status(201, {"points": points}))

    outcome = line.ask_request(ASK)

    assert isinstance(outcome, Unavailable)
    assert outcome.reason is Reason.BAD_ANSWER


def test_a_stream_greets_sends_rows_and_breathes(cloud: FakeCloud, line: HttpTransport) -> None:
    cloud.publish("request", {"title": "아메리카노"})
    events = line.open_stream("1.0.0")

    assert isinstance(next(events), StreamHello)
    first = next(events)
    assert isinstance(first, StreamRow)
    assert (first.cursor, first.row.n, first.row.body) == ("1.1.0", 1, {"title": "아메리카노"})
    assert isinstance(next(events), StreamAlive)
    events.close()  # type: ignore[attr-defined]


OK: dict[str, Any] = {"results": [], "expected_seq": 1, "generation": 1, "server_time_ms": 1}


@pytest.mark.parametrize(
    ("mishap", "reason"),
    [
        (fake_cloud.status(500), Reason.SERVER_ERROR),
        (fake_cloud.status(503, b"<html>", {"Content-Type": "text/html"}), Reason.SERVER_ERROR),
        (fake_cloud.html_page, Reason.BAD_ANSWER),
        (fake_cloud.status(200, b"{not json"), Reason.BAD_ANSWER),
        (fake_cloud.status(200, b"[" * 100_000), Reason.BAD_ANSWER),
        (fake_cloud.status(200, [1, 2]), Reason.BAD_ANSWER),
        (fake_cloud.status(200, {"results": "none"}), Reason.BAD_ANSWER),
        (fake_cloud.status(200, {**OK, "results": [7]}), Reason.BAD_ANSWER),
        (fake_cloud.status(200, {**OK, "results": [{"seq": "1", "op_id": 1, "status": []}]}), Reason.BAD_ANSWER),
        (fake_cloud.status(200, {**OK, "expected_seq": "x"}), Reason.BAD_ANSWER),
        (fake_cloud.status(200, OK, {"Content-Type": "text/plain"}), Reason.BAD_ANSWER),
        (fake_cloud.status(200, b"not gzip", {"Content-Encoding": "gzip"}), Reason.BAD_ANSWER),
        (fake_cloud.status(302, b"", {"Location": "http://127.0.0.1:1/login"}), Reason.BAD_ANSWER),
        (fake_cloud.status(404, b"<html>", {"Content-Type": "text/html"}), Reason.BAD_ANSWER),
        (fake_cloud.cut_before_answer, Reason.CUT),
        (fake_cloud.cut_mid_body, Reason.CUT),
        (fake_cloud.hang, Reason.TIMEOUT),
        (fake_cloud.status(429, None, {"Retry-After": "7"}), Reason.THROTTLED),
    ],
)
def test_every_trouble_is_a_value_and_the_next_push_works(
    cloud: FakeCloud, line: HttpTransport, batch: Batch, mishap: fake_cloud.Mishap, reason: Reason
) -> None:
    cloud.mishap(PUSH_PATH, mishap)

    outcome = line.push(batch)

    assert isinstance(outcome, Unavailable)
    assert outcome.reason is reason
    assert outcome.retry_after_ms == (7_000 if reason is Reason.THROTTLED else None)
    assert isinstance(line.push(batch), Pushed)


def test_an_endless_answer_is_not_read_to_its_end(
    cloud: FakeCloud, line: HttpTransport, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.transport.ANSWER_BYTES_MAX", 1_000)
    cloud.mishap(PUSH_PATH, fake_cloud.status(200, b"x" * 5_000))

    assert line.push(batch) == Unavailable(Reason.BAD_ANSWER, "more than 1000 bytes")


def test_nobody_listening_is_unreachable(batch: Batch) -> None:
    gone = FakeCloud()
    gone.base_url = f"http://127.0.0.1:{free_port()}"
    line = connected(gone)

    for outcome in (line.push(batch), line.pull("1.0.0", limit=1, wait_ms=0)):
        assert isinstance(outcome, Unavailable)
        assert outcome.reason is Reason.UNREACHABLE
    ended = list(line.open_stream("1.0.0"))
    assert isinstance(ended[0], StreamEnded)
    assert len(ended) == 1
    line.close()


@pytest.mark.parametrize(
    ("mishap", "expected"),
    [
        (fake_cloud.status(413), TooLarge()),
        (fake_cloud.status(426), Denied("upgrade_needed")),
        (fake_cloud.status(401, {"code": "device_revoked", "message": "해지"}), Denied("device_revoked", "해지")),
        (fake_cloud.status(401, {"code": "stale_epoch", "message": ""}), Denied("stale_epoch")),
        (fake_cloud.status(422, {"message": 5}), Denied("http_422")),
    ],
)
def test_refusals_keep_the_cloud_s_code(
    cloud: FakeCloud, line: HttpTransport, batch: Batch, mishap: fake_cloud.Mishap, expected: object
) -> None:
    cloud.mishap(PUSH_PATH, mishap)

    assert line.push(batch) == expected


def test_a_clock_that_is_a_day_off_is_measured_and_tried_once_more(
    cloud: FakeCloud, line: HttpTransport, batch: Batch
) -> None:
    cloud.check_time = True
    cloud.clock_offset_ms = 24 * 3600 * 1000

    assert isinstance(line.push(batch), Pushed)
    assert isinstance(line.pull("1.0.0", limit=1, wait_ms=0), Pulled)
    assert cloud.calls == [PUSH_PATH, PUSH_PATH, PULL_PATH]  # one refusal, then the offset is known


def test_a_stream_learns_the_time_too(cloud: FakeCloud, line: HttpTransport) -> None:
    cloud.check_time = True
    cloud.clock_offset_ms = -24 * 3600 * 1000
    events = line.open_stream("1.0.0")

    assert isinstance(next(events), StreamHello)
    events.close()  # type: ignore[attr-defined]


def test_a_cloud_that_always_says_skew_is_asked_twice_only(cloud: FakeCloud, line: HttpTransport, batch: Batch) -> None:
    skew = fake_cloud.status(401, {"code": "skew", "message": "", "server_time_ms": 5})
    cloud.mishap(PUSH_PATH, skew, skew, skew)

    assert line.push(batch) == Denied("skew")
    assert len(cloud.calls) == 2


def test_another_key_is_refused(cloud: FakeCloud, batch: Batch) -> None:
    line = connected(cloud, key=Ed25519PrivateKey.generate())

    assert line.push(batch) == Denied("bad_signature")
    line.close()


@pytest.mark.parametrize(("body", "generation"), [({"code": "cursor_reset"}, None), ({"generation": 4}, 4)])
def test_a_cursor_the_cloud_does_not_know_is_a_reset(
    cloud: FakeCloud, line: HttpTransport, body: dict[str, object], generation: int | None
) -> None:
    cloud.mishap(PULL_PATH, fake_cloud.status(410, body))
    cloud.mishap(STREAM_PATH, fake_cloud.status(410, body))

    assert line.pull("1.0.0", limit=1, wait_ms=0) == CursorReset(generation)
    assert list(line.open_stream("1.0.0")) == [CursorReset(generation), StreamEnded(None)]


def test_a_reset_in_the_stream_ends_it(cloud: FakeCloud, line: HttpTransport) -> None:
    cloud.generation = 2
    events = list(line.open_stream("1.0.0"))

    assert [type(event) for event in events] == [StreamHello, CursorReset, StreamEnded]


@pytest.mark.parametrize(
    "text",
    [b"event: row\nid: 1.1.0\ndata: {}\n\n", b"event: row\nid: nonsense\ndata: {}\n\n", b"event: hello\ndata: [\n\n"],
)
def test_a_stream_that_speaks_nonsense_ends(cloud: FakeCloud, line: HttpTransport, text: bytes) -> None:
    cloud.mishap(STREAM_PATH, fake_cloud.status(200, text, {"Content-Type": "text/event-stream"}))
    (ended,) = line.open_stream("1.0.0")

    assert isinstance(ended, StreamEnded)
    assert isinstance(ended.why, Unavailable)
    assert ended.why.reason is Reason.BAD_ANSWER


@pytest.mark.parametrize(
    ("mishap", "reason"),
    [
        (fake_cloud.html_page, Reason.BAD_ANSWER),
        (fake_cloud.status(500), Reason.SERVER_ERROR),
        (fake_cloud.hang, Reason.TIMEOUT),
    ],
)
def test_a_stream_that_does_not_begin_says_why(
    cloud: FakeCloud, line: HttpTransport, mishap: fake_cloud.Mishap, reason: Reason
) -> None:
    cloud.mishap(STREAM_PATH, mishap)
    (ended,) = line.open_stream("1.0.0")

    assert isinstance(ended, StreamEnded)
    assert isinstance(ended.why, Unavailable)
    assert ended.why.reason is reason


def test_silence_ends_a_stream(cloud: FakeCloud, line: HttpTransport) -> None:
    cloud.keep_s = 5.0
    events = list(line.open_stream("1.0.0"))

    assert isinstance(events[0], StreamHello)
    assert isinstance(events[-1], StreamEnded)
    assert isinstance(events[-1].why, Unavailable)
    assert events[-1].why.reason is Reason.TIMEOUT


def test_closing_from_another_thread_ends_what_waits(cloud: FakeCloud, batch: Batch) -> None:
    line = connected(cloud, timeouts=Timeouts(answer_s=30, stream_silence_s=30))
    cloud.keep_s = 30
    cloud.mishap(PUSH_PATH, fake_cloud.hang)
    greeted = threading.Event()
    ends: list[object] = []

    def listen() -> None:
        for event in line.open_stream("1.0.0"):
            greeted.set()
            ends.append(event)

    threads = [threading.Thread(target=listen), threading.Thread(target=lambda: ends.append(line.push(batch)))]
    for thread in threads:
        thread.start()
    assert greeted.wait(5)
    while PUSH_PATH not in cloud.calls:
        greeted.wait(0.01)
    line.close()
    for thread in threads:
        thread.join(2)

    assert not any(thread.is_alive() for thread in threads)
    assert Unavailable(Reason.CLOSED) in ends
    assert StreamEnded(Unavailable(Reason.CLOSED)) in ends
    assert line.push(batch) == Unavailable(Reason.CLOSED)
    line.close()


def test_an_address_that_is_not_safe_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(BadAddress):
        HttpTransport("http://api.example.com", signer=None, clock=CLOCK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("3", 3_000),
        ("0", 0),
        ("999999999999", RETRY_AFTER_MAX_MS),
        ("soon", None),
        ("-1", None),
        (format_datetime(datetime.fromtimestamp(1_000, UTC), usegmt=True), 0),
        (format_datetime(datetime.fromtimestamp(2_005, UTC), usegmt=True), 5_000),
        (format_datetime(datetime.fromtimestamp(9_000_000, UTC), usegmt=True), RETRY_AFTER_MAX_MS),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_bounded(text: str | None, expected: int | None) -> None:
    assert retry_after_ms(text, 2_000_000) == expected
