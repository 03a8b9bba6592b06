"""What a wallet holds of each asset."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from walletjobs.core.units import SOL_DECIMALS, WRAPPED_SOL


@dataclass(frozen=True, slots=True)
class Balance:
    """What one wallet holds of one asset, or what one of its accounts does."""

    mint: str
    amount: int  # base units
    decimals: int
    slot: int  # at which the chain said so


def holdings(lamports: Balance, accounts: Iterable[Balance]) -> dict[str, Balance]:
    """Balances by mint: accounts of one mint summed, native and wrapped SOL one asset, no zeros but SOL's.

    The slot of a sum is the oldest of its parts.
    """
    summed = {WRAPPED_SOL: lamports}
    for account in accounts:
        before = summed.get(account.mint)
        summed[account.mint] = (
            replace(before, amount=before.amount + account.amount, slot=min(before.slot, account.slot))
            if before
            else account
        )
    return {mint: held for mint, held in summed.items() if held.amount or mint == WRAPPED_SOL}


def native(lamports: int, slot: int) -> Balance:
    """A native balance under the mint of wrapped SOL."""
    return Balance(WRAPPED_SOL, lamports, SOL_DECIMALS, slot)
