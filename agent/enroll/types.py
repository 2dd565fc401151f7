"""What the enrollment service answers with."""

from __future__ import annotations

from dataclasses import dataclass

from agent.link.types import StoreProfile


@dataclass(frozen=True)
class NotEnrolled:
    """This device belongs to no store yet."""


@dataclass(frozen=True)
class Enrolled:
    """This device belongs to a store."""

    profile: StoreProfile


@dataclass(frozen=True)
class EnrollRefused:
    """The cloud did not accept the code, or could not be asked; nothing was stored."""

    code: str
    user_message: str
    user_message_en: str


EnrollState = NotEnrolled | Enrolled
EnrollOutcome = Enrolled | EnrollRefused
