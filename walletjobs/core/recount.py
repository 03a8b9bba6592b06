"""One token's sums, added up from its evidence alone."""

from copy import copy

from walletjobs.core.evidence import ALWAYS, Disposal, Event, Evidence, Period, Proof
from walletjobs.core.legs import Role
from walletjobs.core.tally import Fate, Tally


def tally_of(evidence: Evidence, method: str, period: Period = ALWAYS) -> Tally:
    """The sums of one token over the events of a period, added up from the evidence alone."""
    return disposals_tally(events_tally(evidence, period), evidence, evidence.proofs[method], period)


def events_tally(evidence: Evidence, period: Period) -> Tally:
    """The sums that are the same by every method."""
    tally = Tally()
    for event in evidence.events:
        if period.holds(event.at):
            _count_event(tally, event)
    return tally


def disposals_tally(events: Tally, evidence: Evidence, proof: Proof, period: Period) -> Tally:
    """The sums of one token's events, and those of what one method made of them."""
    tally = copy(events)
    for disposal in proof.disposals:
        if period.holds(evidence.event(disposal.event).at):
            _count_disposal(tally, disposal)
    return tally


def _count_event(tally: Tally, event: Event) -> None:
    tally.network_fees += event.network_fee
    tally.tips += event.tip
    tally.platform_fees += event.platform_fee
    tally.rents += event.rent
    role = event.role
    if role is Role.RECEIVE:
        tally.received += event.quantity
        if event.amount is not None:
            _count_cost(tally, event.amount, event.amount_usd)
    elif role is Role.SEND or role is Role.REDEEM:
        tally.sent += event.quantity
    elif role is Role.DEPOSIT:
        tally.deposited += event.quantity
    elif role is Role.WITHDRAW:
        tally.withdrawn += event.quantity
    else:
        _count_trade(tally, event)


def _count_cost(tally: Tally, cost: int, cost_usd: int | None) -> None:
    tally.cost += cost
    tally.cost_usd += cost_usd or 0
    tally.usd_gaps += cost_usd is None


def _count_trade(tally: Tally, event: Event) -> None:
    tally.first_trade = event.at if tally.first_trade is None else tally.first_trade
    tally.last_trade = event.at
    tally.unpriced += event.amount is None
    if event.role is Role.SELL:
        tally.sells += 1
        tally.sold += event.quantity
        return
    tally.buys += 1
    tally.bought += event.quantity
    if event.amount is not None:
        _count_cost(tally, event.amount, event.amount_usd)


def _count_disposal(tally: Tally, disposal: Disposal) -> None:
    fate, proceeds = disposal.fate, disposal.proceeds or 0
    if fate is Fate.REALIZED:
        tally.matched += disposal.quantity
        tally.cost_disposed += disposal.cost
        tally.proceeds += proceeds
        tally.realized_pnl += proceeds - disposal.cost
        if disposal.cost_usd is None or disposal.proceeds_usd is None:
            tally.usd_gaps += 1
        else:
            tally.cost_disposed_usd += disposal.cost_usd
            tally.proceeds_usd += disposal.proceeds_usd
    elif fate is Fate.UNVERIFIED:
        tally.unverified_quantity += disposal.quantity
        tally.unverified_proceeds += proceeds
        tally.unverified_proceeds_usd += disposal.proceeds_usd or 0
        tally.usd_gaps += disposal.proceeds_usd is None
    elif fate is Fate.UNPRICED:
        tally.cost_unpriced += disposal.cost
        tally.unverified_quantity += 0 if disposal.known else disposal.quantity
    elif fate is Fate.SENT:
        tally.cost_sent += disposal.cost
