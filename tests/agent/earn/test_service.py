"""Earning at the counter on a real store: PNT-06, 07, 08, 09, 16, AGT-05, AGT-06, AGT-13, R9 to R11."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.earn.service import ENTRIES_MAX, ENTRIES_WINDOW_MS
from agent.earn.types import Earned, Expired, Refused, TooManyEntries, UnknownEntry, Waiting
from rules.phone import PhoneProblem
from sync.errors import NotEnrolled
from sync.secrets import phone_lookup
from sync.snapshot import MEMBER_APPLIERS
from tests.helpers.counter import STORE_KEY, Counter, captured, counter

PHONE, OTHER = "01012345678", "01087654321"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def typed(shop: Counter, phone: str = PHONE) -> object:
    earn = shop.agent.earn
    return earn.submit_phone(earn.open_entry(), phone)


def outcomes(shop: Counter) -> list[str]:
    return [row[0] for row in shop.rows("SELECT outcome FROM document ORDER BY captured_ms, document_id")]


# --- pairing ---------------------------------------------------------------------------------------------------------


def test_a_number_typed_after_the_print_earns_at_once(shop: Counter) -> None:
    """PNT-06, PNT-07, PNT-08: 1 % of what was really paid, rounded down."""
    shop.agent.earn.ingest(captured(shop.clock, total=17_850, paid=17_850))

    answer = typed(shop)

    assert isinstance(answer, Earned)
    assert (answer.points, answer.paid_won, answer.rate_bp, answer.masked) == (178, 17_850, 100, "010-****-5678")
    assert outcomes(shop) == ["earned"]


def test_a_number_typed_before_the_print_earns_when_the_receipt_comes(shop: Counter) -> None:
    """PNT-08"""
    entry = shop.agent.earn.open_entry()
    waiting = shop.agent.earn.submit_phone(entry, PHONE)
    shop.clock.advance(180_000)

    outcome = shop.agent.earn.ingest(captured(shop.clock))

    assert waiting == Waiting("010-****-5678", 180_000)
    assert (outcome.outcome, outcome.points) == ("earned", 178)
    assert isinstance(shop.agent.earn.entry_outcome(entry), Earned)


def test_after_three_minutes_number_and_receipt_no_longer_meet(shop: Counter) -> None:
    """PNT-08: unpaired entries vanish, and the number with them."""
    entry = shop.agent.earn.open_entry()
    shop.agent.earn.submit_phone(entry, PHONE)
    shop.clock.advance(180_001)

    outcome = shop.agent.earn.ingest(captured(shop.clock))

    assert outcome.outcome == "waiting"
    assert shop.agent.earn.entry_outcome(entry) == Expired()
    assert shop.rows("SELECT phone_sealed, phone_lookup, masked FROM phone_entry") == [(None, None, None)]
    assert shop.ops() == []


def test_a_receipt_nobody_claims_becomes_unmatched(shop: Counter) -> None:
    """PNT-08"""
    shop.agent.earn.ingest(captured(shop.clock))
    shop.clock.advance(180_001)

    shop.agent.earn.tick()

    assert outcomes(shop) == ["unmatched"]
    assert shop.agent.earn.offer() is None
    assert isinstance(typed(shop), Waiting)


def test_a_second_number_before_the_print_replaces_the_first(shop: Counter) -> None:
    """PNT-08"""
    earn = shop.agent.earn
    first, second = earn.open_entry(), earn.open_entry()
    earn.submit_phone(first, PHONE)
    earn.submit_phone(second, OTHER)

    earn.ingest(captured(shop.clock))

    assert earn.entry_outcome(first) == Expired()
    found = earn.entry_outcome(second)
    assert isinstance(found, Earned)
    assert found.masked == "010-****-4321"
    assert len(shop.ops("earn")) == 1


def test_the_screen_earns_on_the_receipt_it_showed(shop: Counter) -> None:
    """A second sale printed while a customer types must not change what this customer gets."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock, total=5_000, receipt_no="A-1", approvals=()))
    entry = earn.open_entry()
    shop.clock.advance(2_000)
    earn.ingest(captured(shop.clock, total=90_000, receipt_no="A-2", approvals=()))
    offered = earn.offer()

    answer = earn.submit_phone(entry, PHONE)

    assert offered is not None
    assert (offered.paid_won, offered.points) == (5_000, 50)
    assert isinstance(answer, Earned)
    assert answer.paid_won == 5_000
    rest = earn.offer()
    assert rest is not None
    assert rest.paid_won == 90_000


def test_a_screen_left_alone_keeps_no_receipt_reserved(shop: Counter) -> None:
    """R10: the customer who walked away."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock, total=5_000, receipt_no="A-1"))
    earn.open_entry()
    shop.clock.advance(60_001)
    earn.ingest(captured(shop.clock, total=9_000, receipt_no="A-2", approvals=("2",)))

    offered = earn.offer()

    assert offered is not None
    assert offered.paid_won == 9_000


def test_going_on_without_a_number_leaves_the_receipt_to_the_next_screen(shop: Counter) -> None:
    """R11"""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    entry = earn.open_entry()
    earn.skip(entry)

    assert earn.entry_outcome(entry) is None
    assert earn.submit_phone(entry, PHONE) == Expired()
    assert earn.offer() is not None
    assert shop.ops() == []


# --- what a number may be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "problem"),
    [
        ("", PhoneProblem.NOT_DIGITS),
        ("0101234567", PhoneProblem.TOO_SHORT),
        ("01000001234", PhoneProblem.SELF_ISSUE),
        ("0100001234", PhoneProblem.SELF_ISSUE),
        ("0212345678", PhoneProblem.NOT_MOBILE),
        ("０１０１２３４５６７８", PhoneProblem.NOT_DIGITS),
        ("010123456789", PhoneProblem.TOO_LONG),
    ],
)
def test_what_is_no_number_is_refused_and_stored_nowhere(shop: Counter, digits: str, problem: PhoneProblem) -> None:
    """MEM-02, case 14; the same entry may be corrected."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    entry = earn.open_entry()

    assert earn.submit_phone(entry, digits) == Refused(problem)
    assert shop.rows("SELECT state, phone_sealed FROM phone_entry") == [("open", None)]
    assert isinstance(earn.submit_phone(entry, PHONE), Earned)


def test_sending_an_entry_twice_earns_once(shop: Counter) -> None:
    """AGT-06: twenty taps a second, or a browser that repeats its call."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    earn.ingest(captured(shop.clock, receipt_no="2", approvals=("2",), total=9_900))
    entry = earn.open_entry()

    answers = {earn.submit_phone(entry, PHONE) for _ in range(20)}

    assert len(answers) == 1
    assert len(shop.ops("earn")) == 1


def test_an_entry_nobody_opened_is_unknown(shop: Counter) -> None:
    assert shop.agent.earn.submit_phone("made-up", PHONE) == UnknownEntry()
    assert shop.rows("SELECT count(*) FROM phone_entry") == [(0,)]


def test_thirty_numbers_in_ten_minutes_are_enough(shop: Counter) -> None:
    """R10"""
    for number in range(ENTRIES_MAX):
        assert isinstance(typed(shop, f"0101234{number:04d}"), Waiting)
        shop.clock.advance(1_000)

    refused = typed(shop)
    shop.clock.advance(ENTRIES_WINDOW_MS - ENTRIES_MAX * 1_000)

    assert refused == TooManyEntries(ENTRIES_WINDOW_MS - ENTRIES_MAX * 1_000)
    assert isinstance(typed(shop), Waiting)


def test_the_number_lies_on_the_disk_sealed_only(shop: Counter, tmp_path: Path) -> None:
    """AGT-13"""
    shop.agent.earn.ingest(captured(shop.clock))
    typed(shop)
    typed(shop, OTHER)

    shop.bench.store.close()

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    for digits in ("12345678", "87654321", "1012345678"):
        assert digits.encode() not in stored


# --- the operation ---------------------------------------------------------------------------------------------------


def test_the_operation_says_everything_and_is_stored_with_the_earn(shop: Counter) -> None:
    """AGT-05: id, receipt and points are committed before the screen hears of them."""
    document = captured(shop.clock)
    shop.agent.earn.ingest(document)

    answer = typed(shop)

    assert isinstance(answer, Earned)
    [(_, body)] = shop.ops("earn")
    fingerprint = shop.rows("SELECT fingerprint FROM earn")[0][0]
    assert body == {
        "earn_id": answer.earn_id,
        "phone": "+821012345678",
        "receipt": {
            "fingerprint": fingerprint,
            "approval_tags": list(document.approval_tags),
            "receipt_no": "20261120-01-0057",
            "till": "01",
            "kind": "sale",
        },
        "paid_won": 17_800,
        "points": 178,
        "rate_bp": 100,
        "policy_version": 0,
        "source": "receipt_auto",
        "occurred_ms": shop.clock.wall_ms(),
    }
    assert shop.rows("SELECT earn.op_id = outbox.op_id FROM earn, outbox") == [(1,)]


def test_a_new_policy_of_the_brand_is_used_for_the_next_receipt(shop: Counter) -> None:
    """PNT-05, AGT-11"""
    policy = {"version": 3, "rate_bp": 250, "minimum_payment_won": 5_000, "request_timeout_ms": 60_000}
    shop.feed(shop.agent.appliers()["policy"], "policy", policy)
    shop.agent.earn.ingest(captured(shop.clock, total=10_000))
    rich = typed(shop)
    shop.agent.earn.ingest(captured(shop.clock, total=4_900, receipt_no="2", approvals=("2",)))
    poor = typed(shop, OTHER)

    assert isinstance(rich, Earned)
    assert isinstance(poor, Earned)
    assert (rich.points, rich.rate_bp, poor.points) == (250, 250, 0)
    assert [body["policy_version"] for _, body in shop.ops("earn")] == [3, 3]


# --- no double earn --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sale", "reprint"])
def test_a_second_print_earns_nothing(shop: Counter, kind: str) -> None:
    """PNT-09: marked reprint, unmarked duplicate and second copy, also for another number."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    typed(shop)

    again = earn.ingest(captured(shop.clock, kind=kind))

    assert again.outcome == "duplicate"
    assert earn.offer() is None
    assert isinstance(typed(shop, OTHER), Waiting)
    assert len(shop.ops("earn")) == 1


def test_two_copies_of_a_waiting_receipt_are_one_offer(shop: Counter) -> None:
    """PNT-09: customer's and merchant's copy come out together."""
    earn = shop.agent.earn
    assert earn.ingest(captured(shop.clock)).outcome == "waiting"
    assert earn.ingest(captured(shop.clock)).outcome == "duplicate"

    assert isinstance(typed(shop), Earned)
    assert earn.offer() is None


def test_a_reprint_of_a_sale_that_was_never_seen_earns(shop: Counter) -> None:
    """PNT-09"""
    shop.agent.earn.ingest(captured(shop.clock, kind="reprint"))

    assert isinstance(typed(shop), Earned)


def test_equal_paper_without_any_number_is_a_copy_for_ten_minutes_only(shop: Counter) -> None:
    """Two people may buy the same coffee for the same cash."""
    earn = shop.agent.earn
    bare = {"receipt_no": None, "approvals": (), "till": None, "time": None, "digest": "americano"}
    assert earn.ingest(captured(shop.clock, total=4_500, **bare)).outcome == "waiting"
    typed(shop)
    shop.clock.advance(600_000)
    assert earn.ingest(captured(shop.clock, total=4_500, **bare)).outcome == "duplicate"
    shop.clock.advance(1)

    third = earn.ingest(captured(shop.clock, total=4_500, **bare))

    assert third.outcome == "waiting"
    assert isinstance(typed(shop, OTHER), Earned)
    assert len({row[0] for row in shop.rows("SELECT fingerprint FROM earn")}) == 2


def test_the_same_document_twice_is_booked_once(shop: Counter) -> None:
    """AGT-06: a crash between the commit and the removal of the file."""
    document = captured(shop.clock)
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE)

    first, again = shop.agent.earn.ingest(document), shop.agent.earn.ingest(document)

    assert first == again
    assert first.outcome == "earned"
    assert outcomes(shop) == ["earned"]
    assert len(shop.ops("earn")) == 1


# --- cancels ---------------------------------------------------------------------------------------------------------


def test_a_cancel_takes_back_exactly_its_sale(shop: Counter) -> None:
    """PNT-09, PNT-16: the cancel has a number of its own and repeats the card approval."""
    earn = shop.agent.earn
    for total, no, approval in ((17_800, "S-1", "30127744"), (17_800, "S-2", "99")):
        earn.ingest(captured(shop.clock, total=total, receipt_no=no, approvals=(approval,)))
        typed(shop)
        shop.clock.advance(60_000)
    wanted = shop.rows("SELECT earn_id, fingerprint FROM document WHERE receipt_no = 'S-1'")[0]

    outcome = earn.ingest(captured(shop.clock, "cancel", -17_800, receipt_no="S-9"))

    assert (outcome.outcome, outcome.earn_id, outcome.points) == ("reversed", wanted[0], 178)
    [(_, body)] = shop.ops("earn.reverse")
    assert (body["earn_id"], body["sale_fingerprint"], body["amount_won"]) == (*wanted, 17_800)
    assert shop.rows("SELECT status FROM earn ORDER BY seq") == [("reversed",), ("provisional",)]
    assert shop.agent.earn.today().reversed_points == 178


def test_a_cancel_by_the_number_of_its_original_takes_back_a_cash_sale(shop: Counter) -> None:
    """PNT-16"""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock, total=9_000, receipt_no="C-7", approvals=()))
    typed(shop)

    cancel = captured(shop.clock, "cancel", -9_000, receipt_no="C-8", original_receipt_no="C-7", approvals=())

    assert earn.ingest(cancel).outcome == "reversed"
    assert len(shop.ops("earn.reverse")) == 1


def test_every_further_cancel_slip_of_a_sale_changes_nothing(shop: Counter) -> None:
    """PNT-09: second copy of the slip, and the card terminal's own slip beside the POS's."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    typed(shop)
    earn.ingest(captured(shop.clock, "cancel", -17_800, receipt_no="S-9"))

    copy = earn.ingest(captured(shop.clock, "cancel", -17_800, receipt_no="S-9"))
    terminal = earn.ingest(captured(shop.clock, "cancel", 17_800, receipt_no=None, till=None))

    assert (copy.outcome, terminal.outcome) == ("duplicate", "duplicate")
    assert len(shop.ops("earn.reverse")) == 1


def test_a_reprint_of_a_cancelled_sale_does_not_earn_again(shop: Counter) -> None:
    """PNT-09"""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    typed(shop)
    earn.ingest(captured(shop.clock, "cancel", -17_800, receipt_no="S-9"))

    assert earn.ingest(captured(shop.clock, "reprint")).outcome == "duplicate"
    assert earn.offer() is None


def test_a_cancel_of_a_receipt_that_still_waits_withdraws_the_offer(shop: Counter) -> None:
    """PNT-09: nothing was earned here, but the cloud hears of it: another counter may have earned on the receipt."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    [(fingerprint,)] = shop.rows("SELECT fingerprint FROM document")

    assert earn.ingest(captured(shop.clock, "cancel", -17_800, receipt_no="S-9")).outcome == "reversed"
    assert earn.offer() is None
    assert isinstance(typed(shop), Waiting)
    [(_, body)] = shop.ops("earn.reverse")
    assert (body["sale_fingerprint"], body["earn_id"]) == (fingerprint, None)
    assert shop.agent.earn.today().reversed_points == 0


def test_a_cancel_before_its_sale_stops_the_earn(shop: Counter) -> None:
    """PNT-09: also when the sale is not known yet."""
    earn = shop.agent.earn
    cancel = captured(shop.clock, "cancel", -17_800, receipt_no="S-9")
    assert earn.ingest(cancel).outcome == "reversal_waiting"
    [(_, body)] = shop.ops("earn.reverse")
    typed(shop)

    sale = earn.ingest(captured(shop.clock))

    assert body["earn_id"] is None
    assert body["approval_tags"] == list(cancel.approval_tags)
    assert sale.outcome == "reversed"
    assert shop.ops("earn") == []
    assert len(shop.ops("earn.reverse")) == 1


CASH = {"receipt_no": "0042", "approvals": (), "till": "01"}
TODAY, TOMORROW = "2026-09-21T14:03:22", "2026-09-22T09:10:00"


def next_day(shop: Counter) -> None:
    shop.clock.advance(86_400_000)


def test_a_cancel_whose_sale_never_came_takes_no_later_sale_of_that_number(shop: Counter) -> None:
    """PNT-09: numbers start again every day; tomorrow's customer keeps the points."""
    earn = shop.agent.earn
    assert earn.ingest(captured(shop.clock, "cancel", -4_500, time=TODAY, **CASH)).outcome == "reversal_waiting"
    original = {"receipt_no": "0050", "original_receipt_no": "0042", "approvals": (), "till": "01"}
    assert earn.ingest(captured(shop.clock, "cancel", -4_500, time=TODAY, **original)).outcome == "reversal_waiting"
    next_day(shop)
    typed(shop)

    sale = earn.ingest(captured(shop.clock, total=4_500, time=TOMORROW, **CASH))

    assert (sale.outcome, sale.points) == ("earned", 45)


def test_a_cancel_that_only_shares_its_number_with_an_earlier_days_sale_is_a_question(shop: Counter) -> None:
    """PNT-16: nothing is guessed: the number may be the cancel's own."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock, total=4_500, time=TODAY, **CASH))
    typed(shop)
    next_day(shop)

    assert earn.ingest(captured(shop.clock, "cancel", -4_500, time=TOMORROW, **CASH)).outcome == "ask"
    assert shop.ops("earn.reverse") == []


def test_a_cancel_by_its_originals_number_finds_the_sale_of_the_day_before(shop: Counter) -> None:
    """PNT-16: once; its second print takes back no older sale of that number."""
    earn = shop.agent.earn
    for _ in range(2):
        earn.ingest(captured(shop.clock, total=4_500, time=None, **CASH))
        typed(shop)
        next_day(shop)
    original = {"original_receipt_no": "0042", "receipt_no": None, "approvals": (), "time": None}

    first = earn.ingest(captured(shop.clock, "cancel", -4_500, digest="one", **original))
    second = earn.ingest(captured(shop.clock, "cancel", -4_500, digest="printed again", **original))

    assert (first.outcome, second.outcome) == ("reversed", "duplicate")
    assert shop.rows("SELECT status FROM earn ORDER BY seq") == [("provisional",), ("reversed",)]


def test_a_number_without_a_date_earns_again_the_next_day(shop: Counter) -> None:
    """PNT-09: a receipt that shows no time is the day's on which it was printed."""
    earn = shop.agent.earn
    for expected in ("waiting", "duplicate"):
        assert earn.ingest(captured(shop.clock, total=4_500, time=None, **CASH)).outcome == expected
    next_day(shop)

    assert earn.ingest(captured(shop.clock, total=4_500, time=None, **CASH)).outcome == "waiting"
    assert earn.ingest(captured(shop.clock, total=4_500, time="25시 61분", **CASH)).outcome == "duplicate"


def test_a_cancel_over_another_amount_is_a_question(shop: Counter) -> None:
    """A part of a payment went back: a person decides, nothing is guessed."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock))
    typed(shop)

    assert earn.ingest(captured(shop.clock, "cancel", -5_000, receipt_no="S-9")).outcome == "ask"
    assert shop.ops("earn.reverse") == []


def test_a_cancel_that_names_no_sale_is_a_question(shop: Counter) -> None:
    bare = captured(shop.clock, "cancel", -5_000, receipt_no=None, approvals=(), till=None)

    assert shop.agent.earn.ingest(bare).outcome == "ask"
    assert shop.ops() == []


@pytest.mark.parametrize(
    ("kind", "total", "outcome"),
    [
        ("kitchen", None, "ignored"),
        ("bill", 12_000, "ignored"),
        ("settlement", 1_250_000, "ignored"),
        ("test_page", None, "ignored"),
        ("sale", 0, "ignored"),
        ("unknown", None, "ask"),
        ("partial_refund", -3_000, "ask"),
        ("sale", None, "ask"),
    ],
)
def test_other_papers_earn_nothing(shop: Counter, kind: str, total: int | None, outcome: str) -> None:
    """PNT-07: a wrong amount is worse than none."""
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE)

    found = shop.agent.earn.ingest(captured(shop.clock, kind, total))

    assert found.outcome == outcome
    assert shop.ops() == []


# --- what the cloud says ---------------------------------------------------------------------------------------------


def status(shop: Counter) -> tuple[str, int | None]:
    found: tuple[str, int | None] = shop.rows("SELECT status, posted_points FROM earn")[0]  # type: ignore[assignment]
    return found


@pytest.fixture
def earned(shop: Counter) -> str:
    shop.agent.earn.ingest(captured(shop.clock))
    answer = typed(shop)
    assert isinstance(answer, Earned)
    return answer.earn_id


def test_the_answer_of_the_cloud_makes_a_provisional_earn_posted(shop: Counter, earned: str) -> None:
    """AGT-10"""
    shop.answer("earn", "applied", {"points": 178})

    assert status(shop) == ("posted", 178)


def test_the_cloud_may_book_another_figure(shop: Counter, earned: str) -> None:
    """AGT-10: cloud money values win."""
    shop.answer("earn", "adjusted", {"points": 89})

    assert status(shop) == ("adjusted", 89)
    assert shop.agent.earn.today().earned_points == 89


def test_an_earn_the_cloud_refused_counts_nothing(shop: Counter, earned: str) -> None:
    shop.answer("earn", "rejected", code="duplicate_receipt")

    assert status(shop)[0] == "rejected"
    assert shop.agent.earn.today().earned_count == 0


def test_a_parked_earn_stays_provisional(shop: Counter, earned: str) -> None:
    """AGT-15"""
    shop.answer("earn", "parked", code="unreadable")

    assert status(shop)[0] == "provisional"


def test_feed_rows_about_our_earn_are_booked_and_others_left_alone(shop: Counter, earned: str) -> None:
    apply = shop.agent.appliers()["earn"]
    ((op_id,),) = shop.rows("SELECT op_id FROM earn")

    def hear(earn_id: str, op_id: str, status: str, points: int = 170) -> None:
        body = {"earn_id": earn_id, "op_id": op_id, "status": status, "points": points, "code": None}
        shop.feed(apply, "earn", body)

    hear("elsewhere", "x", "posted", 9)
    hear(earned, op_id, "posted")
    assert status(shop) == ("adjusted", 170)

    hear(earned, "of another counter with the same slip", "rejected", 0)
    assert status(shop) == ("adjusted", 170)

    hear(earned, "x", "reversed")
    hear(earned, op_id, "posted")

    assert status(shop) == ("reversed", 170)


def test_a_slip_that_another_counter_booked_first_earns_nothing_here(shop: Counter, earned: str) -> None:
    """PNT-09: both counters took the slip without a line; the other one's points are not this customer's."""
    shop.answer("earn", "rejected", code="duplicate_receipt")
    row = {"earn_id": earned, "op_id": "of another counter", "status": "posted", "points": 178, "code": None}

    shop.feed(shop.agent.appliers()["earn"], "earn", row)

    assert status(shop)[0] == "rejected"


# --- figures, listeners, crash ---------------------------------------------------------------------------------------


@pytest.mark.expect_log("earn_status_unknown")
def test_a_status_of_a_newer_cloud_changes_nothing(shop: Counter, earned: str) -> None:
    before = shop.rows("SELECT status, posted_points FROM earn")

    shop.feed(shop.agent.appliers()["earn"], "earn", {"earn_id": earned, "status": "frozen", "points": 1})

    assert shop.rows("SELECT status, posted_points FROM earn") == before


def test_the_figures_of_the_day_start_again_at_midnight_in_seoul(shop: Counter, earned: str) -> None:
    shop.agent.earn.ingest(captured(shop.clock, "unknown", None))

    figures = shop.agent.earn.today()
    shop.clock.advance(86_400_000)

    assert (figures.earned_count, figures.earned_points, figures.receipts_read, figures.ask) == (1, 178, 2, 1)
    assert shop.agent.earn.today().receipts_read == 0


def test_listeners_hear_of_every_change_after_the_commit(shop: Counter) -> None:
    heard: list[int] = []
    shop.agent.earn.listeners.subscribe(lambda: heard.append(shop.rows("SELECT count(*) FROM document")[0][0]))

    shop.agent.earn.ingest(captured(shop.clock))

    assert heard == [1]


def test_a_failure_in_the_middle_leaves_nothing_behind(shop: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """AGT-05: earn, operation and outcome are one transaction."""
    shop.agent.earn.ingest(captured(shop.clock))
    entry = shop.agent.earn.open_entry()

    def broken(*_args: object, **_named: object) -> str:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("agent.earn.repository.set_outcome", broken)
        with pytest.raises(OSError, match="power cut"):
            shop.agent.earn.submit_phone(entry, PHONE)

    assert shop.rows("SELECT (SELECT count(*) FROM earn), (SELECT count(*) FROM outbox)") == [(0, 0)]
    assert isinstance(shop.agent.earn.submit_phone(entry, PHONE), Earned)


def test_a_number_whose_seal_does_not_open_does_not_hold_up_the_receipts(shop: Counter) -> None:
    shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), PHONE)
    with shop.bench.store.transaction() as conn:
        conn.execute("UPDATE phone_entry SET phone_sealed = x'0011'")

    assert shop.agent.earn.ingest(captured(shop.clock)).outcome == "waiting"


def test_a_device_without_keys_takes_no_numbers(shop: Counter) -> None:
    entry = shop.agent.earn.open_entry()
    shop.agent.keyring.refuse(NotEnrolled("not yet"))

    with pytest.raises(NotEnrolled):
        shop.agent.earn.submit_phone(entry, PHONE)
    with pytest.raises(NotEnrolled):
        shop.agent.earn.ingest(captured(shop.clock))


def test_a_reading_with_a_fraction_is_no_document(shop: Counter) -> None:
    document = captured(shop.clock)
    bad = replace(document, reading={**document.reading, "total": 17_800.5})

    with pytest.raises(TypeError):
        shop.agent.earn.ingest(bad)
    assert json.loads(json.dumps(outcomes(shop))) == []


# --- no swapping between customers ---------------------------------------------------------------------------------


def test_a_receipt_that_was_taken_back_meanwhile_gives_no_other(shop: Counter) -> None:
    """PNT-08: who saw 4,500 won never earns on the next customer's 90,000."""
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock, total=4_500, receipt_no="A-1", approvals=("1",)))
    entry = earn.open_entry()
    earn.ingest(captured(shop.clock, "cancel", total=-4_500, receipt_no="A-1", approvals=("1",)))
    earn.ingest(captured(shop.clock, total=90_000, receipt_no="A-2", approvals=("2",)))

    assert earn.submit_phone(entry, PHONE) == Expired()
    assert outcomes(shop) == ["reversed", "reversed", "waiting"]
    assert shop.ops("earn") == []


def test_a_screen_earns_on_what_it_shows_now_not_on_what_it_was_opened_for(shop: Counter) -> None:
    earn = shop.agent.earn
    earn.ingest(captured(shop.clock, total=5_000, receipt_no="A-1", approvals=("1",)))
    entry = earn.open_entry()
    shop.clock.advance(60_001)
    earn.ingest(captured(shop.clock, total=9_000, receipt_no="A-2", approvals=("2",)))
    offered = earn.offer()
    assert offered is not None

    answer = earn.submit_phone(entry, PHONE)

    assert isinstance(answer, Earned)
    assert answer.paid_won == offered.paid_won == 9_000


def test_a_receipt_read_late_does_not_meet_the_number_of_the_next_customer(shop: Counter) -> None:
    """The agent was closed while the first customer paid."""
    earn = shop.agent.earn
    shop.clock.advance(60_000)
    typed(shop)
    late = captured(shop.clock, total=4_500, receipt_no="A-1", approvals=("1",), age_ms=30_000)

    assert earn.ingest(late).outcome == "waiting"
    own = captured(shop.clock, total=9_000, receipt_no="A-2", approvals=("2",))
    assert earn.ingest(own).outcome == "earned"


def test_nothing_is_promised_to_somebody_who_left_until_the_cloud_has_spoken(shop: Counter) -> None:
    """MEM-05: the sale is queued all the same; from the moment at which one may be back it earns as ever."""
    lookup = phone_lookup(STORE_KEY, "+82" + PHONE[1:])
    body = {"lookup": lookup, "until_ms": shop.clock.wall_ms() + 60_000, "at_ms": shop.clock.wall_ms()}
    shop.feed(MEMBER_APPLIERS["withdrawn"], "withdrawn", body)
    shop.agent.earn.ingest(captured(shop.clock))
    blocked = typed(shop)
    shop.agent.earn.ingest(captured(shop.clock, receipt_no="20261120-01-0058", approvals=("30127745",)))
    other = typed(shop, OTHER)
    shop.answer("earn", "rejected", {"earn_id": "x"}, "withdrawn_rejoin_block")

    shop.clock.advance(60_000)
    shop.agent.earn.ingest(captured(shop.clock, receipt_no="20261120-01-0059", approvals=("30127746",)))
    again = typed(shop)

    assert [one.points for one in (blocked, other, again) if isinstance(one, Earned)] == [0, 178, 178]
    assert shop.rows("SELECT status, points FROM earn ORDER BY seq")[0] == ("rejected", 0)


def test_tills_do_not_meet(shop: Counter) -> None:
    """PNT-08: one entry, one receipt, one till."""
    earn = shop.agent.earn
    entry = earn.open_entry("2")
    assert isinstance(earn.submit_phone(entry, PHONE), Waiting)

    assert earn.ingest(captured(shop.clock, source="1")).outcome == "waiting"
    assert earn.offer("2") is None
    assert earn.ingest(captured(shop.clock, receipt_no="B-1", approvals=("9",), source="2")).outcome == "earned"
