"""Reading a coupon's paper on the page of coupons, without Qt (CPN-15, CPN-16, CPN-18)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.coupons.using import Held, NoAnswer, NoLine, ReadOutcome, Refused, Standing
from agent.dispatch import ImmediateDispatcher
from agent.rewards.paper.viewmodel import PaperViewModel
from agent.steady import REST_MS
from agent.texts import Texts
from rules.conditions import Unmet
from rules.requests import RequestState
from sync.clock import FakeClock
from sync.errors import StoreFull
from tests.agent.screens.rewards import HELD, PAPER_CODE, USED, USED_BEFORE, WAITS, Papers

OTHER_CODE = "withfom:coupon:0198c5c0-7a11-7d46-b52e-93d1c8f0a65f"


class Stack:
    """The pop-up stack as far as this page knows it."""

    def __init__(self) -> None:
        self.open: set[str] = {HELD.request_id}
        self.approved: list[str] = []

    def is_open(self, request_id: str) -> bool:
        return request_id in self.open

    def approve(self, request_id: str) -> None:
        self.approved.append(request_id)
        self.open.discard(request_id)


class Shop:
    def __init__(self, language: str = "ko") -> None:
        self.papers, self.stack, self.clock = Papers(), Stack(), FakeClock()
        self.online = True
        self.vm = PaperViewModel(
            papers=self.papers,
            decider=self.stack,
            online=lambda: self.online,
            clock=self.clock,
            dispatcher=ImmediateDispatcher(),
            texts=Texts("en" if language == "en" else "ko"),
        )
        self.vm.show()

    def read(self, text: str = PAPER_CODE) -> None:
        self.vm.type(text)
        self.vm.submit()

    @property
    def title(self) -> str:
        card = self.vm.panel.card
        return "" if card is None else card.title


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_what_the_coupon_gives_is_shown_before_anybody_uses_it(shop: Shop) -> None:
    """CPN-16, CPN-04: name, whose, condition and discount; the buttons come with the request itself."""
    shop.read()

    card = shop.vm.panel.card
    assert card is not None
    assert (card.title, card.line) == ("소금빵 50% 할인", "최*아 · 매장에서 5,000원 이상")
    assert (card.figure, card.use, card.left_s) == ("1,750원 할인", "", None)
    assert shop.vm.panel.typed == ""
    shop.papers.stand(WAITS)
    card = shop.vm.panel.card
    assert (card.use, card.leave, card.left_s) == ("사용하기", "쓰지 않기", 43)
    assert shop.stack.approved == []


def test_staff_use_it_and_the_card_says_what_to_key_in(shop: Shop) -> None:
    """CPN-15, CPN-16."""
    shop.papers.stand(WAITS)
    shop.read()
    shop.clock.advance(REST_MS)

    shop.vm.use()
    shop.papers.stand(USED)
    shop.vm.use()

    card = shop.vm.panel.card
    assert card is not None
    assert shop.stack.approved == [HELD.request_id]
    assert (card.title, card.tone, card.figure, card.use) == ("사용했어요", "green", "1,750원 할인", "")


def test_a_button_that_has_just_appeared_is_not_meant(shop: Shop) -> None:
    shop.papers.stand(WAITS)
    shop.read()

    shop.vm.use()

    assert shop.stack.approved == []


def test_staff_leave_it_and_the_customer_keeps_it(shop: Shop) -> None:
    """CPN-15, APR-14."""
    shop.papers.stand(WAITS)
    shop.read()

    shop.vm.leave()

    card = shop.vm.panel.card
    assert shop.papers.taken_back == [HELD.request_id]
    assert card is not None
    assert (card.title, card.hint) == ("사용하지 않았어요", "사용하지 않았어요. 쿠폰은 손님에게 그대로 있어요.")


@pytest.mark.expect_log(r"paper_not_taken_back")
def test_what_cannot_be_saved_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.papers.stand(WAITS)
    shop.read()

    def full(_request_id: str) -> None:
        raise StoreFull("disk")

    monkeypatch.setattr(shop.papers, "take_back", full)
    shop.vm.leave()

    assert shop.vm.panel.problem == "저장하지 못했어요. 다시 시도해 주세요."


@pytest.mark.parametrize("typed", ["0123-4567", "8801234567890", "https://example.com/coupon"])
def test_what_is_no_code_asks_nobody_and_stays_to_be_corrected(shop: Shop, typed: str) -> None:
    """CPN-18: a bottle's bar code opens nothing."""
    shop.read(typed)

    assert shop.papers.asked == []
    assert (shop.vm.panel.typed, shop.vm.panel.wrong, shop.vm.panel.card) == (typed, True, None)
    shop.vm.type(typed + "0")
    assert shop.vm.panel.wrong is False


def test_the_same_paper_under_the_scanner_twice_is_one_question(shop: Shop) -> None:
    """CPN-15: a scanner that reads a slip again before staff have said their word."""
    shop.papers.stand(WAITS)
    shop.read()
    shop.read()

    assert len(shop.papers.asked) == 1
    assert shop.vm.panel.typed == ""
    shop.read(OTHER_CODE)
    assert len(shop.papers.asked) == 2


def test_an_answer_that_was_lost_is_asked_for_under_the_same_id(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """CPN-15: exactly once; another paper is another request."""
    ids = iter(("first", "second"))
    monkeypatch.setattr(shop.papers, "new_id", lambda: next(ids))
    shop.papers.outcome = NoAnswer()
    shop.read()
    assert shop.title == "서버의 답을 받지 못했어요."

    shop.read()
    shop.read(OTHER_CODE)

    assert [request_id for request_id, _ in shop.papers.asked] == ["first", "first", "second"]


def test_a_late_answer_about_another_paper_is_dropped(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the screen is about the paper that was read last."""
    waiting: list[Callable[[ReadOutcome], None]] = []
    monkeypatch.setattr(shop.papers, "read", lambda _id, _text, done: waiting.append(done))
    shop.read()
    assert shop.vm.panel.asking
    shop.read(OTHER_CODE)

    waiting[1](USED_BEFORE)
    waiting[0](HELD)

    assert shop.title == "이 매장에서 이미 쓴 쿠폰이에요."


def test_without_a_line_the_page_says_so_before_and_after(shop: Shop) -> None:
    """CPN-15, UXR: a clear no, and nothing is lost."""
    shop.online = False
    shop.vm.refresh()
    assert shop.vm.panel.offline == "종이 쿠폰은 인터넷이 연결되면 다시 쓸 수 있어요."

    shop.papers.outcome = NoLine()
    shop.read()

    card = shop.vm.panel.card
    assert card is not None
    assert (card.title, card.tone) == ("인터넷이 끊겨 쿠폰을 확인할 수 없어요.", "amber")
    assert "손님에게 그대로" in card.hint


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    "code",
    [
        "coupon_unknown",
        "coupon_used",
        "coupon_waiting",
        "coupon_expired",
        "coupon_not_here",
        "coupon_not_available",
        "conditions_unmet",
        "limit_reached",
        "overlap_refused",
        "member_gone",
        "rewards_off",
        "store_not_open",
        "device_suspended",
    ],
)
def test_each_refusal_has_words_and_a_next_step(code: str, language: str) -> None:
    """CPN-15: no code alone, no dead end."""
    shop = Shop(language)
    shop.papers.outcome = Refused(code)

    shop.read()

    card = shop.vm.panel.card
    assert card is not None
    assert card.title
    assert card.hint
    assert code not in card.title
    assert (card.tone, card.use) == ("red", "")


def test_conditions_that_do_not_hold_are_named(shop: Shop) -> None:
    """CPN-04, CPN-14"""
    shop.papers.outcome = Refused("conditions_unmet", unmet=(Unmet.TIME.value, Unmet.GRADE.value, "later_one"))

    shop.read()

    card = shop.vm.panel.card
    assert card is not None
    assert card.line == "지금 시간에는 쓸 수 없어요 · 대상 등급이 달라요"


def test_when_it_was_used_is_said(shop: Shop) -> None:
    """CPN-15: the customer hears when, and that a copy gives nothing."""
    shop.papers.outcome = USED_BEFORE

    shop.read()

    card = shop.vm.panel.card
    assert card is not None
    assert card.line == "11월 20일 금요일 12:05"


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (RequestState.EXPIRED, "시간이 지났어요"),
        (RequestState.REJECTED, "사용하지 않았어요"),
        (RequestState.RECOVERED, "사용을 되돌렸어요"),
    ],
)
def test_what_became_of_it_elsewhere_is_shown(shop: Shop, state: RequestState, title: str) -> None:
    """CPN-15: decided on its card, at another counter, or by nobody."""
    shop.papers.stand(WAITS)
    shop.read()

    shop.papers.stand(Standing(HELD, state, False, None))

    assert shop.title == title


def test_a_coupon_without_a_discount_is_handed_over(shop: Shop) -> None:
    """CPN-30: a free drink has nothing to key in."""
    free = Held(HELD.request_id, "아메리카노 1잔", "최*아", "", 0)
    shop.papers.stand(Standing(free, RequestState.APPROVED, False, None))
    shop.read()

    card = shop.vm.panel.card
    assert card is not None
    assert (card.figure, card.hint) == ("아메리카노 1잔", "이제 드리면 돼요.")
