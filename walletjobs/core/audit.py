"""Audit: for any figure its formula in words, and the events, disposals and lots that add up to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from walletjobs.core.evidence import ALWAYS, Disposal, Event, Evidence, Period
from walletjobs.core.legs import Role
from walletjobs.core.tally import Fate
from walletjobs.errors import InvalidData

LAMPORTS, BASE_UNITS = "lamports", "base units"


@dataclass(frozen=True, slots=True)
class Line:
    """One addend of a figure."""

    event: Event  # what happened
    lot: Event | None  # the acquisition it goes back to, of a disposal or of what is held
    quantity: int  # base units
    amount: int  # lamports or base units, as the figure's unit is
    cost: int | None = None  # lamports, of a disposal
    proceeds: int | None = None  # lamports, of a disposal


@dataclass(frozen=True, slots=True)
class Formula:
    """How a figure comes about."""

    words: str
    unit: str
    lines: Callable[[Evidence, str, Period], Iterator[Line]]
    terms: Mapping[str, int]  # figure → +1 or −1: their sum is this figure; empty where lines alone make it


@dataclass(frozen=True, slots=True)
class Audit:
    """One figure of one token, explained."""

    figure: str
    formula: Formula
    total: int
    lines: tuple[Line, ...]
    terms: tuple[tuple[str, int], ...]  # the figures in the formula, signed as they enter it


@dataclass(frozen=True, slots=True)
class Missing:
    """What no figure of a token can say. Units: base units and lamports."""

    unverified_quantity: int
    unverified_proceeds: int
    unverified: tuple[str, ...]  # signatures of disposals without a known basis
    unpriced: tuple[str, ...]  # signatures of trades for a value nobody knows
    without_usd: tuple[str, ...]  # signatures of trades whose price of SOL nobody knows


def audit_of(evidence: Evidence, figure: str, method: str = "fifo", period: Period = ALWAYS) -> Audit:
    """One figure of a token, added up from its evidence.

    Raises: InvalidData for a figure that has no formula.
    """
    formula = FIGURES.get(figure)
    if formula is None:
        raise InvalidData(f"There is no formula of {figure!r}; ask for one of {', '.join(FIGURES)}")
    lines = tuple(formula.lines(evidence, method, period))
    terms = tuple(
        (name, sign * sum_of(evidence, name, method, period)) for name, sign in formula.terms.items()
    )
    return Audit(figure, formula, sum(line.amount for line in lines), lines, terms)


def sum_of(evidence: Evidence, figure: str, method: str = "fifo", period: Period = ALWAYS) -> int:
    """One figure of a token, added up from its evidence."""
    return sum(line.amount for line in FIGURES[figure].lines(evidence, method, period))


def missing_of(evidence: Evidence, method: str = "fifo", period: Period = ALWAYS) -> Missing:
    """What is not known about one token."""
    trades = [event for event in evidence.events if abs(event.role) == 1 and period.holds(event.at)]
    unverified = [line.event.signature for line in _unverified(evidence, method, period)]
    return Missing(
        unverified_quantity=sum_of(evidence, "unverifiedQuantity", method, period),
        unverified_proceeds=sum_of(evidence, "unverifiedProceeds", method, period),
        unverified=tuple(dict.fromkeys(unverified)),
        unpriced=tuple(event.signature for event in trades if event.amount is None),
        without_usd=tuple(
            event.signature for event in trades if event.amount is not None and event.amount_usd is None
        ),
    )


def _events(pick: Callable[[Event], int | None]) -> Callable[[Evidence, str, Period], Iterator[Line]]:
    """Lines of events, by what each adds; null where it has no part in the figure."""

    def lines(evidence: Evidence, _method: str, period: Period) -> Iterator[Line]:
        for event in evidence.events:
            if period.holds(event.at) and (amount := pick(event)) is not None:
                yield Line(event, None, event.quantity, amount)

    return lines


def _disposals(
    fate: Fate, pick: Callable[[Disposal], int]
) -> Callable[[Evidence, str, Period], Iterator[Line]]:
    """Lines of the parts of disposals with this fate, by what each adds."""

    def lines(evidence: Evidence, method: str, period: Period) -> Iterator[Line]:
        for disposal in evidence.proofs[method].disposals:
            if disposal.fate is fate and period.holds(evidence.event(disposal.event).at):
                yield _line(evidence, disposal, pick(disposal))

    return lines


def _line(evidence: Evidence, disposal: Disposal, amount: int) -> Line:
    lot = None if disposal.lot is None else evidence.event(disposal.lot)
    event = evidence.event(disposal.event)
    return Line(event, lot, disposal.quantity, amount, disposal.cost, disposal.proceeds)


def _open_cost(evidence: Evidence, method: str, _period: Period) -> Iterator[Line]:
    for lot in evidence.proofs[method].lots:
        event = evidence.event(lot.lot)
        yield Line(event, event, lot.quantity, lot.cost)


def _claimed_cost(evidence: Evidence, method: str, _period: Period) -> Iterator[Line]:
    for lot in evidence.proofs[method].claims:
        event = evidence.event(lot.lot)
        yield Line(event, event, lot.quantity, lot.cost)


def _held(evidence: Evidence, method: str, _period: Period) -> Iterator[Line]:
    for lot in evidence.proofs[method].lots:
        event = evidence.event(lot.lot)
        yield Line(event, event, lot.quantity, lot.quantity)


def _unverified(evidence: Evidence, method: str, period: Period) -> Iterator[Line]:
    for disposal in evidence.proofs[method].disposals:
        apart = disposal.fate is Fate.UNVERIFIED or disposal.fate is Fate.UNPRICED
        if apart and not disposal.known and period.holds(evidence.event(disposal.event).at):
            yield _line(evidence, disposal, disposal.quantity)


def _quantity(*roles: Role) -> Callable[[Event], int | None]:
    return lambda event: event.quantity if event.role in roles else None


def _nonzero(pick: Callable[[Event], int]) -> Callable[[Event], int | None]:
    return lambda event: pick(event) or None


def _proceeds(disposal: Disposal) -> int:
    return disposal.proceeds or 0


def _cost(disposal: Disposal) -> int:
    return disposal.cost


#: Every figure of a token that its evidence explains, by its name in the API. Source: money.md sections 5 and 6.
FIGURES: Mapping[str, Formula] = {
    "realizedPnl": Formula(
        "What was sold from lots with a known cost: its proceeds after fees − its cost with fees.",
        LAMPORTS,
        _disposals(Fate.REALIZED, lambda disposal: _proceeds(disposal) - disposal.cost),
        {"proceeds": 1, "costDisposed": -1},
    ),
    "proceeds": Formula(
        "What arrived, after fees, for what was sold from lots with a known cost.",
        LAMPORTS,
        _disposals(Fate.REALIZED, _proceeds),
        {},
    ),
    "costDisposed": Formula(
        "What the lots had cost, with fees, that the sales used up: of a lot used in part, cost × taken ÷ quantity.",
        LAMPORTS,
        _disposals(Fate.REALIZED, _cost),
        {},
    ),
    "cost": Formula(
        "What left the wallet, fees included, for every buy with a known value and for claim tokens.",
        LAMPORTS,
        _events(lambda event: event.amount if event.role in (Role.BUY, Role.RECEIVE) else None),
        {},
    ),
    "openCost": Formula(
        "What the lots had cost that are still held: all cost − sold, sent away, given up unpriced or claimed.",
        LAMPORTS,
        _open_cost,
        {"cost": 1, "costDisposed": -1, "costSent": -1, "costUnpriced": -1, "claimedCost": -1},
    ),
    "claimedCost": Formula(
        "What the lots had cost that lie in liquidity, stakes and loans: still the wallet's, neither profit nor loss.",
        LAMPORTS,
        _claimed_cost,
        {},
    ),
    "costSent": Formula(
        "What the lots had cost that were sent away or burned: neither profit nor loss.",
        LAMPORTS,
        _disposals(Fate.SENT, _cost),
        {},
    ),
    "costUnpriced": Formula(
        "What the lots had cost that were sold for a value nobody knows.",
        LAMPORTS,
        _disposals(Fate.UNPRICED, _cost),
        {},
    ),
    "unverifiedProceeds": Formula(
        "What arrived for tokens whose purchase is not known: in no PnL and no win.",
        LAMPORTS,
        _disposals(Fate.UNVERIFIED, _proceeds),
        {},
    ),
    "unverifiedQuantity": Formula(
        "What was sold without a known cost: more than was ever bought, or received for nothing.",
        BASE_UNITS,
        _unverified,
        {},
    ),
    "fees": Formula(
        "Network fees, tips, platform fees and rents paid for others in its trades; they are inside cost and proceeds.",
        LAMPORTS,
        _events(_nonzero(lambda event: event.fees)),
        {"networkFees": 1, "tips": 1, "platformFees": 1, "rentsForOthers": 1},
    ),
    "networkFees": Formula(
        "The chain's fee of each of its trades that the wallet paid for.",
        LAMPORTS,
        _events(_nonzero(lambda event: event.network_fee)),
        {},
    ),
    "tips": Formula(
        "What its trades paid to known tip accounts.",
        LAMPORTS,
        _events(_nonzero(lambda event: event.tip)),
        {},
    ),
    "platformFees": Formula(
        "What its trades paid to parties that gave no token for it.",
        LAMPORTS,
        _events(_nonzero(lambda event: event.platform_fee)),
        {},
    ),
    "rentsForOthers": Formula(
        "What its trades paid to open accounts of others.",
        LAMPORTS,
        _events(_nonzero(lambda event: event.rent)),
        {},
    ),
    "bought": Formula("What the buys brought.", BASE_UNITS, _events(_quantity(Role.BUY)), {}),
    "sold": Formula("What the sales took away.", BASE_UNITS, _events(_quantity(Role.SELL)), {}),
    "received": Formula("What came for nothing.", BASE_UNITS, _events(_quantity(Role.RECEIVE)), {}),
    "sent": Formula(
        "What was sent away, burned or redeemed.", BASE_UNITS, _events(_quantity(Role.SEND, Role.REDEEM)), {}
    ),
    "deposited": Formula(
        "What went into liquidity, stakes and loans.", BASE_UNITS, _events(_quantity(Role.DEPOSIT)), {}
    ),
    "withdrawn": Formula(
        "What came back from liquidity, stakes and loans.", BASE_UNITS, _events(_quantity(Role.WITHDRAW)), {}
    ),
    "held": Formula("What the lots still hold.", BASE_UNITS, _held, {}),
}
