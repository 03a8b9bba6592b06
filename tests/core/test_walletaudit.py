"""A wallet's figure is what its parts make of it, in the whole history and in any period, by every method."""

from collections.abc import Mapping
from typing import Any

import pytest
from histories import keep, moves, scenes_of
from hypothesis import given
from hypothesis import strategies as st
from ledgers import buy, sell
from scenes import MINT, START

from walletjobs.core.evidence import ALWAYS, Period
from walletjobs.core.lots import METHODS
from walletjobs.core.pnl import wallet_of
from walletjobs.core.tokens import tokens_of
from walletjobs.core.walletaudit import WALLET_FIGURES, Sources, wallet_audit_of
from walletjobs.errors import InvalidData


def figures_of(book: Any) -> Mapping[str, Any]:
    """The wallet's figures by their names in the API."""
    figures = wallet_of(book, tokens_of(book))
    return {
        "realizedPnl": figures.realized_pnl,
        "proceeds": figures.proceeds,
        "costDisposed": figures.cost_disposed,
        "cost": figures.cost,
        "openCost": figures.open_cost,
        "unverifiedProceeds": figures.unverified_proceeds,
        "roi": figures.roi,
        "tokenWinRate": figures.token_wins.value,
        "cycleWinRate": figures.cycle_wins.value,
        "profitFactor": figures.profit_factor,
        "expectancy": figures.expectancy,
        "maxDrawdown": figures.max_drawdown,
        "fees": figures.network_fees + figures.tips + figures.platform_fees,
        "networkFees": figures.network_fees,
        "tips": figures.tips,
        "platformFees": figures.platform_fees,
        "arbitragePnl": figures.arbitrage_pnl,
        "unexplained": book.totals.unexplained,
    }


def totals_of(kept: Any, method: str, period: Period = ALWAYS) -> Mapping[str, Any]:
    sources = Sources(kept.evidence, kept.entries, method, period)
    return {name: wallet_audit_of(sources, name).total for name in WALLET_FIGURES}


@given(moves)
def test_every_figure_of_a_wallet_is_made_of_its_parts(history) -> None:
    kept = keep(scenes_of(history), [])
    for method in METHODS:
        assert totals_of(kept, method) == figures_of(kept.books[method])


@given(moves, st.integers(0, 800_000))
def test_every_figure_of_a_window_is_made_of_the_parts_in_it(history, offset) -> None:
    kept = keep(scenes_of(history), [START + offset])
    for method in METHODS:
        window = kept.books[method].window(START + offset)
        assert totals_of(kept, method, Period(START + offset)) == figures_of(window)


def test_a_drawdown_names_the_sales_from_the_top_to_the_bottom() -> None:
    scenes = [
        buy(MINT, 40, 4_000_000, 1),
        sell(MINT, 10, 9_000_000, 2),  # the top
        sell(MINT, 10, 500_000, 3),
        sell(MINT, 10, 600_000, 4),  # the bottom
        sell(MINT, 10, 2_000_000, 5),
    ]
    kept = keep(scenes, [])
    audit = wallet_audit_of(Sources(kept.evidence, kept.entries), "maxDrawdown")
    assert [addend.signature for addend in audit.addends] == [scenes[2].signature, scenes[3].signature]


def test_a_figure_without_a_formula_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(InvalidData, match="realizedPnl"):
        wallet_audit_of(Sources([], []), "luck")
