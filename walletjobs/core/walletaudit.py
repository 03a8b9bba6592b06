"""Audit of a wallet's figures: for each its formula in words, and the tokens, round trips or transactions in it.

A token's own figures go down to lots and signatures (``walletjobs.core.audit``); a wallet's lead to the tokens.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from walletjobs.core.audit import LAMPORTS, sum_of
from walletjobs.core.entries import Entry, Kind
from walletjobs.core.evidence import ALWAYS, Evidence, Period
from walletjobs.core.pnl import Rate
from walletjobs.core.tally import Cycle, Fate
from walletjobs.core.tokens import ratio
from walletjobs.errors import InvalidData

RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Addend:
    """One part of a wallet's figure; what does not apply is null."""

    amount: int  # lamports
    mint: str | None = None
    signature: str | None = None
    slot: int | None = None
    at: int | None = None  # unix seconds: of a transaction, or of a round trip's end
    since: int | None = None  # unix seconds: of a round trip's beginning


@dataclass(frozen=True, slots=True)
class Sources:
    """What a wallet's figures are added up from."""

    evidence: Iterable[Evidence]  # of every token; read once at most
    entries: Iterable[Entry]  # the ledger, oldest first; read once at most
    method: str = "fifo"
    period: Period = ALWAYS
    #: What the figure is of each token, by mint, where an analysis stored that: it is not added up again then.
    amounts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class WalletFormula:
    """How a wallet's figure comes about."""

    words: str
    addends: Callable[[Sources], Iterator[Addend]]
    total: Callable[[list[Addend]], int | float | None]
    unit: str = LAMPORTS


@dataclass(frozen=True, slots=True)
class WalletAudit:
    """One figure of a wallet, explained."""

    figure: str
    formula: WalletFormula
    total: int | float | None
    addends: tuple[Addend, ...]


def wallet_audit_of(sources: Sources, figure: str) -> WalletAudit:
    """One figure of a wallet, put together from its parts, as it stands in the wallet's figures.

    Raises: InvalidData for a figure that has no formula.
    """
    formula = WALLET_FIGURES.get(figure)
    if formula is None:
        raise InvalidData(f"There is no formula of {figure!r}; ask for one of {', '.join(WALLET_FIGURES)}")
    addends = list(formula.addends(sources))
    return WalletAudit(figure, formula, formula.total(addends), tuple(addends))


def _sum(addends: list[Addend]) -> int:
    return sum(addend.amount for addend in addends)


def _tokens(name: str) -> Callable[[Sources], Iterator[Addend]]:
    """Every token with its own figure of this name, where it has any, the weightiest first."""

    def addends(sources: Sources) -> Iterator[Addend]:
        amounts = sources.amounts
        if amounts is None:
            method, period = sources.method, sources.period
            amounts = {each.mint: sum_of(each, name, method, period) for each in sources.evidence}
        for mint in sorted(amounts, key=lambda mint: -abs(amounts[mint])):
            if amounts[mint]:
                yield Addend(amounts[mint], mint)

    return addends


def _closed(sources: Sources, each: Evidence) -> list[Cycle]:
    return [cycle for cycle in each.proofs[sources.method].cycles if sources.period.holds(cycle.closed_at)]


def _decided_tokens(sources: Sources) -> Iterator[Addend]:
    for each in sources.evidence:
        if _closed(sources, each):
            yield Addend(sum_of(each, "realizedPnl", sources.method, sources.period), each.mint)


def _cycles(sources: Sources) -> Iterator[Addend]:
    for each in sources.evidence:
        for cycle in _closed(sources, each):
            yield Addend(cycle.pnl, each.mint, at=cycle.closed_at, since=cycle.opened_at)


def _entries(pick: Callable[[Entry], int]) -> Callable[[Sources], Iterator[Addend]]:
    """Every transaction that adds to the figure."""

    def addends(sources: Sources) -> Iterator[Addend]:
        for entry in sources.entries:
            if sources.period.holds(entry.block_time) and (amount := pick(entry)):
                yield Addend(amount, signature=entry.signature, slot=entry.slot, at=entry.block_time)

    return addends


def _cost_and_result(sources: Sources) -> Iterator[Addend]:
    """Per token what was sold and what it earned: the cost first, as a negative, then the result."""
    cost = result = 0
    for each in sources.evidence:
        cost += sum_of(each, "costDisposed", sources.method, sources.period)
        result += sum_of(each, "realizedPnl", sources.method, sources.period)
    yield Addend(-cost)
    yield Addend(result)


def _quotient_of_two(addends: list[Addend]) -> float | None:
    cost, result = addends
    return ratio(result.amount, -cost.amount)


def _win_rate(addends: list[Addend]) -> float | None:
    won = sum(1 for addend in addends if addend.amount > 0)
    lost = sum(1 for addend in addends if addend.amount < 0)
    return Rate(won, lost, len(addends) - won - lost).value


def _profit_factor(addends: list[Addend]) -> float | None:
    gains = sum(addend.amount for addend in addends if addend.amount > 0)
    losses = -sum(addend.amount for addend in addends if addend.amount < 0)
    return ratio(gains, losses)


def _mean(addends: list[Addend]) -> int | None:
    return _sum(addends) // len(addends) if addends else None


def _deepest_fall(sources: Sources) -> Iterator[Addend]:
    """The realized results from the highest point to the lowest after it, each sale's parts as they came."""
    steps = sorted(
        (
            (event.order, place, Addend(pnl, each.mint, event.signature, event.slot, event.at))
            for each in sources.evidence
            for place, disposal in enumerate(each.proofs[sources.method].disposals)
            if disposal.fate is Fate.REALIZED
            and sources.period.holds((event := each.event(disposal.event)).at)
            for pnl in [(disposal.proceeds or 0) - disposal.cost]
        ),
        key=lambda step: step[:2],
    )
    start, end = _fall([addend.amount for *_, addend in steps])
    yield from (addend for *_, addend in steps[start:end])


def _fall(amounts: Sequence[int]) -> tuple[int, int]:
    """Between which places the sum of ``amounts`` is the lowest; both 0 where it never falls."""
    total = peak = deepest = since = 0
    found = (0, 0)
    for place, amount in enumerate(amounts, 1):
        total += amount
        if total > peak:
            peak, since = total, place
        if peak - total > deepest:
            deepest, found = peak - total, (since, place)
    return found


#: Every figure of a wallet that its parts explain, by its name in the API. Source: money.md section 6.
WALLET_FIGURES: Mapping[str, WalletFormula] = {
    "realizedPnl": WalletFormula("The realized PnL of every token.", _tokens("realizedPnl"), _sum),
    "proceeds": WalletFormula("The proceeds of every token.", _tokens("proceeds"), _sum),
    "costDisposed": WalletFormula(
        "The cost of what was sold, of every token.", _tokens("costDisposed"), _sum
    ),
    "cost": WalletFormula("The cost of everything bought, of every token.", _tokens("cost"), _sum),
    "openCost": WalletFormula("The cost of what is held, of every token.", _tokens("openCost"), _sum),
    "unverifiedProceeds": WalletFormula(
        "The proceeds without a known cost, of every token: in no PnL.", _tokens("unverifiedProceeds"), _sum
    ),
    "roi": WalletFormula("Realized PnL ÷ cost of what was sold.", _cost_and_result, _quotient_of_two, RATIO),
    "tokenWinRate": WalletFormula(
        "Tokens that earned ÷ tokens that earned or lost, of those with a closed cycle.",
        _decided_tokens,
        _win_rate,
        RATIO,
    ),
    "cycleWinRate": WalletFormula(
        "Closed cycles that earned ÷ those that earned or lost.", _cycles, _win_rate, RATIO
    ),
    "profitFactor": WalletFormula(
        "What the winning cycles earned ÷ what the losing ones lost.", _cycles, _profit_factor, RATIO
    ),
    "expectancy": WalletFormula("The mean result of a closed cycle, rounded down.", _cycles, _mean),
    "maxDrawdown": WalletFormula(
        "The deepest fall of the realized results' running sum below the highest it had been.",
        _deepest_fall,
        lambda addends: -_sum(addends),
    ),
    "fees": WalletFormula(
        "Network fees, tips and platform fees of every transaction.",
        _entries(
            lambda entry: -entry.components.network_fee - entry.components.tip - entry.components.platform_fee
        ),
        _sum,
    ),
    "networkFees": WalletFormula(
        "The chain's fee of every transaction that the wallet paid for.",
        _entries(lambda entry: -entry.components.network_fee),
        _sum,
    ),
    "tips": WalletFormula(
        "What every transaction paid to known tip accounts.",
        _entries(lambda entry: -entry.components.tip),
        _sum,
    ),
    "platformFees": WalletFormula(
        "What every transaction paid to parties that gave nothing for it.",
        _entries(lambda entry: -entry.components.platform_fee),
        _sum,
    ),
    "arbitragePnl": WalletFormula(
        "The SOL result of every loop that left no token behind.",
        _entries(lambda entry: entry.sol_delta if entry.kind is Kind.ARBITRAGE else 0),
        _sum,
    ),
    "unexplained": WalletFormula(
        "SOL that moved without an explanation, added up without its sign.",
        _entries(lambda entry: abs(entry.components.unexplained)),
        _sum,
    ),
}
