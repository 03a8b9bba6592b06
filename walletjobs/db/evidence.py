"""The evidence of a wallet's tokens as an analysis left it: segments of notes, and where each token stands."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from psycopg import Connection

from walletjobs.core.evidence import Evidence, Note, Period, evidence_of
from walletjobs.core.state import TokenState
from walletjobs.db.drafts import SEGMENT, Segment, Span, notes_in
from walletjobs.db.pages import pack, unpack

_STATE = msgspec.json.Decoder(TokenState)
_ROWS_A_TRIP = 200


class EvidenceRepository:
    """Reads and writes evidence on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def clear(self, wallet_id: int) -> None:
        """Forget everything of the wallet; call it inside ``fenced``."""
        self._connection.execute("DELETE FROM token_segment WHERE wallet_id = %s", [wallet_id])
        self._connection.execute("DELETE FROM token_state WHERE wallet_id = %s", [wallet_id])

    def store(
        self, wallet_id: int, segments: Iterable[Segment], states: Iterable[tuple[str, TokenState]]
    ) -> None:
        """Add segments and states of tokens that have none there; call it inside ``fenced``."""
        copy = "COPY token_segment (wallet_id, mint, place, events, first_time, last_time, body) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
            for each in segments:
                span = each.span
                times = (span.first_time, span.last_time)
                rows.write_row((wallet_id, each.mint, span.place, span.lines, *times, each.body))
        copy = "COPY token_state (wallet_id, mint, body) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
            for mint, state in states:
                rows.write_row((wallet_id, mint, pack([msgspec.json.encode(state)])))

    def remove(self, wallet_id: int, states: Collection[str], segments: Iterable[Segment]) -> None:
        """Forget some tokens' states, and segments, to store others in their places; call it inside ``fenced``."""
        self._connection.execute(
            "DELETE FROM token_state WHERE wallet_id = %s AND mint = ANY(%s)", [wallet_id, list(states)]
        )
        gone = [(segment.mint, segment.span.place) for segment in segments]
        self._connection.execute(
            """
            DELETE FROM token_segment
             WHERE wallet_id = %s AND (mint, place) IN (SELECT * FROM unnest(%s::text[], %s::integer[]))
            """,
            [wallet_id, [mint for mint, _ in gone], [place for _, place in gone]],
        )

    def segments(self, wallet_id: int, mints: Collection[str]) -> list[Segment]:
        """All segments of some tokens, by mint, oldest first."""
        rows = self._connection.execute(
            """
            SELECT mint, place, events, first_time, last_time, body FROM token_segment
             WHERE wallet_id = %s AND mint = ANY(%s) ORDER BY mint, place
            """,
            [wallet_id, list(mints)],
            binary=True,
        )
        return [Segment(mint, Span(*span), body) for mint, *span, body in rows]

    def of_token(self, wallet_id: int, mint: str) -> Evidence | None:
        """Everything that one token's figures are made of; null for a token that never moved."""
        state = self.states(wallet_id, [mint]).get(mint)
        rows = self._connection.execute(
            "SELECT body FROM token_segment WHERE wallet_id = %s AND mint = %s ORDER BY place",
            [wallet_id, mint],
            binary=True,
        )
        notes = [note for (body,) in rows for note in notes_in(body)]
        return None if state is None else _evidence(mint, state, notes, 0)

    def stream(self, wallet_id: int, period: Period | None = None) -> Iterator[Evidence]:
        """The evidence of each token that moved in a period, by mint: all of it, or what reaches into the period.

        Evidence of a period begins with its first segment there, and tells of all that is held. Read it inside a
        transaction, and to its end.
        """
        query = """
            WITH touched AS MATERIALIZED (
                SELECT mint, min(place) AS first, max(place) AS last FROM token_segment
                 WHERE wallet_id = %(wallet)s AND last_time >= %(start)s AND first_time < %(end)s
                 GROUP BY mint)
            SELECT segment.mint, segment.place, segment.body, state.body
              FROM touched
              JOIN token_segment segment ON segment.wallet_id = %(wallet)s AND segment.mint = touched.mint
                   AND segment.place BETWEEN touched.first AND touched.last
              JOIN token_state state ON state.wallet_id = %(wallet)s AND state.mint = touched.mint
             ORDER BY segment.mint, segment.place
            """
        start, end = (period.start, min(period.end, 2**63 - 1)) if period else (-(2**63), 2**63 - 1)
        with self._connection.cursor("evidence") as cursor:
            cursor.itersize = _ROWS_A_TRIP
            cursor.execute(query, {"wallet": wallet_id, "start": start, "end": end}, binary=True)
            for mint, rows in groupby(cursor, itemgetter(0)):
                (_, first, body, state), *others = rows
                bodies = [body, *(row[2] for row in others)]
                notes = [note for each in bodies for note in notes_in(each)]
                yield _evidence(mint, _STATE.decode(unpack(state)), notes, first)

    def states(self, wallet_id: int, mints: Collection[str]) -> dict[str, TokenState]:
        """Where some tokens stand; those that never moved are left out."""
        rows = self._connection.execute(
            "SELECT mint, body FROM token_state WHERE wallet_id = %s AND mint = ANY(%s)",
            [wallet_id, list(mints)],
            binary=True,
        )
        return {mint: _STATE.decode(unpack(body)) for mint, body in rows}

    def open_segments(self, wallet_id: int, events: Mapping[str, int]) -> list[Segment]:
        """The last segment of each token, where it is not full; ``events``: how many each token has."""
        starts = {mint: count - count % SEGMENT for mint, count in events.items() if count % SEGMENT}
        rows = self._connection.execute(
            """
            SELECT mint, place, events, first_time, last_time, body
              FROM token_segment
              JOIN unnest(%s::text[], %s::integer[]) AS wanted (mint, place) USING (mint, place)
             WHERE wallet_id = %s
            """,
            [list(starts), list(starts.values()), wallet_id],
            binary=True,
        )
        return [Segment(mint, Span(*span), body) for mint, *span, body in rows]


def _evidence(mint: str, state: TokenState, notes: list[Note], first: int) -> Evidence:
    return evidence_of(mint, state.decimals, notes, state.standings, first)
