"""Owns the first run: eight letters in, the shop's name back, then on. No Qt; the network is the service's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from agent.dispatch import Dispatcher
from agent.enroll import code as codes
from agent.enroll.address import AddressProblem, cloud_address
from agent.enroll.types import Enrolled, EnrollOutcome
from agent.link.types import StoreProfile
from agent.texts import Language, Texts
from sync.protocol import ENROLL_CODE_LENGTH


class Step(StrEnum):
    CODE = "code"
    ASKING = "asking"
    FOUND = "found"


class Tone(StrEnum):
    NONE = "none"
    HINT = "hint"
    REFUSED = "refused"


@dataclass(frozen=True)
class EnrollScreen:
    language: Language = "ko"
    step: Step = Step.CODE
    code: str = ""
    address: str = ""
    address_problem: str = ""
    can_redeem: bool = False
    tone: Tone = Tone.NONE
    message: str = ""
    message_line: str = ""
    shop: str = ""
    shop_line: str = ""
    plan: str = ""


class EnrollPort(Protocol):
    """What this page needs of ``agent.enroll.service.EnrollService``."""

    def redeem(self, base_url: str, code: str, on_result: Callable[[EnrollOutcome], None]) -> None: ...


class EnrollViewModel:
    """``on_enrolled`` is called once, when a person has seen the shop's name and goes on; ``on_language`` when another
    language was chosen, so that it is remembered."""

    def __init__(
        self,
        *,
        enroll: EnrollPort,
        address: str,
        texts: Texts,
        dispatcher: Dispatcher,
        on_enrolled: Callable[[], None],
        on_language: Callable[[Language], None] = lambda _language: None,
        under_way: str = "",
    ) -> None:
        """``under_way`` is a code that somebody else redeems, from the command line: it is shown, nothing is asked."""
        self.on_change: Callable[[], None] = lambda: None
        self._enroll, self._texts, self._dispatcher, self._on_enrolled = enroll, texts, dispatcher, on_enrolled
        self._on_language = on_language
        self._gone_on = False
        self._profile: StoreProfile | None = None
        self._asked = 0  # answers to an earlier question are not for the code on the screen
        self.state = EnrollScreen(language=texts.language, address=address)
        if under_way:
            self.state = replace(self.state, code=codes.typed("", under_way), step=Step.ASKING)
        self._show(self.state)

    def type_text(self, text: str) -> None:
        """One key or several; only letters that codes are made of arrive in the boxes."""
        if self.state.step is not Step.CODE:
            return
        typed = codes.typed(self.state.code, text)
        wrong = typed == self.state.code and len(typed) < ENROLL_CODE_LENGTH and text.strip(" -") != ""
        hint = self._texts._("Codes have no digits and no vowels") if wrong else ""
        self._show(replace(_quiet(self.state), code=typed, tone=Tone.HINT if wrong else Tone.NONE, message=hint))

    def paste(self, text: str) -> None:
        if self.state.step is not Step.CODE:
            return
        code = codes.pasted(text)
        if code is None:
            hint = self._texts._("No store code of 8 letters was found in what you pasted")
            self._show(replace(_quiet(self.state), tone=Tone.HINT, message=hint))
        else:
            self._show(replace(_quiet(self.state), code=code))

    def back(self) -> None:
        if self.state.step is Step.CODE:
            self._show(replace(_quiet(self.state), code=self.state.code[:-1]))

    def clear(self) -> None:
        if self.state.step is Step.CODE:
            self._show(replace(_quiet(self.state), code=""))

    def set_address(self, text: str) -> None:
        if self.state.step is Step.CODE:
            self._show(replace(_quiet(self.state), address=text))

    def redeem(self) -> None:
        """Ask the cloud; the screen stays alive meanwhile."""
        address = cloud_address(self.state.address)
        if not self.state.can_redeem or isinstance(address, AddressProblem):
            return
        self._asked += 1
        asked = self._asked
        self._show(replace(_quiet(self.state), step=Step.ASKING))
        self._enroll.redeem(
            address, self.state.code, lambda outcome: self._dispatcher.post(lambda: self._answered(asked, outcome))
        )

    def go_on(self) -> None:
        """ "This is my shop": only after the shop has answered."""
        if self.state.step is Step.FOUND and not self._gone_on:
            self._gone_on = True
            self._on_enrolled()

    def toggle_language(self) -> None:
        self._texts.set_language("en" if self._texts.language == "ko" else "ko")
        self._on_language(self._texts.language)
        state = replace(_quiet(self.state), language=self._texts.language)
        self._show(self._found(self._profile, state) if self._profile is not None else state)

    def _answered(self, asked: int, outcome: EnrollOutcome) -> None:
        if asked != self._asked or self.state.step is not Step.ASKING:
            return
        if isinstance(outcome, Enrolled):
            self._profile = outcome.profile
            self._show(self._found(outcome.profile, self.state))
            return
        words = outcome.user_message if self._texts.language == "ko" else outcome.user_message_en
        title = self._texts._("Not connected yet")
        self._show(replace(self.state, step=Step.CODE, tone=Tone.REFUSED, message=title, message_line=words))

    def _found(self, profile: StoreProfile, state: EnrollScreen) -> EnrollScreen:
        name = profile.name or profile.brand_name
        parts = [profile.brand_name if profile.brand_name != name else "", self._service(profile.service_type)]
        return replace(
            state,
            step=Step.FOUND,
            shop=name,
            shop_line=" · ".join(part for part in parts if part),
            plan=profile.plan.upper(),
        )

    def _service(self, service_type: str) -> str:
        t = self._texts
        names = {
            "reward": t._("Reward shop"),
            "order": t._("Order shop"),
            "composite": t._("Orders and rewards"),
        }
        return names.get(service_type.lower(), service_type)

    def _show(self, state: EnrollScreen) -> None:
        address = cloud_address(state.address)
        problem = self._address_words(address) if isinstance(address, AddressProblem) else ""
        ready = state.step is Step.CODE and len(state.code) == ENROLL_CODE_LENGTH and not problem
        state = replace(state, address_problem=problem, can_redeem=ready)
        if state != self.state:
            self.state = state
            self.on_change()

    def _address_words(self, problem: AddressProblem) -> str:
        t = self._texts
        return {
            AddressProblem.EMPTY: t._("Enter the address of your cloud"),
            AddressProblem.NOT_AN_ADDRESS: t._("This is not a web address. Example: https://cloud.example.com"),
            AddressProblem.NOT_ENCRYPTED: t._("Only https:// is allowed: phone numbers travel this way"),
        }[problem]


def _quiet(state: EnrollScreen) -> EnrollScreen:
    """Typing takes back what was said about the last try."""
    return replace(state, tone=Tone.NONE, message="", message_line="")
