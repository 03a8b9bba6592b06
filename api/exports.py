"""Ledger, trades and lots of a wallet as files, row by row: no export waits for its last row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection

from api.known import known_wallet
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.ledger import LedgerRepository
from walletjobs.services.exports import COLUMNS, Row, csv_lines, json_lines, ledger_rows, lot_rows, trade_rows

Writer = Callable[[Sequence[str], Iterable[Row]], Iterator[str]]
#: Writer and media type by the ending of the path.
FORMATS: Mapping[str, tuple[Writer, str]] = {
    "csv": (csv_lines, "text/csv; charset=utf-8"),
    "json": (json_lines, "application/json"),
}


def exported(address: str, query: Mapping[str, Any], ending: str) -> Iterator[str]:
    """The file in pieces; its reading keeps one moment of the database until the last one.

    Raises: InvalidAddress, UnknownWallet at the first piece.
    """
    what, (write, _) = query["what"], FORMATS[ending]
    with known_wallet(address) as (connection, found):
        yield from write(COLUMNS[what], _rows(connection, found.id, what, query["method"]))


def _rows(connection: Connection[Any], wallet_id: int, what: str, method: str) -> Iterator[Row]:
    if what == "ledger":
        return ledger_rows(LedgerRepository(connection).stream(wallet_id))
    evidence = EvidenceRepository(connection).stream(wallet_id)
    return (trade_rows if what == "trades" else lot_rows)(evidence, method)
