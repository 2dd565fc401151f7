"""Messages to members: PNT-21, NTF-09, NTF-10, NTF-12."""

from __future__ import annotations

import pytest

from rules.messages import SWITCHABLE, Cause, Channel, MessageSetting, channel_for, told_of
from rules.notices import NoticeKind, Recipient, recipients


def test_whoever_chose_nothing_is_told_everything_by_the_app() -> None:
    """PNT-21, NTF-09"""
    assert {channel_for(kind, MessageSetting()) for kind in SWITCHABLE} == {Channel.PUSH}


@pytest.mark.parametrize("channel", list(Channel))
def test_the_channel_is_the_members_and_none_means_no_message(channel: Channel) -> None:
    """PNT-21, NTF-10, NTF-12"""
    wanted = None if channel is Channel.NONE else channel

    assert channel_for(NoticeKind.POINTS_EARNED, MessageSetting(channel)) is wanted


def test_one_kind_can_be_switched_off_and_what_is_no_message_cannot() -> None:
    """NTF-10"""
    setting = MessageSetting(Channel.SMS, frozenset({NoticeKind.POINTS_USED, NoticeKind.APPROVAL_REQUEST}))

    assert channel_for(NoticeKind.POINTS_USED, setting) is None
    assert channel_for(NoticeKind.POINTS_EARNED, setting) is Channel.SMS
    assert channel_for(NoticeKind.APPROVAL_REQUEST, setting) is Channel.SMS
    assert all(recipients(kind) == (Recipient.CONSUMER,) for kind in SWITCHABLE)


def test_every_way_in_which_points_and_stamps_move_has_its_message() -> None:
    """PNT-21, NTF-09: what is used of a stamp card is a coupon."""
    points = {cause: told_of(cause, stamps=False) for cause in Cause}
    stamps = {cause: told_of(cause, stamps=True) for cause in Cause}

    assert len({*points.values(), *stamps.values()} - {None}) == 7
    assert {cause for cause, kind in stamps.items() if kind is None} == {Cause.USED}
    assert None not in points.values()
    assert {*points.values(), *stamps.values()} - {None} <= SWITCHABLE
