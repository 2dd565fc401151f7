"""The slip editor's claims: what is typed shows at once, nothing useless is kept, nothing typed goes unasked."""

from __future__ import annotations

from agent.printing.editor.viewmodel import SlipEditorViewModel
from agent.texts import Texts
from printers.document import Document, Text
from printers.profiles import PROFILES, PrinterProfile
from printers.slip_kinds import KINDS, bundled_text
from tests.agent.screens.customer import SlipTexts


class Editing:
    def __init__(self, **own: str) -> None:
        self.templates = SlipTexts(dict(own))
        self.drawn: list[Document] = []
        self.closed = 0
        self.vm = SlipEditorViewModel(
            templates=self.templates,
            picture=self._draw,
            texts=Texts("en"),
            profile=lambda: PROFILES["generic-80"],
        )
        self.vm.on_close = self._close
        self.vm.show()

    def _draw(self, document: Document, _profile: PrinterProfile) -> bytes:
        self.drawn.append(document)
        return str(len(self.drawn)).encode()

    def _close(self) -> None:
        self.closed += 1


def test_every_kind_of_slip_can_be_chosen_and_is_drawn_with_its_examples() -> None:
    editing = Editing()

    for kind in KINDS:
        editing.vm.choose(kind)
        state = editing.vm.state
        assert (state.kind, state.text, state.problem) == (kind, bundled_text(kind), "")
        assert dict(state.fillers).get("{shop}") == "느린오후 커피"
        said = [block.text for block in editing.drawn[-1].blocks if isinstance(block, Text)]
        assert "느린오후 커피" in said


def test_placeholders_of_a_list_come_with_their_mark() -> None:
    editing = Editing()
    editing.vm.choose("order_ticket")

    names = [name for name, _value in editing.vm.state.fillers]

    assert "@items {name}" in names
    assert "@items.options {option}" in names


def test_what_is_typed_is_drawn_and_what_cannot_print_keeps_the_last_paper() -> None:
    editing = Editing()
    editing.vm.choose("coupon")
    before = len(editing.drawn)

    editing.vm.type("{name} {code} {valid_until}")
    editing.vm.type("{name} {code} {valid_utnil}")

    assert len(editing.drawn) == before + 1
    assert editing.vm.state.preview_png == str(before + 1).encode()
    assert editing.vm.state.problem == "Line 1: This slip knows no {valid_utnil}."
    assert not editing.vm.state.can_save


def test_a_slip_without_its_point_is_named() -> None:
    editing = Editing()
    editing.vm.choose("claim")

    editing.vm.type("{points} {claim_until}")

    assert editing.vm.state.problem == "{qr} must stay: without it the slip is of no use."


def test_saving_and_going_back_to_the_original() -> None:
    editing = Editing()
    editing.vm.choose("coupon")
    editing.vm.type("{name} {code} {valid_until}")
    assert (editing.vm.state.can_save, editing.vm.state.can_reset) == (True, False)

    editing.vm.save()
    assert editing.templates.own == {"coupon": "{name} {code} {valid_until}"}
    assert (editing.vm.state.can_save, editing.vm.state.can_reset) == (False, True)
    editing.vm.reset()

    assert editing.templates.own == {}
    assert editing.vm.state.text == bundled_text("coupon")


def test_typed_text_is_asked_about_before_it_goes() -> None:
    editing = Editing()
    editing.vm.type("{shop} mine")

    editing.vm.choose("claim")
    assert editing.vm.state.asking
    editing.vm.stay()
    assert (editing.vm.state.kind, editing.vm.state.text, editing.vm.state.asking) == ("approval", "{shop} mine", "")
    editing.vm.close()
    assert (editing.closed, bool(editing.vm.state.asking)) == (0, True)
    editing.vm.discard()

    assert editing.closed == 1
    assert editing.vm.state.text == bundled_text("approval")
    editing.vm.close()  # nothing typed: nothing asked
    assert editing.closed == 2


def test_undo_brings_back_what_is_in_force() -> None:
    editing = Editing(approval="{reward} {slip_code} {pos_discount}")
    editing.vm.type("x")

    editing.vm.undo()

    assert editing.vm.state.text == "{reward} {slip_code} {pos_discount}"


def test_only_slips_for_customers_have_a_choice_whether_they_print() -> None:
    editing = Editing()
    editing.vm.print_by_itself(True)
    assert editing.vm.state.prints_by_itself is None
    editing.vm.choose("points")

    editing.vm.print_by_itself(False)

    assert editing.vm.state.prints_by_itself is False
    editing.vm.choose("claim")
    editing.vm.print_by_itself(True)
    assert editing.vm.state.prints_by_itself is True
    assert editing.templates.by_itself == {"claim"}


def test_a_logo_that_is_no_picture_is_said_and_a_good_one_can_be_taken_away() -> None:
    editing = Editing()

    editing.vm.set_logo(b"")
    assert (editing.vm.state.said, editing.vm.state.has_logo) == (
        "This file is no picture. Choose a PNG or JPEG.",
        False,
    )
    editing.vm.set_logo(b"picture")
    assert editing.vm.state.has_logo
    editing.vm.set_logo(None)
    assert not editing.vm.state.has_logo
