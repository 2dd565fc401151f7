"""The notification centre: NTF-01 to 06, 11, APR-03, 28; what consumers are told of their points (PNT-17, STP-21)."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest

from cloud_api.database import Work
from cloud_api.jobs.catalogue import JOBS
from cloud_api.jobs.runner import Runner
from cloud_api.notices import centre
from cloud_api.notices.centre import News, Place
from cloud_api.notices.points import tell_ending_points
from cloud_api.stores.service import NewStore, Policy, Profile, create_store
from rules.calendar import local_day, moment_ms
from rules.notices import NoticeKind
from rules.requests import SWEEP_GRACE_MS, TIMEOUT_MS
from tests.cloud_api.test_stamps import stamp_op, stamping
from tests.cloud_api.world import OTHER_PHONE, Device, World

DAY_MS = 86_400_000
THURSDAY = date(2025, 10, 16)


def tell(world: World, kind: NoticeKind, subject: str = "", store: Profile | None = None, **details: Any) -> None:
    store_id = (store or world.store).store_id
    world.cloud.database.transact(lambda work: centre.tell(work, store_id, News(kind, subject, details)))


def path(world: World) -> str:
    return f"/v1/stores/{world.store.store_id}"


def bell(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.ok("GET", f"{path(world)}/notices?open=true")["notices"]
    return found


def hq(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.ok("GET", "/v1/hq/notices?open=true")["notices"]
    return found


def automatic(world: World, device: Device) -> str:
    """A request whose minute ran out."""
    member = world.member()
    request_id = str(world.ask_coupon(member, world.coupon(member))["request_id"])
    device.push(device.seen(request_id))
    world.clock.advance(TIMEOUT_MS + SWEEP_GRACE_MS)
    assert world.sweep().auto_approved == 1
    return request_id


def ack(device: Device, notice: dict[str, Any], actor: str = "직원", **changes: Any) -> Any:
    body = {"notice_id": notice["notice_id"], "count": notice["count"], "occurred_ms": device.world.clock()} | changes
    return device.result(device.op("notice.ack", body, actor=actor))


# -- what is told, to whom -------------------------------------------------------------------------------------------


def test_a_request_reaches_every_counter_of_its_store_and_no_other(world: World) -> None:
    """APR-02, APR-03, APR-28: staff and owner see it on whichever counter they stand at."""
    counters = [world.device(), world.device()]
    elsewhere = world.device(world.new_store("성수점", "테스트 커피"))
    member = world.member()

    request_id = world.ask_coupon(member, world.coupon(member))["request_id"]

    assert [[row["request_id"] for row in one.rows("request")] for one in counters] == [[request_id]] * 2
    assert elsewhere.rows("request") == []


def test_automatic_approvals_of_a_day_are_one_line_until_somebody_has_seen_it(world: World) -> None:
    """NTF-01, APR-28: owner and staff are told, head office is not."""
    device = world.device()
    for _ in range(3):
        automatic(world, device)

    [told] = bell(world)
    assert (told["kind"], told["priority"], told["for_owner"], told["count"]) == ("auto_approved", "low", False, 3)
    assert [row["count"] for row in device.rows("notice")] == [1, 2, 3]
    assert hq(world) == []

    assert ack(device, told)["status"] == "applied"
    assert bell(world) == []
    automatic(world, device)
    [again] = bell(world)
    assert (again["count"], again["notice_id"] != told["notice_id"]) == (1, True)


def test_a_recovery_is_told_to_the_owner_and_to_head_office_and_each_acknowledges_their_own(world: World) -> None:
    """APR-15, APR-28, NTF-01."""
    device, owner, staff = world.device(), world.employ("정민아", "owner"), world.employ("이지은", pin="280650")
    member = world.member()
    request_id = str(world.ask_coupon(member, world.coupon(member))["request_id"])
    device.push(device.seen(request_id), device.decide(request_id), device.recover(request_id, actor=owner))

    [told], [at_hq] = bell(world), hq(world)
    assert (told["kind"], told["for_owner"], told["details"]["name"]) == ("recovered", True, "정민아")
    assert (at_hq["kind"], at_hq["store_id"]) == ("recovered", world.store.store_id)
    assert ack(device, told, actor=staff)["code"] == "owner_only"
    assert ack(device, told, actor="직원")["code"] == "owner_only"
    assert [one["acked_ms"] for one in bell(world)] == [None]

    assert ack(device, told, actor=owner)["status"] == "applied"
    assert (bell(world), len(hq(world))) == ([], 1)
    done = world.ok("POST", f"/v1/hq/notices/{at_hq['notice_id']}/ack", {"by": "본사 김대리"})
    assert (done["acked_by"], hq(world)) == ("본사 김대리", [])


def test_the_bell_has_the_urgent_first_and_the_list_the_newest(world: World) -> None:
    """NTF-02: the time is that of the event."""
    times = []
    for kind in (NoticeKind.REPORT_MISSING, NoticeKind.AUTO_APPROVED, NoticeKind.LOW_STOCK, NoticeKind.SLOW_APPROVAL):
        world.clock.advance(1_000)
        times.append(world.clock())
        tell(world, kind)

    assert [one["kind"] for one in bell(world)] == ["report_missing", "low_stock", "slow_approval", "auto_approved"]
    listed = world.ok("GET", f"{path(world)}/notices?limit=3")["notices"]
    assert [one["at_ms"] for one in listed] == times[:0:-1]
    rest = world.ok("GET", f"{path(world)}/notices?before_ms={listed[-1]['at_ms']}")["notices"]
    assert [one["kind"] for one in rest] == ["report_missing"]


def test_a_missing_report_is_told_until_it_is_there(world: World) -> None:
    """NTF-02, NTF-06: nobody has to acknowledge what has been done."""
    device = world.device()
    tell(world, NoticeKind.REPORT_MISSING, "2025-10-09", day="2025-10-09", stage=1)
    assert [one["kind"] for one in bell(world)] == ["report_missing"]

    device.push(device.op("report.submit", {"day": "2025-10-09", "pieces": 80, "written_ms": world.clock()}))

    assert bell(world) == []
    assert [(row["acked_by"], row["day"]) for row in device.rows("notice")][-1] == ("cloud", "2025-10-09")


# -- read, acknowledged, over ----------------------------------------------------------------------------------------


def test_read_is_not_yet_acknowledged_and_the_same_again_is_unread(world: World) -> None:
    """NTF-02"""
    tell(world, NoticeKind.SLOW_APPROVAL)
    tell(world, NoticeKind.LOW_STOCK, "1")
    [low, slow] = bell(world)
    assert world.ok("GET", f"{path(world)}/notices")["unread"] == 2

    read = world.ok("POST", f"{path(world)}/notices/{slow['notice_id']}/read")
    assert read["read_ms"] == world.clock()
    world.clock.advance(5)
    assert world.ok("POST", f"{path(world)}/notices/{slow['notice_id']}/read")["read_ms"] == read["read_ms"]
    assert world.ok("GET", f"{path(world)}/notices")["unread"] == 1
    tell(world, NoticeKind.SLOW_APPROVAL)
    assert world.ok("GET", f"{path(world)}/notices")["unread"] == 2

    first = world.ok("POST", f"{path(world)}/notices/{low['notice_id']}/ack", {"by": "정민아"})
    second = world.ok("POST", f"{path(world)}/notices/{low['notice_id']}/ack", {"by": "이지은"})
    assert (first["acked_by"], second["acked_by"], second["acked_ms"]) == ("정민아", "정민아", first["acked_ms"])


def test_what_grew_after_it_was_seen_offline_stays_in_the_bell(world: World) -> None:
    """NTF-02 REPLAY: an acknowledgement of three does not hide the fourth."""
    device = world.device()
    tell(world, NoticeKind.AUTO_APPROVED, "today")
    [seen] = bell(world)
    late = device.op("notice.ack", {"notice_id": seen["notice_id"], "count": 1, "occurred_ms": world.clock()})
    tell(world, NoticeKind.AUTO_APPROVED, "today")

    answer = device.result(late)

    assert (answer["status"], answer["code"]) == ("adjusted", "notice_grew")
    [still] = bell(world)
    assert still["count"] == 2
    assert ack(device, still)["status"] == "applied"
    assert ack(device, still)["status"] == "applied"  # a second counter's tap


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"notice_id": "nothing"}, ("rejected", "notice_unknown")),
        ({"count": 0}, ("parked", "unreadable")),
        ({"count": -1}, ("parked", "unreadable")),
        ({"count": 2**63}, ("parked", "unreadable")),
        ({"count": True}, ("parked", "unreadable")),
        ({"count": "1,000"}, ("parked", "unreadable")),
        ({"notice_id": "한글"}, ("parked", "unreadable")),
    ],
)
def test_an_acknowledgement_that_makes_no_sense_changes_nothing(
    world: World, changes: dict[str, Any], answer: tuple[str, str]
) -> None:
    """Reliability cases 12 and 13, on the wire of devices."""
    device = world.device()
    tell(world, NoticeKind.LOW_STOCK, "1")
    [told] = bell(world)

    result = ack(device, told, **changes)

    assert (result["status"], result["code"]) == answer
    assert bell(world) == [told]


def test_a_store_reads_and_acknowledges_only_its_own(world: World) -> None:
    """NTF-05"""
    other = world.new_store("성수점", "테스트 커피")
    device = world.device(other)
    tell(world, NoticeKind.MANY_RECOVERIES, "today")
    [mine] = bell(world)

    assert world.ok("GET", f"/v1/stores/{other.store_id}/notices")["notices"] == []
    assert ack(device, mine)["code"] == "notice_unknown"
    for way, body in (("ack", {"by": "남"}), ("read", None)):
        answer = world.call("POST", f"/v1/stores/{other.store_id}/notices/{mine['notice_id']}/{way}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "notice_unknown")
        answer = world.call("POST", f"/v1/hq/notices/{mine['notice_id']}/{way}", body)
        assert answer.status_code == 404
    assert bell(world) == [mine]
    assert device.rows("notice") == []


def test_what_nobody_acknowledges_leaves_the_bell_and_stays_in_the_list(world: World) -> None:
    """NTF-05"""
    tell(world, NoticeKind.AUTO_APPROVED, "one")
    world.clock.advance(7 * DAY_MS - 1)
    assert len(bell(world)) == 1
    world.clock.advance(1)
    assert bell(world) == []
    assert len(world.ok("GET", f"{path(world)}/notices")["notices"]) == 1


def test_notices_are_kept_for_a_year_and_then_forgotten(world: World) -> None:
    """NTF-05"""
    world.clock.now_ms = moment_ms(THURSDAY, 1_439)
    tell(world, NoticeKind.LOW_STOCK, "1")
    runner = Runner(world.cloud.database, world.clock, JOBS, holder="here")
    runner.run_due()

    def kinds() -> list[str]:
        return [one["kind"] for one in world.ok("GET", f"{path(world)}/notices")["notices"]]

    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=365), 300)
    runner.run_due()
    assert "low_stock" in kinds()
    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=366), 300)
    runner.run_due()
    assert "low_stock" not in kinds()


def test_the_same_from_many_hands_at_once_is_one_line(world: World) -> None:
    """NTF-01"""
    threads = [threading.Thread(target=tell, args=(world, NoticeKind.MANY_RECOVERIES, "today")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [one["count"] for one in bell(world)] == [8]
    assert [one["count"] for one in hq(world)] == [8]


def test_a_new_counter_gets_what_the_others_hold(world: World) -> None:
    """NTF-02: open ones and those of the last weeks, each as it is now."""
    first = world.device()
    tell(world, NoticeKind.LOW_STOCK, "0")
    world.clock.advance(31 * DAY_MS)
    tell(world, NoticeKind.SLOW_APPROVAL)
    tell(world, NoticeKind.AUTO_APPROVED, "today")
    ack(first, next(one for one in bell(world) if one["kind"] == "slow_approval"))
    world.ok("POST", f"{path(world)}/notice-settings", {"switched_off": ["auto_approved"]})

    lines = [json.loads(line) for line in world.device().get("/v1/sync/snapshot").text.splitlines()]

    held = [line["body"] for line in lines if line["kind"] == "notice"]
    assert [(one["kind"], one["acked_ms"] is None) for one in held] == [
        ("slow_approval", False),
        ("auto_approved", True),
    ]
    [setting] = [line["body"] for line in lines if line["kind"] == "notice_setting"]
    assert setting == {"version": 1, "switched_off": ["auto_approved"], "advance_orders": False}


# -- what a store wants ----------------------------------------------------------------------------------------------


def test_a_store_chooses_what_it_wants_in_its_bell(world: World) -> None:
    """NTF-11: the list keeps everything, counters hear of the choice."""
    device = world.device()
    assert world.ok("GET", f"{path(world)}/notice-settings") == {
        "version": 0,
        "switched_off": [],
        "advance_orders": False,
    }

    for kinds in (["low_stock", "auto_approved"], ["auto_approved"]):
        world.ok("POST", f"{path(world)}/notice-settings", {"switched_off": kinds})

    assert [(row["version"], row["switched_off"]) for row in device.rows("notice_setting")] == [
        (1, ["auto_approved", "low_stock"]),
        (2, ["auto_approved"]),
    ]
    tell(world, NoticeKind.AUTO_APPROVED, "today")
    assert len(bell(world)) == 1


def test_what_is_urgent_cannot_be_switched_off_and_advance_notices_come_with_plus(world: World) -> None:
    """NTF-11"""
    plus = world.cloud.database.transact(
        lambda work: create_store(work, world.cloud.vault, NewStore("플러스점", "테스트 커피", plan="plus"), Policy())
    )
    here = f"{path(world)}/notice-settings"

    def code(where: str, **body: Any) -> tuple[int, Any]:
        answer = world.call("POST", where, body)
        return answer.status_code, answer.json().get("code")

    assert code(here, switched_off=["report_missing"]) == (409, "notice_needed")
    assert code(here, advance_orders=True) == (409, "plan_needed")
    assert code(here, switched_off=["weather"]) == (422, "invalid")
    assert code(here, switched_off="auto_approved") == (422, "invalid")
    assert code("/v1/stores/nobody/notice-settings") == (404, "store_unknown")
    assert world.ok("GET", here)["version"] == 0
    assert code(f"/v1/stores/{plus.store_id}/notice-settings", advance_orders=True) == (200, None)


def test_bad_calls_are_refused_in_words(world: World) -> None:
    """Reliability cases 15 and 25."""
    tell(world, NoticeKind.LOW_STOCK, "1")
    [told] = bell(world)
    here = f"{path(world)}/notices"
    for query in ("limit=0", "limit=-1", "limit=1000000000", "before_ms=-1", f"before_ms={2**63}", "open=maybe"):
        assert world.call("GET", f"{here}?{query}").json()["code"] == "invalid", query
        assert world.call("GET", f"/v1/hq/notices?{query}").status_code == 422, query
    assert world.call("GET", "/v1/stores/nobody/notices").json()["code"] == "store_unknown"
    assert world.call("POST", f"{here}/{told['notice_id']}/ack", {}).status_code == 422
    assert world.call("POST", f"{here}/{told['notice_id']}/ack", {"by": " "}).status_code == 422
    assert world.call("POST", f"{here}/' OR 1=1 --/ack", {"by": "x"}).status_code == 422
    assert bell(world) == [told]
    name = "Robert'); DROP TABLE notice;--"
    assert world.ok("POST", f"{here}/{told['notice_id']}/ack", {"by": name})["acked_by"] == name


# -- members' points -------------------------------------------------------------------------------------------------


def _endings(world: World) -> list[tuple[str, int, int]]:
    notices = world.ok("GET", "/v1/notices")["notices"]
    return [(one["member_id"], one["points"], one["days"]) for one in notices if one["kind"] == "points_expiry"]


def test_a_member_is_told_of_points_that_end_seven_three_and_one_day_before(new_world: Any) -> None:
    """NTF-01, PNT-17: those of one day together; what was spent meanwhile is not in it."""
    world = new_world(policy=Policy(lot_valid_days=10))
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    device, member, other = world.device(), world.member(), world.member(OTHER_PHONE, "박서준")
    device.push(device.earn(paid_won=4_500), device.earn(paid_won=10_000))
    world.clock.advance(DAY_MS)
    device.push(device.earn(paid_won=3_000, phone=OTHER_PHONE))
    told: list[tuple[int, tuple[str, int, int]]] = []
    for ahead in range(2, 12):
        world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=ahead), 545)
        if ahead == 9:
            asked = world.ask_points(member, 100)["request_id"]
            device.push(device.decide(asked))
        before = len(_endings(world))
        for _ in range(2):  # again: nobody is told twice
            world.cloud.database.transact(tell_ending_points)
        told += [(ahead, one) for one in _endings(world)[before:]]

    assert told == [
        (3, (member, 145, 7)),
        (4, (other, 30, 7)),
        (7, (member, 145, 3)),
        (8, (other, 30, 3)),
        (9, (member, 45, 1)),
        (10, (other, 30, 1)),
    ]


def test_missed_days_of_points_are_told_once_in_portions(new_world: Any) -> None:
    """NTF-01: a server that was off tells the newest only."""
    world = new_world(policy=Policy(lot_valid_days=10))
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    device = world.device()
    for n in range(5):
        phone = f"+8210{50_000_000 + n}"
        world.member(phone, f"회원{n}")
        device.push(device.earn(phone=phone))
    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=9), 600)

    counts = [world.cloud.database.transact(lambda work: tell_ending_points(work, 2)) for _ in range(4)]

    assert counts == [2, 2, 1, 0]
    assert {days for _, _, days in _endings(world)} == {1}


def test_a_member_is_told_of_stamps_that_lapse(world: World) -> None:
    """NTF-01, STP-21: whose card it is, not the card's name."""
    world.clock.now_ms = moment_ms(THURSDAY, 600)
    device = stamping(world, card={"per_board": 10, "tiers": [10], "valid_days": 30})
    device.push(stamp_op(device), stamp_op(device))
    world.clock.now_ms = moment_ms(THURSDAY + timedelta(days=29), 600)

    assert world.cloud.database.transact(tell_ending_points) == 1

    [told] = [one for one in world.ok("GET", "/v1/notices")["notices"] if one["kind"] == "stamps_expiry"]
    assert (told["member_id"], told["stamps"], told["days"]) == (world.member(), 2, 1)
    assert "points" not in told


def test_points_without_an_end_are_never_told_of(new_world: Any) -> None:
    """PNT-17"""
    world = new_world(policy=Policy(lot_valid_days=0))
    device = world.device()
    device.push(device.earn())
    world.clock.advance(400 * DAY_MS)

    assert world.cloud.database.transact(tell_ending_points) == 0


def test_a_notice_of_a_store_is_never_in_the_feed_of_consumers(world: World) -> None:
    tell(world, NoticeKind.MANY_RECOVERIES)
    assert world.ok("GET", "/v1/notices")["notices"] == []


def test_whose_list_it_is_decides_what_is_found(world: World) -> None:
    """NTF-05: the row of head office is no row of the store."""
    tell(world, NoticeKind.MANY_RECOVERIES)
    [at_hq] = hq(world)

    def find(work: Work) -> Any:
        return centre.find(work.conn, Place(world.store.store_id), at_hq["notice_id"])

    assert world.cloud.database.transact(find) is None
    assert local_day(at_hq["at_ms"]) == local_day(world.clock())
