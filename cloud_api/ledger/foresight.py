"""Asking in one exchange what booking a single earn will ask: a counter with a line reports each sale by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud_api.database import Work
from cloud_api.exchange import Answer, Asked, Statement
from cloud_api.ledger.earns import known_question, moved_accounts
from cloud_api.ledger.facts import EarnFact
from cloud_api.ledger.reversals import waits_question
from cloud_api.ledger.service import balances_question
from cloud_api.members.service import ids_question
from cloud_api.stamps.ahead import CardAhead
from cloud_api.stores.earning import Terms
from cloud_api.vault import Vault
from rules.earning import EarningMethod

# One member and the accounts that an earn moves, locked as lock_balances does. Several members are not locked before
# all of them are known: two pushes could come to wait for each other.
_WORDS = (
    "SELECT member.phone_lookup, member.member_id, member.grades, account.account_id, account.balance FROM member"
    " JOIN account ON account.account_id {among} WHERE member.phone_lookup = $1 ORDER BY account.account_id"
)
_NAMES = "'member:' || member.member_id, 'member_debt:' || member.member_id"
_MEMBER = Statement(
    _WORDS.format(among=f"= ANY(ARRAY[{_NAMES}])"),
    locks="FOR UPDATE OF account",
    sqlite=_WORDS.format(among=f"IN ({_NAMES})"),
)


@dataclass(frozen=True)
class Foresight:
    """Questions to ask ahead of an earn; without an earn, none."""

    plain: tuple[Asked, ...] = ()
    lookup: str | None = None  # the number under which the member is looked for, when there is only one
    card: CardAhead | None = None  # where the store gives stamps

    @classmethod
    def of(cls, work: Work, vault: Vault, store_id: str, fact: EarnFact, guessed: Terms | None) -> Foresight:
        """For this earn; ``guessed`` is what the store's payments probably earn by."""
        lookups = vault.phone_lookups(fact.phone)
        plain = (known_question(work, store_id, [fact]), waits_question(store_id))
        if len(lookups) != 1:
            return cls(plain)
        stamps = guessed is not None and guessed.program.method is EarningMethod.STAMP
        card = CardAhead(guessed, store_id, lookups[0], fact.occurred_ms) if guessed is not None and stamps else None
        return cls(plain, lookups[0], card)

    def questions(self, work: Work) -> list[Asked]:
        """To be asked after the store is locked; what other pushes of the store wrote is seen by then."""
        if self.lookup is None:
            return list(self.plain)
        if self.card is None:
            return [*self.plain, Asked(_MEMBER, (self.lookup,))]
        return [*self.plain, ids_question(work, [self.lookup]), *self.card.questions(work.now_ms)]

    def learn(self, work: Work, answers: Sequence[Answer]) -> None:
        """Keeps the answers, in the order of the questions, for when they are asked for."""
        for asked, answer in zip(self.plain, answers, strict=False):
            work.foresee(asked, answer.rows)
        if self.lookup is None:
            return
        member, *of_card = answers[len(self.plain) :]
        known = list({row[:3]: None for row in member.rows})
        work.foresee(ids_question(work, [self.lookup]), known)
        for _, member_id, _ in known:
            if self.card is not None:
                self.card.learn(work, member_id, of_card)
            else:
                work.foresee(balances_question(work, moved_accounts([member_id])), [row[3:] for row in member.rows])
