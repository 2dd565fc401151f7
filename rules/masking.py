"""How people appear on a store's screens and slips (MEM-02, MEM-30; UXR Ambiguity A3)."""

from __future__ import annotations


def mask_nickname(nickname: str) -> str:
    """First and last letter stay, the middle is hidden: ``김철수`` -> ``김*수``; two letters keep the first."""
    if len(nickname) <= 1:
        return nickname or "*"
    if len(nickname) == 2:
        return nickname[0] + "*"
    return nickname[0] + "*" * (len(nickname) - 2) + nickname[-1]
