"""The question for a PIN, without a screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.staff.types import Employee, NobodyThere, PinLocked, PinOutcome, PinRight, PinWrong, Role
from agent.staff.viewmodel import PinViewModel
from agent.texts import Texts
from sync.errors import NotEnrolled

STAFF = Employee("e-1", "이지은", Role.STAFF, True, False)
OTHER = Employee("e-2", "박서준", Role.STAFF, True, False)
OWNER = Employee("e-3", "정민아", Role.OWNER, True, False)


@dataclass
class FakeStaff:
    people: tuple[Employee, ...] = (STAFF, OTHER, OWNER)
    duty: Employee | None = STAFF
    outcome: PinOutcome | Exception | None = None
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def roster(self) -> tuple[Employee, ...]:
        return self.people

    def on_duty(self) -> Employee | None:
        return self.duty

    def sign_out(self) -> None:
        self.duty = None

    def sign_in(self, employee_id: str, pin: str) -> PinOutcome:
        return self._answer("sign_in", employee_id, pin)

    def check(self, employee_id: str, pin: str) -> PinOutcome:
        return self._answer("check", employee_id, pin)

    def _answer(self, what: str, employee_id: str, pin: str) -> PinOutcome:
        self.asked.append((what, employee_id, pin))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome or PinRight(next(one for one in self.people if one.employee_id == employee_id))


def question(staff: FakeStaff, jobs: list[Callable[[], None]] | None = None) -> PinViewModel:
    """Checks at once, or when the test runs its jobs."""
    run = (lambda job: job()) if jobs is None else jobs.append
    return PinViewModel(staff=staff, dispatcher=ImmediateDispatcher(), texts=Texts("ko"), run=run)


def type_pin(vm: PinViewModel, pin: str = "904731") -> None:
    for digit in pin:
        vm.digit(digit)


def test_whoever_takes_over_is_chosen_and_signs_in() -> None:
    staff = FakeStaff()
    vm = question(staff)
    vm.open_duty()
    assert [(p.name, p.on_duty, p.chosen) for p in vm.state.people] == [
        ("이지은", True, False),
        ("박서준", False, True),
        ("정민아", False, False),
    ]

    vm.digit("1")
    vm.choose("e-3")
    assert (vm.state.typed, vm.state.title) == (0, "정민아 님, PIN 6자리")
    type_pin(vm)

    assert staff.asked == [("sign_in", "e-3", "904731")]
    assert not vm.state.open


def test_the_state_never_holds_a_digit() -> None:
    vm = question(FakeStaff())
    vm.open_duty()
    type_pin(vm, "90473")

    assert (vm.state.typed, "9047" in repr(vm.state)) == (5, False)
    vm.back()
    assert vm.state.typed == 4
    vm.clear()
    assert vm.state.typed == 0


def test_the_owner_is_asked_for_one_action_and_who_is_on_duty_stays() -> None:
    """APR-17."""
    staff, said = FakeStaff(), list[tuple[str, str]]()
    vm = question(staff)
    vm.ask_owner("대표 확인: 승인 취소", lambda actor, key: said.append((actor, key)))
    assert [p.name for p in vm.state.people] == ["정민아"]
    vm.choose("e-1")  # nobody else can give the owner's word

    type_pin(vm)

    assert staff.asked == [("check", "e-3", "904731")]
    assert said == [("owner:e-3", "")]
    assert (staff.duty, vm.state.open) == (STAFF, False)


def test_after_the_right_pin_the_owner_chooses() -> None:
    """APR-16."""
    said = list[tuple[str, str]]()
    vm = question(FakeStaff())
    vm.ask_owner("복구", lambda actor, key: said.append((actor, key)), (("recover", "예"), ("keep", "아니요")))

    type_pin(vm)
    assert (vm.state.choices, said) == ((("recover", "예"), ("keep", "아니요")), [])
    vm.digit("1")
    vm.answer("keep")

    assert (said, vm.state.open) == ([("owner:e-3", "keep")], False)


@pytest.mark.parametrize(
    ("outcome", "note"),
    [
        (PinWrong(3), "PIN이 틀렸어요. 3번 더 시도할 수 있어요."),
        (PinLocked(29_001), "PIN을 여러 번 틀렸어요. 30초 뒤에 다시 해 주세요."),
        (NobodyThere(), "더 이상 근무하지 않는 직원이에요."),
    ],
)
def test_a_wrong_pin_is_told_and_begins_anew(outcome: PinOutcome, note: str) -> None:
    vm = question(FakeStaff(outcome=outcome))
    vm.open_duty()

    type_pin(vm)

    assert (vm.state.note, vm.state.note_is_error, vm.state.typed, vm.state.open) == (note, True, 0, True)


@pytest.mark.expect_log("pin_not_checked")
def test_a_locked_vault_is_told() -> None:
    vm = question(FakeStaff(outcome=NotEnrolled("locked")))
    vm.open_duty()

    type_pin(vm)

    assert vm.state.note == "기기의 키가 잠겨 있어요. 잠시 후 다시 해 주세요."


def test_an_answer_to_a_closed_question_changes_nothing() -> None:
    jobs, said = list[Callable[[], None]](), list[str]()
    vm = question(FakeStaff(), jobs)
    vm.ask_owner("복구", lambda actor, _key: said.append(actor))
    type_pin(vm)
    assert vm.state.busy
    for press in (vm.back, vm.clear, lambda: vm.digit("1"), lambda: vm.choose("e-1")):
        press()
    vm.dismiss()

    jobs[0]()

    assert (said, vm.state.open) == ([], False)


def test_signing_out_leaves_nobody_on_duty() -> None:
    staff = FakeStaff()
    vm = question(staff)
    vm.open_duty()
    assert vm.state.may_leave

    vm.leave()

    assert (staff.duty, vm.state.open) == (None, False)


def test_where_nobody_is_set_up_there_is_no_question() -> None:
    vm = question(FakeStaff(people=(), duty=None))
    vm.open_duty()
    vm.ask_owner("복구", lambda _actor, _key: None)

    assert not vm.state.open
