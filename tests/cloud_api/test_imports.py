"""Importing members of another service: looked at first, confirmed by its sums, booked once whatever happens (MEM-28).

Cases 66 to 69 of files, 75 to 77 as far as they are about taking something twice.
"""

from __future__ import annotations

import csv
import io
import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import Table, func, select

from cloud_api import http as gate
from cloud_api import rotation
from cloud_api.clock import DAY_MS
from cloud_api.coupons.automatic import give_due
from cloud_api.imports import booking, checking, problems, service, workbook
from cloud_api.imports.job import Importer
from cloud_api.imports.models import import_part, import_row, imported_member, member_import
from cloud_api.ledger.models import account, posting
from cloud_api.members.announcing import announce
from cloud_api.members.models import member
from cloud_api.members.service import write_under_newest
from cloud_api.notices.messages import tell_moves
from rules.calendar import moment_ms
from tests.cloud_api.sheets import a_workbook
from tests.cloud_api.test_coupon_rules import rule
from tests.cloud_api.test_grades import grade, graded, look, review
from tests.cloud_api.test_stamps import rewards, stamp_op, stamping
from tests.cloud_api.test_stream import serving
from tests.cloud_api.world import OTHER_PHONE, PHONE, World, new_id
from tests.helpers.waiting import wait_until

LIST = (
    "이름,휴대폰,보유포인트,스탬프,가입일,등급\n"
    "김민지,010-1234-5678,1200,3,2024-02-29,VIP\n"
    "이서준,010-8765-4321,30P,0,,\n"
    "박하늘,010-1111-2222,0,7,2023.01.05,일반\n"
)
SUMS = {"rows": 3, "points": 1_230, "stamps": 10}


def upload(world: World, raw: bytes | str, **query: str) -> httpx.Response:
    content = raw.encode("cp949") if isinstance(raw, str) else raw
    headers = {"authorization": f"Bearer {world.key}", "content-type": "text/csv"}
    named = {"store_id": world.store.store_id} | query
    return world.http.post("/v1/imports", params=named, content=content, headers=headers)


def worked(world: World) -> None:
    """As the server's runner does it."""
    importer = Importer(world.cloud.vault)
    while importer.portion(world.cloud.database, world.clock):
        pass


def checked(world: World, raw: bytes | str = LIST, **query: str) -> Any:
    answer = upload(world, raw, **query)
    assert answer.status_code == 202, answer.text
    worked(world)
    return seen(world, answer.json()["import_id"])


def seen(world: World, import_id: str) -> Any:
    return world.ok("GET", f"/v1/imports/{import_id}")


def confirm(world: World, import_id: str, sums: dict[str, int] | None = None) -> httpx.Response:
    wanted = sums or seen(world, import_id)["sums"]
    return world.call("POST", f"/v1/imports/{import_id}/confirm", wanted | {"by": "본사 김"})


def imported(world: World, raw: bytes | str = LIST, **query: str) -> Any:
    import_id = checked(world, raw, **query)["import_id"]
    answer = confirm(world, import_id)
    assert answer.status_code == 200, answer.text
    worked(world)
    return seen(world, import_id)


def left_out(world: World, import_id: str) -> list[tuple[int, str, str]]:
    found = world.ok("GET", f"/v1/imports/{import_id}/problems")["problems"]
    return [(row["line"], row["column"], row["code"]) for row in found]


def counted(world: World) -> tuple[int, int]:
    """Members and postings."""
    return _rows_of(world, member), _rows_of(world, posting)


def _rows_of(world: World, table: Table) -> int:
    with world.cloud.database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def came_from_import(world: World) -> int:
    name = f"import:{world.store.brand_id}"
    with world.cloud.database.read() as conn:
        return -int(conn.execute(select(account.c.balance).where(account.c.account_id == name)).scalar_one())


def many(count: int, points: int = 10) -> str:
    return "휴대폰,포인트\n" + "".join(f"010{20_000_000 + n},{points}\n" for n in range(count))


# -- the way of a file ---------------------------------------------------------------------------------------------


def test_a_dry_run_tells_everything_and_changes_no_member(world: World) -> None:
    """MEM-28"""
    world.member(OTHER_PHONE, nickname="서준")
    before = counted(world)

    found = checked(world)

    assert (found["state"], found["format"], found["problem"]) == ("checked", "csv cp949", None)
    titles = {"phone": "휴대폰", "points": "보유포인트", "stamps": "스탬프"}
    assert found["columns"] == titles | {"name": "이름", "joined": "가입일", "grade": "등급"}
    counts = ("rows_read", "new_members", "known_members", "imported_before", "duplicates", "row_errors")
    assert [found[name] for name in counts] == [3, 2, 1, 0, 0, 0]
    assert found["sums"] == SUMS
    assert counted(world) == before
    assert came_from_import(world) == 0


def test_what_was_confirmed_is_imported_and_leads_back_to_its_file(world: World) -> None:
    """MEM-28, PNT-01: points come from the brand's account of imports, and expire as points of today do."""
    known = world.member(OTHER_PHONE, nickname="서준")

    found = imported(world)

    assert found["state"] == "done"
    assert found["progress"] == {
        "rows": 3, "percent": 100, "members_made": 2, "points": 1_230, "stamps": 10,
        "graded": 0, "skipped": 0,
    }  # fmt: skip
    minji = world.member(PHONE, nickname="김민지")
    assert world.points(minji) == (1_200, 0, 0)
    assert world.points(known) == (30, 0, 0)
    assert world.wallet(known)["nickname"] == "서준"  # who was known keeps their own name
    assert came_from_import(world) == 1_230
    (entry,) = world.ok("GET", f"/v1/members/{minji}/explain")["entries"]
    assert (entry["kind"], entry["actor"]) == ("import", f"import:{found['import_id']}")
    assert entry["import"]["line"] == 2
    assert entry["import"]["confirmed_by"] == "본사 김"
    assert entry["lot_made"]["expires_ms"] == world.clock() + world.policy.lot_valid_days * DAY_MS
    assert world.sums()["entries_sum"] == 0
    with world.cloud.database.read() as conn:
        joined = conn.execute(select(member.c.joined_ms).where(member.c.member_id == minji)).scalar_one()
        stamps = conn.execute(select(imported_member.c.stamps, imported_member.c.grade).order_by("stamps")).all()
    assert joined == moment_ms_of("2024-02-29")
    assert [tuple(row) for row in stamps] == [(0, ""), (3, "VIP"), (7, "일반")]
    world.assert_book_is_sound()


def moment_ms_of(day: str) -> int:
    return moment_ms(date.fromisoformat(day), 0)


def test_a_debt_is_repaid_first_by_what_comes_in(world: World) -> None:
    """PNT-09"""
    device = world.device()
    earn = device.result(device.earn(50_000))["body"]["earn_id"]
    member_id = world.member()
    world.ask_points(member_id, 400)
    device.result(device.reverse(earn_id=earn, amount_won=50_000))
    balance, held, debt = world.points(member_id)
    assert (balance, held, debt) == (0, 400, 400)

    imported(world, "휴대폰,포인트\n01012345678,1000\n")

    assert world.points(member_id) == (600, 400, 0)
    world.assert_book_is_sound()


@pytest.mark.parametrize("scope", ["individual", "integrated"])
def test_points_come_in_where_the_store_keeps_points(world: World, scope: str) -> None:
    """PNT-03: what came in can be spent at the store, and elsewhere only where the brand's points are one."""
    second = world.new_store("망원점", "테스트 커피")
    world.ok("POST", f"/v1/brands/{world.store.brand_id}/earning", {"method": "point", "scope": scope})
    member_id = world.member()

    imported(world)

    usable = [
        world.ok("GET", f"/v1/members/{member_id}?store_id={store.store_id}")["usable_points"]
        for store in (world.store, second)
    ]
    assert usable == [1_200, 1_200 if scope == "integrated" else 0]
    assert came_from_import(world) == 1_230
    world.assert_book_is_sound()


def test_points_that_came_in_fix_where_points_are_good(world: World) -> None:
    """PNT-03: no member loses them to a change of settings."""
    imported(world)

    path = f"/v1/brands/{world.store.brand_id}/earning"
    refused = world.call("POST", path, {"method": "point", "scope": "individual"})

    assert (refused.status_code, refused.json()["code"]) == (409, "scope_fixed")


def test_who_has_left_is_not_brought_back_by_a_list(world: World) -> None:
    """MEM-05, MEM-28: told by the dry run while the number may not join again; also of somebody who leaves after it."""
    left, leaves = world.member(PHONE), world.member(OTHER_PHONE)
    leaving = {"reason": "이사", "confirmed": True}
    world.ok("POST", f"/v1/members/{left}/withdraw", leaving)

    found = checked(world)
    assert left_out(world, found["import_id"]) == [(2, "휴대폰", "withdrawn")]
    assert found["sums"] == {"rows": 2, "points": 30, "stamps": 7}
    world.ok("POST", f"/v1/members/{leaves}/withdraw", leaving)
    assert confirm(world, found["import_id"]).status_code == 200
    worked(world)

    progress = seen(world, found["import_id"])["progress"]
    assert (progress["skipped"], progress["members_made"], progress["points"]) == (1, 1, 0)
    world.clock.advance(31 * DAY_MS)
    assert checked(world, source="b")["new_members"] == 2
    world.assert_book_is_sound()


def test_consents_are_not_made_up(world: World) -> None:
    """MEM-28: a list says nothing about what its people agreed to, whatever its columns are called."""
    found = checked(world, "휴대폰,마케팅 동의,포인트\n01012345678,Y,5\n")

    assert found["columns"] == {"phone": "휴대폰", "points": "포인트"}


@pytest.mark.parametrize("wrong", [{"rows": 4}, {"points": 1_229}, {"stamps": 11}, {"points": 0}])
def test_nothing_is_imported_with_other_sums_than_those_of_the_dry_run(world: World, wrong: dict[str, int]) -> None:
    import_id = checked(world)["import_id"]

    answer = confirm(world, import_id, SUMS | wrong)

    assert (answer.status_code, answer.json()["code"], answer.json()["sums"]) == (409, "sums_differ", SUMS)
    worked(world)
    assert seen(world, import_id)["state"] == "checked"
    assert counted(world) == (0, 0)


def test_an_import_can_be_given_up_until_it_is_confirmed_and_then_its_rows_are_gone(world: World) -> None:
    import_id = checked(world)["import_id"]

    assert world.ok("POST", f"/v1/imports/{import_id}/cancel")["state"] == "cancelled"
    assert world.ok("POST", f"/v1/imports/{import_id}/cancel")["state"] == "cancelled"
    assert confirm(world, import_id, SUMS).json()["code"] == "import_not_ready"
    assert _kept(world) == (0, 0)
    done = imported(world)
    assert world.call("POST", f"/v1/imports/{done['import_id']}/cancel").json()["code"] == "import_not_ready"
    assert _kept(world) == (0, 0)


def _kept(world: World) -> tuple[int, int]:
    """Pieces of files and rows in the database."""
    return _rows_of(world, import_part), _rows_of(world, import_row)


def test_what_nobody_confirms_is_forgotten_after_a_week(world: World) -> None:
    import_id = checked(world)["import_id"]

    world.clock.advance(service.WAITS_MS - 1)
    worked(world)
    assert seen(world, import_id)["state"] == "checked"
    world.clock.advance(1)
    worked(world)

    assert seen(world, import_id)["state"] == "expired"
    assert _kept(world) == (0, 0)


def test_neither_numbers_nor_names_stand_in_the_database_unsealed(world: World) -> None:
    """NFR-05"""
    upload(world, LIST)
    with world.cloud.database.read() as conn:
        parts = b"".join(bytes(row.sealed) for row in conn.execute(select(import_part)))
    worked(world)

    with world.cloud.database.read() as conn:
        rows = repr(conn.execute(select(import_row)).all()) + repr(conn.execute(select(member_import)).all())
    for secret in ("12345678", "1234-5678", "김민지"):
        assert secret.encode("cp949") not in parts
        assert secret not in rows


# -- lines that are left out ---------------------------------------------------------------------------------------


def test_lines_that_are_wrong_are_told_with_line_column_and_reason_and_the_rest_is_imported(world: World) -> None:
    """MEM-28: a hundred broken rows between a hundred good ones."""
    bad = [("010-12", "5"), ("", "5"), ("1.0101E+10", "5"), ("010-2222-33{0:02d}", "-5"), ("010-2222-44{0:02d}", "1.5")]
    lines = ["휴대폰,보유포인트"]
    for n in range(100):
        phone, points = bad[n % len(bad)]
        lines += [f"010{30_000_000 + n},7", f"{phone.format(n)},{points}"]

    found = checked(world, "\n".join(lines))

    assert (found["rows_read"], found["new_members"], found["row_errors"]) == (200, 100, 100)
    assert found["sums"] == {"rows": 100, "points": 700, "stamps": 0}
    first, second = (
        world.ok("GET", f"/v1/imports/{found['import_id']}/problems?limit=60&after={after}")["problems"]
        for after in (0, 121)
    )
    assert len(first) == 60
    assert [row["line"] for row in first + second] == list(range(3, 202, 2))
    assert [(row["column"], row["code"]) for row in first[:5]] == [
        ("휴대폰", "phone_too_short"),
        ("휴대폰", "phone_missing"),
        ("휴대폰", "phone_rounded"),
        ("보유포인트", "count_negative"),
        ("보유포인트", "count_fraction"),
    ]
    assert all(row["ko"] and row["en"] for row in first)
    page = world.call("GET", f"/v1/imports/{found['import_id']}/problems.csv")
    assert page.headers["content-type"] == "text/csv; charset=utf-8"
    cells = list(csv.reader(io.StringIO(page.content.decode("utf-8-sig"), newline="")))
    assert len(cells) == 101
    assert cells[1][:3] == ["3", "휴대폰", problems.ROW["phone_too_short"].korean]
    assert confirm(world, found["import_id"]).status_code == 200
    worked(world)
    assert counted(world) == (100, 100)
    world.assert_book_is_sound()


def test_of_two_lines_with_one_number_the_first_counts_and_the_other_names_it(world: World) -> None:
    """MEM-28"""
    rows = "휴대폰,포인트\n01012345678,5\n010-1234-5678,9\n1012345678,9\n01087654321,1\n"

    found = checked(world, rows)

    assert (found["duplicates"], found["row_errors"], found["sums"]["points"]) == (2, 0, 6)
    told = world.ok("GET", f"/v1/imports/{found['import_id']}/problems")["problems"]
    assert [(row["line"], row["code"], row["other_line"]) for row in told] == [(3, "duplicate", 2), (4, "duplicate", 2)]


def test_duplicates_are_found_however_far_apart_they_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 7)
    rows = many(50) + "01020000003,99\n"

    found = checked(world, rows)

    assert (found["rows_read"], found["duplicates"], found["sums"]) == (51, 1, {"rows": 50, "points": 500, "stamps": 0})
    assert left_out(world, found["import_id"]) == [(52, "휴대폰", "duplicate")]


def test_a_formula_in_a_title_is_a_text_in_the_list_of_problems(world: World) -> None:
    """Case 66"""
    found = checked(world, "=cmd|' /C calc'!A0,휴대폰\n-5,01012345678\n", points="1")

    page = world.call("GET", f"/v1/imports/{found['import_id']}/problems.csv").content.decode("utf-8-sig")

    assert list(csv.reader(io.StringIO(page, newline="")))[1][1] == "'=cmd|' /C calc'!A0"


def test_a_list_of_nobody_imports_nobody(world: World) -> None:
    found = checked(world, "휴대폰,포인트\n02-123-4567,5\n")

    assert (found["state"], found["row_errors"]) == ("checked", 1)
    assert confirm(world, found["import_id"]).json()["code"] == "import_empty"


# -- files that are refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "status", "code", "problem"),
    [
        (b"", 422, "import_refused", "empty"),
        (b"%PDF-1.7\0", 422, "import_refused", "format"),
        (b"PK\x03\x04nothing", 422, "import_refused", "format"),
        (a_workbook([["휴대폰"]], parts={"xl/vbaProject.bin": b"x"}), 422, "import_refused", "macros"),
        (a_workbook([["휴대폰"]], parts={"xl/media/a": bytes(2_000_000)}), 422, "import_refused", "too_large"),
        (bytes(1_000_001), 413, "too_large", None),
    ],
    ids=["empty", "pdf", "broken", "macros", "bomb", "huge"],
)
def test_a_file_that_cannot_be_is_refused_at_the_door(
    world: World, monkeypatch: pytest.MonkeyPatch, raw: bytes, status: int, code: str, problem: str | None
) -> None:
    """Case 68: all or nothing."""
    monkeypatch.setattr(gate, "UPLOAD_BYTES_MAX", 1_000_000)
    monkeypatch.setattr(workbook, "UNPACKED_MAX", 1_000_000)
    answer = upload(world, raw)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().get("problem", {}).get("code") == problem
    assert world.ok("GET", f"/v1/imports?store_id={world.store.store_id}")["imports"] == []
    assert _kept(world) == (0, 0)


def test_a_file_that_turns_out_to_be_none_is_refused_as_a_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 68: of a file with too many rows, or that ends in the middle, no row stays."""
    monkeypatch.setattr(checking, "ROWS_MAX", 25)
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 10)

    too_many = checked(world, many(26))
    unfinished = checked(world, many(15) + '"0101234')
    no_phone = checked(world, "이름,포인트\na,5\n")

    assert [(one["state"], one["problem"]["code"]) for one in (too_many, unfinished, no_phone)] == [
        ("refused", "too_many_rows"),
        ("refused", "broken"),
        ("refused", "no_phone_column"),
    ]
    assert unfinished["problem"]["line"] == 17
    assert unfinished["problem"]["ko"] == problems.FILE["broken"].korean
    assert _kept(world) == (0, 0)
    assert confirm(world, too_many["import_id"], SUMS).json()["code"] == "import_not_ready"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"content-type": "application/json"}, 415, "wrong_content_type"),
        ({"content-encoding": "gzip"}, 400, "bad_encoding"),
        ({"authorization": "Bearer wfk_nobody"}, 401, "unauthorized"),
    ],
)
def test_an_upload_that_is_not_as_it_should_be_is_refused(
    world: World, change: dict[str, str], status: int, code: str
) -> None:
    """Cases 1, 8, 29"""
    headers = {"authorization": f"Bearer {world.key}", "content-type": "text/csv"} | change

    answer = world.http.post(f"/v1/imports?store_id={world.store.store_id}", content=b"01012345678", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_unknown_stores_imports_and_columns_are_told(world: World) -> None:
    assert upload(world, LIST, store_id="nobody").json()["code"] == "store_unknown"
    for method, path in (("GET", ""), ("GET", "/problems"), ("GET", "/problems.csv"), ("POST", "/cancel")):
        assert world.call(method, f"/v1/imports/nobody{path}").json()["code"] == "import_unknown"
    assert confirm(world, "nobody", SUMS).json()["code"] == "import_unknown"
    assert checked(world, LIST, phone="번호")["problem"]["code"] == "column_unknown"


def test_a_file_has_no_name_that_could_lead_anywhere(world: World) -> None:
    """Case 69: what a form says about a file is no part of an upload; a path in its place is a file like any other."""
    answer = upload(world, b'------x\r\ncontent-disposition: form-data; name="f"; filename="../../x"\r\n\r\n010\r\n')

    worked(world)

    assert seen(world, answer.json()["import_id"])["state"] == "refused"


# -- once ----------------------------------------------------------------------------------------------------------


def test_the_same_file_twice_is_one_import(world: World) -> None:
    """Case 75 to 77 for files"""
    first = imported(world)

    again = upload(world, LIST).json()

    assert (again["import_id"], again["state"]) == (first["import_id"], "done")
    assert confirm(world, first["import_id"]).json()["state"] == "done"
    worked(world)
    assert counted(world) == (3, 2)


def test_a_member_brings_points_along_once_from_each_service(world: World) -> None:
    """The list again with one line more, another store of the brand, another service."""
    imported(world, source="예전 서비스")
    branch = world.new_store("망원점", "테스트 커피")

    longer = imported(world, LIST + "최새봄,010-3333-4444,5,,,\n", source="예전 서비스")
    elsewhere = checked(world, source="예전 서비스", store_id=branch.store_id)
    other = imported(world, source="다른 서비스")

    assert (longer["imported_before"], longer["sums"]) == (3, {"rows": 1, "points": 5, "stamps": 0})
    assert elsewhere["sums"]["rows"] == 0
    assert other["progress"]["points"] == 1_230
    assert world.points(world.member(PHONE, nickname=""))[0] == 2_400
    world.assert_book_is_sound()


def test_an_import_that_ended_meanwhile_makes_the_dry_run_of_another_old(world: World) -> None:
    """Two lists that overlap, both looked at before either was imported."""
    one = checked(world, many(10))
    two = checked(world, many(15))
    assert confirm(world, one["import_id"]).status_code == 200
    busy = confirm(world, two["import_id"])
    assert (busy.json()["code"], busy.json()["import_id"]) == ("import_under_way", one["import_id"])
    worked(world)

    old = confirm(world, two["import_id"])

    assert (old.json()["code"], old.json()["sums"]) == ("sums_differ", {"rows": 5, "points": 50, "stamps": 0})
    assert confirm(world, two["import_id"], old.json()["sums"]).status_code == 200
    worked(world)
    assert counted(world) == (15, 15)
    assert came_from_import(world) == 150
    world.assert_book_is_sound()


def test_of_two_who_confirm_two_lists_at_once_one_goes_first(world: World) -> None:
    ids = [checked(world, many(10))["import_id"], checked(world, many(12))["import_id"]]
    sums = [seen(world, import_id)["sums"] for import_id in ids]
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(confirm(world, ids[n], sums[n])))  # type: ignore[misc]
        for n in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [answer.json()["code"] for answer in answers if answer.status_code == 409] == ["import_under_way"]


@pytest.mark.thorough
def test_several_processes_at_one_import_book_each_row_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 40)
    monkeypatch.setattr(booking, "ROWS_AT_ONCE", 20)
    import_id = upload(world, many(300)).json()["import_id"]

    _together(world)
    found = seen(world, import_id)
    assert (found["state"], found["rows_read"], found["duplicates"], found["sums"]["points"]) == (
        "checked",
        300,
        0,
        3_000,
    )
    assert confirm(world, import_id).status_code == 200
    _together(world)

    assert seen(world, import_id)["progress"]["points"] == 3_000
    assert counted(world) == (300, 300)
    world.assert_book_is_sound()


def _together(world: World) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            worked(world)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(params=range(1, 14, 2))
def dies_at(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_an_import_that_is_killed_anywhere_goes_on_and_books_every_row_once(
    world: World, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """Killed before the n-th commit and again and again: what was written down stands, the rest follows."""
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(booking, "ROWS_AT_ONCE", 10)
    device = world.device()
    import_id = upload(world, many(35) + "010-12,1\n01020000001,5\n").json()["import_id"]

    deaths = _until_done(world, dies_at)
    found = seen(world, import_id)
    assert (found["state"], found["rows_read"]) == ("checked", 37)
    assert left_out(world, import_id) == [(37, "휴대폰", "phone_too_short"), (38, "휴대폰", "duplicate")]
    assert confirm(world, import_id).status_code == 200
    deaths += _until_done(world, dies_at)

    found = seen(world, import_id)
    assert (found["state"], found["progress"]["points"], found["progress"]["members_made"]) == ("done", 350, 35)
    assert counted(world) == (35, 35)
    assert came_from_import(world) == 350
    assert deaths >= 1 or dies_at > 8
    device.push(device.earn(1_000, phone="+821020000001"))
    world.assert_book_is_sound()


def _until_done(world: World, dies_at: int) -> int:
    """Works with processes that die before their n-th commit, the next one later; returns how many died."""
    deaths = 0
    while True:
        left = dies_at + 3 * deaths
        importer = Importer(world.cloud.vault)
        database = _Mortal(world, left)
        try:
            while importer.portion(database, world.clock):  # type: ignore[arg-type]
                pass
        except Killed:
            deaths += 1
            continue
        return deaths


class _Mortal:
    """The database as a process has it that dies inside of one of its transactions."""

    def __init__(self, world: World, left: int) -> None:
        self._database = world.cloud.database
        self._left = left

    def read(self) -> Any:
        return self._database.read()

    def transact(self, job: Any) -> Any:
        self._left -= 1

        def until_death(work: Any) -> Any:
            done = job(work)
            if not self._left:
                work.exchange()
                raise Killed
            return done

        return self._database.transact(until_death)


# -- beside other things -------------------------------------------------------------------------------------------


def test_keys_that_change_in_the_middle_lose_nothing(world: World, tmp_path: Path) -> None:
    """NFR-05: pieces and rows are sealed anew like everything else."""
    second = checked(world, many(5), source="b")["import_id"]
    first = upload(world, LIST).json()["import_id"]
    vault = world.cloud.vault
    with world.cloud.database.read() as conn:
        before = conn.execute(select(import_row.c.sealed)).scalars().all()

    place = tmp_path / "keys"
    rotation.replace_keys(place, vault.keys)
    rotation.add_keys(place, 0)
    turned = type(vault)(rotation.read_keys(place), path=place)
    rewritten = rotation.rewrite(world.cloud.database, turned)
    world.cloud.database.transact(lambda work: write_under_newest(work, vault))  # the next test's keys are the old ones

    assert rewritten.broken == 0
    with world.cloud.database.read() as conn:
        after = conn.execute(select(import_row.c.sealed)).scalars().all()
        assert service.content(conn, turned, first).decode("cp949") == LIST
    assert not set(map(bytes, before)) & set(map(bytes, after))
    assert seen(world, second)["state"] == "checked"


@pytest.mark.thorough
def test_over_a_real_line_a_file_comes_in_pieces_and_its_progress_is_seen(world: World) -> None:
    """Over a socket, in chunks, larger than a piece; every part of it is sealed in a row of its own."""
    rows = 25_000
    content = many(rows).encode()
    assert len(content) > service.PART_BYTES
    headers = {"authorization": f"Bearer {world.key}", "content-type": "application/octet-stream"}

    def pieces() -> Iterator[bytes]:
        for place in range(0, len(content), 10_000):
            yield content[place : place + 10_000]

    with serving(world) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as line:
        target = f"/v1/imports?store_id={world.store.store_id}"
        answer = line.post(target, content=pieces(), headers=headers)
        assert (answer.status_code, answer.json()["size_bytes"]) == (202, len(content))
        too_much = line.post(target, content=(bytes(1_000_000) for _ in range(40)), headers=headers)
        assert (too_much.status_code, too_much.json()["code"]) == (413, "too_large")
    import_id = answer.json()["import_id"]
    importer = Importer(world.cloud.vault)
    read: list[int] = []
    while importer.portion(world.cloud.database, world.clock):
        read.append(seen(world, import_id)["rows_read"])
    assert confirm(world, import_id).status_code == 200
    percents: list[int] = []
    while importer.portion(world.cloud.database, world.clock) and len(percents) < 6:
        percents.append(seen(world, import_id)["progress"]["percent"])

    assert read == sorted(read)
    assert read[0] < rows == read[-1]
    assert percents == [2, 4, 6, 8, 10, 12]


def test_a_caller_who_hangs_up_leaves_nothing(world: World) -> None:
    with serving(world) as url:
        where = urlsplit(url)
        with socket.create_connection((where.hostname or "", where.port or 0)) as line:
            head = [
                f"POST /v1/imports?store_id={world.store.store_id} HTTP/1.1",
                "host: x",
                f"authorization: Bearer {world.key}",
                "content-type: text/csv",
                "content-length: 1000000",
            ]
            line.sendall("\r\n".join([*head, "", ""]).encode() + b"0" * 600_000)
            wait_until(lambda: _kept(world)[0] == 2, "two pieces are here")
        wait_until(
            lambda: (_rows_of(world, member_import), _kept(world)) == (0, (0, 0)), "what came of the file is gone"
        )


def test_stores_see_their_own_imports_newest_first(world: World) -> None:
    branch = world.new_store("망원점", "테스트 커피")
    ids: Sequence[str] = [checked(world, many(n), source=new_id("s"))["import_id"] for n in (1, 2)]
    elsewhere = checked(world, many(3), store_id=branch.store_id)["import_id"]

    def listed(store_id: str) -> list[str]:
        return [one["import_id"] for one in world.ok("GET", f"/v1/imports?store_id={store_id}")["imports"]]

    assert listed(world.store.store_id) == [ids[1], ids[0]]
    assert listed(branch.store_id) == [elsewhere]


# -- stamps ----------------------------------------------------------------------------------------------------------


def _totals(world: World) -> list[int]:
    numbers = (PHONE, "010-1111-2222")
    path = f"/v1/stores/{world.store.store_id}/stamp-cards"
    return [world.ok("GET", f"{path}/{world.member(phone)}")["total"] for phone in numbers]


def test_stamps_come_onto_the_cards_once_and_tiers_that_they_reach_were_paid_elsewhere(world: World) -> None:
    """MEM-28, STP-20: 3 and 7 stamps on a card with rewards at 3, 7 and 10; from there it goes on."""
    device = stamping(world, rewards=rewards(world), stamps={"day_max": 3})

    imported(world)

    assert _totals(world) == [3, 7]
    assert world.wallet(world.member("010-1111-2222"))["coupons"] == []
    [line] = world.ok("GET", f"/v1/members/{world.member()}/stamps")["history"]
    assert (line["move"], line["cause"], line["medium"], line["stamps"]) == ("earn", "transfer", "phone_number", 3)
    imported(world, LIST + "정다은,010-3333-4444,0,0,,\n")
    assert _totals(world) == [3, 7]
    device.push(*[stamp_op(device, phone="+821011112222") for _ in range(3)])
    assert _totals(world) == [3, 10]
    [coupon] = world.wallet(world.member("010-1111-2222"))["coupons"]
    assert coupon["name"] == "보상 2"
    world.assert_book_is_sound()


def test_a_card_takes_as_many_stamps_as_its_boards_have_room_for(world: World) -> None:
    """MEM-28, STP-19"""
    stamping(world, card={"boards_max": 1})

    imported(world, LIST.replace(",7,", ",25,"))

    assert _totals(world) == [3, 10]
    world.assert_book_is_sound()


def test_nobody_is_told_of_stamps_they_had_and_they_are_no_first_purchase(world: World) -> None:
    """MEM-28, PNT-21, CPN-05"""
    stamping(world)
    rule(world, "first_purchase")

    imported(world)

    database = world.cloud.database
    while database.transact(announce) + database.transact(tell_moves) + give_due(database, world.clock):
        pass
    assert world.ok("GET", "/v1/notices")["notices"] == []


# -- grades --------------------------------------------------------------------------------------------------------

GRADED = (
    "휴대폰,포인트,등급\n"
    "010-1234-5678,100,킹\n"
    "010-8765-4321,0,우수 고객\n"
    "010-1111-2222,0,vip\n"
    "010-1111-3333,0,임직원\n"
    "010-1111-4444,0,일반\n"
    "010-1111-5555,0,\n"
)


def grades(world: World, *phones: str) -> list[str]:
    return [grade(world, phone)["grade"] for phone in phones]


def said(world: World, import_id: str, *words: tuple[str, str | None]) -> httpx.Response:
    listed = [{"word": word, "grade": code} for word, code in words]
    body = seen(world, import_id)["sums"] | {"by": "본사 김", "grades": listed}
    return world.call("POST", f"/v1/imports/{import_id}/confirm", body)


_PHONES = ("010-1234-5678", "010-8765-4321", "010-1111-2222", "010-1111-3333", "010-1111-4444", "010-1111-5555")


def test_grades_come_along_as_a_person_has_seen_them(world: World) -> None:
    """MEM-28, MEM-18, MEM-12: those that are called the same by themselves, but for what only a person gives."""
    device = graded(world, points=500, coupons=True)
    found = checked(world, GRADED)
    words = {"vip": "VIP", "우수 고객": None, "일반": None, "임직원": None, "킹": "KING"}
    assert found["grades"] == [{"word": word, "members": 1, "grade": words[word]} for word in sorted(words)]

    assert said(world, found["import_id"], ("우수 고객", "VIP"), ("임직원", "STAFF"), ("킹", "VIP")).status_code == 200
    worked(world)

    done = seen(world, found["import_id"])
    assert (done["progress"]["graded"], done["state"]) == (4, "done")
    assert grades(world, *_PHONES) == ["VIP", "VIP", "VIP", "STAFF", "WELCOME", "WELCOME"]
    (move,) = grade(world, _PHONES[0])["moves"]
    assert (move["before"], move["code"], move["cause"]) == ("WELCOME", "VIP", "import")
    assert move["actor"] == f"import:{found['import_id']}"
    # The rate holds at once; for the step nothing was given, and nobody was told.
    assert device.result(device.earn(10_000, 100))["status"] == "applied"
    assert world.wallet(world.member())["coupons"] == []
    assert [one for one in world.ok("GET", "/v1/notices")["notices"] if one["kind"] == "member_grade"] == []
    world.assert_book_is_sound()


def test_an_imported_grade_stays_for_a_window_and_takes_nothing_away(world: World) -> None:
    """MEM-28, MEM-19: who has more here keeps it; then what was done decides, but for what a person gave."""
    device = graded(world)
    for _ in range(2):
        device.push(device.earn(10_000, 50))
        look(world)
    assert grades(world, PHONE) == ["KING"]
    found = checked(world, GRADED.replace("킹", "vip"))
    assert said(world, found["import_id"], ("임직원", "STAFF"), ("우수 고객", "KING")).status_code == 200
    worked(world)
    assert grades(world, *_PHONES[:4]) == ["KING", "KING", "VIP", "STAFF"]

    world.clock.advance(29 * DAY_MS)
    review(world)
    assert grades(world, *_PHONES[1:4]) == ["KING", "VIP", "STAFF"]
    world.clock.advance(2 * DAY_MS)
    review(world)
    assert grades(world, *_PHONES[:4]) == ["WELCOME", "WELCOME", "WELCOME", "STAFF"]


def test_words_and_grades_that_there_are_not_are_refused_and_change_nothing(world: World) -> None:
    """MEM-28"""
    found = checked(world, GRADED)
    assert {one["grade"] for one in found["grades"]} == {None}
    assert said(world, found["import_id"], ("킹", "KING")).json()["code"] == "no_grades"
    graded(world)
    refused = said(world, found["import_id"], ("킹", "QUEEN"), ("왕", None)).json()
    assert (refused["code"], refused["words"], refused["grades"]) == ("grade_unknown", ["왕"], ["QUEEN"])
    assert seen(world, found["import_id"])["state"] == "checked"
    assert confirm(world, found["import_id"]).status_code == 200
    worked(world)
    assert grades(world, *_PHONES[:2]) == ["WELCOME", "WELCOME"]


def test_a_list_of_before_and_of_a_brand_that_gave_up_its_grades_is_imported_without_them(world: World) -> None:
    """MEM-28"""
    graded(world)
    found = checked(world, GRADED)
    assert confirm(world, found["import_id"]).status_code == 200
    world.ok("POST", f"/v1/brands/{world.store.brand_id}/earning", {"method": "point"})
    worked(world)

    done = seen(world, found["import_id"])
    assert (done["state"], done["progress"]["rows"], done["progress"]["graded"]) == ("done", 6, 0)
