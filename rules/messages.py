"""Which messages members get about what they have, and by which channel (PNT-21; NTF-09, 10, 12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rules.notices import NoticeKind


class Channel(StrEnum):
    """NTF-12."""

    PUSH = "push"
    ALIMTALK = "alimtalk"
    SMS = "sms"
    EMAIL = "email"
    NONE = "none"


# What a member may switch off. What became of a request is no such message: somebody waits for it.
SWITCHABLE = frozenset(
    {
        NoticeKind.POINTS_EARNED,
        NoticeKind.POINTS_USED,
        NoticeKind.POINTS_TAKEN_BACK,
        NoticeKind.POINTS_EXPIRED,
        NoticeKind.POINTS_EXPIRY,
        NoticeKind.STAMPS_EARNED,
        NoticeKind.STAMPS_TAKEN_BACK,
        NoticeKind.STAMPS_EXPIRED,
        NoticeKind.STAMPS_EXPIRY,
        NoticeKind.STAMP_REWARD,
        NoticeKind.COUPON_ISSUED,
        NoticeKind.COUPON_EXPIRY,
        NoticeKind.COUPON_USED,
        NoticeKind.COUPON_EXPIRED,
    }
)


@dataclass(frozen=True)
class MessageSetting:
    """A member's choice (NTF-10); whoever has made none gets everything by the app."""

    channel: Channel = Channel.PUSH
    switched_off: frozenset[NoticeKind] = field(default_factory=frozenset)


def channel_for(kind: NoticeKind, setting: MessageSetting) -> Channel | None:
    """How the member is told; None: not at all."""
    silent = setting.channel is Channel.NONE or kind in setting.switched_off
    return None if silent and kind in SWITCHABLE else setting.channel


class Cause(StrEnum):
    """Why what a member has became another amount."""

    EARNED = "earned"
    USED = "used"
    TAKEN_BACK = "taken_back"
    EXPIRED = "expired"


_POINTS = {
    Cause.EARNED: NoticeKind.POINTS_EARNED,
    Cause.USED: NoticeKind.POINTS_USED,
    Cause.TAKEN_BACK: NoticeKind.POINTS_TAKEN_BACK,
    Cause.EXPIRED: NoticeKind.POINTS_EXPIRED,
}
_STAMPS = {
    Cause.EARNED: NoticeKind.STAMPS_EARNED,
    Cause.TAKEN_BACK: NoticeKind.STAMPS_TAKEN_BACK,
    Cause.EXPIRED: NoticeKind.STAMPS_EXPIRED,
}


def told_of(cause: Cause, *, stamps: bool) -> NoticeKind | None:
    """PNT-21, NTF-09. What of a stamp card is used is a coupon: it has a message of its own."""
    return (_STAMPS if stamps else _POINTS).get(cause)
