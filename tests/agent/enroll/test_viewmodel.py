"""The first run without a display: R1, and the newcomer's walk of ux.md."""

from __future__ import annotations

from collections.abc import Callable

from agent.dispatch import ImmediateDispatcher
from agent.enroll.types import Enrolled, EnrollOutcome, EnrollRefused
from agent.enroll.viewmodel import EnrollViewModel, Step, Tone
from agent.link.types import StoreProfile
from agent.texts import Language, Texts

SHOP = StoreProfile(
    store_id="s-1", name="느린오후 커피", brand_name="느린오후", service_type="COMPOSITE", plan="plus", grade="GOLD"
)
REFUSED = EnrollRefused("code_unknown", "이 코드를 찾을 수 없어요.", "This code is not known.")


class Walk:
    """One first run; ``answer`` is what the cloud says when it says it."""

    def __init__(
        self, language: Language = "en", address: str = "https://cloud.example.com", under_way: str = ""
    ) -> None:
        self.calls: list[tuple[str, str]] = []
        self.answers: list[Callable[[EnrollOutcome], None]] = []
        self.went_on = 0
        self.languages: list[Language] = []
        self.vm = EnrollViewModel(
            enroll=self,
            address=address,
            texts=Texts(language),
            dispatcher=ImmediateDispatcher(),
            on_enrolled=self._on,
            on_language=self.languages.append,
            under_way=under_way,
        )

    def _on(self) -> None:
        self.went_on += 1

    def redeem(self, base_url: str, code: str, on_result: Callable[[EnrollOutcome], None]) -> None:
        self.calls.append((base_url, code))
        self.answers.append(on_result)

    def ask(self, code: str = "BCDFGHJK") -> None:
        self.vm.paste(code)
        self.vm.redeem()


def test_the_shop_answers_before_one_goes_on() -> None:
    walk = Walk()
    walk.vm.go_on()
    walk.ask()
    assert walk.vm.state.step is Step.ASKING
    walk.vm.go_on()
    assert walk.went_on == 0

    walk.answers[0](Enrolled(SHOP))
    state = walk.vm.state
    assert (state.step, state.shop, state.plan) == (Step.FOUND, "느린오후 커피", "PLUS")
    assert state.shop_line == "느린오후 · Orders and rewards"
    walk.vm.go_on()
    walk.vm.go_on()
    assert walk.went_on == 1


def test_the_code_goes_to_the_address_on_the_screen() -> None:
    walk = Walk()
    walk.vm.set_address("cloud.example.com/")
    walk.ask()
    assert walk.calls == [("https://cloud.example.com", "BCDFGHJK")]


def test_a_refusal_is_said_in_the_language_of_the_screen_and_the_code_stays() -> None:
    for language, words in (("ko", REFUSED.user_message), ("en", REFUSED.user_message_en)):
        walk = Walk(language)  # type: ignore[arg-type]
        walk.ask()
        walk.answers[0](REFUSED)
        state = walk.vm.state
        assert (state.step, state.tone, state.message_line, state.code) == (Step.CODE, Tone.REFUSED, words, "BCDFGHJK")
        assert state.can_redeem


def test_typing_takes_the_refusal_back() -> None:
    walk = Walk()
    walk.ask()
    walk.answers[0](REFUSED)
    walk.vm.back()
    assert (walk.vm.state.tone, walk.vm.state.message, walk.vm.state.code) == (Tone.NONE, "", "BCDFGHJ")


def test_a_double_press_asks_once_and_nothing_is_typed_meanwhile() -> None:
    walk = Walk()
    walk.ask()
    walk.vm.redeem()
    walk.vm.type_text("L")
    walk.vm.back()
    walk.vm.clear()
    walk.vm.paste("LMNPQRST")
    walk.vm.set_address("https://elsewhere.example")
    assert len(walk.calls) == 1
    assert walk.vm.state.code == "BCDFGHJK"
    assert walk.vm.state.address == "https://cloud.example.com"


def test_a_code_of_the_command_line_is_shown_and_not_asked_for_a_second_time() -> None:
    """R1: the demo and an installer bring their code; the screen begged for one until it was redeemed."""
    walk = Walk(under_way="bcdf-ghjk")
    walk.vm.type_text("L")
    walk.vm.redeem()

    assert (walk.vm.state.step, walk.vm.state.code, walk.vm.state.can_redeem) == (Step.ASKING, "BCDFGHJK", False)
    assert walk.calls == []


def test_an_answer_to_an_earlier_question_is_not_for_the_present_one() -> None:
    walk = Walk()
    walk.ask()
    walk.answers[0](REFUSED)
    walk.vm.redeem()
    walk.answers[0](Enrolled(SHOP))
    assert walk.vm.state.step is Step.ASKING
    walk.answers[1](Enrolled(SHOP))
    assert walk.vm.state.step is Step.FOUND


def test_seven_letters_or_a_bad_address_keep_the_button_off() -> None:
    walk = Walk()
    walk.vm.type_text("BCDFGHJ")
    assert not walk.vm.state.can_redeem
    walk.vm.type_text("K")
    assert walk.vm.state.can_redeem
    walk.vm.set_address("http://cloud.example.com")
    assert not walk.vm.state.can_redeem
    assert "https" in walk.vm.state.address_problem
    walk.vm.redeem()
    assert walk.calls == []


def test_a_wrong_key_is_explained() -> None:
    walk = Walk()
    walk.vm.type_text("7")
    assert walk.vm.state.tone is Tone.HINT
    assert "no digits" in walk.vm.state.message
    walk.vm.type_text("b")
    assert (walk.vm.state.code, walk.vm.state.message) == ("B", "")
    walk.vm.type_text("-")
    assert walk.vm.state.message == ""
    walk.vm.paste("hello")
    assert walk.vm.state.tone is Tone.HINT
    assert walk.vm.state.code == "B"


def test_the_language_changes_in_place_also_when_the_shop_was_found() -> None:
    walk = Walk("ko")
    walk.ask()
    walk.answers[0](Enrolled(SHOP))
    assert walk.vm.state.shop_line == "느린오후 · 복합형(주문 + 리워드)"
    walk.vm.toggle_language()
    assert walk.vm.state.shop_line == "느린오후 · Orders and rewards"
    assert walk.languages == ["en"]


def test_a_service_type_nobody_translated_is_shown_as_it_is() -> None:
    walk = Walk()
    walk.ask()
    profile = StoreProfile(store_id="s", name="", brand_name="Brand", service_type="KIOSK", plan="", grade="")
    walk.answers[0](Enrolled(profile))
    assert (walk.vm.state.shop, walk.vm.state.shop_line, walk.vm.state.plan) == ("Brand", "KIOSK", "")
