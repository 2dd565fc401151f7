"""The page about people on a real store: who may take back, who says so, what owners are told (APR-16, 24, 25, 28)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.staff.people.viewmodel import NoticeRow, PeopleViewModel, people_warnings
from agent.texts import Texts
from rules.recovery import RightChange
from tests.helpers.counter import Counter, counter


class Door:
    """The owner's PIN was right; ``owner`` is whose it was."""

    def __init__(self, owner: str) -> None:
        self.owner, self.headings = owner, list[str]()

    def ask_owner(self, heading: str, then: Callable[[str, str], None]) -> None:
        self.headings.append(heading)
        then(self.owner, "")


class Page:
    def __init__(self, shop: Counter, owner: str) -> None:
        self.shop, self.door = shop, Door(owner)
        self.vm = PeopleViewModel(
            staff=shop.agent.staff,
            rights=shop.agent.rights,
            notices=shop.agent.notices,
            door=self.door,
            online=lambda: shop.link.online,
            clock=shop.clock,
            dispatcher=ImmediateDispatcher(),
            texts=Texts("ko"),
        )

    def lines(self) -> dict[str, tuple[str, str]]:
        return {row.name: (row.line, row.action) for row in self.vm.state.people}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def notice(shop: Counter, kind: str, **body: Any) -> None:
    row = {"kind": kind, "employee_id": "e-이지은", "name": "이지은", "created_ms": shop.clock.wall_ms()} | body
    shop.feed(shop.agent.appliers()["notice"], "notice", row)


def test_everybodys_right_is_shown_and_the_button_that_changes_it(shop: Counter) -> None:
    """APR-16, APR-25"""
    shop.employ("이지은", suspended=True)
    shop.employ("최민준")
    shop.employ("박서준", may_recover=False)
    owner = shop.employ("정민아", "owner")

    assert Page(shop, owner).lines() == {
        "박서준": ("복구 불가: 대표가 껐어요", "허용"),
        "이지은": ("복구가 너무 잦아 멈췄어요", "권한 되돌리기"),
        "최민준": ("복구 요청 가능", "끄기"),
        "정민아": ("대표: 바로 복구", ""),
    }


@pytest.mark.parametrize(
    ("changes", "change"),
    [({"suspended": True}, "lift"), ({}, "forbid"), ({"may_recover": False}, "allow")],
)
def test_the_owners_word_is_sent_and_the_row_waits_for_the_cloud(
    shop: Counter, changes: dict[str, bool], change: str
) -> None:
    """A3, APR-16: nothing is true before the cloud has said so."""
    shop.employ("이지은", **changes)
    page = Page(shop, shop.employ("정민아", "owner"))

    page.vm.press("e-이지은")

    [(kind, body)] = shop.ops()
    assert (kind, body["employee_id"], body["change"]) == ("employee.right", "e-이지은", change)
    assert page.lines()["이지은"] == ("서버로 보내는 중", "")
    page.vm.press("e-이지은")
    assert len(shop.ops()) == 1
    shop.answer("employee.right", "applied", {"employee_id": "e-이지은"})
    shop.employ("이지은", version=2)
    assert page.lines()["이지은"] == ("복구 요청 가능", "끄기")


def test_a_refusal_of_the_cloud_leaves_the_row_as_it_was(shop: Counter) -> None:
    shop.employ("이지은", suspended=True)
    page = Page(shop, shop.employ("정민아", "owner"))
    page.vm.press("e-이지은")

    shop.answer("employee.right", "rejected", {"employee_id": "e-이지은"}, "owner_only")

    assert page.lines()["이지은"] == ("복구가 너무 잦아 멈췄어요", "권한 되돌리기")


def test_without_a_line_rights_are_not_changed(shop: Counter) -> None:
    """AGT-08"""
    shop.employ("이지은", suspended=True)
    page = Page(shop, shop.employ("정민아", "owner"))
    shop.link.online = False

    page.vm.press("e-이지은")

    assert (shop.ops(), page.door.headings) == ([], [])
    assert "인터넷" in page.vm.state.message


def test_without_an_owner_the_page_says_who_can_help(shop: Counter) -> None:
    shop.employ("이지은", suspended=True)
    page = Page(shop, "")

    assert page.lines()["이지은"] == ("복구가 너무 잦아 멈췄어요", "")
    assert "본사" in page.vm.state.foot
    page.vm.press("e-이지은")
    assert (shop.ops(), page.door.headings) == ([], [])


def test_nobody_but_the_owner_changes_a_right(shop: Counter) -> None:
    """APR-16: also when a screen asked for it."""
    staff = shop.employ("이지은", suspended=True)
    shop.employ("정민아", "owner")

    assert not shop.agent.rights.change("e-이지은", RightChange.LIFT, staff)
    assert not shop.agent.rights.change("e-이지은", RightChange.LIFT, "owner:somebody")
    assert shop.ops() == []


def test_an_empty_roster_says_what_comes_next(shop: Counter) -> None:
    page = Page(shop, "")

    assert page.vm.state.people == ()
    assert "본사" in page.vm.state.nobody


def test_notices_for_the_owner_are_listed_newest_first_and_once(shop: Counter) -> None:
    """APR-15, APR-24, APR-25, APR-28: with the figures that the cloud counted."""
    page = Page(shop, shop.employ("정민아", "owner"))
    assert page.vm.state.no_notices
    notice(shop, "recovered")
    notice(shop, "recovered")  # the same again
    shop.clock.advance(60_000)
    figures = {"own_day": 5, "own_week": 7, "store_week": 9}
    for kind in ("recovery_day_limit", "recovery_share_limit", "recovery_week_limit", "auto_approved"):
        shop.clock.advance(1_000)
        notice(shop, kind, **figures)

    assert [(row.tone, row.sentence) for row in page.vm.state.notices] == [
        ("amber", "이지은님이 7일 동안 7건을 복구해 권한이 멈췄어요"),
        ("amber", "7일 동안 매장 복구 9건 중 7건이 이지은님이라 권한이 멈췄어요"),
        ("amber", "이지은님이 오늘 5건을 복구했어요"),
        ("neutral", "이지은: 승인을 복구했어요"),
    ]
    assert all(isinstance(row, NoticeRow) and row.when for row in page.vm.state.notices)
    assert page.vm.state.no_notices == ""


def test_old_notices_make_room_for_new_ones(shop: Counter) -> None:
    for _ in range(205):
        shop.clock.advance(1)
        notice(shop, "recovered")

    assert shop.rows("SELECT count(*) FROM notice") == [(200,)]


def test_the_home_page_says_whose_right_is_suspended_and_leads_to_the_page(shop: Counter) -> None:
    """APR-25"""
    shop.employ("이지은", suspended=True)
    shop.employ("최민준")

    [warn] = people_warnings(Texts("ko"), shop.agent.staff.roster())

    assert (warn.sentence, warn.action_page) == ("이지은님의 복구 권한이 멈췄어요", "people")
    shop.employ("이지은", version=2)
    assert people_warnings(Texts("ko"), shop.agent.staff.roster()) == ()
