"""Which of a wallet's tokens are listed, and in what order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.sql import SQL, Composed

#: What a list of tokens may be sorted by → what that is in a row.
SORTS: Mapping[str, SQL] = {
    "realizedPnl": SQL("result.realized_pnl"),
    "roi": SQL("result.roi"),
    "cost": SQL("result.cost"),
    "proceeds": SQL("result.proceeds"),
    "openCost": SQL("result.open_cost"),
    "unverifiedProceeds": SQL("result.unverified_proceeds"),
    "held": SQL("result.held / 10::numeric ^ result.decimals"),
    "buys": SQL("result.buys"),
    "sells": SQL("result.sells"),
    "trades": SQL("result.buys + result.sells"),
    "firstTrade": SQL("result.first_trade"),
    "lastTrade": SQL("result.last_trade"),
}

#: Amounts of lamports that sum to the wallet's → what each is in a row.
AMOUNTS: Mapping[str, SQL] = {
    **{name: SORTS[name] for name in ("realizedPnl", "cost", "proceeds", "openCost", "unverifiedProceeds")},
    "costDisposed": SQL("(result.figures ->> 'costDisposedLamports')::numeric"),
}


@dataclass(frozen=True, slots=True)
class TokenFilter:
    """Which token results, and in what order."""

    method: str = "fifo"
    mode: str = "strict"
    window: str = "all"
    scope: str = "all"
    sort: str = "realizedPnl"
    descending: bool = True
    search: str = ""  # part of a name or symbol, or the beginning of a mint
    holding: bool | None = None
    unverified: bool | None = None  # True: more was sold than is known to have been acquired
    profit: bool | None = None  # True: realized above zero, False: below
    min_trades: int = 0
    limit: int = 50
    offset: int = 0


def where_of(wallet_id: int, wanted: TokenFilter) -> tuple[Composed, dict[str, Any]]:
    """The condition on ``token_result result`` joined with ``token``, and its values."""
    parts = [
        SQL("result.wallet_id = %(wallet_id)s AND result.method = %(method)s AND result.scope = %(scope)s"),
        SQL("result.mode = %(mode)s AND result.time_window = %(window)s"),
        SQL("result.buys + result.sells >= %(min_trades)s"),
    ]
    if wanted.holding is not None:
        parts.append(SQL("(result.held > 0) = %(holding)s"))
    if wanted.unverified is not None:
        parts.append(SQL("(result.unverified_quantity > 0) = %(unverified)s"))
    if wanted.profit is not None:
        parts.append(SQL("result.realized_pnl > 0") if wanted.profit else SQL("result.realized_pnl < 0"))
    if wanted.search:
        parts.append(
            SQL("(result.mint LIKE %(prefix)s OR token.symbol ILIKE %(part)s OR token.name ILIKE %(part)s)")
        )
    text = wanted.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {
        "wallet_id": wallet_id,
        "method": wanted.method,
        "mode": wanted.mode,
        "window": wanted.window,
        "scope": wanted.scope,
        "min_trades": wanted.min_trades,
        "holding": wanted.holding,
        "unverified": wanted.unverified,
        "prefix": text + "%",
        "part": f"%{text}%",
        "limit": wanted.limit,
        "offset": wanted.offset,
    }
    return SQL(" AND ").join(parts), values
