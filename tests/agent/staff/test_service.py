"""The roster on a real store: PINs without a line, locked doors, names of who did what (APR-16, 17, 24, 25, 31, 34)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.approval.types import (
    NotAllowed,
    NotPossible,
    OwnerNeeded,
    Recovering,
    RequestState,
    WaitsForOwner,
)
from agent.bootstrap import Agent
from agent.launch import AgentSettings
from agent.staff.types import NobodyThere, PinLocked, PinRight, PinWrong
from rules.recovery import WEEK_LIMIT, WEEK_MS
from sync.errors import NotEnrolled
from tests.agent.approval.test_service import arrive, seen
from tests.helpers.counter import Counter, counter

WRONG, RIGHT = "111112", "904731"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def approved(shop: Counter, request_id: str = "r-1", actor: str = "직원") -> None:
    seen(shop, request_id)
    shop.agent.approval.approve(request_id, actor)
    shop.answer("request.decide", "applied", {"state": "approved"})


def auto_approved(shop: Counter, **changes: Any) -> None:
    seen(shop)
    arrive(shop, version=3, state="auto_approved", decided_ms=shop.clock.wall_ms(), **changes)


# --- PINs ------------------------------------------------------------------------------------------------------------


@pytest.mark.expect_log("pin_wrong")
def test_the_right_pin_signs_in_without_a_line_and_names_what_follows(shop: Counter) -> None:
    """APR-31, APR-34: staff approve; the operation carries who."""
    staff = shop.employ("이지은")
    shop.link.online = False
    assert isinstance(shop.agent.staff.sign_in("e-이지은", WRONG), PinWrong)
    assert shop.agent.staff.actor() == "직원"

    outcome = shop.agent.staff.sign_in("e-이지은", RIGHT)

    assert isinstance(outcome, PinRight)
    assert shop.agent.staff.actor() == staff
    seen(shop)
    shop.agent.approval.approve("r-1", shop.agent.staff.actor())
    assert shop.rows("SELECT actor FROM outbox WHERE kind = 'request.decide'") == [(staff,)]
    assert shop.agent.approval.recent()[0].decided_by == "이지은"
    shop.agent.staff.sign_out()
    assert shop.agent.staff.on_duty() is None


@pytest.mark.expect_log("pin_wrong")
def test_five_wrong_pins_close_the_door_for_longer_each_time_also_over_a_restart(shop: Counter, tmp_path: Path) -> None:
    shop.employ("정민아", "owner")
    outcomes = [shop.agent.staff.check("e-정민아", WRONG) for _ in range(5)]
    assert outcomes[:4] == [PinWrong(4), PinWrong(3), PinWrong(2), PinWrong(1)]
    assert outcomes[4] == PinLocked(30_000)
    shop.clock.advance(29_999)
    again = Agent(AgentSettings(folder=tmp_path), shop.bench.store, shop.clock, shop.bench.ids)
    again.keyring.install(shop.agent.keyring.keys)
    assert again.staff.check("e-정민아", RIGHT) == PinLocked(1)

    shop.clock.advance(1)
    assert again.staff.check("e-정민아", WRONG) == PinLocked(60_000)
    shop.clock.jump_wall(-3_600_000)  # a clock that is set back opens nothing
    assert again.staff.check("e-정민아", RIGHT) == PinLocked(60_000)
    shop.clock.jump_wall(3_600_000)
    shop.clock.advance(60_000)
    assert isinstance(again.staff.check("e-정민아", RIGHT), PinRight)
    assert again.staff.check("e-정민아", WRONG) == PinWrong(4)


def test_a_removed_employee_is_off_duty_and_keeps_the_name_of_what_they_did(shop: Counter) -> None:
    """APR-31."""
    staff = shop.employ("이지은")
    shop.agent.staff.sign_in("e-이지은", RIGHT)
    approved(shop, actor=staff)

    shop.employ("이지은", version=2, removed=True)

    assert shop.agent.staff.on_duty() is None
    assert shop.agent.staff.check("e-이지은", RIGHT) == NobodyThere()
    assert shop.agent.approval.recent()[0].decided_by == "이지은"
    shop.employ("이지은", version=1)  # an older row changes nothing
    assert shop.agent.staff.roster() == ()


def test_without_the_vault_nobody_signs_in(tmp_path: Path) -> None:
    with counter(tmp_path) as shop:
        shop.employ("이지은")
        shop.agent.keyring.refuse(NotEnrolled("locked"))
        with pytest.raises(NotEnrolled):
            shop.agent.staff.check("e-이지은", RIGHT)


def test_a_stolen_file_has_neither_the_pin_nor_the_key_to_try_it_with(shop: Counter) -> None:
    shop.employ("이지은")
    rows = str(shop.rows("SELECT * FROM employee")) + str(shop.rows("SELECT * FROM feed_row"))

    assert RIGHT not in rows
    assert shop.agent.keyring.keys.store_key.hex() not in rows
    assert shop.rows("SELECT count(*) FROM meta WHERE value LIKE '%store_key%'") == [(0,)]


# --- ways back -------------------------------------------------------------------------------------------------------


def test_without_anybody_set_up_the_shop_goes_on_as_ever(shop: Counter) -> None:
    """APR-15, APR-17."""
    approved(shop)
    assert isinstance(shop.agent.approval.recover("r-1", "직원"), Recovering)

    seen(shop, "r-2")
    arrive(shop, "r-2", version=3, state="auto_approved", decided_ms=shop.clock.wall_ms())
    assert shop.agent.approval.recover("r-2", "직원") == OwnerNeeded("r-2", set_up=False)


def test_staff_ask_and_the_owners_word_is_booked_at_once(shop: Counter) -> None:
    """APR-16."""
    staff, owner = shop.employ("이지은"), shop.employ("정민아", "owner")
    approved(shop)

    assert shop.agent.approval.recover("r-1", staff) == WaitsForOwner("r-1", 60_000)
    assert shop.agent.approval.recover("r-1", staff) == WaitsForOwner("r-1", 60_000)
    record = shop.agent.approval.recent()[0]
    assert (record.state, record.recovery_by, record.can_recover) == (RequestState.APPROVED, "이지은", True)
    shop.answer("request.recover", "adjusted", {"state": "approved"}, "waits_for_owner")
    assert shop.agent.approval.recent()[0].recovery_by == "이지은"

    assert isinstance(shop.agent.approval.recover("r-1", owner), Recovering)
    assert shop.rows("SELECT actor FROM outbox WHERE kind = 'request.recover' ORDER BY seq") == [(staff,), (owner,)]
    assert shop.agent.approval.recent()[0].state is RequestState.RECOVERED


def test_the_owner_refuses_and_the_approval_stands(shop: Counter) -> None:
    """APR-16."""
    staff, owner = shop.employ("이지은"), shop.employ("정민아", "owner")
    approved(shop)
    shop.agent.approval.recover("r-1", staff)

    assert shop.agent.approval.keep("r-1", staff) is False
    assert shop.agent.approval.keep("nope", owner) is False
    assert shop.agent.approval.keep("r-1", owner) is True

    assert shop.agent.approval.recent()[0].recovery_by is None
    assert shop.ops("request.keep")[0][1]["request_id"] == "r-1"
    shop.answer("request.keep", "applied", {"state": "approved"})
    assert shop.agent.approval.recent()[0].state is RequestState.APPROVED


def test_a_recovery_that_the_cloud_refused_does_not_go_on_waiting(shop: Counter) -> None:
    """APR-24: the cloud had suspended the right before its word reached this counter."""
    staff = shop.employ("이지은")
    approved(shop)
    shop.agent.approval.recover("r-1", staff)

    shop.answer("request.recover", "rejected", {"state": "approved"}, "recovery_not_allowed")

    record = shop.agent.approval.recent()[0]
    assert (record.state, record.recovery_by) == (RequestState.APPROVED, None)


@pytest.mark.parametrize("changes", [{"may_recover": False}, {"suspended": True}])
def test_whose_right_is_gone_may_not_ask(shop: Counter, changes: dict[str, bool]) -> None:
    """APR-16, APR-24, APR-25: the flag is on this device, with a line and without."""
    staff = shop.employ("이지은", **changes)
    approved(shop)

    assert shop.agent.approval.recover("r-1", staff) == NotAllowed("r-1")
    assert shop.agent.approval.recover("r-1", "직원") == NotAllowed("r-1")
    assert shop.ops("request.recover") == []


def test_this_counter_stops_an_employee_after_ten_recoveries_in_seven_days_without_a_line(shop: Counter) -> None:
    """APR-25: until the owner gives the right back. Another's recoveries keep the share below seven of ten."""
    staff, other = shop.employ("이지은"), shop.employ("최민준")
    for number in range(6):
        approved(shop, f"o-{number}")
        assert isinstance(shop.agent.approval.recover(f"o-{number}", other), WaitsForOwner)
    shop.link.online = False
    for number in range(WEEK_LIMIT):
        approved(shop, f"r-{number}")
        assert isinstance(shop.agent.approval.recover(f"r-{number}", staff), WaitsForOwner)
    approved(shop, "r-last")

    assert shop.agent.approval.recover("r-last", staff) == NotAllowed("r-last")

    shop.employ("이지은", version=2, counted_from_ms=shop.clock.wall_ms())
    assert isinstance(shop.agent.approval.recover("r-last", staff), WaitsForOwner)
    shop.clock.advance(WEEK_MS)
    approved(shop, "r-week")
    assert isinstance(shop.agent.approval.recover("r-week", staff), WaitsForOwner)


def test_without_a_line_one_person_makes_no_more_than_seven_of_ten_recoveries(shop: Counter) -> None:
    """APR-24: five of five is too much, six of nine is not; with a line the cloud counts, it knows every counter."""
    staff, other = shop.employ("이지은"), shop.employ("최민준")
    shop.link.online = False
    for number in range(5):
        approved(shop, f"r-{number}")
        assert isinstance(shop.agent.approval.recover(f"r-{number}", staff), WaitsForOwner)
    approved(shop, "r-last")

    assert shop.agent.approval.recover("r-last", staff) == NotAllowed("r-last")

    shop.link.online = True
    approved(shop, "r-with")
    assert isinstance(shop.agent.approval.recover("r-with", staff), WaitsForOwner)
    shop.link.online = False
    for number in range(3):
        approved(shop, f"o-{number}")
        assert isinstance(shop.agent.approval.recover(f"o-{number}", other), WaitsForOwner)
    assert isinstance(shop.agent.approval.recover("r-last", staff), WaitsForOwner)  # six of nine


def test_what_other_counters_took_back_counts_for_the_share(shop: Counter) -> None:
    """APR-24: as far as this counter has heard of it."""
    staff = shop.employ("이지은")
    for number in range(3):
        arrive(shop, f"there-{number}", version=4, state="recovered", decided_ms=shop.clock.wall_ms())
    shop.link.online = False
    for number in range(5):
        approved(shop, f"r-{number}")
        assert isinstance(shop.agent.approval.recover(f"r-{number}", staff), WaitsForOwner)
    approved(shop, "r-last")

    assert isinstance(shop.agent.approval.recover("r-last", staff), WaitsForOwner)


@pytest.mark.parametrize(("after_ms", "accepted"), [(300_000, True), (300_001, False)])
def test_the_owner_cancels_an_automatic_approval_within_five_minutes(
    shop: Counter, after_ms: int, accepted: bool
) -> None:
    """APR-17: 12:06:00 is accepted, a moment later refused; staff are asked for the owner."""
    staff, owner = shop.employ("이지은"), shop.employ("정민아", "owner")
    auto_approved(shop)
    assert shop.agent.approval.recover("r-1", staff) == OwnerNeeded("r-1", set_up=True)
    shop.clock.advance(after_ms)

    outcome = shop.agent.approval.recover("r-1", owner)

    assert isinstance(outcome, Recovering if accepted else NotPossible)
    assert len(shop.ops("request.recover")) == accepted


def test_the_history_begins_anew_when_the_shop_opens_unless_it_never_closes(shop: Counter) -> None:
    """APR-13, A4: staff take back only what is in it, the owner also what was before."""
    staff, owner = shop.employ("이지은"), shop.employ("정민아", "owner")
    approved(shop)
    shop.clock.advance(2 * 86_400_000)
    assert len(shop.agent.approval.recent()) == 1

    profile = {
        "store_id": "store-mapo",
        "name": "마포 시험점",
        "brand_name": "시험 커피",
        "service_type": "cafe",
        "plan": "basic",
        "grade": "B",
        "opens_minute": 480,
    }
    from sync.profile import apply_store_row

    shop.feed(apply_store_row, "store", profile)

    assert shop.agent.approval.recent() == ()
    assert isinstance(shop.agent.approval.recover("r-1", staff), NotPossible)
    assert isinstance(shop.agent.approval.recover("r-1", owner), Recovering)
