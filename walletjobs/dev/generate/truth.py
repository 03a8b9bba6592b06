"""The true figures of an invented wallet, named as ``walletjobs pnl --json`` names them."""

from typing import Any

from walletjobs.dev.generate.books import METHODS, Sums, TokenBook
from walletjobs.dev.generate.history import Inventor


def truth_of(inventor: Inventor) -> dict[str, Any]:
    """What the whole history comes to; call it once every transaction is made.

    Units: lamports and base units.
    """
    books = [
        book
        for book in inventor.world.books.values()
        if book.buys or book.sells or book.received or book.sent or book.deposited or book.withdrawn
    ]
    tokens = [token_truth(book) for book in sorted(books, key=lambda book: book.mint)]
    plan = inventor.plan
    return {
        "wallet": inventor.world.wallet,
        "seed": plan.seed,
        "transactions": plan.transactions,
        "lamports": inventor.world.purse,
        "totals": dict(sorted(inventor.totals.items())),
        "methods": {name: _sum([token["methods"][name] for token in tokens]) for name in METHODS},
        "tokens": tokens,
    }


def token_truth(book: TokenBook) -> dict[str, Any]:
    """One token; the figures at the top are those of FIFO."""
    methods = {name: _figures(sums) for name, sums in book.methods.items()}
    return {
        "mint": book.mint,
        "decimals": book.decimals,
        "buys": book.buys,
        "sells": book.sells,
        "bought": book.bought,
        "sold": book.sold,
        "received": book.received,
        "sent": book.sent,
        "deposited": book.deposited,
        "withdrawn": book.withdrawn,
        "costLamports": book.cost,
        "feesLamports": book.fees,
        "firstTrade": book.first_trade,
        "lastTrade": book.last_trade,
        **methods["fifo"],
        "methods": methods,
    }


def _figures(sums: Sums) -> dict[str, int]:
    return {
        "held": sums.held,
        "realizedPnlLamports": sums.realized_pnl,
        "proceedsLamports": sums.proceeds,
        "costDisposedLamports": sums.cost_disposed,
        "openCostLamports": sums.open_cost,
        "claimed": sum(lot.quantity for lot in sums.claims),
        "claimedCostLamports": sum(lot.cost for lot in sums.claims),
        "unverifiedQuantity": sums.unverified_quantity,
        "unverifiedProceedsLamports": sums.unverified_proceeds,
    }


def _sum(rows: list[dict[str, int]]) -> dict[str, int]:
    names = ("realizedPnlLamports", "proceedsLamports", "openCostLamports", "unverifiedProceedsLamports")
    return {name: sum(row[name] for row in rows) for name in names}
