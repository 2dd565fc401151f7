"""The errors of the agent's own process that a person can do something about.

AgentError
└── BadSettings     an option on the command line or in the settings cannot be used

What the store and the line to the cloud raise is in sync.errors; both trees carry ``user_message`` (Korean) and
``user_message_en``.
"""

from __future__ import annotations


class AgentError(Exception):
    """Carries what to tell people, Korean first."""

    def __init__(self, user_message: str, user_message_en: str) -> None:
        super().__init__(user_message_en)
        self.user_message = user_message
        self.user_message_en = user_message_en


class BadSettings(AgentError):
    """A setting that cannot be used; nothing was started."""

    exit_code = 2
