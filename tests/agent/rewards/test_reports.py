"""Used rewards and boards at the counter, without Qt and with their service (CPN-21, CPN-22, CPN-31, STP-22)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.rewards.boards.viewmodel import BoardsViewModel
from agent.rewards.looking import AGAIN_MS
from agent.rewards.reports import BOARDS, KEPT_MAX, USES, Report
from agent.rewards.state import Box, Row
from agent.rewards.uses.viewmodel import UsesViewModel
from agent.texts import Texts
from rules.calendar import moment_ms
from sync.clock import FakeClock
from sync.outcomes import Denied, Reason, TellOutcome, Told, Unavailable
from tests.agent.screens.rewards import BOARDS_PAGE, USES_PAGE, Reports
from tests.helpers.counter import Counter, counter

FRIDAY = date(2026, 11, 20)


class Page:
    def __init__(self, reports: Reports, language: str = "ko") -> None:
        self.clock = FakeClock(wall_ms=moment_ms(FRIDAY, 872))
        self.reports = reports
        texts = Texts("en" if language == "en" else "ko")
        dispatcher = ImmediateDispatcher()
        self.uses = UsesViewModel(
            reports=reports,
            clock=self.clock,
            dispatcher=dispatcher,
            texts=texts,
            name_of=lambda actor: f"<{actor}>",
        )
        self.boards = BoardsViewModel(reports=reports, clock=self.clock, dispatcher=dispatcher, texts=texts)

    @property
    def last(self) -> dict[str, str]:
        return self.reports.asked[-1][1]


@pytest.fixture
def page() -> Page:
    return Page(Reports())


def test_the_page_opens_with_what_was_used_today(page: Page) -> None:
    """CPN-22: reset to today each time it is opened."""
    page.uses.show()
    page.uses.earlier()
    page.uses.show()

    state = page.uses.state
    assert page.last == {"period": "day", "on": "2026-11-20", "by": "use"}
    assert (state.span, state.later, state.today) == ("2026-11-20", False, "")
    assert state.rows[0] == Row("소금빵 50% 할인", "최*아 · <이지은>", "1,750원", "11-20 14:31")
    assert state.rows[1] == Row("포인트", "이*민 · <이지은>", "3,000P", "11-20 14:12")
    assert "자동 승인" in state.rows[2].line


def test_days_weeks_and_months_are_walked_and_today_is_one_press_away(page: Page) -> None:
    """CPN-22: a week begins on Monday; nobody walks past today."""
    page.uses.show()
    page.uses.choose_period("week")
    assert (page.last["period"], page.uses.state.span) == ("week", "2026-11-16 ~ 11-22")
    page.uses.earlier()
    assert (page.last["on"], page.uses.state.span) == ("2026-11-09", "2026-11-09 ~ 11-15")
    assert (page.uses.state.later, page.uses.state.today) == (True, "오늘로")
    page.uses.choose_period("month")
    page.uses.earlier()
    assert page.uses.state.span == "2026-10-01 ~ 10-31"
    page.uses.later()
    page.uses.later()
    assert page.uses.state.span == "2026-11-01 ~ 11-30"
    page.uses.earlier()
    page.uses.to_today()
    assert (page.last["on"], page.uses.state.today) == ("2026-11-20", "")


def test_customers_rewards_one_coupon_and_pages_are_asked_for(page: Page) -> None:
    """CPN-22: by customer, by reward, one coupon; twenty rows a page, and a new choice begins at the first one."""
    page.uses.show()
    assert (page.uses.state.page, page.uses.state.fewer, page.uses.state.more) == ("1 / 3", False, True)
    page.uses.turn(-1)
    page.uses.turn(1)
    assert page.last["page"] == "2"
    page.uses.choose_coupon("a")
    assert page.last == {"period": "day", "on": "2026-11-20", "by": "use", "definition_id": "a"}
    page.uses.choose_by("customer")
    assert page.last["by"] == "customer"
    assert page.uses.state.rows == (Row("이*민", "마지막 11-20 14:12", "12,400원", "5번"),)
    page.uses.choose_by("reward")
    assert page.uses.state.rows[0] == Row("소금빵 50% 할인", "마지막 11-20 14:31", "1,750원", "1번")


def test_without_a_line_the_last_figures_stand_with_their_time() -> None:
    """CPN-22, CPN-31: read-only, and honest about when they are of."""
    page = Page(Reports(offline=True))

    page.uses.show()
    page.boards.show()

    assert (page.uses.state.as_of, page.uses.state.stale) == ("인터넷 끊김 · 11월 20일 금요일 14:02 기준", True)
    assert len(page.uses.state.rows) == 6
    assert (page.boards.state.stale, len(page.boards.state.tiles)) == (True, 3)


def test_without_a_line_and_without_figures_the_page_says_what_will_happen() -> None:
    page = Page(Reports(offline=True, quiet=True))
    page.reports.fields = {}

    page.uses.show()
    page.boards.show()

    said = "인터넷이 끊겼어요. 연결되면 보여 드려요."
    assert (page.uses.state.note, page.boards.state.note) == (said, said)


def test_nothing_used_is_said_in_words() -> None:
    page = Page(Reports(quiet=True))

    page.uses.show()

    assert (page.uses.state.rows, page.uses.state.note) == ((), "이 기간에 쓴 것이 없어요.")


def test_figures_are_asked_for_again_only_while_somebody_looks(page: Page) -> None:
    page.boards.show()
    page.boards.tick()
    page.clock.advance(AGAIN_MS)
    page.boards.tick()
    page.boards.hide()
    page.clock.advance(AGAIN_MS)
    page.boards.tick()

    assert len(page.reports.asked) == 2


def test_an_answer_to_an_earlier_choice_is_dropped(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[Callable[[Report | None], None]] = []
    monkeypatch.setattr(page.reports, "ask", lambda _name, _params, done: waiting.append(done))
    page.uses.show()
    page.uses.choose_period("month")

    waiting[0](Report(USES_PAGE, 0))

    assert (page.uses.state.rows, page.uses.state.note) == ((), "잠시만요…")
    waiting[1](Report(USES_PAGE, 0))
    assert len(page.uses.state.rows) == 6


def test_boards_say_figures_names_and_where_a_card_stands(page: Page) -> None:
    """CPN-21, CPN-31, STP-04, STP-22, PNT-18: which tier gives what, and how full a member's board is."""
    page.boards.show()

    coupons, points, stamps = page.boards.state.tiles
    assert coupons.boxes == (
        Box("오늘 지급", "12", "92일 1,240"),
        Box("오늘 사용", "7", "92일 418"),
        Box("소멸", "96"),
        Box("미사용", "726"),
    )
    assert coupons.top[0] == Row("아메리카노 1잔 무료", "41% 사용", "182번")
    assert points.boxes[1] == Box("오늘 사용", "4,200", "누적 96,500")
    assert stamps.top[0] == Row("이*민", "이번 판 3 / 10", "스탬프 43개")
    assert stamps.top[4].title == "손님"
    assert stamps.foot == "3개 수제 쿠키 · 7개 음료 한 잔 · 10개 케이크"
    assert page.boards.state.log[0] == Row("소금빵 50% 할인", "", "사용했어요", "11-20 14:31")


def test_a_shop_without_a_card_has_two_boards(page: Page) -> None:
    """STP-22: no stamps, no board of stamps."""
    page.reports.fields[BOARDS] = BOARDS_PAGE | {"stamps": None, "card": None}

    page.boards.show()

    assert [tile.title for tile in page.boards.state.tiles] == ["쿠폰", "포인트"]


# -- the service -----------------------------------------------------------------------------------------------------


class Cloud:
    def __init__(self, *answers: TellOutcome) -> None:
        self.answers = list(answers)

    def read_report(self, _name: str, _params: Mapping[str, str]) -> TellOutcome:
        return self.answers.pop(0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        found.agent.reward_reports._run = lambda job: job()
        yield found


def ask(shop: Counter, name: str, answer: TellOutcome, **params: str) -> Report | None:
    said: list[Report | None] = []
    shop.agent.reward_reports.attach(Cloud(answer))
    shop.agent.reward_reports.ask(name, params, said.append)
    return said[0]


def test_an_answer_is_kept_for_when_the_line_is_down(shop: Counter) -> None:
    """CPN-22: also after a restart, and each question for itself."""
    told = ask(shop, USES, Told(USES_PAGE), period="day")
    assert told == Report(USES_PAGE, shop.clock.wall_ms())

    shop.link.online = False
    reports = shop.agent.reward_reports
    assert ask(shop, USES, Told(USES_PAGE), period="day") is None
    assert reports.known(USES, {"period": "day"}) == told
    assert reports.known(USES, {"period": "week"}) is None


@pytest.mark.parametrize(
    "answer", [Denied("device_revoked"), Unavailable(Reason.TIMEOUT), Told({"welcome": "to the hotel's Wi-Fi"})]
)
def test_what_is_no_report_replaces_none(shop: Counter, answer: TellOutcome) -> None:
    """A captive portal answers 200 as well."""
    told = ask(shop, BOARDS, Told(BOARDS_PAGE))

    assert ask(shop, BOARDS, answer) is None

    assert shop.agent.reward_reports.known(BOARDS, {}) == told


def test_no_more_is_kept_than_somebody_looks_at(shop: Counter) -> None:
    page: dict[str, Any] = {"rows": [], "page": 1, "pages": 1, "coupons": []}
    for n in range(KEPT_MAX + 5):
        shop.clock.advance(1_000)
        ask(shop, USES, Told(page), on=str(n))

    assert shop.rows("SELECT count(*) FROM report_kept") == [(KEPT_MAX,)]
    assert shop.agent.reward_reports.known(USES, {"on": "0"}) is None
