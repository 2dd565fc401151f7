"""Setting the capture up: every answer leads on, nothing wrong is taken, and the card says how to get back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.dispatch import ImmediateDispatcher
from agent.printing.listening import ways
from agent.printing.listening.keeper import AGAIN_MS, LOG_BYTES_MAX, LOOK_MS, CaptureKeeper
from agent.printing.listening.service import Begun, CaptureSetup, FirstRead
from agent.printing.listening.viewmodel import ListeningViewModel, Step
from agent.printing.types import JobKind
from agent.receipts.types import DocumentOutcome, ReceiptRow
from agent.texts import Texts
from printers.capture.counters import Counters
from printers.capture.ends import Address, listen_on
from printers.capture.settings import CaptureSettings, read_settings, write_settings
from printers.capture.status import StatusWriter
from printers.devices.address import PrinterAddress
from printers.document import Text, check
from sync.clock import FakeClock
from sync.errors import StoreFull
from tests.agent.screens.listening import NETWORK, PORT, PRINTER, Setup, answered
from tests.helpers.counter import captured, counter
from tests.helpers.waiting import free_port, wait_until


class Screen:
    def __init__(self, setup: Setup | None = None, *answers: str) -> None:
        self.setup, self.clock, self.closed = setup or Setup(), FakeClock(), 0
        self.vm = ListeningViewModel(
            setup=self.setup, texts=Texts("en"), clock=self.clock, dispatcher=ImmediateDispatcher()
        )
        self.vm.on_close = self._close
        self.vm.show()
        for answer in answers:
            answered(self.vm, answer)

    def _close(self) -> None:
        self.closed += 1

    @property
    def step(self) -> Step:
        return self.vm.state.step


NEAR = ("network", PRINTER, "1")


# -- the steps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "settings"),
    [
        (NEAR, NETWORK),
        (
            ("network", " 192.168.0.31 ", "2"),
            CaptureSettings("0.0.0.0:9100", PRINTER, "2", ("private",), True, "network"),
        ),
        (
            ("network", PRINTER, "here", "1"),
            CaptureSettings("127.0.0.1:9100", PRINTER, "1", (), True, "network"),
        ),
        (
            ("cable", PORT, "serial:COM4", "19200", "1"),
            CaptureSettings("serial:/dev/ttyUSB0@19200", "serial:COM4@19200", "1", (), True, "cable"),
        ),
        (
            ("cable", "COM3", PRINTER, "9600", "1"),
            CaptureSettings("serial:COM3@9600", PRINTER, "1", (), True, "cable"),
        ),
        (
            ("cable", PORT, "serial:COM4", "format", "7E1", "19200", "1"),
            CaptureSettings("serial:/dev/ttyUSB0@19200,7E1", "serial:COM4@19200,7E1", "1", (), True, "cable"),
        ),
        (
            ("network", PRINTER, "certain", "1", "192.168.0.20, 10.20.0.0/24"),
            CaptureSettings("0.0.0.0:9100", PRINTER, "1", ("192.168.0.20", "10.20.0.0/24"), True, "network"),
        ),
        (
            ("queue", "usb:/dev/usb/lp0", "1"),
            CaptureSettings("127.0.0.1:9100", "usb:/dev/usb/lp0", "1", (), True, "queue"),
        ),
    ],
)
def test_the_answers_become_the_words_of_the_capture(answers: tuple[str, ...], settings: CaptureSettings) -> None:
    screen = Screen(None, *answers)
    assert screen.step is Step.CARD
    assert screen.setup.begins == [], "nothing has changed yet"

    screen.vm.go_on()

    assert screen.setup.begins == [settings]
    assert settings.problem() is None
    assert screen.step is Step.RUN


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (("network", ""), "This is no printer"),
        (("network", "http://printer"), "This is no printer"),
        (("network", "192.168.0.31:99999"), "This is no printer"),
        (("network", "usb:lp0"), "This is no printer"),
        (("cable", ""), "This is no port"),
        (("cable", PORT, PORT), "round for ever"),
        (("network", "192.168.0.20", "1"), "round for ever"),
        (("network", PRINTER, " "), "1 to 20 letters"),
        (("network", PRINTER, "a" * 21), "1 to 20 letters"),
    ],
)
def test_what_is_wrong_is_said_and_leads_nowhere(answers: tuple[str, ...], said: str) -> None:
    screen = Screen(None, *answers)

    assert said in screen.vm.state.problem
    assert screen.step < Step.CARD
    screen.vm.back()
    assert screen.vm.state.problem == ""


def test_back_leads_through_the_same_steps_and_out() -> None:
    screen = Screen(None, "cable", PORT, PRINTER, "9600", "1")
    seen = [screen.step]
    while not screen.closed:
        screen.vm.back()
        seen.append(screen.step)

    assert seen[:-1] == [Step.CARD, Step.TILL, Step.SPEED, Step.PRINTER, Step.PORT, Step.KIND]


def test_what_was_chosen_earlier_is_shown_again() -> None:
    screen = Screen(
        Setup(kept=CaptureSettings("serial:COM3@19200", "serial:COM4@19200", "7", (), True, "cable"), found=())
    )
    shown = [screen.vm.state.chosen]
    for answer in ("cable", "serial:COM3", "serial:COM4", "19200"):
        answered(screen.vm, answer)
        shown.append(screen.vm.state.chosen)

    assert shown[:4] == ["cable", "serial:COM3", "serial:COM4", "19200"]
    assert screen.vm.state.typed == "7"


@pytest.mark.parametrize(
    "kept",
    [
        CaptureSettings("serial:COM3@19200,7E1", "serial:COM4@19200,7E1", "7", (), True, "cable"),
        replace(NETWORK, allow=("192.168.0.20/32",)),
        replace(NETWORK, listen="127.0.0.1:9100", allow=()),
    ],
)
def test_who_goes_through_the_steps_again_changes_nothing(kept: CaptureSettings) -> None:
    """A format, and networks that a command or an earlier owner named, are not replaced by the usual ones."""
    screen = Screen(Setup(kept=kept, found=()), kept.kind)
    while screen.step is not Step.CARD:
        if screen.vm.state.options and screen.step is not Step.TILL:
            screen.vm.choose(screen.vm.state.chosen)
        else:
            screen.vm.go_on()
    screen.vm.go_on()

    assert screen.setup.begins == [kept]


def test_certain_machines_have_to_be_named_and_back_asks_again() -> None:
    screen = Screen(None, "network", PRINTER, "certain", "1")
    assert screen.step is Step.NETWORKS
    for typed in ("", "guests", "192.168.0.300"):
        answered(screen.vm, typed)
        assert (screen.step, screen.vm.state.problem[:23]) == (Step.NETWORKS, "These are no addresses.")

    screen.vm.back()
    answered(screen.vm, "others")
    screen.vm.go_on()

    assert screen.step is Step.CARD
    screen.vm.go_on()
    assert screen.setup.begins == [NETWORK]


def test_the_counters_own_slips_may_come_out_of_the_same_printer() -> None:
    screen = Screen(Setup(own=None), *NEAR)
    assert (screen.vm.state.card_label, screen.vm.state.own_label) == ("", "Our slips here too")

    screen.vm.use_own()

    assert str(screen.setup.own) == PRINTER
    assert (screen.vm.state.card_label, screen.vm.state.own_label) == ("Print this card", "")
    screen.vm.go_on()
    assert (screen.step, screen.vm.state.own_label) == (Step.RUN, "")


@pytest.mark.parametrize(
    ("own", "answers", "offered"),
    [
        ("192.168.0.40:9100", NEAR, True),
        (PRINTER, NEAR, False),
        ("0.0.0.0:9100", NEAR, False),  # it leads there through the capture
        (None, ("cable", PORT, "serial:COM4", "9600", "1"), True),
        (None, ("cable", PORT, "serial:COM4", "format", "7E1", "9600", "1"), False),  # our own slips are 8N1
    ],
)
def test_another_printer_of_the_counter_is_left_alone_until_somebody_presses(
    own: str | None, answers: tuple[str, ...], offered: bool
) -> None:
    address = PrinterAddress.parse(own) if own else None
    screen = Screen(Setup(own=address), *answers)
    assert screen.vm.state.own_label == ""  # not before it listens: the printer may still hang at the POS
    screen.vm.go_on()

    assert (screen.step, bool(screen.vm.state.own_label)) == (Step.RUN, offered)
    assert screen.setup.own == address


@pytest.mark.expect_log(r"printer_not_saved")
def test_a_disk_that_keeps_no_printer_is_said() -> None:
    screen = Screen(Setup(own=None), *NEAR)

    def full(_address: object) -> None:
        raise StoreFull

    screen.setup.use_printer = full  # type: ignore[method-assign]
    screen.vm.use_own()

    assert screen.vm.state.said == "Could not be saved. Please try again."
    assert screen.vm.state.own_label


def test_printers_that_are_found_late_appear_and_a_left_screen_hears_nothing() -> None:
    setup = Setup(silent=True)
    late = []
    setup.find = late.append  # type: ignore[method-assign]
    screen = Screen(setup, "network")
    assert screen.vm.state.options == ()
    late[0](list(Setup().found))
    assert [option.text for option in screen.vm.state.options][:2] == ["SAM4S ELLIX30", "192.168.0.31"]

    screen.vm.show()
    late[0]([])  # the answer to the first search
    late[1](list(Setup().found))
    answered(screen.vm, "network")
    assert len(screen.vm.state.options) == 4


@pytest.mark.parametrize("begun", [begun for begun in Begun if begun is not Begun.LISTENING])
def test_what_does_not_listen_says_why_and_may_be_tried_again(begun: Begun) -> None:
    screen = Screen(Setup(begun=begun), *NEAR)
    screen.vm.go_on()

    assert (screen.step, bool(screen.vm.state.problem)) == (Step.CARD, True)
    screen.setup.begun = Begun.LISTENING
    screen.vm.go_on()
    assert (screen.step, screen.vm.state.problem) == (Step.RUN, "")


def test_while_it_starts_nothing_else_is_pressed() -> None:
    screen = Screen(Setup(silent=True), *NEAR)
    for _press in range(3):
        screen.vm.go_on()
        screen.vm.back()

    assert len(screen.setup.begins) == 1
    assert (screen.step, screen.vm.state.busy) == (Step.CARD, True)


@pytest.mark.parametrize(("total_won", "said"), [(17_800, "₩17,800"), (None, "could not be read")])
def test_the_first_receipt_is_shown_with_its_amount_or_that_it_has_none(total_won: int | None, said: str) -> None:
    screen = Screen(None, *NEAR)
    screen.vm.go_on()
    screen.setup.first = FirstRead(screen.clock.wall_ms() - 1, 4_500)  # an old one
    screen.vm.tick()
    assert "Now print one receipt" in screen.vm.state.title
    assert len(screen.vm.state.parts) == 1, "what is to change in the POS"

    screen.setup.first = FirstRead(screen.clock.wall_ms() + 5_000, total_won)
    screen.vm.tick()

    assert said in screen.vm.state.said + screen.vm.state.problem
    screen.vm.go_on()
    assert screen.closed == 1


@pytest.mark.expect_log(r"card_not_saved")
def test_the_card_is_printed_before_the_start_and_a_full_disk_is_said() -> None:
    screen = Screen(None, *NEAR)
    screen.vm.print_card()
    (card,) = screen.setup.cards
    check(card)
    assert "192.168.0.31" in " ".join(block.text for block in card.blocks if isinstance(block, Text))
    assert screen.vm.state.said

    def full(_card: object) -> object:
        raise StoreFull

    screen.setup.print_card = full  # type: ignore[method-assign]
    screen.vm.print_card()
    assert "Could not be saved" in screen.vm.state.said


def test_without_a_printer_of_the_counter_there_is_no_card_to_press() -> None:
    screen = Screen(Setup(own=None), *NEAR)
    assert screen.vm.state.card_label == ""
    assert "Write it on paper" in screen.vm.state.sentence
    screen.vm.print_card()
    assert screen.setup.cards == []


def test_it_can_be_switched_off_and_says_what_to_do_then() -> None:
    screen = Screen(Setup(kept=NETWORK))
    screen.vm.switch_off()

    assert screen.setup.kept is not None
    assert not screen.setup.kept.on
    assert "set the POS back" in screen.vm.state.said
    (back,) = screen.vm.state.parts
    assert "192.168.0.31" in " ".join(back.lines)
    assert screen.vm.state.off_label == ""


# -- the card ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("printer", [PRINTER, "serial:COM4@9600", "usb:/dev/usb/lp0", "cups:till", "windows:till"])
@pytest.mark.parametrize("way", list(ways.PosWay))
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_card_says_what_to_do_without_this_computer(
    monkeypatch: pytest.MonkeyPatch, language: str, way: ways.PosWay, printer: str, windows: bool
) -> None:
    monkeypatch.setattr(ways, "ON_WINDOWS", windows)
    listen = "serial:COM3@9600" if way is ways.PosWay.CABLE else "127.0.0.1:9107"
    settings = CaptureSettings(listen, printer, kind=way.value)

    back, begin = ways.card(Texts(language), settings, "192.168.0.20")  # type: ignore[arg-type]

    assert 2 <= len(back.lines) <= 4
    assert 1 <= len(begin.lines) <= 4
    assert "9107" not in " ".join(back.lines), "the way back does not lead through this computer"
    assert ("COM3" if way is ways.PosWay.CABLE else "9107") in " ".join(begin.lines)
    check(ways.slip(Texts("ko"), (back, begin)))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            CaptureSettings("0.0.0.0:9100", "serial:COM4@19200,7E1", "1", ("private",), True, "network"),
            "포스에서 시리얼 프린터, 속도 19200, 7E1로 고릅니다.",
        ),
        (
            CaptureSettings("0.0.0.0:9100", "serial:COM4@9600", "1", ("private",), True, "network"),
            "포스에서 시리얼 프린터, 속도 9600으로 고릅니다.",
        ),
        (NETWORK, "포스의 프린터 설정에서 주소를 192.168.0.31, 포트 9100으로 되돌립니다."),
        (replace(NETWORK, printer="windows:영수증"), "포스에서 프린터 “영수증”을 다시 고릅니다."),
        (
            CaptureSettings("127.0.0.1:9100", "serial:/dev/ttyS0@9600,7E1", "1", (), True, "queue"),
            "lpadmin -p 큐이름 -v serial:/dev/ttyS0?baud=9600+bits=7+parity=even+stop=1",
        ),
    ],
)
def test_the_card_is_korean_as_people_say_it_and_names_the_format(settings: CaptureSettings, line: str) -> None:
    """UXR-16."""
    back, _begin = ways.card(Texts("ko"), settings, "192.168.0.20")

    assert line in back.lines


@pytest.mark.parametrize(
    ("typed", "printer"),
    [
        ("192.168.0.31", "192.168.0.31:9100"),
        ("192.168.0.31:9101", "192.168.0.31:9101"),
        ("till-printer", "till-printer:9100"),
        ("com4", "serial:COM4"),
        ("/dev/ttyUSB0", "serial:/dev/ttyUSB0"),
        ("/dev/usb/lp0", "usb:/dev/usb/lp0"),
        ("windows:영수증 프린터", "windows:영수증 프린터"),
        ("", ""),
    ],
)
def test_a_printer_may_be_typed_by_its_bare_name(typed: str, printer: str) -> None:
    assert ways.printer_text(f" {typed} ") == printer


def test_a_file_that_somebody_wrote_by_hand_has_its_way_as_well() -> None:
    assert ways.way_of(CaptureSettings("serial:COM3@9600", PRINTER)) is ways.PosWay.CABLE
    assert ways.way_of(CaptureSettings("0.0.0.0:9100", PRINTER, kind="strange")) is ways.PosWay.NETWORK


# -- the process ------------------------------------------------------------------------------------------------------


class Process:
    def __init__(self) -> None:
        self.ended: int | None = None

    def poll(self) -> int | None:
        return self.ended


class Keeping:
    """A keeper whose processes are only counted, and a status file that is written by hand."""

    def __init__(self, folder: Path, program: str = "") -> None:
        self.file, self.spool, self.clock = folder / "capture.json", folder / "spool", FakeClock()
        self.started: list[Process] = []
        self.fails = False
        self.keeper = CaptureKeeper(self.file, self.spool, self.clock, self._start, program=program)

    def _start(self, file: Path, spool: Path) -> Process:
        assert (file, spool) == (self.file, self.spool)
        if self.fails:
            raise OSError("no memory")
        self.started.append(Process())
        return self.started[-1]

    def status(self, listen: str = NETWORK.listen, *, settings: str = "") -> None:
        writer = StatusWriter(
            self.spool,
            counters=Counters(),
            wall_ms=self.clock.wall_ms,
            listen=listen,
            printer=NETWORK.printer,
            till="1",
            settings=settings,
        )
        writer._write("running")

    def looks(self, count: int) -> None:
        for _look in range(count):
            self.clock.advance(LOOK_MS)
            self.keeper.tick()


def test_a_capture_is_started_where_none_is_alive_and_never_beside_another(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    kept.looks(3)
    assert kept.started == [], "nothing is set up"

    write_settings(kept.file, NETWORK)
    kept.status()
    kept.looks(2)
    assert kept.started == [], "one is alive, whoever started it"

    kept.clock.advance(60_000)
    kept.looks(1)
    assert kept.started == [], "one that takes over a change is away for a moment"
    kept.looks(1)
    assert len(kept.started) == 1
    kept.looks(100)
    assert len(kept.started) == 1, "it runs, and is perhaps still starting"


@pytest.mark.parametrize(("ours", "program"), [(True, "2.0"), (False, "1.0")])
def test_a_newer_program_tells_its_own_capture_to_begin_anew_and_no_other(
    tmp_path: Path, ours: bool, program: str
) -> None:
    kept = Keeping(tmp_path, "2.0")
    write_settings(kept.file, replace(NETWORK, program="1.0"))
    kept.status(settings=str(kept.file) if ours else "")
    kept.looks(3)

    assert read_settings(kept.file) == replace(NETWORK, program=program)
    assert kept.started == []


def test_one_that_is_started_need_not_begin_anew_for_its_version(tmp_path: Path) -> None:
    kept = Keeping(tmp_path, "2.0")
    write_settings(kept.file, NETWORK)
    kept.looks(2)

    assert (len(kept.started), read_settings(kept.file)) == (1, replace(NETWORK, program="2.0"))


@pytest.mark.expect_log(r"capture_not_started")
def test_one_that_cannot_start_is_tried_again_ever_more_rarely(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    write_settings(kept.file, NETWORK)
    kept.fails = True
    kept.looks(5)
    kept.fails = False
    kept.looks(AGAIN_MS // LOOK_MS)
    assert len(kept.started) == 1
    for _minute in range(60):
        kept.started[-1].ended = 2
        kept.looks(60_000 // LOOK_MS)

    assert 10 <= len(kept.started) <= 20, "every five minutes in the end"


def test_what_the_capture_says_never_fills_the_disk(tmp_path: Path) -> None:
    kept, said = Keeping(tmp_path), tmp_path / "capture.log"
    said.write_bytes(b"x" * LOG_BYTES_MAX)
    kept.looks(1)
    assert said.stat().st_size == LOG_BYTES_MAX

    with said.open("ab") as running:
        running.write(b"x")
        running.flush()
        kept.looks(1)
        running.write(b"on\n")
    assert said.read_bytes() == b"on\n"


@pytest.mark.parametrize(
    "text", ["{", '{"version": 2}', '{"version":1,"listen":"x","printer":"y","till":"1","allow":[],"on":true}']
)
def test_a_file_that_cannot_be_served_starts_nothing(tmp_path: Path, text: str) -> None:
    kept = Keeping(tmp_path)
    kept.file.write_text(text)
    kept.looks(5)
    write_settings(kept.file, CaptureSettings(NETWORK.listen, NETWORK.printer, on=False))
    kept.looks(5)

    assert kept.started == []


def begun(kept: Keeping, settings: CaptureSettings) -> Begun:
    answers: list[Begun] = []
    setup_of(kept).begin(settings, answers.append)
    wait_until(lambda: answers, "it answers")
    return answers[0]


def setup_of(kept: Keeping, newest: ReceiptRow | None = None) -> CaptureSetup:
    return CaptureSetup(
        settings_file=kept.file,
        spool=kept.spool,
        clock=kept.clock,
        keeper=kept.keeper,
        find=lambda _done: None,
        newest=lambda: newest,
        print_card=lambda _card: None,
        own_printer=lambda: None,
        use_printer=lambda _address: None,
        begin_s=0.5,
    )


def test_a_capture_that_a_command_started_is_left_alone(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    kept.status()

    assert begun(kept, NETWORK) is Begun.OTHER_RUNS
    assert not kept.file.exists()


def test_our_own_takes_the_new_settings_over_by_itself(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    write_settings(kept.file, CaptureSettings(NETWORK.listen, "192.0.2.9:9100"))
    kept.status(settings=str(kept.file))

    assert begun(kept, NETWORK) is Begun.LISTENING
    assert read_settings(kept.file) == NETWORK
    assert kept.started == []


def test_the_port_that_our_own_holds_is_ours_whoever_may_print(tmp_path: Path) -> None:
    """From "this PC only" to "the shop's network" the port stays, and its old socket is in the way of nobody."""
    kept = Keeping(tmp_path)
    with listen_on(Address("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        write_settings(kept.file, CaptureSettings(f"127.0.0.1:{port}", PRINTER))
        kept.status(f"127.0.0.1:{port}", settings=str(kept.file))

        assert begun(kept, CaptureSettings(f"0.0.0.0:{port}", PRINTER, "1", ("private",))) is Begun.NOT_STARTED
    assert isinstance(saved := read_settings(kept.file), CaptureSettings)
    assert saved.listen == f"0.0.0.0:{port}", "saved: the running one will take it over"


def test_a_port_of_another_program_is_seen_before_anything_is_saved(tmp_path: Path) -> None:
    kept, taken = Keeping(tmp_path), listen_on(Address("127.0.0.1", 0))
    name = f"127.0.0.1:{taken.getsockname()[1]}"
    with taken:
        assert begun(kept, CaptureSettings(name, PRINTER)) is Begun.PORT_TAKEN
    assert not kept.file.exists()


def test_one_that_never_listens_is_said_and_stays_saved(tmp_path: Path) -> None:
    kept, settings = Keeping(tmp_path), CaptureSettings(f"127.0.0.1:{free_port()}", PRINTER)

    assert begun(kept, settings) is Begun.NOT_STARTED
    assert len(kept.started) == 1
    assert read_settings(kept.file) == settings


def test_the_settings_of_a_newer_program_are_not_replaced(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    kept.file.write_text('{"version": 2}')

    assert begun(kept, CaptureSettings(f"127.0.0.1:{free_port()}", PRINTER)) is Begun.NEWER
    assert kept.file.read_text() == '{"version": 2}'


@pytest.mark.expect_log(r"capture_settings_not_saved")
def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    kept = Keeping(tmp_path / "gone")

    assert begun(kept, CaptureSettings(f"127.0.0.1:{free_port()}", PRINTER)) is Begun.NOT_SAVED


def test_the_pos_keeps_its_port_and_a_new_one_is_the_first_that_is_free(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    port = setup_of(kept).free_port("127.0.0.1")
    assert 9100 <= port < 9110

    write_settings(kept.file, CaptureSettings("127.0.0.1:9177", PRINTER))
    kept.status("127.0.0.1:9177", settings=str(kept.file))
    assert setup_of(kept).free_port("0.0.0.0") == 9177


def test_only_a_document_that_came_since_then_is_the_first(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    row = ReceiptRow("doc", 5_000, "1", "sale", 4_500, 4_000, None, DocumentOutcome.UNMATCHED, None, None, None)
    setup = setup_of(kept, row)

    assert setup.first_read(5_001) is None
    assert setup.first_read(5_000) == FirstRead(5_000, 4_000)
    assert setup_of(kept).first_read(0) is None


def test_switching_off_is_kept_and_nothing_saved_has_nothing_to_switch_off(tmp_path: Path) -> None:
    kept = Keeping(tmp_path)
    assert setup_of(kept).switch_off() is None
    assert not kept.file.exists()

    write_settings(kept.file, NETWORK)
    assert setup_of(kept).switch_off() is None
    assert setup_of(kept).saved() == CaptureSettings(*(NETWORK.listen, PRINTER, "1", ("private",), False, "network"))


def test_the_counter_queues_the_card_like_every_slip(tmp_path: Path) -> None:
    with counter(tmp_path) as shop:
        parts = ways.card(Texts("ko"), NETWORK, "192.168.0.20")
        shop.agent.capture_setup.print_card(ways.slip(Texts("ko"), parts))
        (job,) = shop.agent.printing.jobs()

    assert job.kind == JobKind.WAY_BACK.value


def test_the_first_receipt_of_a_real_counter_is_found_with_what_was_paid(tmp_path: Path) -> None:
    with counter(tmp_path) as shop:
        since_ms = shop.clock.wall_ms()
        assert shop.agent.capture_setup.first_read(since_ms) is None
        shop.clock.advance(5_000)
        shop.agent.take_document(captured(shop.clock, total=17_800, paid=16_000))

        first = shop.agent.capture_setup.first_read(since_ms)
        assert first is not None
        assert first.total_won == 16_000
        assert shop.agent.capture_setup.first_read(first.captured_ms + 1) is None
