"""The error tree of the printing half.

PrintingError                   every operating error of this package; has user_message (ko) and user_message_en
├── UnreadableDocument          a stored print document is not one of ours (damaged, or from a newer version)
├── BadDocument                 a document cannot be printed as written (empty QR text, unknown barcode kind, …)
├── BadTemplate                 a slip template cannot be used; says what is wrong and in which line
├── UnknownProfile              a printer profile of that name does not exist
└── DeviceGone                  an open device broke off while bytes were moving (raised by devices, caught by delivery)

A printer that is off, empty or open is no error: delivery returns it as a value (printers.devices.outcome).
"""

from __future__ import annotations


class PrintingError(Exception):
    """An operating error that a person may have to read."""

    user_message = "출력 중 문제가 생겼어요. 저장된 내용은 그대로예요."
    user_message_en = "Something went wrong while printing. What was saved is unchanged."
    retryable = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.user_message_en)
        self.detail = detail


class UnreadableDocument(PrintingError):
    """The stored text of a print document cannot be read back."""

    user_message = "저장된 전표를 읽을 수 없어요. 원래 화면에서 다시 출력해 주세요."
    user_message_en = "The stored slip cannot be read. Print it again from where it came from."


class BadDocument(PrintingError):
    """A document holds something no printer can print."""

    user_message = "전표 내용이 올바르지 않아 출력하지 않았어요."
    user_message_en = "The slip was not printed because its content is not valid."


class BadTemplate(PrintingError):
    """A template of the owner that cannot be used. `code` is one of too_long, required, empty, unknown_list,
    unknown_name, brace, columns; `line` counts from 1 and is 0 for the whole; `name` is the placeholder meant."""

    user_message = "전표 양식이 올바르지 않아요. 저장하지 않았고, 지금까지 쓰던 양식 그대로예요."
    user_message_en = "The slip template is not valid. It was not kept; the one in use stays."

    def __init__(self, code: str, line: int, name: str = "") -> None:
        super().__init__(f"{code} in line {line}: {name}")
        self.code = code
        self.line = line
        self.name = name


class UnknownProfile(PrintingError):
    """No printer profile has this name."""

    user_message = "알 수 없는 프린터 종류예요. 설정에서 프린터를 다시 골라 주세요."
    user_message_en = "This kind of printer is not known. Choose the printer again in the settings."


class DeviceGone(PrintingError):
    """The device was open and broke off; how much it printed is not known."""

    user_message = "프린터 연결이 끊겼어요. 출력된 종이를 확인해 주세요."
    user_message_en = "The printer's connection broke. Please check what came out."
    retryable = True
