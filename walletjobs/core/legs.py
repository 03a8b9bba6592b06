"""The legs of an entry: what it does to each token's position, with its all-in amount.

All-in: what left with a trade is the cost of what came, fees included, and what arrived net of fees is the proceeds of
what went. A swap's fees are on the side that came.
"""

from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

from walletjobs.core.entries import TRADES, Entry, Kind
from walletjobs.core.lots import shares
from walletjobs.core.units import LAMPORTS_PER_SOL, STABLECOINS, usd_of


class Role(IntEnum):
    """What a leg does to its position."""

    BUY = 1
    SELL = -1
    RECEIVE = 2
    SEND = -2
    WITHDRAW = 3  # back from a claim
    DEPOSIT = -3  # into a claim
    REDEEM = -4  # a claim token, for SOL or stablecoins


#: Roles by their own names: to look a member up on its enum takes as long as a call.
BUY, SELL, RECEIVE, SEND = Role.BUY, Role.SELL, Role.RECEIVE, Role.SEND


class Leg(Struct, frozen=True, gc=False):
    """One token's part in an entry."""

    role: Role
    mint: str
    quantity: int  # base units, never negative
    amount: int | None = None  # lamports, all-in: cost of a buy, proceeds of a sell; null where nobody knows
    amount_usd: int | None = None  # millionths of a USD
    value: int | None = None  # lamports, before fees


def legs_of(entry: Entry) -> list[Leg]:
    """What the entry does to positions, in the order it happens: sells make room before buys.

    Stablecoins and NFTs have no position.
    """
    kind = entry.kind
    if kind in TRADES:
        return _trade(entry)
    if kind is Kind.RECEIPT:
        return [Leg(RECEIVE, mint, amount) for mint, amount in _fungible(entry).items()]
    if kind is Kind.SEND or kind is Kind.BURN:
        return [Leg(SEND, mint, -amount) for mint, amount in _fungible(entry).items()]
    return _claim(entry) if kind is Kind.CLAIM else []


def is_charged(entry: Entry, leg: Leg) -> bool:
    """Whether the entry's fees are counted with this leg: with what came, else with what was sold for SOL."""
    return leg.role is BUY or (leg.role is SELL and entry.kind is Kind.SELL)


def _trade(entry: Entry) -> list[Leg]:
    sold: dict[str, int] = {}
    bought: dict[str, int] = {}
    for mint, amount in (entry.passed or _fungible(entry)).items():
        if amount < 0:
            sold[mint] = -amount
        else:
            bought[mint] = amount
    other, other_usd = _beside_sol(entry)
    price, sol = entry.sol_price, entry.sol_delta
    sol_usd = None if price is None else usd_of(sol, price)
    legs: list[Leg] = []
    if sold:
        swapped = entry.kind is Kind.SWAP
        proceeds_usd = other_usd if swapped else _plus(other_usd, sol_usd)
        legs += _side(entry, SELL, sold, (other if swapped else other + sol, proceeds_usd))
    if bought:
        cost_usd = None if sol_usd is None else _plus(other_usd, -sol_usd)
        legs += _side(entry, BUY, bought, (other - sol, cost_usd))
    return [*_received(sold), *legs, *_sent(bought)] if entry.passed else legs


def _received(sold: Mapping[str, int]) -> list[Leg]:
    """What was sold for another had come from him before."""
    return [Leg(RECEIVE, mint, quantity) for mint, quantity in sold.items()]


def _sent(bought: Mapping[str, int]) -> list[Leg]:
    """What was bought for another went to him then."""
    return [Leg(SEND, mint, quantity) for mint, quantity in bought.items()]


def _claim(entry: Entry) -> list[Leg]:
    """What a claim does: see claims.py for the rules."""
    moved = _fungible(entry)
    tokens = {mint: moved[mint] for mint in moved if mint in entry.claims}
    legs = [
        Leg(Role.WITHDRAW if amount > 0 else Role.DEPOSIT, mint, abs(amount))
        for mint, amount in moved.items()
        if mint not in tokens
    ]
    came, came_usd = _quotes(entry) if len(tokens) == 1 and not legs else (None, None)
    for mint, amount in tokens.items():
        if amount > 0:
            paid = (None, None) if came is None else (-came, None if came_usd is None else -came_usd)
            legs.append(Leg(Role.RECEIVE, mint, amount, *paid))
        elif came is None:
            legs.append(Leg(Role.SEND, mint, -amount))
        else:
            legs.append(Leg(Role.REDEEM, mint, -amount, came, came_usd))
    return sorted(legs, key=lambda leg: leg.role)


def _quotes(entry: Entry) -> tuple[int | None, int | None]:
    """SOL and stablecoins that came (+) or left (−) for a claim token, all-in; null where none did, or without a price.

    Units: lamports, millionths of a USD.
    """
    (mint,) = entry.claims
    moved = entry.components.transfer_in + entry.components.transfer_out
    stable = sum(entry.tokens.get(each, 0) for each in STABLECOINS)
    price, way = entry.sol_price, entry.tokens[mint] < 0
    if not (moved or stable) or any(amount and (amount > 0) is not way for amount in (moved, stable)):
        return None, None
    if not stable:
        return entry.sol_delta, None if price is None else usd_of(entry.sol_delta, price)
    if not price:
        return None, None
    return entry.sol_delta + stable * LAMPORTS_PER_SOL // price, stable + usd_of(entry.sol_delta, price)


def _side(entry: Entry, role: Role, moved: Mapping[str, int], amounts: tuple[int, int | None]) -> list[Leg]:
    """The legs of one side: they share its amounts, where several tokens do, by their parts of the value."""
    if entry.value is None:
        return [Leg(role, mint, quantity) for mint, quantity in moved.items()]
    lamports, usd = amounts
    parts = entry.parts
    if parts is None or len(moved) == 1:
        return [Leg(role, mint, quantity, lamports, usd, entry.value) for mint, quantity in moved.items()]
    weights = [parts[mint] for mint in moved]
    split = _split(lamports, weights)
    split_usd: list[int] | list[None] = [None] * len(weights) if usd is None else _split(usd, weights)
    return [
        Leg(role, mint, moved[mint], amount, amount_usd, parts[mint])
        for mint, amount, amount_usd in zip(moved, split, split_usd, strict=True)
    ]


def _split(amount: int, weights: list[int]) -> list[int]:
    *split, rest = shares(amount, weights, max(sum(weights), 1))
    split[-1] += rest
    return split


def _fungible(entry: Entry) -> Mapping[str, int]:
    tokens = entry.tokens
    if not entry.nfts and STABLECOINS.isdisjoint(tokens):
        return tokens
    apart = STABLECOINS.union(entry.nfts)
    return {mint: amount for mint, amount in tokens.items() if mint not in apart}


def _beside_sol(entry: Entry) -> tuple[int, int | None]:
    """What a trade was worth beside its SOL: in lamports, and in millionths of a USD; stablecoins are USD."""
    value = entry.value
    if entry.kind is Kind.SWAP:
        known = value is not None and entry.sol_price is not None
        return value or 0, usd_of(value or 0, entry.sol_price or 0) if known else None
    if STABLECOINS.isdisjoint(entry.tokens):
        return 0, 0
    stable = sum(entry.tokens.get(mint, 0) for mint in STABLECOINS)
    way = 1 if entry.kind is Kind.SELL else -1
    if value is None or not stable:
        return 0, way * stable
    return value - way * entry.components.consideration, way * stable


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
