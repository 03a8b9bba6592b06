"""Token balances before and after a transaction, as Solana's RPC lists them.

Source: https://solana.com/docs/rpc/json-structures#token-balances
"""

from collections.abc import Iterable

from msgspec import Struct

from walletjobs.providers.decoding import Count, Decimals


class UiAmount(Struct, gc=False):
    """An amount; the float that comes with it is left out."""

    amount: int
    decimals: Decimals


class TokenBalance(Struct, gc=False, rename="camel"):
    """One account's balance of one mint."""

    account_index: Count
    mint: str
    ui_token_amount: UiAmount
    owner: str | None = None


class Held(Struct, gc=False):
    """A token account's balance on both sides of a transaction. Units: base units."""

    balance: TokenBalance  # as listed after it, else before
    before: int = 0
    after: int = 0


def balances_by_account(
    listed_before: Iterable[TokenBalance] | None, listed_after: Iterable[TokenBalance] | None
) -> Iterable[Held]:
    """Every token balance that is listed, in the order listed: the same in every run.

    An account that was given to another owner is the old one's until it is empty, and the new one's from nothing on.
    """
    held: dict[tuple[int, str], Held] = {}
    given: list[Held] = []
    for balance in listed_before or ():
        amount = balance.ui_token_amount.amount
        held[balance.account_index, balance.mint] = Held(balance, before=amount)
    for balance in listed_after or ():
        known = held.setdefault((balance.account_index, balance.mint), Held(balance))
        if known.balance.owner and balance.owner and known.balance.owner != balance.owner:
            given.append(Held(balance, after=balance.ui_token_amount.amount))
        else:
            known.balance, known.after = balance, balance.ui_token_amount.amount
    return [*held.values(), *given]
