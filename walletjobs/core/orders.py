"""Orders that a keeper fills: the party that keeps what the wallet put up is the wallet's own until the order is over.

A limit or DCA order moves what the wallet pays with into escrow, a keeper fills it in transactions of its own, and what
is left, with the rent, comes back in the end. Seen as the wallet's own, the escrow makes all of it plain: opening and
taking back change nothing, and each fill is a trade of exactly what left escrow for it.

Source: money.md trap T12.
"""

from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.transaction import Transaction


def escrows_of(transaction: Transaction, own: OwnAccounts) -> set[str]:
    """Parties that this transaction shows to keep an order of the wallet's, if they are not known yet.

    Such a party stands beside the wallet in an instruction of an order program, and gained what the wallet put up,
    where the wallet paid for the transaction, or lost something, in a fill or in the end.
    """
    orders = [accounts for accounts in transaction.facts().orders if own.wallet in accounts]
    if not orders:
        return set()
    gained, lost = _parties(transaction)
    moved = lost | gained if transaction.fee_payer == own.wallet else lost
    beside = {account for accounts in orders for account in accounts}
    return (beside & moved) - {own.wallet, transaction.fee_payer} - own.escrows


def touches_escrow(transaction: Transaction, own: OwnAccounts) -> bool:
    """Whether something moved in an escrow of the wallet's."""
    if not own.escrows:
        return False
    gained, lost = _parties(transaction)
    return not own.escrows.isdisjoint(gained | lost)


def _parties(transaction: Transaction) -> tuple[set[str], set[str]]:
    """Who gained and who lost tokens."""
    gained: set[str] = set()
    lost: set[str] = set()
    for change in transaction.accounts:
        for token in change.tokens or ():
            if token.quantity.amount > 0:
                gained.add(token.owner)
            elif token.quantity.amount < 0:
                lost.add(token.owner)
    return gained, lost
