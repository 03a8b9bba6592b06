"""What a transaction means for a wallet.

Balance changes decide amounts; instructions and labels decide meaning. A party that gives tokens or takes them is the
trade's counterparty: what the wallet pays it, or gets from it, is the consideration. Every other lamport that leaves
the wallet has a name of its own, and what has none is counted as unexplained.

Source: money.md section 3.
"""

from collections.abc import Mapping
from typing import NamedTuple

from walletjobs.core.case import Case
from walletjobs.core.claims import claim_tokens, claims_of, may_be_claim
from walletjobs.core.deltas import OwnAccounts, deltas_of
from walletjobs.core.entries import Entry, Kind
from walletjobs.core.explain import name_deposit, name_network_fee, name_rest, name_tips_and_rents
from walletjobs.core.orders import escrows_of, touches_escrow
from walletjobs.core.transaction import Transaction
from walletjobs.core.units import STABLECOINS, WRAPPED_SOL
from walletjobs.core.value import NO_VALUE, Prices, Value, no_prices, value_of

_OPEN_QUESTIONS = frozenset({Kind.SEND, Kind.RECEIPT, Kind.TRANSFER, Kind.FEE})  # an order may be behind it


def entry_of(transaction: Transaction, own: OwnAccounts, prices: Prices = no_prices) -> Entry:
    """The ledger entry of one transaction; ``own`` remembers the wallet's accounts from one to the next.

    Units: base units and lamports, exact: the components sum to the SOL delta.
    """
    own.slot = transaction.slot
    entry = _read(Case(transaction, own, deltas_of(transaction, own)), prices)
    if entry.kind in _OPEN_QUESTIONS and (escrows := escrows_of(transaction, own)):
        own.entrust(escrows)
        case = Case(transaction, own, deltas_of(transaction, own))
        if entry.kind is Kind.RECEIPT:
            case.flags.append("inferred")  # nobody saw what was put into escrow
        return _read(case, prices)
    return entry


def _read(case: Case, prices: Prices) -> Entry:
    """Name the fees, find the kind, name the rest."""
    if case.transaction.retold:
        case.flags.append("from_transfers")
    name_network_fee(case)
    if case.transaction.failed:
        case.components.unexplained = case.rest
        return _entry(case, Kind.FAILED, prices)
    if case.deltas.rent_deposit:
        name_deposit(case)
    if case.rest:
        name_tips_and_rents(case)
    tokens = case.deltas.tokens
    nfts = tuple(mint for mint in tokens if case.is_nft(mint)) if 0 in case.deltas.decimals.values() else ()
    passed = {} if tokens or not case.rest else _passed_on(case)
    kind = _kind(case, nfts, passed)
    claimed: tuple[str, ...] = ()
    if may_be_claim(case, kind) and (claims := claims_of(case)):
        kind, claimed = Kind.CLAIM, claim_tokens(case, nfts)
        case.flags += sorted(claims)
    if case.rest:
        name_rest(case, kind)
    traded = {mint: amount for mint, amount in tokens.items() if mint not in nfts} if nfts else tokens
    value = value_of(case, kind, traded, prices)
    return _entry(case, kind, prices, value, _Apart(nfts, claimed, passed))


class _Apart(NamedTuple):
    """What of an entry's tokens has a meaning of its own."""

    nfts: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    passed: Mapping[str, int] = {}


def _entry(
    case: Case,
    kind: Kind,
    prices: Prices,
    value: Value = NO_VALUE,
    apart: _Apart = _Apart(),  # noqa: B008 - a frozen value
) -> Entry:
    if case.components.unexplained:
        case.flags.append("unexplained")
    transaction, deltas = case.transaction, case.deltas
    return Entry(
        transaction.signature,
        transaction.slot,
        transaction.block_time,
        kind,
        deltas.sol,
        case.components,
        deltas.rent_locked,
        deltas.tokens,
        deltas.decimals,
        apart.nfts,
        dict(apart.passed),
        value.lamports,
        value.source,
        value.parts,
        prices(transaction.block_time),
        tuple(case.flags),
        transaction.label,
        transaction.venue,
        deltas.escrowed,
        apart.claims,
        transaction.index,
    )


def _kind(case: Case, nfts: tuple[str, ...], passed: dict[str, int]) -> Kind:
    tokens = case.deltas.tokens
    if not tokens:
        return _kind_without_tokens(case, passed)
    if len(nfts) == len(tokens):
        return Kind.NFT
    came = went = stable_came = stable_went = False
    for mint, amount in tokens.items():
        if mint in nfts:
            continue
        if mint in STABLECOINS:
            stable_came, stable_went = stable_came or amount > 0, stable_went or amount < 0
        elif amount > 0:
            came = True
        else:
            went = True
    if came and went:
        return Kind.SWAP
    if came:
        return Kind.BUY if stable_went or case.pays() else Kind.RECEIPT
    if went:
        return Kind.SELL if stable_came or case.is_paid() else _kind_of_send(case)
    return _kind_of_stable(case, stable_came, stable_went)


def _kind_without_tokens(case: Case, passed: dict[str, int]) -> Kind:
    if touches_escrow(case.transaction, case.own):
        return Kind.ORDER
    if not case.rest:
        return Kind.FEE
    if passed:
        return Kind.BUY if min(passed.values()) > 0 else Kind.SELL
    both = set.intersection(*_moved(case))
    if both - {WRAPPED_SOL} or (both and case.is_trade_program()):
        return Kind.ARBITRAGE
    return Kind.TRANSFER


def _kind_of_stable(case: Case, came: bool, went: bool) -> Kind:
    if came and went:
        return Kind.CONVERSION
    if came:
        return Kind.CONVERSION if case.pays() else Kind.RECEIPT
    return Kind.CONVERSION if case.is_paid() else _kind_of_send(case)


def _kind_of_send(case: Case) -> Kind:
    lost = {mint for mint, amount in case.deltas.tokens.items() if amount < 0}
    return Kind.BURN if lost & case.transaction.facts().burned else Kind.SEND


def _moved(case: Case) -> tuple[set[str], set[str]]:
    """Mints that transfers took from the wallet, and mints that they brought to it."""
    sent: set[str] = set()
    came: set[str] = set()
    for move in case.transaction.token_transfers:
        if move.source == case.wallet != move.destination:
            sent.add(move.mint)
        elif move.destination == case.wallet != move.source:
            came.add(move.mint)
    return sent, came


def _passed_on(case: Case) -> dict[str, int]:
    """Mints that only passed through the wallet: bought for another (+), or got from another and sold (−).

    A party that took a token from the wallet and gave nothing keeps it; one that gave a token and took nothing gave it
    away. A loop's parties always do both. Units: base units.
    """
    passed: dict[str, int] = {}
    for mint in set.intersection(*_moved(case)) - STABLECOINS - {WRAPPED_SOL}:
        moves = [move for move in case.transaction.token_transfers if move.mint == mint]
        kept_by = {move.destination for move in moves if move.source == case.wallet}
        given_by = {move.source for move in moves if move.destination == case.wallet}
        others, gains = case.deltas.others, case.deltas.gains
        kept = sum(
            held.get(mint, 0)
            for party, held in others.items()
            if party in kept_by and min(*held.values(), gains.get(party, 0)) >= 0
        )
        given = sum(
            held.get(mint, 0)
            for party, held in others.items()
            if party in given_by and max(*held.values(), gains.get(party, 0)) <= 0
        )
        if kept > 0 and case.rest < 0:
            passed[mint] = kept
        elif given < 0 and case.rest > 0:
            passed[mint] = given
    if len(passed) != 1:
        return {}
    for change in case.transaction.accounts:
        for token in change.tokens or ():
            if token.mint in passed:
                case.deltas.decimals[token.mint] = token.quantity.decimals
    return passed
