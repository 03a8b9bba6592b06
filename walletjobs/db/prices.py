"""The SOL/USD series as it is stored: found once, kept for ever, so that figures stay."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from psycopg import Connection

from walletjobs.core.series import DAY, HOUR, MINUTE, OWN_LEG, Bar

_COLUMNS = b" starts_at, resolution, price_micro_usd, source "


class PriceRepository:
    """Reads and writes prices of SOL on a connection that the caller opens and closes; they belong to no wallet.

    Rows are written in the order of their times, so that two writers cannot wait for each other in a circle.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def store(self, bars: Collection[Bar], *, replace: bool = False) -> int:
        """Save bars; what is known already stays, unless ``replace`` is said, and returns how many were saved.

        What came from own conversions gives way to a market, not the other way round. Minutes and hours stand
        side by side: neither replaces the other.
        """
        rows = sorted(bars, key=lambda bar: (bar.start, bar.resolution))
        return self._connection.execute(
            """
            INSERT INTO sol_price (starts_at, resolution, price_micro_usd, source)
            SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::text[])
            ON CONFLICT (starts_at, resolution) DO UPDATE
               SET price_micro_usd = excluded.price_micro_usd, source = excluded.source, found_at = now()
             WHERE %s OR (sol_price.source = %s AND excluded.source <> %s)
            """,
            [
                [bar.start for bar in rows],
                [bar.resolution for bar in rows],
                [bar.price for bar in rows],
                [bar.source for bar in rows],
                replace,
                OWN_LEG,
                OWN_LEG,
            ],
        ).rowcount

    def of_times(self, times: Collection[int]) -> list[Bar]:
        """The bars of the minutes and of the hours that hold these times. Units: unix seconds."""
        starts = {time - time % MINUTE for time in times} | {time - time % HOUR for time in times}
        query = b"SELECT" + _COLUMNS + b"FROM sol_price WHERE starts_at = ANY(%s)"
        return [Bar(*row) for row in self._connection.execute(query, [sorted(starts)], binary=True)]

    def all(self) -> Iterator[Bar]:
        """Every bar, oldest first, the hours before the minutes, a few thousand at a time."""
        query = b"SELECT" + _COLUMNS + b"FROM sol_price ORDER BY starts_at, resolution DESC"
        with self._connection.transaction(), self._connection.cursor("sol_prices") as cursor:
            cursor.itersize = 5_000
            for row in cursor.execute(query):
                yield Bar(*row)

    def around(self, times: Collection[int]) -> dict[int, Sequence[int]]:
        """The market's last price before and its next one after each time, no more than a day away.

        Units: unix seconds; millionths of a USD for one SOL.
        """
        rows = self._connection.execute(
            """
            SELECT time, before.price_micro_usd, after.price_micro_usd
              FROM unnest(%(times)s::bigint[]) AS asked (time)
              LEFT JOIN LATERAL (
                    SELECT price_micro_usd FROM sol_price
                     WHERE starts_at BETWEEN time - %(day)s AND time AND source <> %(own)s
                     ORDER BY starts_at DESC, resolution LIMIT 1) AS before ON true
              LEFT JOIN LATERAL (
                    SELECT price_micro_usd FROM sol_price
                     WHERE starts_at BETWEEN time AND time + %(day)s AND source <> %(own)s
                     ORDER BY starts_at, resolution LIMIT 1) AS after ON true
            """,
            {"times": sorted(times), "day": DAY, "own": OWN_LEG},
        )
        return {time: [price for price in known if price is not None] for time, *known in rows}
