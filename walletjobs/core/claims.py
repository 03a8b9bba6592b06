"""Claims: what lies in liquidity, a stake or a loan is still the wallet's, and no trade.

Balances say that something left or came for nothing, or against a token that the transaction itself made or ended;
the instructions of a known program say that this is a claim. Lots go into a claim at their cost and come back with it:

- A token put in moves its lots, at cost, to the claims of its mint. What comes back of that mint takes lots from there,
  the longest there first, with cost and age; a part of a lot takes its part of the cost. What comes back beyond them
  (yield, rewards, borrowed, swapped by the pool) is a receipt of unknown basis.
- A claim token (of a pool, a stake, a loan) that was made for SOL or stablecoins alone is a lot that cost what left;
  ended for SOL or stablecoins alone it is a disposal for what came. Beside other tokens it is received and sent on,
  without a basis.
- SOL and stablecoins have no lots: what goes in and comes out is a transfer.

Source: money.md section 3 and trap T28.
"""

from walletjobs.core.case import Case
from walletjobs.core.entries import Kind
from walletjobs.core.units import STABLECOINS

_ONE_SIDED = frozenset({Kind.SEND, Kind.RECEIPT, Kind.TRANSFER, Kind.NFT, Kind.BURN})


def may_be_claim(case: Case, kind: Kind) -> bool:
    """Whether balances leave open that this is one: nothing came for what left, or a side has no party behind it."""
    if kind is Kind.BUY:
        return not case.givers
    if kind is Kind.SELL:
        return not case.takers
    if kind is Kind.SWAP or kind is Kind.CONVERSION:
        return not case.givers or not case.takers
    return kind in _ONE_SIDED


def claims_of(case: Case) -> frozenset[str]:
    """What the instructions make a claim of, if it is the wallet's: it pays for the transaction, or they name it."""
    facts = case.transaction.facts()
    if case.transaction.fee_payer == case.wallet or case.wallet in facts.claimants:
        return facts.claims
    return frozenset()


def claim_tokens(case: Case, nfts: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens of the wallet's that stand for a claim: made or ended here, or staked SOL's only counterpart."""
    facts, tokens = case.transaction.facts(), case.deltas.tokens
    plain = [mint for mint in tokens if mint not in nfts and mint not in STABLECOINS]
    made = tuple(mint for mint in plain if mint in (facts.minted if tokens[mint] > 0 else facts.burned))
    if made or len(plain) != 1 or "staking" not in facts.claims:
        return made
    return tuple(plain) if tokens[plain[0]] * case.rest < 0 else ()
