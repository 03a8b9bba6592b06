"""Continuity: where a wallet's balances jump from one transaction to the next, something between them was not seen.

Only a wire format that tells balances before and after each transaction can show it. Accounts are followed one by
one: what an account held after one transaction is what it holds before the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from walletjobs.core.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as a transaction left it."""

    mint: str  # wrapped SOL's for the wallet's own lamports
    amount: int  # base units
    slot: int
    signature: str


@dataclass(frozen=True, slots=True)
class Break:
    """A jump of one account's balance between two transactions that were seen; before the first one it held nothing."""

    account: str
    mint: str  # wrapped SOL's for the wallet's own lamports
    missing: int  # base units that came (+) or left (−) unseen
    after: Seen | None  # the last transaction before the jump; null where the account was never seen before
    slot: int  # of the first transaction after the jump
    signature: str


class Continuity:
    """Follows the balances of one wallet's accounts; ``known`` tells of one that was seen before."""

    def __init__(self, wallet: str, known: Callable[[str], Seen | None] = lambda _account: None) -> None:
        self.breaks: list[Break] = []
        self.seen: dict[str, Seen] = {}  # by account, as the newest transaction left it
        self._wallet = wallet
        self._known = known

    def take(self, transaction: Transaction) -> None:
        """Take in one transaction; they come oldest first."""
        self.breaks.extend(self._compare(transaction))

    def _compare(self, transaction: Transaction) -> Iterator[Break]:
        slot, signature = transaction.slot, transaction.signature
        for held in transaction.balances_of(self._wallet):
            last = self.seen.get(held.account) or self._known(held.account)
            missing = held.before - (last.amount if last else 0)
            if missing:
                yield Break(held.account, held.mint, missing, last, slot, signature)
            self.seen[held.account] = Seen(held.mint, held.after, slot, signature)
