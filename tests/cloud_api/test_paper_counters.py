"""Two real counters and a real cloud: a coupon's paper is read, decided and used once (CPN-15, CPN-16, CPN-18)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.approval.types import Decided, RequestState
from agent.coupons.using import Held, NoAnswer, NoLine, ReadOutcome, Refused
from rules.codes import code_of_id, shown
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from rules.scans import COUPON_QR
from tests.cloud_api.test_papers import paper
from tests.cloud_api.world import World
from tests.helpers.joined import Joined, joined, pass_time
from tests.helpers.lines import Line

Two = tuple[Joined, Joined]
STAFF = "김서연"


@pytest.fixture
def two(front: World, tmp_path: Path) -> Iterator[Two]:
    """Two counters of one store with a line."""
    with joined(front, tmp_path / "first") as first, joined(front, tmp_path / "second") as second:
        for one in (first, second):
            one.counter.agent.papers._run = lambda job: job()
            one.counter.agent.papers.attach(Line(one))
            one.pull()
        yield first, second


def read(one: Joined, text: str, request_id: str = "") -> tuple[str, ReadOutcome]:
    papers, said = one.counter.agent.papers, []
    request_id = request_id or papers.new_id()
    papers.read(request_id, text, said.append)
    (outcome,) = said
    return request_id, outcome


def read_and_shown(one: Joined, coupon_id: str) -> str:
    """Read, and its card stands on the screen: the countdown runs."""
    request_id, _ = read(one, COUPON_QR + coupon_id)
    one.pull()
    one.show()
    one.push()
    return request_id


def state(one: Joined, request_id: str) -> RequestState:
    found = one.counter.agent.papers.standing(request_id)
    assert found is not None
    return found.state


def test_a_paper_is_read_shown_used_and_its_slip_printed_once(front: World, two: Two) -> None:
    """CPN-16, APR-10: both counters have the card; a copy that is read afterwards says when it was used."""
    first, second = two
    member = front.member()
    coupon_id = paper(front, member)

    request_id, outcome = read(first, COUPON_QR + coupon_id)

    assert outcome == Held(request_id, "라떼 할인", "김*지", "", 3_000)
    first.pull()
    standing = first.counter.agent.papers.standing(request_id)
    assert standing is not None
    assert (standing.waits, standing.remaining_ms) == (True, None)
    first.show()
    first.push()
    first.pull()
    approved = first.counter.agent.approval.approve(request_id, STAFF)
    assert isinstance(approved, Decided)
    assert (state(first, request_id), approved.pos_discount_won) == (RequestState.APPROVED, 3_000)
    first.push()
    second.pull()
    assert front.coupon_state(member, coupon_id) == "used"
    assert (first.slips(), second.slips()) == ([f"{request_id}:slip"], [])
    _, copied = read(second, shown(code_of_id(coupon_id)))
    assert copied == Refused("coupon_used", front.clock(), here=True)
    front.assert_book_is_sound()


def test_the_same_paper_at_two_counters_is_held_once(front: World, two: Two) -> None:
    """CPN-15: the second counter hears that it waits, and it is the customer's again when staff leave it."""
    first, second = two
    member = front.member()
    coupon_id = paper(front, member)
    request_id, _ = read(first, COUPON_QR + coupon_id)
    first.pull()

    _, beside = read(second, COUPON_QR + coupon_id)

    assert beside == Refused("coupon_waiting")
    first.counter.agent.papers.take_back(request_id)
    first.push()
    assert state(first, request_id) is RequestState.WITHDRAWN
    assert front.coupon_state(member, coupon_id) == "available"
    assert isinstance(read(second, COUPON_QR + coupon_id)[1], Held)


def test_a_lost_answer_is_asked_for_again_and_counts_once(front: World, two: Two) -> None:
    """CPN-15: the same question under the same id; its card is there either way."""
    first, _ = two
    coupon_id = paper(front, front.member())
    line = Line(first)
    line.loses = True
    first.counter.agent.papers.attach(line)
    request_id, lost = read(first, COUPON_QR + coupon_id)
    assert lost == NoAnswer()
    assert first.counter.agent.papers.standing(request_id) is None

    line.loses = False
    _, found = read(first, COUPON_QR + coupon_id, request_id)

    assert isinstance(found, Held)
    first.pull()
    assert [card.request_id for card in first.counter.agent.approval.pending()] == [request_id]


def test_without_a_line_nothing_is_asked_and_nothing_is_used(front: World, two: Two) -> None:
    """CPN-15: only the cloud knows what a paper is worth."""
    first, _ = two
    member = front.member()
    coupon_id = paper(front, member)
    first.counter.link.online = False

    assert read(first, COUPON_QR + coupon_id)[1] == NoLine()
    first.counter.link.online = True
    first.counter.agent.papers.attach(None)
    assert read(first, COUPON_QR + coupon_id)[1] == NoLine()

    assert front.coupon_state(member, coupon_id) == "available"
    assert first.counter.ops() == []


def test_a_use_that_was_pressed_before_the_line_broke_counts(front: World, two: Two) -> None:
    """APR-19, CPN-15: the word was given in time; it arrives late and takes the coupon once more."""
    first, _ = two
    member = front.member()
    coupon_id = paper(front, member)
    request_id = read_and_shown(first, coupon_id)
    first.pull()
    first.counter.agent.approval.approve(request_id, STAFF)

    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)
    front.sweep()
    assert front.coupon_state(member, coupon_id) == "available"
    first.push()

    assert front.coupon_state(member, coupon_id) == "used"
    first.pull()
    assert state(first, request_id) is RequestState.APPROVED


def test_silence_uses_nothing_and_says_so(front: World, two: Two) -> None:
    """CPN-15, APR-07."""
    first, _ = two
    member = front.member()
    coupon_id = paper(front, member)
    request_id = read_and_shown(first, coupon_id)

    pass_time(front, TIMEOUT_MS + SWEEP_GRACE_MS, *two)
    front.sweep()
    first.pull()

    assert state(first, request_id) is RequestState.EXPIRED
    assert front.coupon_state(member, coupon_id) == "available"
