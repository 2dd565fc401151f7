"""Owns the errors of the local store and the line to the cloud.

    SyncError
    ├── StoreError          the local file
    │   ├── StoreBusy         another agent has it open
    │   ├── StoreTooNew       a newer version of the program wrote it
    │   ├── StoreFull         no room left on the disk                  (retryable)
    │   ├── StoreReadOnly     the disk or folder cannot be written      (retryable)
    │   ├── StoreUnreadable   it cannot be opened or read at all
    │   │   └── StoreDamaged    it is no database, or a damaged one
    │   └── StoreClosed       the program is ending
    ├── NotEnrolled         the device has no identity yet
    ├── SecretError         keys and sealed cells
    │   ├── VaultUnavailable  the keyring is locked, gone or too slow   (retryable)
    │   ├── VaultUnreadable   the sealed keys do not open here
    │   └── CellUnreadable    a sealed cell was changed, moved or belongs to another key
    ├── OutboxError
    │   ├── OpTooLarge        an operation that no batch could carry
    │   ├── ChainBroken       an operation does not fit its chain: the disk changed it
    │   └── HistoryGone       the cloud asks for operations that are no longer kept here
    ├── OutboxFileError     the sealed file with unsent operations
    │   ├── OutboxFileUnreadable  it is none, or it is broken
    │   └── WrongPassphrase       it does not open, or was changed
    └── FeedError
        ├── FeedGap           a row number is missing: nothing was applied
        └── FeedMoved         the rows belong to another generation of the cloud

Every one has a sentence for the person at the counter in Korean (``user_message``) and English
(``user_message_en``). What the network does is never an exception: see sync.outcomes.
"""

from __future__ import annotations


class SyncError(Exception):
    """Root of the tree."""

    user_message = "내부 오류가 발생했습니다. 고객센터에 알려 주세요."
    user_message_en = "Something went wrong inside the program. Please tell support."
    retryable = False


class StoreError(SyncError):
    """The local database file."""


class StoreBusy(StoreError):
    user_message = "WithFoM Agent가 이미 실행 중입니다. 이미 열려 있는 창을 사용해 주세요."
    user_message_en = "WithFoM Agent is already running. Please use the window that is open."


class StoreTooNew(StoreError):
    user_message = "업데이트 필요: 이 데이터는 더 새로운 버전의 프로그램이 저장했습니다. 데이터는 그대로 있습니다."
    user_message_en = "Update needed: a newer version of the program wrote this file. Nothing was changed."


class StoreFull(StoreError):
    user_message = "저장 공간 부족: 디스크를 비운 뒤 다시 시도해 주세요. 방금 작업은 저장되지 않았습니다."
    user_message_en = "The disk is full. Free some space and try again. What you just did was not saved."
    retryable = True


class StoreReadOnly(StoreError):
    user_message = "데이터 폴더에 쓸 수 없습니다. 폴더 권한과 디스크를 확인해 주세요. 방금 작업은 저장되지 않았습니다."
    user_message_en = "The folder cannot be written. Check its permissions and the disk. Nothing was saved."
    retryable = True


class StoreUnreadable(StoreError):
    user_message = "저장된 데이터를 열 수 없습니다. 파일은 지우지 말고 고객센터에 알려 주세요."
    user_message_en = "The stored data cannot be opened. Do not delete the file; please tell support."


class StoreDamaged(StoreUnreadable):
    user_message = "저장된 데이터가 손상되었습니다. 파일은 지우지 말고 고객센터에 알려 주세요."
    user_message_en = "The stored data is damaged. Do not delete the file; please tell support."


class StoreClosed(StoreError):
    user_message = "프로그램을 끝내는 중이라 저장하지 않았습니다."
    user_message_en = "The program is closing, so nothing was saved."


class NotEnrolled(SyncError):
    user_message = "아직 매장에 등록되지 않은 기기입니다. 먼저 기기를 등록해 주세요."
    user_message_en = "This device is not enrolled at a store yet. Please enroll it first."


class SecretError(SyncError):
    """Keys and sealed cells."""


class VaultUnavailable(SecretError):
    user_message = "보안 저장소가 잠겨 있거나 응답하지 않습니다. 컴퓨터에 로그인한 뒤 다시 시도해 주세요."
    user_message_en = "The secure storage is locked or does not answer. Log in to this computer and try again."
    retryable = True


class VaultUnreadable(SecretError):
    user_message = (
        "이 컴퓨터에서 기기 열쇠를 열 수 없습니다. 기기를 다시 등록해 주세요. 보내지 못한 기록은 그대로 있습니다."
    )
    user_message_en = "The device keys do not open on this computer. Enroll again; nothing unsent was deleted."


class CellUnreadable(SecretError):
    user_message = "암호화된 값을 읽을 수 없습니다. 값이 바뀌었거나 이 기기의 열쇠와 맞지 않습니다."
    user_message_en = "An encrypted value cannot be read: it was changed or belongs to another key."


class OutboxError(SyncError):
    """The queue of operations."""


class OpTooLarge(OutboxError):
    user_message = "내용이 너무 커서 저장하지 않았습니다."
    user_message_en = "This is too large to be sent, so it was not saved."


class ChainBroken(OutboxError):
    """Operation ``seq`` is not what was stored under its number."""

    user_message = "저장된 기록 하나가 손상되었습니다. 나머지는 서버에 새 번호로 전송합니다."
    user_message_en = "A stored record is damaged; the others are sent under new numbers."

    def __init__(self, seq: int) -> None:
        super().__init__(f"operation {seq} does not fit its chain")
        self.seq = seq


class HistoryGone(OutboxError):
    user_message = "서버가 이 기기에 더 이상 없는 이전 기록을 요청합니다. 고객센터에 알려 주세요."
    user_message_en = "The cloud asks for records that this device no longer keeps. Please tell support."


class OutboxFileError(SyncError):
    """The sealed file in which unsent operations travel."""


class OutboxFileUnreadable(OutboxFileError):
    user_message = "미전송 기록 파일이 아니거나 손상된 파일입니다. 아무것도 바뀌지 않았습니다."
    user_message_en = "This is no file of unsent records, or it is damaged. Nothing was changed."


class WrongPassphrase(OutboxFileError):
    user_message = "암호가 다르거나 파일이 바뀌었습니다. 아무것도 바뀌지 않았습니다."
    user_message_en = "The passphrase is wrong, or the file was changed. Nothing was changed here."


class FeedError(SyncError):
    """Rows from the cloud."""


class FeedGap(FeedError):
    """Row ``expected`` is missing before row ``got``."""

    user_message = "서버에서 받은 소식의 번호가 비어 있어 적용을 멈췄습니다. 고객센터에 알려 주세요."
    user_message_en = "A row from the cloud is missing, so nothing more is applied. Please tell support."

    def __init__(self, feed: str, expected: int, got: int) -> None:
        super().__init__(f"feed {feed}: row {expected} is missing, got {got}")
        self.feed = feed
        self.expected = expected
        self.got = got


class FeedMoved(FeedError):
    """The rows come from another generation of the cloud than our cursor."""

    user_message = "서버가 복구되어 소식을 처음부터 다시 받습니다."
    user_message_en = "The cloud was restored; everything is being read again."

    def __init__(self, ours: int, theirs: int) -> None:
        super().__init__(f"cursor is of generation {ours}, the rows of {theirs}")
        self.ours = ours
        self.theirs = theirs
