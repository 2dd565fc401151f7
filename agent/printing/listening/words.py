"""Owns the sentences of setting the capture up."""

from __future__ import annotations

from agent.printing.listening.service import Begun, FirstRead
from agent.printing.listening.ways import FORMAT_DEFAULT, FORMATS, PosWay, Who
from agent.texts import Texts
from printers.capture.settings import Problem


def steps(t: Texts) -> tuple[tuple[str, str], ...]:
    """Title and line of each row on the left."""
    return (
        (t._("Your POS"), t._("How it prints today")),
        (t._("The real printer"), t._("Where receipts come out")),
        (t._("The till"), t._("Name, who may print")),
        (t._("The way back"), t._("A card for the till")),
        (t._("First receipt"), t._("Print one and look")),
    )


def ways(t: Texts) -> tuple[tuple[PosWay, str, str], ...]:
    """The three answers to the first question, each with how one can tell."""
    return (
        (PosWay.NETWORK, t._("To a network printer"), t._("Its settings show an address such as 192.168.0.31")),
        (PosWay.CABLE, t._("Through a serial cable"), t._("A thick plug with nine pins; its settings say COM1")),
        (PosWay.QUEUE, t._("To a printer of this PC"), t._("The POS runs here and prints as Windows programs do")),
    )


def title(t: Texts, step: str, *, first: FirstRead | None) -> str:
    if step == "RUN" and first is not None:
        return t._("It works: the first receipt was read") if first.total_won is not None else t._("A receipt came")
    titles = {
        "KIND": t._("How does your POS print?"),
        "PORT": t._("Where is the POS's cable plugged in?"),
        "PRINTER": t._("Which printer is the real one?"),
        "SPEED": t._("At which speed does the cable talk?"),
        "FORMAT": t._("In which format does the cable talk?"),
        "TILL": t._("Which till is this?"),
        "NETWORKS": t._("Which machines may print?"),
        "CARD": t._("First, write the way back down"),
        "RUN": t._("Now print one receipt"),
    }
    return titles[step]


def first_read(t: Texts, first: FirstRead) -> str:
    """What the first receipt said."""
    at = t.clock(first.captured_ms)
    if first.total_won is None:
        return t.n("At {time}, but its amount could not be read. The page “Receipts” asks you about it once.", time=at)
    return t.n("{amount} at {time}. From now on every receipt is read.", amount=t.won(first.total_won), time=at)


def speed_sentence(t: Texts, frame: str) -> str:
    """What is asked about the cable; the format is said once it is another than usual."""
    if frame == FORMAT_DEFAULT:
        return t._("As in the POS's printer settings. 9600 is usual; both cables use the same.")
    return t.n("As in the POS's printer settings, with the format {frame}. Both cables use the same.", frame=frame)


def sentence(t: Texts, step: str, *, searching: bool) -> str:
    if step in ("PORT", "PRINTER") and searching:
        return t._("Looking for it … You can also type it below.")
    sentences = {
        "KIND": t._("Nothing is changed yet. Receipts keep printing exactly as they do."),
        "PORT": t._("A port of this PC. Choose it, or type its name."),
        "PRINTER": t._("Not the queue that your POS prints to: that one will lead here."),
        "FORMAT": t._("Data bits, parity, stop bits, as in the POS's printer settings."),
        "NETWORKS": t._("Everybody else is refused, also on the shop's own network."),
        "TILL": t._("Numbers that customers type at this till meet only its receipts."),
        "CARD": t._("If this PC is off, nothing prints until somebody does what stands here."),
        "RUN": t._("First do what stands below. The paper comes out as always, and a moment later it shows here."),
    }
    return sentences[step]


def write_it_down(t: Texts) -> str:
    """The way back, where no printer of ours could print it."""
    return t._("Write it on paper and hang it up: if this PC is off, nothing prints until somebody does it.")


def input_label(t: Texts, step: str) -> str:
    labels = {
        "PORT": t._("Or type its port, as in COM3 or /dev/ttyUSB0"),
        "PRINTER": t._("Or type its address, as in 192.168.0.31"),
        "TILL": t._("The till's name, as in 1"),
        "NETWORKS": t._("Addresses or networks, as in 192.168.0.20, 10.20.0.0/24"),
    }
    return labels.get(step, "")


def problem(t: Texts, found: Problem) -> str:
    """What is wrong with what was typed, and what would be right."""
    match found:
        case Problem.LISTEN:
            return t._("This is no port of this PC. Examples: COM3, /dev/ttyUSB0")
        case Problem.PRINTER:
            return t._("This is no printer. Examples: 192.168.0.31, usb:/dev/usb/lp0, windows:NAME")
        case Problem.CIRCLE:
            return t._("That is this program itself: receipts would go round for ever. Choose the real printer.")
        case Problem.ALLOW:
            return t._("These are no addresses. Examples: 192.168.0.20, or a network such as 10.20.0.0/24")
        case Problem.TILL:
            return t._("A till's name has 1 to 20 letters.")


def refusal(t: Texts, begun: Begun) -> str:
    """Why it does not listen; empty when it does."""
    match begun:
        case Begun.LISTENING:
            return ""
        case Begun.PORT_TAKEN:
            return t._("Another program of this PC uses this port. End it, or start this PC anew, and try again.")
        case Begun.OTHER_RUNS:
            return t._("Receipts are read already, by a program that was started with a command. End that one first.")
        case Begun.NOT_SAVED:
            return t._("It could not be saved. Is the disk full? Nothing was changed.")
        case Begun.NEWER:
            return t._("A newer version of this program made these settings. Update this one first.")
        case Begun.NOT_STARTED:
            return t._(
                "Saved, but it does not listen yet. It tries again by itself: leave the POS as it is until then."
            )


def main_label(t: Texts, step: str, *, busy: bool) -> str:
    """The one main button; empty while an answer has to be tapped."""
    if step == "CARD":
        return t._("Starting …") if busy else t._("Start")
    return {"TILL": t._("Go on"), "NETWORKS": t._("Go on"), "RUN": t._("Done")}.get(step, "")


def formats(t: Texts) -> tuple[tuple[str, str], ...]:
    """Each format of a cable with what it means, the usual one first."""
    parity = {"N": t._("no parity"), "E": t._("even parity"), "O": t._("odd parity")}
    return tuple(
        (
            frame,
            t.n("{bits} data bits, {parity}, {stop} stop bits", bits=frame[0], parity=parity[frame[1]], stop=frame[2]),
        )
        for frame in FORMATS
    )


def who(t: Texts) -> tuple[tuple[Who, str, str], ...]:
    """Who may print over the network: the answers, each with what follows from it."""
    return (
        (Who.SHOP, t._("The POS is another machine of the shop"), t._("The shop's network may print")),
        (Who.HERE, t._("The POS runs on this PC"), t._("Nobody else may print")),
        (Who.CERTAIN, t._("Only certain machines"), t._("You type their addresses, or another network")),
    )
