"""Explains a SOL delta to the lamport: gives every lamport that came or left the name of what it was for.

Source: money.md section 2.
"""

from walletjobs.core.accounts import MOST_RENT, is_rent
from walletjobs.core.case import Case
from walletjobs.core.entries import TRADES, Kind
from walletjobs.core.known import TIP_ACCOUNTS

_SETTLED = TRADES | {Kind.CONVERSION, Kind.ARBITRAGE}  # kinds whose SOL is a consideration


def name_network_fee(case: Case) -> None:
    """The chain's fee, if the wallet paid it."""
    if case.transaction.fee_payer == case.wallet:
        case.components.network_fee = -case.transaction.fee
        case.rest += case.transaction.fee


def name_deposit(case: Case) -> None:
    """A deposit that is not a cost at all."""
    case.components.rent_deposit = case.deltas.rent_deposit
    case.rest -= case.deltas.rent_deposit


def name_tips_and_rents(case: Case) -> None:
    """What transfers took straight to tip accounts, and what accounts cost: others' the wallet, or its own others."""
    components, rents = case.components, case.deltas.rents
    if case.deltas.rent_locked > 0 or not case.own.pays(case.transaction):
        _name_rents_given(case)
    for account, lamports in case.flows().items():
        if lamports <= 0:
            continue
        if account in TIP_ACCOUNTS:
            components.tip -= case.name(lamports, account, case.gain)
        elif account in rents:
            components.rent_paid_for_others -= case.name(lamports, account, rents)
        elif rent := _rent_of_new(case, account):
            components.rent_paid_for_others -= case.name(min(lamports, rent), account, case.gain)


def _rent_of_new(case: Case, account: str) -> int:
    """What of the wallet's payments to an account was for its creation: the rents among them, else all of a little."""
    gain = case.gain.get(account, 0)
    rent = 0
    for move in case.transaction.native_transfers:
        if is_rent(move.lamports) and move.destination == account and move.source == case.wallet:
            rent += move.lamports
    if not rent and gain <= MOST_RENT and account not in case.givers:
        rent = gain
    return min(gain, rent) if rent > 0 and account in case.transaction.facts().created else 0


def _name_rents_given(case: Case) -> None:
    """What somebody else paid to open accounts for the wallet: a gift of rent, and no part of a price."""
    for move in case.transaction.native_transfers:
        source, account, rent = move.source, move.destination or "", move.lamports
        if not source or source == case.wallet or case.own.knows(source) or not is_rent(rent):
            continue
        if case.own.knows(account) or _is_kept_of_temporary(case, source, account, rent):
            case.components.transfer_in += rent
            case.rest -= rent
            case.gain[source] = case.gain.get(source, 0) + rent


def _is_kept_of_temporary(case: Case, giver: str, account: str, rent: int) -> bool:
    """Whether an account was opened for the wallet and closed by it, and the giver did not get its rent back."""
    if case.gain.get(giver, 0) > -rent:
        return False
    facts = case.transaction.facts()
    return case.wallet == facts.opened.get(account) == facts.closed.get(account)


def name_rest(case: Case, kind: Kind) -> None:
    """All that is left: platform fees and the consideration of a trade, else transfers."""
    components = case.components
    if kind in _SETTLED or (kind is Kind.NFT and (case.pays() or case.is_paid())):
        _name_platform_fees(case, kind)
        components.consideration, components.unexplained = _covered(case)
        return
    for account, lamports in case.flows().items():
        components.transfer_out -= case.name(lamports, account, case.gain)
    moved, components.unexplained = _covered(case)
    if moved > 0:
        components.transfer_in += moved
    else:
        components.transfer_out += moved


def _name_platform_fees(case: Case, kind: Kind) -> None:
    """SOL that went from the wallet straight to parties that gave nothing for it."""
    gain, givers, rents = case.gain, case.givers, case.deltas.rents
    fees: dict[str, int] = {}
    for party, paid in case.paid().items():
        gained, apart = gain.get(party, 0), party in givers and kind is not Kind.NFT
        if gained > 0 and not apart and party not in rents and party not in TIP_ACCOUNTS:
            fees[party] = min(gained, paid)
    if not fees:
        return
    bought = kind is not Kind.SELL and kind is not Kind.SWAP and case.rest < 0
    if bought and (kind is Kind.NFT or not case.pays_giver()):
        # nobody who gave a token was paid, or an NFT came from an escrow: the largest payment is the price
        del fees[max(fees, key=lambda party: (fees[party], party))]
    for party, lamports in fees.items():
        case.components.platform_fee -= case.name(lamports, party, gain)


def _covered(case: Case) -> tuple[int, int]:
    """The rest, split into what other accounts mirror and what nobody accounts for."""
    rest, case.rest = case.rest, 0
    gained, lost = sum(case.deltas.rents.values()), 0
    for amount in case.gain.values():
        if amount > 0:
            gained += amount
        else:
            lost += amount
    mirrored = min(rest, -lost) if rest > 0 else max(rest, -gained)
    return mirrored, rest - mirrored
