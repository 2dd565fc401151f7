"""The screen of several printers without a display: places, what comes out where, one step back (AGT-12)."""

from __future__ import annotations

from agent.dispatch import ImmediateDispatcher
from agent.printing.places import BAR, FRONT, KITCHEN, PLACES, ROUTED
from agent.printing.rooms.viewmodel import RoomsViewModel
from agent.printing.types import JobKind, PrinterWord
from agent.printing.words import Tone
from agent.texts import Texts
from tests.agent.screens.customer import Rooms

TICKET = JobKind.ORDER_TICKET.value


def screen(work: Rooms) -> RoomsViewModel:
    vm = RoomsViewModel(printing=work, texts=Texts("en"), dispatcher=ImmediateDispatcher())
    vm.show()
    return vm


def two() -> Rooms:
    return Rooms({FRONT: PrinterWord.READY, KITCHEN: PrinterWord.PAPER_OUT})


def test_every_place_has_a_row_and_one_printer_leaves_nothing_to_choose() -> None:
    vm = screen(Rooms())

    assert [room.place for room in vm.state.rooms] == list(PLACES)
    front, kitchen, _bar = vm.state.rooms
    assert (front.word, front.set_up_label, front.can_take_away) == ("Ready", "Change", False)
    assert (kitchen.line, kitchen.set_up_label, kitchen.has_printer) == ("No printer", "Set up", False)
    assert vm.state.routes == ()
    assert vm.state.hint


def test_a_second_printer_takes_the_slips_that_are_chosen_for_it() -> None:
    work = two()
    vm = screen(work)
    assert [route.kind for route in vm.state.routes] == [kind.value for kind in ROUTED]
    assert vm.state.choices == ((FRONT, "Receipt printer"), (KITCHEN, "Kitchen printer"))

    vm.choose(TICKET, KITCHEN)

    assert work.routes == {TICKET: KITCHEN}
    assert vm.state.routes[0].place == KITCHEN
    assert vm.state.said == "Order ticket: from now on at “Kitchen printer”."
    vm.choose(TICKET, BAR)
    assert work.routes == {TICKET: KITCHEN}, "there is no printer at the bar"


def test_a_printer_is_tried_and_taken_away_at_its_place() -> None:
    work = two()
    work.routes[TICKET] = KITCHEN
    vm = screen(work)
    assert vm.state.rooms[1].tone is Tone.BAD
    asked: list[str] = []
    vm.on_set_up = asked.append

    vm.test(KITCHEN)
    vm.test(BAR)
    vm.set_up(BAR)
    vm.take_away(FRONT)
    vm.take_away(KITCHEN)

    assert (work.pressed, asked, list(work.words)) == ([f"test {KITCHEN}"], [BAR], [FRONT])
    assert vm.state.said == "Taken away. What waited prints on the receipt printer."


def test_a_choice_that_could_not_be_saved_is_said() -> None:
    work = two()
    work.full = True
    vm = screen(work)

    vm.choose(TICKET, KITCHEN)

    assert vm.state.said == "Could not be saved. Please try again."
    assert vm.state.routes[0].place == FRONT


def test_what_happens_elsewhere_shows_only_while_the_screen_is_in_sight() -> None:
    work = two()
    vm = screen(work)
    vm.hide()
    work.words[KITCHEN] = PrinterWord.READY
    work.listeners.notify()
    assert vm.state.rooms[1].word == "Paper out"

    vm.show()

    assert vm.state.rooms[1].word == "Ready"
