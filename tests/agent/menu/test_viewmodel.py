"""The sold-out page as claims, without a screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.menu.state import MenuRow
from agent.menu.types import MarkOutcome, MenuView, NotOnMenu
from agent.menu.viewmodel import MenuViewModel
from agent.steady import REST_MS
from agent.texts import Language, Texts
from rules.menu import SoldOutKind
from sync.clock import FakeClock
from sync.errors import StoreFull
from tests.agent.screens import sample


class Page:
    def __init__(self, menu: MenuView = sample.MENU, *, online: bool = True, language: Language = "ko") -> None:
        self.clock = FakeClock(wall_ms=sample.NOW_MS)
        self.menu = sample.Menu(menu)
        self.online = online
        self.vm = MenuViewModel(
            menu=self.menu,
            online=lambda: self.online,
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
            texts=Texts(language),
            actor=lambda: "이지은",
        )

    def row(self, name: str) -> MenuRow:
        return next(row for row in self.vm.state.rows if row.name == name)


def test_the_door_says_how_much_is_sold_out_and_opens() -> None:
    """MNU-02"""
    page = Page()
    assert (page.vm.state.open, page.vm.state.door, page.vm.state.rows) == (False, "품절 2", ())

    page.vm.open()

    assert page.vm.state.open
    assert [(chip.word, chip.count) for chip in page.vm.state.chips] == [
        ("전체", 9),
        ("품절", 2),
        ("커피", 4),
        ("에이드·티", 2),
        ("빵·디저트", 3),
    ]
    page.vm.close()
    assert page.vm.state.rows == ()


def test_rows_say_how_an_item_stands_and_what_can_be_said_of_it() -> None:
    """MNU-04, MNU-09, MNU-10"""
    page = Page()
    page.vm.open()

    on_sale, today, until = page.row("아메리카노"), page.row("바닐라라떼"), page.row("자몽에이드")
    assert (on_sale.state, on_sale.today, on_sale.released, on_sale.back) == (
        "판매 중",
        "오늘만 품절",
        "해제할 때까지",
        "",
    )
    assert (today.state, today.today, today.back) == ("오늘 품절", "", "다시 판매")
    assert (until.state, until.line) == ("품절", "6,000원 · 전송 대기")
    assert page.row("점심 샌드위치").state == "판매 시간 아님"
    assert page.row("크리스마스 케이크").state == "숨김"


def test_names_are_in_the_language_of_the_screen_where_there_are_two() -> None:
    """MNU-05"""
    page = Page(
        replace(sample.MENU, items=(sample.MENU.items[0], replace(sample.MENU.items[1], name_en=""))), language="en"
    )
    page.vm.open()

    assert [row.name for row in page.vm.state.rows] == ["Americano", "카페라떼"]


def test_a_press_marks_and_another_takes_it_back() -> None:
    """MNU-09, MNU-10"""
    page = Page()
    page.vm.open()

    page.vm.sold_out_today("m-Americano")
    page.clock.advance(REST_MS)
    page.vm.back_on_sale("m-Americano")
    page.clock.advance(REST_MS)
    page.vm.sold_out_until_released("m-Americano")

    kinds = [SoldOutKind.TODAY, None, SoldOutKind.UNTIL_RELEASED]
    assert page.menu.said == [("m-Americano", kind, "이지은") for kind in kinds]
    assert page.row("아메리카노").state == "품절"
    assert page.vm.state.door == "품절 3"


def test_the_second_half_of_a_double_click_takes_nothing_back() -> None:
    page = Page()
    page.vm.open()

    page.vm.sold_out_today("m-Americano")
    page.vm.back_on_sale("m-Americano")

    assert len(page.menu.said) == 1


def test_it_is_found_by_name_in_either_language_by_category_and_by_being_sold_out() -> None:
    """MNU-02, MNU-03"""
    page = Page()
    page.vm.open()

    page.vm.set_search(" LATTE")
    assert [row.name for row in page.vm.state.rows] == ["카페라떼", "바닐라라떼", "말차라떼"]
    page.vm.set_search("")
    page.vm.choose("bread")
    assert len(page.vm.state.rows) == 3
    page.vm.choose("sold_out")
    assert [row.name for row in page.vm.state.rows] == ["바닐라라떼", "자몽에이드"]
    page.vm.set_search("없는 메뉴")
    assert page.vm.state.empty == "찾는 메뉴가 없어요."


@pytest.mark.parametrize(
    ("menu", "choose", "says"),
    [
        (MenuView(), "all", "아직 메뉴가 없어요. 본사나 관리 화면에서 만들면 나와요."),
        (replace(sample.MENU, items=sample.MENU.items[:1]), "sold_out", "품절된 메뉴가 없어요."),
        (replace(sample.MENU, items=sample.MENU.items[:1]), "bread", "이 분류에는 메뉴가 없어요."),
    ],
)
def test_an_empty_list_says_why(menu: MenuView, choose: str, says: str) -> None:
    page = Page(menu)
    page.vm.open()
    page.vm.choose(choose)

    assert page.vm.state.empty == says


def test_without_a_line_it_says_that_marks_count_all_the_same() -> None:
    """AGT-08"""
    page = Page(online=False)
    page.vm.open()
    assert page.vm.state.hint.startswith("인터넷이 끊겼어요.")

    page.vm.sold_out_today("m-Americano")
    assert page.row("아메리카노").state == "오늘 품절"
    page.online = True
    page.vm.refresh()
    assert page.vm.state.hint == ""


@pytest.mark.expect_log("mark_not_saved")
def test_what_cannot_be_kept_is_said_once() -> None:
    page = Page()
    page.vm.open()
    said: list[str] = []
    page.vm.on_change = lambda: said.append(page.vm.state.said)

    page.menu.mark = lambda menu_id, _kind, _actor: NotOnMenu(menu_id)  # type: ignore[method-assign]
    page.vm.sold_out_today("m-Americano")
    page.menu.mark = _full  # type: ignore[method-assign]
    page.vm.sold_out_today("m-Cold brew")
    page.vm.refresh()

    assert said == ["메뉴에서 빠진 항목이에요.", "저장하지 못했어요. 다시 시도해 주세요.", ""]


def _full(_menu_id: str, _kind: SoldOutKind | None, _actor: str) -> MarkOutcome:
    raise StoreFull("no room")


def test_a_page_that_is_closed_down_hears_nothing_more() -> None:
    page = Page()
    page.vm.close_down()
    page.menu.mark("m-Americano", SoldOutKind.TODAY, "x")

    assert page.vm.state.door == "품절 2"
