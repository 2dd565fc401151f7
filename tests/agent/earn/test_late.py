"""Receipts that met no number in time: by hand, by a signed slip, once (PNT-07, PNT-08, PNT-09)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.earn.late import OFFER_AFTER_MS, WRONG_CODES_MAX, WRONG_CODES_WINDOW_MS, ClaimSlip, NotToBeHad, SlipOffer
from agent.earn.types import Earned, Expired, Refused, TooManyEntries, Waiting
from rules.claims import CLAIM_VALID_MS, Claim, ClaimProblem, open_claim
from tests.helpers.counter import STORE_KEY, Counter, captured, counter

PHONE, OTHER = "01012345678", "01087654321"
STAFF = "staff:e-1"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def unclaimed(shop: Counter, document_id: str = "late", **changes: object) -> None:
    shop.agent.earn.ingest(captured(shop.clock, document_id=document_id, **changes))  # type: ignore[arg-type]
    shop.clock.advance(180_001)
    shop.agent.earn.tick()


def issued(shop: Counter, document_id: str = "late") -> ClaimSlip:
    slip = shop.agent.late_earns.issue(document_id)
    assert isinstance(slip, ClaimSlip)
    return slip


def test_staff_credit_a_receipt_to_a_number_they_type(shop: Counter) -> None:
    """PNT-08"""
    unclaimed(shop)

    answer = shop.agent.late_earns.credit("late", PHONE, STAFF)

    assert isinstance(answer, Earned)
    ((_, body),) = shop.ops("earn")
    assert (body["source"], body["paid_won"], body["phone"]) == ("claim", 17_800, "+821012345678")
    assert shop.rows("SELECT outcome, earn_id FROM document") == [("earned", answer.earn_id)]
    assert shop.agent.late_earns.credit("late", OTHER, STAFF) == NotToBeHad()
    assert len(shop.ops("earn")) == 1


def test_staff_link_a_receipt_with_a_number_that_waits(shop: Counter) -> None:
    unclaimed(shop)
    entry = shop.agent.earn.open_entry("2")
    assert isinstance(shop.agent.earn.submit_phone(entry, PHONE), Waiting)
    (number,) = shop.agent.late_earns.waiting_numbers()

    answer = shop.agent.late_earns.credit_waiting("late", number.entry_id, STAFF)

    assert isinstance(answer, Earned)
    assert answer.masked == number.masked == "010-****-5678"
    assert shop.agent.late_earns.waiting_numbers() == ()
    assert shop.agent.earn.entry_outcome(entry) == Expired(), "it does not wait for another receipt"
    assert (
        shop.agent.earn.ingest(captured(shop.clock, source="2", receipt_no="N", approvals=("7",))).outcome == "waiting"
    )
    assert shop.agent.late_earns.credit_waiting("late", number.entry_id, STAFF) == NotToBeHad()


@pytest.mark.parametrize("how", ["duplicate", "reversed", "ask", "unknown", "old", "nothing paid"])
def test_what_must_not_earn_does_not_earn_by_hand_either(shop: Counter, how: str) -> None:
    """PNT-09"""
    document_id = "late"
    if how == "unknown":
        document_id = "nobody-knows"
    elif how == "ask":
        unclaimed(shop, kind="unknown", total=None)
    elif how == "nothing paid":
        unclaimed(shop, total=0)
    else:
        unclaimed(shop)
    if how == "duplicate":
        unclaimed(shop, "second")
        document_id = "second"
    if how == "reversed":
        unclaimed(shop, "cancel", kind="cancel", total=-17_800)
    if how == "old":
        shop.clock.advance(CLAIM_VALID_MS)

    assert shop.agent.late_earns.credit(document_id, PHONE, STAFF) == NotToBeHad()
    assert shop.agent.late_earns.issue(document_id) == NotToBeHad()
    assert shop.ops("earn") == []


def test_a_claim_slip_is_signed_by_the_store_and_tells_its_receipt(shop: Counter) -> None:
    unclaimed(shop)

    slip = issued(shop)

    found = open_claim(slip.qr, lambda _store: STORE_KEY)
    assert isinstance(found, Claim)
    assert (found.paid_won, found.receipt_no, found.until_ms) == (17_800, "20261120-01-0057", slip.until_ms)
    assert PHONE not in slip.qr
    assert open_claim(slip.qr, lambda _store: b"another store's key " * 2) is ClaimProblem.UNKNOWN
    ((job_id, document),) = shop.rows("SELECT job_id, document_json FROM print_job")
    assert job_id == "late:claim_slip"
    assert slip.qr in json.dumps(json.loads(document))
    assert issued(shop).qr == slip.qr, "asked again it is the same claim"
    assert len(shop.rows("SELECT 1 FROM print_job")) == 1


@pytest.mark.parametrize("by", ["qr", "code"])
def test_a_claim_earns_once_and_without_the_cloud(shop: Counter, by: str) -> None:
    """PNT-09"""
    unclaimed(shop)
    slip = issued(shop)
    text = slip.qr if by == "qr" else f"{slip.code[:4].lower()}-{slip.code[4:]}"
    shop.clock.advance(3 * 86_400_000)

    answer = shop.agent.late_earns.redeem(text, PHONE, "tablet")

    assert isinstance(answer, Earned)
    ((_, body),) = shop.ops("earn")
    found = open_claim(slip.qr, lambda _store: STORE_KEY)
    assert isinstance(found, Claim)
    assert (body["earn_id"], body["receipt"]["fingerprint"]) == (found.earn_id, found.fingerprint)
    for digits in (PHONE, OTHER):
        assert shop.agent.late_earns.redeem(text, digits, "tablet") is ClaimProblem.USED
    assert shop.agent.earn.ingest(captured(shop.clock, "reprint")).outcome == "duplicate"
    assert len(shop.ops("earn")) == 1


def test_a_claim_after_its_days_or_after_a_cancel_earns_nothing(shop: Counter) -> None:
    unclaimed(shop)
    unclaimed(shop, "other", receipt_no="B", approvals=("5",))
    first, second = issued(shop), issued(shop, "other")
    shop.agent.earn.ingest(captured(shop.clock, "cancel", total=-17_800, receipt_no="B", approvals=("5",)))
    assert shop.agent.late_earns.redeem(second.code, PHONE, "tablet") is ClaimProblem.USED

    shop.clock.advance(CLAIM_VALID_MS)
    assert shop.agent.late_earns.redeem(first.code, PHONE, "tablet") is ClaimProblem.EXPIRED
    assert shop.ops("earn") == []


def test_a_cancel_takes_back_what_a_claim_earned(shop: Counter) -> None:
    """PNT-09, PNT-16"""
    unclaimed(shop)
    earned = shop.agent.late_earns.redeem(issued(shop).code, PHONE, "tablet")
    assert isinstance(earned, Earned)

    shop.agent.earn.ingest(captured(shop.clock, "cancel", total=-17_800))

    ((_, body),) = shop.ops("earn.reverse")
    assert body["earn_id"] == earned.earn_id


def test_what_was_claimed_with_the_app_is_used_here_too(shop: Counter) -> None:
    unclaimed(shop)
    slip = issued(shop)
    found = open_claim(slip.qr, lambda _store: STORE_KEY)
    assert isinstance(found, Claim)
    row = {"earn_id": found.earn_id, "op_id": None, "status": "posted", "points": 178, "code": None}
    shop.feed(shop.agent.appliers()["earn"], "earn", row)

    assert shop.agent.late_earns.redeem(slip.code, PHONE, "tablet") is ClaimProblem.USED
    assert shop.agent.late_earns.credit("late", PHONE, STAFF) == NotToBeHad()
    assert shop.rows("SELECT outcome FROM document") == [("earned",)]


@pytest.mark.parametrize(
    "text",
    ["", "BCDFGHJK", "WFC1.", "WFC1.AAAA", "WFC1." + "A" * 2_000, "WFC1.한글", "https://example.test/", "\x00"],
)
def test_made_up_slips_earn_nothing(shop: Counter, text: str) -> None:
    unclaimed(shop)
    issued(shop)

    assert shop.agent.late_earns.redeem(text, PHONE, "tablet") is ClaimProblem.UNKNOWN
    assert shop.ops("earn") == []


def test_a_changed_slip_earns_nothing(shop: Counter) -> None:
    unclaimed(shop)
    qr = issued(shop).qr
    for place in range(5, len(qr), 17):
        changed = qr[:place] + ("A" if qr[place] != "A" else "B") + qr[place + 1 :]
        assert open_claim(changed, lambda _store: STORE_KEY) is ClaimProblem.UNKNOWN


def test_trying_codes_out_ends_soon(shop: Counter) -> None:
    """R10"""
    unclaimed(shop)
    slip = issued(shop)
    for _ in range(WRONG_CODES_MAX):
        assert shop.agent.late_earns.redeem("BBBBBBBB", PHONE, "tablet") is ClaimProblem.UNKNOWN

    assert shop.agent.late_earns.redeem(slip.code, PHONE, "tablet") == TooManyEntries(WRONG_CODES_WINDOW_MS)
    shop.clock.advance(WRONG_CODES_WINDOW_MS)
    assert isinstance(shop.agent.late_earns.redeem(slip.code, "12", "tablet"), Refused)
    assert isinstance(shop.agent.late_earns.redeem(slip.code, PHONE, "tablet"), Earned)


def test_a_late_credit_counts_on_the_day_it_was_given(shop: Counter) -> None:
    """The figures of a day look at its documents; this earn has its document on another day. So has one whose wall
    clock was set between the receipt and the number."""
    unclaimed(shop)
    shop.clock.advance(3 * 86_400_000)
    assert shop.agent.earn.today().earned_count == 0
    assert isinstance(shop.agent.late_earns.credit("late", PHONE, STAFF), Earned)
    assert (shop.agent.earn.today().earned_count, shop.agent.earn.today().earned_points) == (1, 178)

    shop.agent.earn.ingest(captured(shop.clock, receipt_no="N", approvals=("7",), age_ms=-2 * 86_400_000))
    assert isinstance(shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE), Earned)
    assert shop.agent.earn.today().earned_count == 2
    shop.clock.advance(86_400_000)
    assert shop.agent.earn.today().earned_count == 0


# --- slips that print by themselves --------------------------------------------------------------------------------


def slips(shop: Counter) -> list[str]:
    return [row[0] for row in shop.rows("SELECT job_id FROM print_job ORDER BY job_id")]


def after(shop: Counter, ms: int) -> list[str]:
    shop.clock.advance(ms)
    shop.agent.earn.tick()
    shop.agent.late_earns.tick()
    return slips(shop)


def test_a_receipt_that_met_no_number_prints_its_slip_once_where_the_shop_wants_it(shop: Counter) -> None:
    """AGT-12, PNT-09"""
    shop.agent.earn.ingest(captured(shop.clock, document_id="before"))
    assert after(shop, OFFER_AFTER_MS) == [], "off until the shop says so: paper costs"
    shop.agent.slip_templates.set_prints_by_itself("claim", True)
    shop.clock.advance(180_000)

    shop.agent.earn.ingest(captured(shop.clock, document_id="late", receipt_no="B", approvals=("5",)))

    assert after(shop, OFFER_AFTER_MS - 1) == [], "who means to type gets a moment"
    assert after(shop, 1) == ["late:claim_slip"]
    for _ in range(5):
        after(shop, 60_000)
    assert slips(shop) == ["late:claim_slip"], "neither a second one nor one for a customer who left long ago"
    (code,) = shop.rows("SELECT code FROM claim")
    assert isinstance(shop.agent.late_earns.redeem(code[0], PHONE, "tablet"), Earned)


@pytest.mark.parametrize("how", ["number first", "number after", "cancelled", "reprint", "no points", "read late"])
def test_no_slip_prints_for_what_earns_nothing_more(shop: Counter, how: str) -> None:
    shop.agent.slip_templates.set_prints_by_itself("claim", True)
    if how == "number first":
        shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE)
    paid = 50 if how == "no points" else 17_800
    age_ms = 180_001 if how == "read late" else 0
    shop.agent.earn.ingest(captured(shop.clock, document_id="late", total=paid, age_ms=age_ms))
    if how == "number after":
        assert isinstance(shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE), Earned)
    if how == "cancelled":
        shop.agent.earn.ingest(captured(shop.clock, kind="cancel", total=-17_800))
    if how == "reprint":
        assert after(shop, OFFER_AFTER_MS) == ["late:claim_slip"]
        shop.agent.earn.ingest(captured(shop.clock, document_id="again"))
        assert shop.rows("SELECT outcome FROM document WHERE document_id = 'again'") == [("duplicate",)]
        assert after(shop, OFFER_AFTER_MS) == ["late:claim_slip"]
    else:
        assert after(shop, OFFER_AFTER_MS) == []


def test_no_slip_prints_while_somebody_stands_at_the_screen(shop: Counter) -> None:
    """PNT-08"""
    shop.agent.slip_templates.set_prints_by_itself("claim", True)
    shop.agent.earn.ingest(captured(shop.clock, document_id="late"))
    entry = shop.agent.earn.open_entry()
    assert after(shop, OFFER_AFTER_MS) == []

    shop.agent.earn.skip(entry)

    assert after(shop, 1_000) == ["late:claim_slip"]


# --- looking at a slip, and slips of other counters ------------------------------------------------------------------


def test_a_slip_tells_what_it_would_earn_and_trying_counts(shop: Counter) -> None:
    """R10"""
    assert not shop.agent.late_earns.has_slips()
    unclaimed(shop)
    slip = issued(shop)
    assert shop.agent.late_earns.has_slips()

    for text in (slip.qr, slip.code):
        assert shop.agent.late_earns.offer(text) == SlipOffer(17_800, 178)
    assert isinstance(shop.agent.late_earns.redeem(slip.code, PHONE, "tablet"), Earned)
    assert shop.agent.late_earns.offer(slip.code) is ClaimProblem.USED
    for _ in range(WRONG_CODES_MAX):
        assert shop.agent.late_earns.offer("BBBBBBBB") is ClaimProblem.UNKNOWN
    assert shop.agent.late_earns.offer(slip.code) == TooManyEntries(WRONG_CODES_WINDOW_MS)
    shop.clock.advance(CLAIM_VALID_MS)
    assert shop.agent.late_earns.offer(slip.code) is ClaimProblem.EXPIRED
    assert not shop.agent.late_earns.has_slips()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Counter]:
    (tmp_path / "other").mkdir()
    with counter(tmp_path / "other") as found:
        yield found


def test_another_counter_of_the_store_takes_the_qr_code_once(shop: Counter, other: Counter) -> None:
    """PNT-09: signed with the store's key, under the same id, so that the cloud books one of the two."""
    unclaimed(shop)
    slip = issued(shop)
    other.clock.advance(180_001)
    assert other.agent.late_earns.offer(slip.code) is ClaimProblem.UNKNOWN, "the letters are known where they printed"
    assert other.agent.late_earns.offer(slip.qr) == SlipOffer(17_800, 178)

    assert isinstance(other.agent.late_earns.redeem(slip.qr, PHONE, "tablet"), Earned)
    assert other.agent.late_earns.redeem(slip.qr, OTHER, "tablet") is ClaimProblem.USED

    assert isinstance(shop.agent.late_earns.redeem(slip.qr, OTHER, "tablet"), Earned), "this one does not know it yet"
    ((_, here),), ((_, there),) = shop.ops("earn"), other.ops("earn")
    assert (here["earn_id"], here["receipt"]) == (there["earn_id"], there["receipt"])
    assert other.agent.earn.today().earned_count == 1


def test_another_counter_takes_no_slip_whose_days_are_over(shop: Counter, other: Counter) -> None:
    unclaimed(shop)
    slip = issued(shop)
    other.clock.advance(180_001 + CLAIM_VALID_MS)

    assert other.agent.late_earns.redeem(slip.qr, PHONE, "tablet") is ClaimProblem.EXPIRED
    assert other.ops("earn") == []
