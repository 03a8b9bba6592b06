"""Reconciliation: what a wallet holds by its ledger, against what the chain says that it holds.

Native and wrapped SOL are one asset. Rent in own token accounts is no balance of an asset and is left out; what open
orders keep in escrow is the wallet's by its ledger, but not in its accounts, and stands apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from walletjobs.core.entries import Entry
from walletjobs.core.units import SOL_DECIMALS, WRAPPED_SOL


class Reported(Protocol):
    """What the chain says of one asset."""

    @property
    def amount(self) -> int:
        """Base units, all accounts of the asset summed."""

    @property
    def decimals(self) -> int:
        """Of the asset."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One asset by the ledger: every delta added up."""

    mint: str
    decimals: int
    quantity: int  # base units
    in_orders: int = 0  # base units of it that open orders keep in escrow


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One asset by the ledger and by the chain. Units: base units."""

    mint: str
    decimals: int
    replayed: int  # in the wallet's own accounts, by the ledger
    in_orders: int  # in escrow beside it, by the ledger
    reported: int  # by the chain

    @property
    def residual(self) -> int:
        """What the chain has beyond the ledger; 0 is verified."""
        return self.reported - self.replayed

    @property
    def verified(self) -> bool:
        """Whether ledger and chain agree to the base unit."""
        return not self.residual


class Replay:
    """Adds up what every entry changed in what the wallet holds."""

    def __init__(self, start: Iterable[Replayed] = ()) -> None:
        self._held = {each.mint: [each.quantity, each.in_orders, each.decimals] for each in start}

    def take(self, entry: Entry) -> None:
        """Take in one entry; their order does not matter."""
        held = self._held
        _add(held, WRAPPED_SOL, entry.sol_delta - entry.rent_locked, SOL_DECIMALS)
        for mint, delta in entry.tokens.items():
            _add(held, mint, delta, entry.decimals[mint])
        for mint, delta in entry.escrowed.items():
            _add(held, mint, 0, entry.decimals.get(mint, SOL_DECIMALS))
            held[mint][1] += delta

    def assets(self) -> list[Replayed]:
        """Every asset that ever moved, those that are gone too."""
        return [
            Replayed(mint, decimals, quantity, in_orders)
            for mint, (quantity, in_orders, decimals) in self._held.items()
        ]


def reconciled(replayed: Iterable[Replayed], reported: Mapping[str, Reported]) -> list[Reconciled]:
    """Every asset that the ledger or the chain knows to be held, those with a residual first."""
    held = {each.mint: each for each in replayed}
    assets = [_asset(mint, held.get(mint), reported.get(mint)) for mint in {**held, **reported}]
    kept = [each for each in assets if each.reported or each.replayed or each.in_orders]
    return sorted(kept, key=lambda each: (each.verified, each.mint != WRAPPED_SOL, each.mint))


def _asset(mint: str, replayed: Replayed | None, reported: Reported | None) -> Reconciled:
    by_ledger = replayed or Replayed(mint, reported.decimals if reported else 0, 0)
    return Reconciled(
        mint=mint,
        decimals=reported.decimals if reported else by_ledger.decimals,
        replayed=by_ledger.quantity - by_ledger.in_orders,
        in_orders=by_ledger.in_orders,
        reported=reported.amount if reported else 0,
    )


def _add(held: dict[str, list[int]], mint: str, delta: int, decimals: int) -> None:
    known = held.get(mint)
    if known is None:
        held[mint] = [delta, 0, decimals]
    else:
        known[0] += delta
