"""Asking the cloud about a coupon's paper (CPN-15, CPN-18); with a real cloud in tests/cloud_api."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.coupons.using import Held, NoAnswer, NoCode, NoLine, ReadOutcome, Refused
from rules.codes import code_of_id
from sync.outcomes import Denied, Reason, TellOutcome, Told, Unavailable
from tests.helpers.counter import Counter, counter

COUPON = "0198c5c0-7a11-7d46-b52e-93d1c8f0a65e"
CODE = code_of_id(COUPON)
ANSWER = {
    "request_id": "r1",
    "title": "아메리카노 1잔",
    "nickname": "김*지",
    "condition": "",
    "pos_discount_won": 4_500,
    "state": "requested",
}


class Cloud:
    def __init__(self, answer: TellOutcome) -> None:
        self.answer, self.asked = answer, []  # type: tuple[TellOutcome, list[dict[str, Any]]]

    def ask_coupon(self, fields: dict[str, Any]) -> TellOutcome:
        self.asked.append(fields)
        return self.answer


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def read(shop: Counter, answer: TellOutcome, text: str = CODE) -> tuple[ReadOutcome, list[dict[str, Any]]]:
    cloud, said, done = Cloud(answer), [], threading.Event()
    shop.agent.papers.attach(cloud)

    def take(outcome: ReadOutcome) -> None:
        said.append(outcome)
        done.set()

    shop.agent.papers.read("r1", text, take)
    assert done.wait(5)
    return said[0], cloud.asked


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Told(ANSWER), Held("r1", "아메리카노 1잔", "김*지", "", 4_500)),
        (Told(ANSWER | {"pos_discount_won": None}), Held("r1", "아메리카노 1잔", "김*지", "", 0)),
        (Told({"welcome": "to the hotel's Wi-Fi"}), NoAnswer()),
        (Told(ANSWER | {"pos_discount_won": True}), NoAnswer()),
        (Denied("coupon_used", "m", {"at_ms": 7, "here": True}), Refused("coupon_used", 7, here=True)),
        (Denied("coupon_used", "m", {"at_ms": "x", "here": 1}), Refused("coupon_used")),
        (Denied("conditions_unmet", "m", {"unmet": ["time"]}), Refused("conditions_unmet", unmet=("time",))),
        (Unavailable(Reason.UNREACHABLE), NoLine()),
        (Unavailable(Reason.CLOSED), NoLine()),
        (Unavailable(Reason.TIMEOUT), NoAnswer()),
        (Unavailable(Reason.CUT), NoAnswer()),
        (Unavailable(Reason.SERVER_ERROR), NoAnswer()),
    ],
)
def test_every_answer_means_one_thing(shop: Counter, answer: TellOutcome, outcome: ReadOutcome) -> None:
    """CPN-15: what surely did not arrive is told from what may have."""
    assert read(shop, answer) == (outcome, [{"request_id": "r1", "code": CODE}])


def test_a_qr_code_is_asked_for_by_its_code(shop: Counter) -> None:
    """CPN-18: one question, however the paper was read."""
    assert read(shop, Told(ANSWER), f"withfom:coupon:{COUPON}")[1] == [{"request_id": "r1", "code": CODE}]


def test_what_is_no_code_is_never_sent(shop: Counter) -> None:
    assert read(shop, Told(ANSWER), "8801234567890") == (NoCode(), [])


def test_the_code_stays_out_of_the_log(shop: Counter, caplog: pytest.LogCaptureFixture) -> None:
    """It opens the coupon for whoever holds it."""
    with caplog.at_level("INFO"):
        read(shop, Told(ANSWER))

    assert "paper_read" in caplog.text
    assert CODE not in caplog.text
