"""Where methods differ, as JSON objects."""

from collections.abc import Mapping

from walletjobs.core.comparison import Comparison, Difference
from walletjobs.core.units import sol_text
from walletjobs.services.present import Json


def comparison_json(comparison: Comparison, totals: Mapping[str, int]) -> Json:
    """What each method makes of the wallet, and the sales that it is about, the widest apart first.

    ``totals``: realized PnL by method. Units: lamports.
    """
    return {
        "methods": {
            method: {"realizedPnlLamports": total, "realizedPnlSol": sol_text(total)}
            for method, total in totals.items()
        },
        "count": comparison.count,
        "sales": [_sale(difference) for difference in comparison.widest],
    }


def _sale(difference: Difference) -> Json:
    event = difference.event
    return {
        "mint": difference.mint,
        "signature": event.signature,
        "slot": event.slot,
        "blockTime": event.at,
        "quantity": str(event.quantity),
        "realizedPnlLamports": dict(difference.realized),
        "realizedPnlSol": {method: sol_text(lamports) for method, lamports in difference.realized.items()},
        "spreadLamports": difference.spread,
        "spreadSol": sol_text(difference.spread),
    }
