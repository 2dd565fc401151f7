"""Owns what a person is told when an enrollment is refused, in Korean and English."""

from __future__ import annotations

from dataclasses import dataclass

from sync.errors import SyncError


@dataclass(frozen=True)
class EnrollRefused:
    """``code`` is for programs, the messages are for the person at the counter. Nothing was changed."""

    code: str
    user_message: str
    user_message_en: str
    retry_after_ms: int | None = None


_TEXTS: dict[str, tuple[str, str]] = {
    "address_malformed": ("서버 주소를 확인해 주세요.", "Please check the address of the cloud."),
    "address_insecure": (
        "안전하지 않은 주소입니다. https://로 시작하는 주소를 입력해 주세요.",
        "This address is not secure. It has to begin with https://.",
    ),
    "code_malformed": (
        "등록 코드는 영문 8자입니다. 다시 확인해 주세요.",
        "The code has eight letters. Please check it.",
    ),
    "code_unknown": (
        "등록 코드가 맞지 않거나 이미 사용되었습니다. 다시 확인하거나 새 코드를 받아 주세요.",
        "The code is wrong or was used already. Check it or ask for a new one.",
    ),
    "code_expired": (
        "등록 코드가 만료되었습니다. 새 코드를 받아 주세요.",
        "The code has expired. Please ask for a new one.",
    ),
    "too_many_tries": (
        "여러 번 틀려서 잠시 막혔습니다. {minutes}분 뒤에 다시 시도해 주세요.",
        "Too many wrong tries. Please try again in {minutes} min.",
    ),
    "bad_proof": (
        "서버가 이 기기의 열쇠를 확인하지 못했습니다. 새 코드로 다시 시도해 주세요.",
        "The cloud could not verify this device's key. Please try again with a new code.",
    ),
    "unreachable": (
        "서버에 연결할 수 없습니다. 인터넷 연결과 서버 주소를 확인해 주세요.",
        "The cloud cannot be reached. Check the internet connection and the address.",
    ),
    "timeout": (
        "서버가 제때 응답하지 않았습니다. 같은 코드로 다시 시도해 주세요.",
        "The cloud did not answer in time. Please try again with the same code.",
    ),
    "cut": (
        "연결이 도중에 끊어졌습니다. 같은 코드로 다시 시도해 주세요.",
        "The connection was cut. Please try again with the same code.",
    ),
    "server_error": (
        "서버에 문제가 있습니다. 잠시 뒤 같은 코드로 다시 시도해 주세요.",
        "The cloud has a problem. Please try again with the same code in a while.",
    ),
    "bad_answer": (
        "서버의 응답을 이해할 수 없습니다. 서버 주소와 인터넷 로그인 화면을 확인해 주세요.",
        "The answer makes no sense. Check the address, and whether this network wants a log-in first.",
    ),
    "upgrade_needed": (
        "프로그램이 오래되었습니다. 업데이트한 뒤 다시 시도해 주세요.",
        "This program is too old. Please update it and try again.",
    ),
    "already_enrolled": ("이미 매장에 등록된 기기입니다.", "This device is enrolled already."),
    "other_store": (
        "이 기기에는 다른 매장의 기록이 있습니다. 이 코드로는 등록할 수 없습니다.",
        "This device holds records of another store, so it cannot join with this code.",
    ),
    "vault_not_written": (
        "기기 열쇠를 저장할 수 없습니다. 폴더 권한과 디스크를 확인해 주세요.",
        "The device's keys cannot be stored. Check the folder's permissions and the disk.",
    ),
    "closed": ("등록을 그만두었습니다.", "The enrollment was stopped."),
}
_OTHER = ("서버가 등록을 거절했습니다. ({code})", "The cloud refused the enrollment. ({code})")


def refused(code: str, retry_after_ms: int | None = None) -> EnrollRefused:
    """The refusal with its texts; a code we do not know is shown as it is."""
    code = "too_many_tries" if code == "throttled" else code
    korean, english = _TEXTS.get(code, _OTHER)
    minutes = max(1, -(-(retry_after_ms or 600_000) // 60_000))
    return EnrollRefused(
        code, korean.format(code=code, minutes=minutes), english.format(code=code, minutes=minutes), retry_after_ms
    )


def from_error(problem: SyncError) -> EnrollRefused:
    """A local problem: keys or database could not be read or written."""
    return EnrollRefused(_snake(type(problem).__name__), problem.user_message, problem.user_message_en)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
