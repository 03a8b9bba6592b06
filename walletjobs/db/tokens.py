"""What providers say of tokens, cached with its age; it belongs to no wallet."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from walletjobs.core.token import Market, Metadata


@dataclass(frozen=True, slots=True)
class Token:
    """All that is known of a token, from all sources."""

    mint: str
    symbol: str | None
    name: str | None
    image_url: str | None
    decimals: int | None
    price_usd: Decimal | None  # US dollars a whole token
    price_source: str | None
    price_at: datetime | None
    liquidity_usd: Decimal | None
    metadata_source: str | None
    metadata_at: datetime | None  # when it was last asked for, found or not
    market_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ages:
    """How old an answer may be, found or not, before it is asked for again."""

    metadata: timedelta = timedelta(days=7)
    market: timedelta = timedelta(minutes=10)
    price: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Due:
    """The mints to ask for, by kind of answer, in the order in which they were given."""

    metadata: list[str]
    market: list[str]
    price: list[str]


class TokenRepository:
    """Reads and writes tokens on a connection that the caller opens and closes.

    Rows are written in the order of their mints, so that two writers cannot wait for each other in a circle.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def find(self, mints: Collection[str]) -> dict[str, Token]:
        """Those of the mints that we know something of."""
        with self._connection.cursor(row_factory=class_row(Token)) as cursor:
            rows = cursor.execute(
                """
                SELECT mint, symbol, name, image_url, decimals, price_usd, price_source, price_at,
                       liquidity_usd, metadata_source, metadata_asked_at AS metadata_at,
                       market_asked_at AS market_at
                  FROM token
                 WHERE mint = ANY(%s)
                """,
                [list(mints)],
            )
            return {token.mint: token for token in rows}

    def due(self, mints: Sequence[str], ages: Ages) -> Due:
        """Which mints are unknown or too old, by the database's clock."""
        rows = self._connection.execute(
            """
            SELECT mint,
                   coalesce(metadata_asked_at < now() - %s, true),
                   coalesce(market_asked_at < now() - %s, true),
                   coalesce(price_asked_at < now() - %s, true)
              FROM unnest(%s::text[]) WITH ORDINALITY AS asked (mint, place)
              LEFT JOIN token USING (mint)
             ORDER BY place
            """,
            [ages.metadata, ages.market, ages.price, list(dict.fromkeys(mints))],
        ).fetchall()
        metadata, market, price = ([row[0] for row in rows if row[kind]] for kind in (1, 2, 3))
        return Due(metadata, market, price)

    def store_metadata(self, source: str, answers: Mapping[str, Metadata | None]) -> None:
        """Save what a metadata source answered; what it does not say stays as it was."""
        found = [answer for answer in answers.values() if answer]
        with self._connection.transaction():
            self._mark_asked("metadata_asked_at", answers)
            self._connection.execute(
                """
                UPDATE token
                   SET symbol = coalesce(said.symbol, token.symbol),
                       name = coalesce(said.name, token.name),
                       image_url = coalesce(said.image_url, token.image_url),
                       decimals = coalesce(said.decimals, token.decimals),
                       metadata_source = %s
                  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[])
                       AS said (mint, symbol, name, image_url, decimals)
                 WHERE token.mint = said.mint
                """,
                [source, *_names(found), [answer.decimals for answer in found]],
            )

    def store_markets(self, source: str, answers: Mapping[str, Market | None]) -> None:
        """Save what a market source answered; its names only fill what has none."""
        found = [answer for answer in answers.values() if answer]
        with self._connection.transaction():
            self._mark_asked("market_asked_at", answers)
            self._connection.execute(
                """
                UPDATE token
                   SET symbol = coalesce(token.symbol, said.symbol),
                       name = coalesce(token.name, said.name),
                       image_url = coalesce(token.image_url, said.image_url),
                       metadata_source = coalesce(token.metadata_source, %s),
                       liquidity_usd = said.liquidity_usd
                  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::numeric[])
                       AS said (mint, symbol, name, image_url, liquidity_usd)
                 WHERE token.mint = said.mint
                """,
                [source, *_names([answer.metadata for answer in found]), [a.liquidity_usd for a in found]],
            )
            self._set_prices(
                source, {mint: said.price_usd if said else None for mint, said in answers.items()}
            )

    def store_prices(self, source: str, answers: Mapping[str, Decimal | None]) -> None:
        """Save what a price source answered; where it has no price, only its own old one goes.

        Units: US dollars a whole token.
        """
        with self._connection.transaction():
            self._mark_asked("price_asked_at", answers)
            self._set_prices(source, answers)

    def _mark_asked(self, column: str, mints: Collection[str]) -> None:
        """Make the rows that are missing and lock them all."""
        self._connection.execute(
            SQL(
                """
                INSERT INTO token (mint, {column}) SELECT unnest(%s::text[]), now()
                ON CONFLICT (mint) DO UPDATE SET {column} = now()
                """
            ).format(column=Identifier(column)),
            [sorted(mints)],
        )

    def _set_prices(self, source: str, prices: Mapping[str, Decimal | None]) -> None:
        found = {mint: price for mint, price in prices.items() if price is not None}
        self._connection.execute(
            """
            UPDATE token SET price_usd = said.price, price_source = %s, price_at = now()
              FROM unnest(%s::text[], %s::numeric[]) AS said (mint, price)
             WHERE token.mint = said.mint
            """,
            [source, list(found), list(found.values())],
        )
        self._connection.execute(
            """
            UPDATE token SET price_usd = NULL, price_source = NULL, price_at = NULL
             WHERE mint = ANY(%s) AND price_source = %s
            """,
            [[mint for mint in prices if mint not in found], source],
        )


def _names(
    said: Sequence[Metadata],
) -> tuple[list[str], list[str | None], list[str | None], list[str | None]]:
    return (
        [answer.mint for answer in said],
        [answer.symbol for answer in said],
        [answer.name for answer in said],
        [answer.image_url for answer in said],
    )
