"""Spending points at the tablet on a real store, with a line and without: PNT-10, PNT-12, APR-07, APR-18, AGT-08."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.approval.types import AlreadyDecided, Decided, Recovering, RejectReason, TooLate
from agent.bootstrap import Agent
from agent.keys import StoreKeys
from agent.launch import AgentSettings
from agent.spend.types import NoNumber, NotSpent, SpendAsked, SpendNotNow, SpendRefused, SpendWaiting, Spent
from printers.document import Document
from rules.requests import NO_ACK_EXPIRE_MS, TIMEOUT_MS, RequestState
from rules.spending import SpendLimit, told_to_customers
from sync import outbox, tally
from sync.outcomes import Denied, Held, Reason, Unavailable
from sync.snapshot import _end_absent
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.devices import DEVICE_ID, SECRETS
from tests.helpers.snapshots import give_snapshot

STAFF = "김서연"
MINJI, JISU = "01012345678", "01087654321"
DAY_MS = 86_400_000
MEMBERS = {MINJI: 3_240, JISU: 90_000}
POLICY = {
    "version": 2,
    "rate_bp": 100,
    "minimum_payment_won": 0,
    "request_timeout_ms": TIMEOUT_MS,
    "use_unit": 1,
    "offline_store_day_won": 30_000,
    "offline_member_won": 5_000,
    "offline_snapshot_max_ms": DAY_MS,
}


class Line:
    """Stands in for the line: answers what it is told to, and remembers what it was asked."""

    def __init__(self, answer: Held | Denied | Unavailable) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def ask_request(self, fields: dict[str, Any]) -> Held | Denied | Unavailable:
        self.asked.append(fields)
        return self.answer


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    """A counter without a line, ten seconds after a snapshot with two members."""
    with counter(tmp_path) as found:
        set_policy(found)
        give_snapshot(found, MEMBERS)
        found.clock.advance(10_000)
        found.link.online = False
        yield found


def set_policy(shop: Counter, **changes: int) -> None:
    version = int(shop.rows("SELECT count(*) FROM feed_row")[0][0]) + 2
    shop.feed(shop.agent.appliers()["policy"], "policy", POLICY | {"version": version} | changes)


def ask(shop: Counter, points: int | None = 3_000, *, who: str = MINJI, payment_won: int = 18_000) -> str:
    """Asked for and shown; returns its id."""
    asked = shop.agent.spend.ask(shop.agent.spend.new_id(), who, points, payment_won)
    assert isinstance(asked, SpendAsked), asked
    shop.agent.approval.mark_shown([asked.spend_id])
    return asked.spend_id


def refusal(shop: Counter, points: int | None = 3_000, *, who: str = MINJI, payment_won: int = 18_000) -> SpendLimit:
    answer = shop.agent.spend.ask(shop.agent.spend.new_id(), who, points, payment_won)
    assert isinstance(answer, SpendRefused), answer
    assert shop.agent.approval.pending() == ()
    return answer.limit


def pass_time(shop: Counter, ms: int) -> None:
    """Seconds tick by as they do in a running agent."""
    shop.agent.approval.tick()
    for _ in range(ms // 1_000):
        shop.clock.advance(1_000)
        shop.agent.approval.tick()


def slips(shop: Counter) -> list[str]:
    return [row[0] for row in shop.rows("SELECT job_id FROM print_job ORDER BY job_id")]


# --- without a line: the request ------------------------------------------------------------------------------------


def test_without_a_line_the_card_runs_its_own_minute_and_an_approval_books_all_at_once(shop: Counter) -> None:
    """PNT-10, APR-07: decision, spend, slip and operation; the slip tells staff what to key in (PNT-06)."""
    spend_id = ask(shop)
    pass_time(shop, 13_000)
    [card] = shop.agent.approval.pending()
    assert (card.title, card.nickname, card.amount_won, card.pos_discount_won) == (
        "3,000P 사용",
        "010-****-5678",
        18_000,
        3_000,
    )
    assert (card.remaining_ms, card.offline, card.at_counter) == (47_000, True, True)
    assert shop.agent.spend.outcome(spend_id) == SpendWaiting(3_000, 47_000)
    assert shop.ops() == []  # nobody is told of a request that only exists here

    decided = shop.agent.approval.approve(spend_id, STAFF)

    assert isinstance(decided, Decided)
    assert (decided.pos_discount_won, decided.print_job_id) == (3_000, f"{spend_id}:slip")
    [(kind, body)] = shop.ops()
    now_ms = shop.clock.wall_ms()
    assert kind == "points.spend"
    assert body == {
        "spend_id": spend_id,
        "phone": "+821012345678",
        "points": 3_000,
        "payment_won": 18_000,
        "decided_by_default": False,
        "occurred_ms": now_ms,
        "snapshot_ms": now_ms - 23_000,
    }
    assert shop.agent.spend.outcome(spend_id) == Spent(3_000, 15_000)
    [(slip,)] = shop.rows("SELECT document_json FROM print_job")
    assert "3,000원" in str(Document.from_json(slip))
    assert shop.rows("SELECT phone_sealed, state FROM spend") == [(None, "spent")]
    assert isinstance(shop.agent.approval.approve(spend_id, STAFF), AlreadyDecided)
    assert b"12345678" not in shop.bench.store.path.read_bytes()


def test_a_rejection_without_a_line_spends_nothing_and_frees_the_quota(shop: Counter) -> None:
    """APR-08, APR-10."""
    spend_id = ask(shop, 3_000)
    assert refusal_after(shop) is SpendLimit.BALANCE

    shop.agent.approval.reject(spend_id, RejectReason.CONDITION_MISMATCH, "", STAFF)

    assert shop.agent.spend.outcome(spend_id) == NotSpent()
    assert (shop.ops(), slips(shop)) == ([], [])
    assert ask(shop, 3_000)


def refusal_after(shop: Counter) -> SpendLimit:
    answer = shop.agent.spend.ask(shop.agent.spend.new_id(), MINJI, 3_000, 18_000)
    assert isinstance(answer, SpendRefused)
    return answer.limit


def test_nobody_answers_and_the_counter_approves_by_default_exactly_once(shop: Counter) -> None:
    """APR-07 without a line."""
    spend_id = ask(shop)

    pass_time(shop, TIMEOUT_MS - 1_000)
    assert shop.ops() == []
    shop.clock.advance(1_000)
    assert isinstance(shop.agent.approval.reject(spend_id, RejectReason.OUT_OF_HOURS, "", STAFF), TooLate)
    shop.agent.approval.tick()
    pass_time(shop, 5_000)

    [(_, body)] = shop.ops("points.spend")
    assert body["decided_by_default"] is True
    [record] = shop.agent.approval.recent()
    assert (record.state, record.decided_by, record.can_recover) == (RequestState.AUTO_APPROVED, None, True)
    assert slips(shop) == [f"{spend_id}:slip"]


def test_above_the_brands_value_silence_is_no_approval_without_a_line_either(shop: Counter) -> None:
    """R15."""
    set_policy(shop, auto_approve_max_won=2_999)
    spend_id = ask(shop, 3_000)

    pass_time(shop, TIMEOUT_MS + 5_000)

    assert shop.ops() == []
    assert shop.agent.spend.outcome(spend_id) == NotSpent()
    assert [record.state for record in shop.agent.approval.recent()] == [RequestState.EXPIRED]
    shop.agent.approval.approve(ask(shop, 3_000), STAFF)
    assert len(shop.ops("points.spend")) == 1


def test_the_minute_begins_with_the_screen_and_without_one_the_request_ends(shop: Counter) -> None:
    """APR-18."""
    asked = shop.agent.spend.ask(shop.agent.spend.new_id(), MINJI, 1_000, 18_000)
    assert isinstance(asked, SpendAsked)

    pass_time(shop, NO_ACK_EXPIRE_MS - 1_000)
    assert shop.agent.spend.outcome(asked.spend_id) == SpendWaiting(1_000, None)
    pass_time(shop, 1_000)

    assert shop.agent.spend.outcome(asked.spend_id) == NotSpent()
    assert shop.ops() == []


@pytest.mark.parametrize("what", ["sleep", "wall_forward", "wall_back"])
def test_after_sleep_or_a_moved_clock_a_person_confirms(shop: Counter, what: str) -> None:
    """A countdown that nobody may have watched approves nothing."""
    spend_id = ask(shop)
    pass_time(shop, 5_000)
    if what == "sleep":
        shop.clock.advance(120_000)
    else:
        shop.clock.jump_wall(300_000 if what == "wall_forward" else -3_600_000)

    pass_time(shop, 120_000)

    assert shop.ops() == []
    [card] = shop.agent.approval.pending()
    assert (card.remaining_ms, card.at_counter) == (None, True)
    assert isinstance(shop.agent.approval.approve(spend_id, STAFF), Decided)
    assert len(shop.ops("points.spend")) == 1


def test_after_a_restart_during_the_countdown_a_person_confirms(shop: Counter) -> None:
    """The same boot, another process; and the quota and the request are still there."""
    spend_id = ask(shop, 3_000)
    again = Counter(
        shop.bench,
        Agent(AgentSettings(folder=shop.agent.settings.folder), shop.bench.store, shop.clock, shop.bench.ids),
    )
    again.agent.keyring.install(StoreKeys(SECRETS.store_key, shop.bench.cipher))
    again.link.online = False
    again.agent.link.attach(again.link)

    pass_time(again, 120_000)

    assert again.ops() == []
    assert again.agent.spend.outcome(spend_id) == SpendWaiting(3_000, None)
    assert refusal_after(again) is SpendLimit.BALANCE
    assert isinstance(again.agent.approval.approve(spend_id, STAFF), Decided)
    assert len(again.ops("points.spend")) == 1


def test_a_snapshot_ends_nothing_that_only_this_counter_knows(shop: Counter) -> None:
    """A snapshot's word is the last about requests of the cloud; it has never heard of this one."""
    spend_id = ask(shop)
    arrives(shop, cloud_row("r-old"))

    with shop.bench.store.transaction() as conn:
        _end_absent(conn, "[]", "[]", 0)

    assert [card.request_id for card in shop.agent.approval.pending()] == [spend_id]


def test_a_tally_does_not_count_what_only_this_counter_knows(shop: Counter) -> None:
    """AGT-15: the cloud cannot hold it, so that it does not is no difference."""
    arrives(shop, cloud_row("r-old"))
    with shop.bench.store.read() as conn:
        before = tally.held(conn, 0)

    ask(shop)

    with shop.bench.store.read() as conn:
        assert tally.held(conn, 0) == before
    assert before[0][0] == 1


@pytest.mark.parametrize(
    ("paid_won", "points", "missing"),
    [(15_000, 150, None), (18_000, 150, 3_000), (16_500, 165, None)],
    ids=["keyed in", "forgotten", "another order"],
)
@pytest.mark.expect_log(r"discount_not_keyed")
def test_the_receipt_that_follows_says_whether_the_discount_was_keyed_in(
    shop: Counter, paid_won: int, points: int, missing: int | None
) -> None:
    """PNT-06: points are earned on what was really paid, once."""
    shop.agent.approval.approve(ask(shop, 3_000), STAFF)
    for total in (paid_won, 18_000):
        entry = shop.agent.earn.open_entry()
        shop.agent.earn.submit_phone(entry, MINJI)
        shop.clock.advance(60_000)
        shop.agent.earn.ingest(
            captured(shop.clock, total=total, approvals=(str(total),), receipt_no=str(total + shop.clock.wall_ms()))
        )

    first, second = (body for _, body in shop.ops("earn"))
    assert (first["paid_won"], first["points"], first.get("points_spent_won")) == (paid_won, points, missing)
    assert (second["points"], "points_spent_won" in second) == (180, False)


# --- without a line: the limits -------------------------------------------------------------------------------------


def test_limits_refuse_with_their_reason_and_leave_nothing_behind(shop: Counter) -> None:
    """PNT-10, PNT-12."""
    assert refusal(shop, 3_241) is SpendLimit.BALANCE
    assert refusal(shop, 1_000, who="01099998888") is SpendLimit.SNAPSHOT_MISSING
    assert refusal(shop, 5_001, who=JISU) is SpendLimit.MEMBER_DAY
    assert refusal(shop, 2_000, payment_won=1_999) is SpendLimit.PAYMENT
    assert refusal(shop, None, payment_won=0) is SpendLimit.PAYMENT
    assert refusal(shop, 0) is SpendLimit.AMOUNT
    assert isinstance(shop.agent.spend.ask("s", "02-123-4567", 1, 1), NoNumber)
    set_policy(shop, offline_store_day_won=4_000)
    shop.agent.approval.approve(ask(shop, 3_500, who=JISU), STAFF)
    assert refusal(shop, 1_000) is SpendLimit.STORE_DAY
    set_policy(shop, offline_member_won=0)
    assert refusal(shop, 1) is SpendLimit.SWITCHED_OFF
    assert not shop.agent.spend.terms().possible

    assert shop.rows("SELECT count(*) FROM spend") == [(1,)]


def test_a_snapshot_that_is_too_old_or_from_the_future_is_nothing_to_go_by(shop: Counter) -> None:
    shop.clock.advance(DAY_MS - 10_000)
    shop.agent.approval.reject(ask(shop, 1_000), RejectReason.OUT_OF_HOURS, "", STAFF)
    shop.clock.advance(1_000)
    assert refusal(shop, 1_000) is SpendLimit.SNAPSHOT_STALE
    shop.clock.jump_wall(-2 * DAY_MS)

    assert refusal(shop, 1_000) is SpendLimit.SNAPSHOT_STALE


def test_two_quick_spends_cannot_pass_a_limit_together(shop: Counter) -> None:
    """Open requests count: they may be approved."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda _: shop.agent.spend.ask(shop.agent.spend.new_id(), JISU, 1_000, 18_000),
                range(12),
            )
        )

    asked = [answer for answer in answers if isinstance(answer, SpendAsked)]
    assert len(asked) == 5
    assert {answer.limit for answer in answers if isinstance(answer, SpendRefused)} == {SpendLimit.MEMBER_DAY}


def test_a_quota_is_of_a_day_and_a_clock_set_back_does_not_bring_it_back(shop: Counter) -> None:
    shop.agent.approval.approve(ask(shop, None, who=JISU), STAFF)
    assert refusal(shop, 1, who=JISU) is SpendLimit.MEMBER_DAY

    shop.clock.advance(DAY_MS)
    give_snapshot(shop, MEMBERS)
    shop.agent.approval.approve(ask(shop, 5_000, who=JISU), STAFF)
    shop.clock.jump_wall(-DAY_MS)
    give_snapshot(shop, MEMBERS)

    assert refusal(shop, 1, who=JISU) is SpendLimit.MEMBER_DAY


def test_as_many_as_possible_is_what_the_tightest_limit_leaves(shop: Counter) -> None:
    assert shop.agent.spend.terms().most_points == 5_000
    first = shop.agent.spend.ask(shop.agent.spend.new_id(), MINJI, None, 18_000)
    second = shop.agent.spend.ask(shop.agent.spend.new_id(), JISU, None, 4_400)

    assert isinstance(first, SpendAsked)
    assert isinstance(second, SpendAsked)
    assert (first.points, second.points) == (3_240, 4_400)


def test_what_was_held_with_a_line_is_not_spent_again_without_one(shop: Counter) -> None:
    """The snapshot does not know of it."""
    shop.link.online = True
    line = Line(Held(3_000))
    shop.agent.spend.attach(line)
    held = shop.agent.spend.ask(shop.agent.spend.new_id(), MINJI, 3_000, 18_000)
    assert isinstance(held, SpendAsked)
    shop.link.online = False

    assert refusal(shop, 1_000) is SpendLimit.BALANCE


def test_a_clock_that_is_set_back_hides_no_spend_from_the_snapshot(shop: Counter) -> None:
    """PNT-12: held by the cloud while the clock was an hour behind; the snapshot is older and knows nothing of it."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Held(3_000)))
    shop.clock.jump_wall(-3_600_000)
    shop.agent.spend.ask("s-held", MINJI, 3_000, 18_000)
    shop.clock.jump_wall(3_600_000)
    shop.agent.spend.attach(None)
    shop.link.online = False

    assert refusal(shop, 241) is SpendLimit.BALANCE
    ask(shop, 240)


def test_a_device_that_nobody_trusts_or_that_forgot_its_quota_spends_nothing(shop: Counter) -> None:
    """R4: a forked device's queue is halted; so is a restored one's until it has a new epoch."""
    with shop.bench.store.transaction() as conn:
        shop.bench.store.set_meta(conn, outbox.HALTED, "forked")

    assert isinstance(shop.agent.spend.ask(shop.agent.spend.new_id(), MINJI, 1_000, 18_000), SpendNotNow)
    assert shop.agent.approval.pending() == ()


def test_a_spend_is_not_told_to_be_older_than_what_the_cloud_said_before_it(shop: Counter) -> None:
    """R4: a clone whose clock is set back behind its suspension would be believed."""
    heard_ms = shop.clock.wall_ms()
    with shop.bench.store.transaction() as conn:
        shop.bench.store.set_meta(conn, outbox.SERVER_TIME, str(heard_ms))
    shop.clock.jump_wall(-3_600_000)
    give_snapshot(shop, MEMBERS)

    shop.agent.approval.approve(ask(shop), STAFF)

    [(_, body)] = shop.ops()
    assert body["occurred_ms"] == heard_ms


def test_a_device_that_was_told_it_is_suspended_spends_nothing_without_a_line_either(shop: Counter) -> None:
    """R4: the cloud will refuse it, and the store would give something away."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Denied("device_suspended")))
    shop.agent.spend.ask("s", MINJI, 1_000, 18_000)
    shop.link.online = False

    assert isinstance(shop.agent.spend.ask("t", MINJI, 1_000, 18_000), SpendNotNow)
    assert shop.rows("SELECT count(*) FROM spend") == [(0,)]


def test_trying_out_numbers_ends_with_a_word_to_staff(shop: Counter) -> None:
    """R10."""
    answers = [shop.agent.spend.ask(f"s-{n}", f"010{n:08}", 1_000, 18_000) for n in range(1_000_0000, 1_000_0025)]

    assert [type(answer).__name__ for answer in answers] == ["SpendRefused"] * 20 + ["SpendNotNow"] * 5
    shop.clock.advance(600_000)
    assert isinstance(shop.agent.spend.ask("later", MINJI, 1_000, 18_000), SpendAsked)


# --- with a line ----------------------------------------------------------------------------------------------------


def cloud_row(spend_id: str, version: int = 1, state: str = "requested", **changes: Any) -> dict[str, Any]:
    return {
        "request_id": spend_id,
        "version": version,
        "kind": "points",
        "state": state,
        "title": "3,240P 사용",
        "nickname": "김*지",
        "condition": "",
        "amount_won": 18_000,
        "pos_discount_won": 3_240,
        "created_ms": 1_789_999_990_000,
        "remaining_ms": None,
        "reason": None,
        "reason_text": None,
        "decided_by": None,
        "decided_ms": None,
        "order_id": None,
        "slip_code": "K7-40W",
        "print_device": DEVICE_ID,
    } | changes


def arrives(shop: Counter, body: dict[str, Any]) -> None:
    shop.feed(shop.agent.appliers()["request"], "request", body)


def test_with_a_line_the_cloud_holds_and_its_row_is_the_card(shop: Counter) -> None:
    """PNT-15: from there it is a request like any other."""
    shop.link.online = True
    line = Line(Held(3_240))
    shop.agent.spend.attach(line)
    spend_id = shop.agent.spend.new_id()

    asked = shop.agent.spend.ask(spend_id, MINJI, None, 18_000)
    again = shop.agent.spend.ask(spend_id, MINJI, None, 18_000)

    assert asked == again == SpendAsked(spend_id, 3_240, 18_000, offline=False)
    assert line.asked == [
        {"request_id": spend_id, "phone": "+821012345678", "points": None, "payment_won": 18_000},
    ]
    assert shop.agent.spend.outcome(spend_id) == SpendWaiting(3_240, None)
    arrives(shop, cloud_row(spend_id))
    [card] = shop.agent.approval.pending()
    assert (card.at_counter, card.offline) == (False, False)
    shop.agent.approval.mark_shown([spend_id])
    arrives(shop, cloud_row(spend_id, 2, "seen", remaining_ms=60_000))
    shop.agent.approval.approve(spend_id, STAFF)
    assert [kind for kind, _ in shop.ops()] == ["request.seen", "request.decide"]
    assert shop.agent.spend.outcome(spend_id) == Spent(3_240, 14_760)


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("insufficient_points", SpendLimit.BALANCE),
        ("member_unknown", SpendLimit.BALANCE),  # the same for who is no member (R9)
        ("points_exceed_payment", SpendLimit.PAYMENT),
        ("points_not_in_units", SpendLimit.AMOUNT),
    ],
)
def test_a_refusal_of_the_cloud_is_no_reason_to_go_by_the_snapshot(shop: Counter, code: str, limit: SpendLimit) -> None:
    shop.link.online = True
    shop.agent.spend.attach(Line(Denied(code)))

    assert refusal(shop, 1_000) is limit


@pytest.mark.parametrize("code", ["device_suspended", "device_revoked", "idempotency_conflict"])
def test_a_device_that_the_cloud_refuses_spends_nothing(shop: Counter, code: str) -> None:
    shop.link.online = True
    shop.agent.spend.attach(Line(Denied(code)))

    assert isinstance(shop.agent.spend.ask("s", MINJI, 1_000, 18_000), SpendNotNow)
    assert shop.rows("SELECT count(*) FROM spend") == [(0,)]


@pytest.mark.parametrize(("reason", "uncertain"), [(Reason.UNREACHABLE, 0), (Reason.TIMEOUT, 1), (Reason.CUT, 1)])
def test_without_an_answer_in_time_it_goes_on_without_a_line(shop: Counter, reason: Reason, uncertain: int) -> None:
    shop.link.online = True
    shop.agent.spend.attach(Line(Unavailable(reason)))

    asked = shop.agent.spend.ask("s-1", MINJI, 3_000, 18_000)

    assert asked == SpendAsked("s-1", 3_000, 18_000, offline=True)
    assert shop.rows("SELECT uncertain FROM spend") == [(uncertain,)]
    assert shop.agent.approval.pending()[0].at_counter


def lost_answer(shop: Counter, spend_id: str = "s-1") -> str:
    """The cloud holds the points, but the counter never heard so."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Unavailable(Reason.CUT)))
    shop.agent.spend.ask(spend_id, MINJI, 3_000, 18_000)
    shop.agent.approval.mark_shown([spend_id])
    return spend_id


def test_a_hold_that_turns_up_while_the_card_is_open_takes_over(shop: Counter) -> None:
    """One request, one minute: the cloud's."""
    spend_id = lost_answer(shop)

    arrives(shop, cloud_row(spend_id))

    [card] = shop.agent.approval.pending()
    assert (card.at_counter, card.remaining_ms, card.title) == (False, None, "3,240P 사용")
    assert [kind for kind, _ in shop.ops()] == ["request.seen"]
    arrives(shop, cloud_row(spend_id, 2, "seen", remaining_ms=60_000))
    pass_time(shop, 70_000)
    assert shop.ops("points.spend") == []  # the counter does not decide by default any more
    arrives(shop, cloud_row(spend_id, 3, "auto_approved", decided_ms=shop.clock.wall_ms()))
    assert shop.agent.spend.outcome(spend_id) == Spent(3_240, 14_760)


def test_a_hold_whose_row_is_faster_than_its_answer_is_the_clouds(shop: Counter) -> None:
    """I4: the feed brought the card while the question still waited for its answer, which is lost then."""
    arrives(shop, cloud_row("s-1"))

    asked = shop.agent.spend.ask("s-1", MINJI, None, 18_000)

    assert asked == SpendAsked("s-1", 3_240, 18_000, offline=False)
    [card] = shop.agent.approval.pending()
    assert (card.at_counter, card.pos_discount_won) == (False, 3_240)
    assert shop.rows("SELECT version FROM request") == [(1,)]


def test_a_hold_that_turns_up_after_the_approval_changes_nothing(shop: Counter) -> None:
    spend_id = lost_answer(shop)
    shop.agent.approval.approve(spend_id, STAFF)

    arrives(shop, cloud_row(spend_id))

    assert shop.agent.approval.pending() == ()
    assert [kind for kind, _ in shop.ops()] == ["points.spend"]
    answer = {"spend_id": spend_id, "covered_points": 3_000, "loss_points": 0}
    shop.answer("points.spend", "applied", answer)
    assert shop.rows("SELECT settled, covered_points, loss_points FROM spend") == [(1, 3_000, 0)]
    final = cloud_row(spend_id, 2, "approved", title="3,000P 사용", pos_discount_won=3_000, decided_by=STAFF)
    arrives(shop, final | {"decided_ms": shop.clock.wall_ms()})
    assert shop.agent.spend.outcome(spend_id) == Spent(3_000, 15_000)
    assert slips(shop) == [f"{spend_id}:slip"]


def test_a_rejection_after_a_lost_answer_frees_what_the_cloud_may_hold(shop: Counter) -> None:
    spend_id = lost_answer(shop)

    shop.agent.approval.reject(spend_id, RejectReason.CONDITION_MISMATCH, "", STAFF)

    [(kind, body)] = shop.ops()
    assert (kind, body["decision"], body["request_id"], body["remaining_ms"]) == (
        "request.decide",
        "reject",
        spend_id,
        60_000,
    )
    arrives(shop, cloud_row(spend_id))
    assert shop.agent.approval.pending() == ()
    shop.answer("request.decide", "rejected", None, "request_unknown")
    assert shop.rows("SELECT settled, state FROM spend") == [(1, "dropped")]


@pytest.mark.parametrize("state", ["requested", "auto_approved"])
def test_a_question_that_reaches_the_cloud_after_the_no_is_refused_again(shop: Counter, state: str) -> None:
    """I6: the customer was told no, so nothing of it may be spent, however long the question was on its way."""
    spend_id = lost_answer(shop)
    shop.agent.approval.reject(spend_id, RejectReason.CONDITION_MISMATCH, "", STAFF)
    [(_, first)] = shop.ops()
    shop.answer("request.decide", "rejected", None, "request_unknown")

    arrives(shop, cloud_row(spend_id, 3, state))

    assert shop.agent.approval.pending() == ()
    assert shop.agent.spend.outcome(spend_id) == NotSpent()
    [(_, second)] = shop.ops("request.decide")
    assert second == first | {"remaining_ms": 1}
    told = cloud_row(spend_id, 4, "rejected", reason="condition_mismatch", decided_by=STAFF, decided_ms=1)
    shop.answer("request.decide", "applied", {"request_id": spend_id, "state": "rejected", "version": 4})
    arrives(shop, told)
    assert shop.rows("SELECT state, version FROM request") == [("rejected", 4)]
    assert shop.rows("SELECT settled, state FROM spend") == [(1, "dropped")]


def test_a_spend_without_a_line_can_be_taken_back(shop: Counter) -> None:
    """APR-15: queued behind the spend itself."""
    spend_id = ask(shop)
    shop.agent.approval.approve(spend_id, STAFF)

    assert isinstance(shop.agent.approval.recover(spend_id, STAFF), Recovering)

    assert [kind for kind, _ in shop.ops()] == ["points.spend", "request.recover"]
    assert shop.agent.spend.outcome(spend_id) == NotSpent()


def test_a_row_about_the_way_back_counts_before_the_spend_itself_is_answered(shop: Counter) -> None:
    """I4: the cloud booked both in one push; its rows arrive, and the answer to the push is lost."""
    spend_id = ask(shop)
    shop.agent.approval.approve(spend_id, STAFF)
    shop.agent.approval.recover(spend_id, STAFF)

    arrives(shop, cloud_row(spend_id, 1, "approved", decided_by=STAFF, decided_ms=1))
    arrives(shop, cloud_row(spend_id, 2, "recovered", decided_by="owner", decided_ms=2))

    columns = "state, version, decided_by"
    assert shop.rows(f"SELECT {columns} FROM request") == [("recovered", 2, "owner")]


# --- the customer thinks better of it ---------------------------------------------------------------------------------


def test_the_customer_takes_it_back_without_a_line_and_nothing_was_spent(shop: Counter) -> None:
    """APR-14: the card is gone, the quota is free again, nobody has to be told."""
    spend_id = ask(shop)

    assert shop.agent.spend.withdraw(spend_id) == NotSpent(taken_back=True)

    assert (shop.agent.approval.pending(), shop.agent.approval.recent()) == ((), ())
    assert shop.agent.approval.withdrawn([spend_id, "other"]) == {spend_id}
    assert (shop.ops(), slips(shop)) == ([], [])
    assert shop.rows("SELECT state, settled, phone_sealed FROM spend") == [("dropped", 1, None)]
    assert isinstance(shop.agent.approval.approve(spend_id, STAFF), AlreadyDecided)
    assert shop.agent.spend.withdraw(spend_id) == NotSpent(taken_back=True)  # pressed twice
    assert ask(shop, 3_000)


def test_staff_who_were_faster_win_over_the_customer(shop: Counter) -> None:
    """APR-14, APR-36: one end, and the tablet shows which."""
    spend_id = ask(shop)
    shop.agent.approval.approve(spend_id, STAFF)

    assert shop.agent.spend.withdraw(spend_id) == Spent(3_000, 15_000)
    assert [kind for kind, _ in shop.ops()] == ["points.spend"]


def test_customer_and_staff_in_the_same_instant_give_one_end(shop: Counter) -> None:
    """APR-36"""
    for _ in range(8):
        spend_id = ask(shop, 100)
        with ThreadPoolExecutor(2) as hands:
            approved = hands.submit(shop.agent.approval.approve, spend_id, STAFF)
            withdrawn = hands.submit(shop.agent.spend.withdraw, spend_id)
        outcome = withdrawn.result()
        spent = isinstance(approved.result(), Decided)
        assert outcome == (Spent(100, 17_900) if spent else NotSpent(taken_back=True))
        assert len([body for _, body in shop.ops("points.spend") if body["spend_id"] == spend_id]) == int(spent)


def test_after_zero_it_is_too_late_to_take_it_back(shop: Counter) -> None:
    """APR-07: the countdown has decided."""
    spend_id = ask(shop)
    shop.clock.advance(TIMEOUT_MS)

    assert shop.agent.spend.withdraw(spend_id) == SpendWaiting(3_000, 0)
    shop.agent.approval.tick()
    pass_time(shop, 1_000)
    assert shop.agent.spend.withdraw(spend_id) == Spent(3_000, 15_000)


def test_what_the_cloud_holds_is_withdrawn_by_an_operation(shop: Counter) -> None:
    """APR-14: also while its row is still on the way; then the tablet asks once more."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Held(3_240)))
    shop.agent.spend.ask("s-1", MINJI, None, 18_000)
    assert shop.agent.spend.withdraw("s-1") == SpendWaiting(3_240, None)
    assert shop.ops() == []
    arrives(shop, cloud_row("s-1", 2, "seen", remaining_ms=40_000))

    assert shop.agent.spend.withdraw("s-1") == NotSpent(taken_back=True)

    [(kind, body)] = shop.ops()
    assert (kind, body["decision"], body["reason"], body["remaining_ms"]) == (
        "request.decide",
        "withdraw",
        None,
        40_000,
    )
    assert (shop.agent.approval.pending(), shop.agent.approval.recent()) == ((), ())
    arrives(shop, cloud_row("s-1", 3, "auto_approved", decided_ms=shop.clock.wall_ms()))
    assert shop.agent.spend.outcome("s-1") == NotSpent(taken_back=True)  # ours is on its way and was in time
    assert slips(shop) == []
    shop.answer("request.decide", "applied", {"request_id": "s-1", "state": "withdrawn", "version": 4})
    assert shop.agent.spend.outcome("s-1") == NotSpent(taken_back=True)


@pytest.mark.parametrize("by", ["customer", "staff"])
@pytest.mark.parametrize("told_later", [False, True])
def test_a_no_while_the_clouds_countdown_is_not_known_waits_for_the_cloud(
    shop: Counter, by: str, told_later: bool
) -> None:
    """APR-07, APR-14, APR-19: the line may be down now, and the cloud approves before it hears the no. The tablet says
    nothing that could turn out otherwise, also when the countdown comes to be known after the tap."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Held(3_240)))
    shop.agent.spend.ask("s-1", MINJI, None, 18_000)
    arrives(shop, cloud_row("s-1"))
    waiting = SpendWaiting(3_240, None)

    if by == "customer":
        assert shop.agent.spend.withdraw("s-1") == waiting
    else:
        shop.agent.approval.reject("s-1", RejectReason.OUT_OF_STOCK, "", STAFF)

    assert [body["remaining_ms"] for _, body in shop.ops("request.decide")] == [None]
    if told_later:
        arrives(shop, cloud_row("s-1", 2, "seen", remaining_ms=40_000))
    assert (shop.agent.spend.withdraw("s-1"), len(shop.ops("request.decide"))) == (waiting, 1)  # the tablet asks again
    arrives(shop, cloud_row("s-1", 3, "auto_approved", decided_ms=shop.clock.wall_ms()))
    assert shop.agent.spend.outcome("s-1") == waiting
    stands = {"request_id": "s-1", "state": "auto_approved", "version": 3}
    shop.answer("request.decide", "adjusted", stands)
    assert shop.agent.spend.outcome("s-1") == Spent(3_240, 14_760)


def test_a_no_on_a_countdown_that_sleep_made_stale_waits_for_the_cloud_too(shop: Counter) -> None:
    """APR-19: nothing says that it was in time."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Held(3_240)))
    shop.agent.spend.ask("s-1", MINJI, None, 18_000)
    arrives(shop, cloud_row("s-1", 2, "seen", remaining_ms=40_000))
    shop.agent.approval.ask_again(stop_running=True)
    shop.link.online = False

    assert shop.agent.spend.withdraw("s-1") == SpendWaiting(3_240, None)

    shop.answer("request.decide", "applied", {"request_id": "s-1", "state": "withdrawn", "version": 3})
    assert shop.agent.spend.outcome("s-1") == NotSpent(taken_back=True)


def test_another_counter_that_was_faster_is_believed(shop: Counter) -> None:
    """APR-36: the cloud's word stands against ours."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Held(3_240)))
    shop.agent.spend.ask("s-1", MINJI, None, 18_000)
    arrives(shop, cloud_row("s-1"))
    shop.agent.spend.withdraw("s-1")

    shop.answer("request.decide", "adjusted", {"request_id": "s-1", "state": "approved", "version": 2})

    assert shop.agent.spend.outcome("s-1") == Spent(3_240, 14_760)


def test_taking_it_back_after_a_lost_answer_frees_what_the_cloud_may_hold(shop: Counter) -> None:
    """APR-14"""
    spend_id = lost_answer(shop)

    assert shop.agent.spend.withdraw(spend_id) == NotSpent(taken_back=True)

    [(kind, body)] = shop.ops()
    assert (kind, body["decision"], body["request_id"]) == ("request.decide", "withdraw", spend_id)


def test_what_nobody_asked_for_cannot_be_taken_back(shop: Counter) -> None:
    """A tablet withdraws its own questions only: a request of an app is none of its business."""
    arrives(shop, cloud_row("r-1"))

    assert shop.agent.spend.withdraw("r-1") is None
    assert len(shop.agent.approval.pending()) == 1


# --- a part of one payment, a total of one day ------------------------------------------------------------------------


def test_points_cover_only_a_part_of_one_payment(shop: Counter) -> None:
    """PNT-12: with a line the counter says so before the cloud is asked; without one it grants no more."""
    set_policy(shop, payment_max_percent=10)

    assert refusal(shop, 1_801) is SpendLimit.SHARE
    assert shop.agent.spend.terms().payment_max_percent == 10
    asked = shop.agent.spend.ask("s-1", MINJI, None, 18_000)
    assert asked == SpendAsked("s-1", 1_800, 18_000, offline=True)
    shop.link.online = True
    line = Line(Held(1_800))
    shop.agent.spend.attach(line)
    assert shop.agent.spend.ask("s-2", JISU, 1_801, 18_000) == SpendRefused(SpendLimit.SHARE)
    assert line.asked == []


def test_what_the_store_gave_today_counts_as_far_as_this_counter_knows(shop: Counter) -> None:
    """PNT-12: requests of apps and of other counters too, but not what came to nothing."""
    set_policy(shop, store_day_max_points=5_000)
    arrives(shop, cloud_row("there-1", 2, "approved", pos_discount_won=3_000, created_ms=shop.clock.wall_ms()))
    arrives(shop, cloud_row("there-2", 2, "withdrawn", pos_discount_won=4_000, created_ms=shop.clock.wall_ms()))
    arrives(shop, cloud_row("before", 2, "approved", pos_discount_won=4_000, created_ms=shop.clock.wall_ms() - DAY_MS))

    assert refusal(shop, 2_001) is SpendLimit.DAY_TOTAL
    spend_id = ask(shop, 2_000)
    assert isinstance(shop.agent.spend.ask("s-3", JISU, 1, 18_000), SpendRefused)
    shop.agent.spend.withdraw(spend_id)
    assert ask(shop, 2_000)


@pytest.mark.parametrize(
    ("code", "limit"), [("points_exceed_share", SpendLimit.SHARE), ("day_total_reached", SpendLimit.DAY_TOTAL)]
)
def test_the_clouds_limits_have_their_own_words(shop: Counter, code: str, limit: SpendLimit) -> None:
    """PNT-12: they speak of the shop, so the customer may hear them (R9)."""
    shop.link.online = True
    shop.agent.spend.attach(Line(Denied(code)))

    assert refusal(shop, 1_000) is limit
    assert told_to_customers(limit) is limit
