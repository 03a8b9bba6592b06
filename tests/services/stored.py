"""Invented histories stored as a sync stores them, and everything that an analysis leaves of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from walletjobs.core.history import Page, Row, grow
from walletjobs.db.drafts import entries_in, notes_in
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.fence import Fence
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.pages import unpack
from walletjobs.db.transactions import TransactionRepository
from walletjobs.dev.generate import Inventor, Plan, shares_of

TRAPS = shares_of("all=0.5")
A_PAGE = 20  # transactions


class _Signed(msgspec.Struct, frozen=True):
    signatures: list[str] = []


class _Head(msgspec.Struct, rename={"block_time": "blockTime"}):
    slot: int
    signature: str = ""
    timestamp: int = 0
    transaction: _Signed = _Signed()
    block_time: int | None = None  # of a node's answer


def invented(count: int, seed: int = 0, wallet: str = "", **more: Any) -> tuple[str, list[bytes]]:
    """A wallet's address and its transactions with all traps, oldest first."""
    inventor = Inventor(Plan(count, seed, wallet=wallet, **{"traps": TRAPS, "mints": 6, **more}))
    return inventor.world.wallet, [raw for raw, _ in inventor.history()]


def store(connection: Connection[Any], fence: Fence, lines: Sequence[bytes]) -> None:
    """Store transactions, given oldest first, as pages of a listing that is newest first."""
    repository = TransactionRepository(connection)
    rows = [_row(line) for line in reversed(lines)]
    for start in range(0, len(rows), A_PAGE):
        page = rows[start : start + A_PAGE]
        ranges = repository.ranges(fence.wallet_id)
        walked, others = (ranges[0], ranges[1:]) if start else (None, ranges)
        form = "enhanced" if b'"feePayer"' in page[0].raw else "rpc"
        repository.add_page(fence, Page(tuple(page), form), grow(page, walked, others))


def _row(line: bytes) -> Row:
    head = msgspec.json.decode(line, type=_Head)
    signature = head.signature or head.transaction.signatures[0]
    return Row(signature, head.slot, head.block_time or head.timestamp, line)


def everything(connection: Connection[Any], wallet_id: int) -> dict[str, Any]:
    """All rows that analyses leave, without their times and without how they are cut into pages."""
    pages = list(LedgerRepository(connection).pages(wallet_id))
    assert [page.span.place for page in pages] == [
        sum(before.span.lines for before in pages[:place]) for place in range(len(pages))
    ]
    tables: dict[str, Any] = {
        "ledger": [entry for page in pages for entry in entries_in(page.body)],
        "notes": [
            (mint, note)
            for mint, body in connection.execute(
                "SELECT mint, body FROM token_segment WHERE wallet_id = %s ORDER BY mint, place", [wallet_id]
            )
            for note in notes_in(body)
        ],
    }
    for table in ("token_state", "wallet_state"):
        rows = connection.execute(f"SELECT * FROM {table} WHERE wallet_id = %s".encode(), [wallet_id])
        names = [column.name for column in rows.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        for row in found:
            row["body"] = msgspec.json.decode(unpack(row["body"]))
            row.pop("computed_at", None)
        tables[table] = sorted(found, key=lambda row: row.get("mint", ""))
    for table in (
        "pnl_result",
        "token_result",
        "behavior_result",
        "wallet_asset",
        "balance_break",
        "account_balance",
    ):
        rows = connection.execute(
            f"SELECT to_jsonb(row) - 'run_id' - 'computed_at' FROM {table} row WHERE wallet_id = %s".encode(),
            [wallet_id],
        )
        tables[table] = sorted(
            (row for (row,) in rows), key=lambda row: msgspec.json.encode(row, order="sorted")
        )
    tables["wallet_account"] = connection.execute(
        "SELECT account, role, slot FROM wallet_account WHERE wallet_id = %s ORDER BY 1, 2", [wallet_id]
    ).fetchall()
    return tables


def evidence(connection: Connection[Any], wallet_id: int) -> list[Any]:
    """The evidence of every token."""
    with connection.transaction():
        return list(EvidenceRepository(connection).stream(wallet_id))
