"""Results of analyses: figures as they are served, replaced as a whole, read as a whole."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from walletjobs.core.units import WRAPPED_SOL
from walletjobs.core.valuation import Holding
from walletjobs.db.tokenfilter import AMOUNTS, SORTS, TokenFilter, where_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one book: of the wallet, of each token, and the ground under them."""

    method: str
    mode: str
    run_id: str | None
    wallet: Json
    tokens: Iterable[Json]  # read once, as they are stored
    coverage: Json
    scope: str = "all"
    window: str = "all"


@dataclass(frozen=True, slots=True)
class StoredResult:
    """The wallet's figures as stored."""

    figures: Json
    coverage: Json
    run_id: str | None
    computed_at: datetime
    scope: str = "all"


@dataclass(frozen=True, slots=True)
class StoredBehavior:
    """The wallet's metrics as stored."""

    metrics: Json
    run_id: str | None
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token's figures with what providers say of it."""

    figures: Json
    symbol: str | None
    name: str | None
    image_url: str | None
    price_usd: Decimal | None
    price_at: datetime | None
    enriched: bool  # a provider has been asked for its name and has answered, found or not


_TOKEN_COLUMNS = (
    "wallet_id, scope, method, mode, time_window, mint, decimals, buys, sells, held, held_known, cost, proceeds, "
    "realized_pnl, open_cost, unverified_quantity, unverified_proceeds, first_trade, last_trade, figures"
)
_FORGET = (
    b"DELETE FROM token_result WHERE (wallet_id, scope, method, mode, time_window) = (%s, %s, %s, %s, %s)"
)


class ResultRepository:
    """Reads and writes results on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def store_pnl(
        self, wallet_id: int, results: Sequence[Result], changed: Collection[str] | None = None
    ) -> None:
        """Replace the wallet's figures of each result's scope, method, mode and window; call it inside ``fenced``.

        ``changed``: the results have these tokens alone, and the others stay as they are.
        """
        keys = [(wallet_id, each.scope, each.method, each.mode, each.window) for each in results]
        rows = [
            (*key, each.run_id, Jsonb(each.wallet), Jsonb(each.coverage))
            for key, each in zip(keys, results, strict=True)
        ]
        some, mints = (b"", ()) if changed is None else (b" AND mint = ANY(%s)", (list(changed),))
        copy = SQL("COPY token_result ({}) FROM STDIN").format(SQL(_TOKEN_COLUMNS))
        with self._connection.cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO pnl_result (wallet_id, scope, method, mode, time_window, run_id, figures, coverage)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (wallet_id, scope, method, mode, time_window) DO UPDATE
                   SET run_id = excluded.run_id, figures = excluded.figures, coverage = excluded.coverage,
                       computed_at = now()
                """,
                rows,
            )
            cursor.executemany(_FORGET + some, [key + mints for key in keys])
            with cursor.copy(copy) as lines:
                for key, result in zip(keys, results, strict=True):
                    for token in result.tokens:
                        lines.write_row((*key, *_columns(token)))

    def store_behavior(
        self, wallet_id: int, run_id: str, metrics: Json, scope: str = "all", window: str = "all"
    ) -> None:
        """Replace the wallet's metrics of this scope and window; call it inside ``fenced``."""
        self._connection.execute(
            """
            INSERT INTO behavior_result (wallet_id, scope, time_window, run_id, metrics)
            VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (wallet_id, scope, time_window) DO UPDATE
               SET run_id = excluded.run_id, metrics = excluded.metrics, computed_at = now()
            """,
            [wallet_id, scope, window, run_id, Jsonb(metrics)],
        )

    def pnl(
        self,
        wallet_id: int,
        method: str = "fifo",
        window: str = "all",
        mode: str = "strict",
        scope: str = "all",
    ) -> StoredResult | None:
        """The wallet's figures by a method, of a window, by a mode and of a scope, if they were ever computed."""
        with self._connection.cursor(row_factory=class_row(StoredResult)) as cursor:
            return cursor.execute(
                """
                SELECT figures, coverage, run_id, computed_at, scope FROM pnl_result
                 WHERE wallet_id = %s AND method = %s AND mode = %s AND time_window = %s AND scope = %s
                """,
                [wallet_id, method, mode, window, scope],
            ).fetchone()

    def realized_of(self, wallet_ids: list[int]) -> dict[int, int]:
        """Realized PnL in lamports by wallet, first in first out, of those that have one."""
        rows = self._connection.execute(
            """
            SELECT wallet_id, (figures ->> 'realizedPnlLamports')::bigint
              FROM pnl_result
             WHERE wallet_id = ANY(%s) AND method = 'fifo'
               AND scope = 'all' AND mode = 'strict' AND time_window = 'all'
            """,
            [wallet_ids],
        )
        return dict(rows.fetchall())

    def behavior(self, wallet_id: int, window: str = "all", scope: str = "all") -> StoredBehavior | None:
        """The wallet's metrics of a window and of a scope, if they were ever computed."""
        with self._connection.cursor(row_factory=class_row(StoredBehavior)) as cursor:
            return cursor.execute(
                """
                SELECT metrics, run_id, computed_at FROM behavior_result
                 WHERE wallet_id = %s AND scope = %s AND time_window = %s
                """,
                [wallet_id, scope, window],
            ).fetchone()

    def tokens(self, wallet_id: int, wanted: TokenFilter) -> tuple[list[TokenRow], int]:
        """One page of the wallet's tokens, and how many there are on all pages."""
        where, values = where_of(wallet_id, wanted)
        direction = SQL("DESC NULLS LAST" if wanted.descending else "ASC NULLS LAST")
        query = SQL(
            """
            WITH chosen AS (
                SELECT result.wallet_id, result.scope, result.method, result.mode, result.time_window, result.mint
                  FROM token_result result LEFT JOIN token USING (mint)
                 WHERE {where} ORDER BY {sort} {direction}, result.mint LIMIT %(limit)s OFFSET %(offset)s)
            SELECT result.figures, token.symbol, token.name, token.image_url, token.price_usd, token.price_at,
                   token.metadata_asked_at IS NOT NULL AS enriched
              FROM chosen
              JOIN token_result result USING (wallet_id, scope, method, mode, time_window, mint)
              LEFT JOIN token USING (mint)
             ORDER BY {sort} {direction}, result.mint
            """
        ).format(sort=SORTS[wanted.sort], direction=direction, where=where)
        count = SQL("SELECT count(*) FROM token_result result LEFT JOIN token USING (mint) WHERE {}").format(
            where
        )
        with self._connection.cursor(row_factory=class_row(TokenRow)) as cursor:
            rows = cursor.execute(query, values).fetchall()
        total = self._connection.execute(count, values).fetchone()
        return rows, int(total[0]) if total else 0

    def amounts(self, wallet_id: int, wanted: TokenFilter, figure: str) -> dict[str, int]:
        """A figure of each of the wallet's tokens, one of ``AMOUNTS``, by mint. Units: lamports."""
        where, values = where_of(wallet_id, wanted)
        query = SQL("SELECT result.mint, {} FROM token_result result WHERE {} ORDER BY result.mint").format(
            AMOUNTS[figure], where
        )
        return {mint: int(amount) for mint, amount in self._connection.execute(query, values)}

    def holdings(self, wallet_id: int, method: str = "fifo", scope: str = "all") -> list[Holding]:
        """What the wallet's lots of a scope still hold, with the newest price of each."""
        with self._connection.cursor(row_factory=class_row(Holding)) as cursor:
            return cursor.execute(
                """
                SELECT result.mint, result.decimals, result.held, result.held_known, result.open_cost,
                       token.price_usd
                  FROM token_result result LEFT JOIN token USING (mint)
                 WHERE result.wallet_id = %s AND result.method = %s AND result.held > 0
                   AND result.scope = %s AND result.mode = 'strict' AND result.time_window = 'all'
                """,
                [wallet_id, method, scope],
            ).fetchall()

    def prices_asked_at(self) -> str:
        """When prices of whatever token were last asked for: two readings that are alike saw the same prices."""
        row = self._connection.execute(
            "SELECT (SELECT max(price_asked_at) FROM token), (SELECT max(market_asked_at) FROM token)"
        ).fetchone()
        return "/".join(str(at.timestamp() if at else "") for at in row or ())

    def sol_price(self) -> tuple[Decimal, datetime] | None:
        """The newest price of SOL in USD, and when it was found."""
        query = "SELECT price_usd, price_at FROM token WHERE mint = %s AND price_usd IS NOT NULL"
        return self._connection.execute(query, [WRAPPED_SOL]).fetchone()


def _columns(token: Json) -> tuple[Any, ...]:
    return (
        token["mint"],
        token["decimals"],
        token["buys"],
        token["sells"],
        token["held"],
        token["heldKnown"],
        token["costLamports"],
        token["proceedsLamports"],
        token["realizedPnlLamports"],
        token["openCostLamports"],
        token["unverifiedQuantity"],
        token["unverifiedProceedsLamports"],
        token["firstTrade"],
        token["lastTrade"],
        Jsonb(token),
    )
