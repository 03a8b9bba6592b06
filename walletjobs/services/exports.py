"""Ledger, trades and lots as flat rows, for spreadsheets and for programs.

A row is a mapping of the columns named here; CSV and JSON give the same. Amounts are whole lamports or base units;
``…Sol`` and ``quantity`` are exact decimals; times are unix seconds.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from walletjobs.core.entries import Components, Entry
from walletjobs.core.evidence import Disposal, Event, Evidence
from walletjobs.core.legs import Role
from walletjobs.core.tally import Fate
from walletjobs.core.units import decimal_text, sol_text, usd_text
from walletjobs.services.present import ledger_line

Row = Mapping[str, Any]

_COMPONENTS = tuple(Components.__struct_fields__)
LEDGER = (
    "signature", "slot", "blockTime", "kind", "solDeltaLamports", *_COMPONENTS, "rentLockedLamports",
    "tokens", "valueLamports", "valueSource", "solPriceUsd", "flags", "label", "venue",
)  # fmt: skip
TRADES = (
    "mint", "side", "signature", "slot", "blockTime", "quantityBaseUnits", "quantity", "amountLamports",
    "amountSol", "amountUsd", "networkFeeLamports", "tipLamports", "platformFeeLamports",
    "rentForOthersLamports", "costLamports", "realizedPnlLamports", "unverifiedBaseUnits",
)  # fmt: skip
LOTS = (
    "mint", "fate", "acquiredSignature", "acquiredSlot", "acquiredTime", "disposedSignature", "disposedSlot",
    "disposedTime", "quantityBaseUnits", "quantity", "costLamports", "costSol", "costUsd", "proceedsLamports",
    "proceedsSol", "proceedsUsd", "realizedPnlLamports",
)  # fmt: skip
#: What has an amount of its own: a redemption ends a claim for SOL or stablecoins.
_TRADES = frozenset({Role.BUY, Role.SELL, Role.REDEEM})
#: Columns by what is exported.
COLUMNS: Mapping[str, Sequence[str]] = {"ledger": LEDGER, "trades": TRADES, "lots": LOTS}


def ledger_rows(entries: Iterable[Entry]) -> Iterator[Row]:
    """One row a transaction, in the order given; its components have a column each."""
    for entry in entries:
        line = ledger_line(entry)
        yield {**line, **line.pop("components")}


def trade_rows(evidence: Iterable[Evidence], method: str) -> Iterator[Row]:
    """One row a buy, sell or redemption, token by token, oldest first, with the result that the method gives it."""
    for each in evidence:
        parts: dict[int, list[Disposal]] = {}
        for disposal in each.proofs[method].disposals:
            parts.setdefault(disposal.event, []).append(disposal)
        for place, event in enumerate(each.events):
            if event.role in _TRADES:
                yield _trade(each, event, parts.get(place, []))


def lot_rows(evidence: Iterable[Evidence], method: str) -> Iterator[Row]:
    """One row for each part of a disposal with the lot it came from, then what of each is held or lies in claims."""
    for each in evidence:
        proof, events = each.proofs[method], each.events
        for part in proof.disposals:
            lot = None if part.lot is None else events[part.lot]
            proceeds = (part.proceeds, part.proceeds_usd)
            yield _lot(
                each,
                (part.fate.name.lower(), lot, events[part.event]),
                (part.quantity, part.cost, part.cost_usd),
                proceeds,
            )
        for fate, lots in (("held", proof.lots), ("in claim", proof.claims)):
            for left in lots:
                held = (left.quantity, left.cost, left.cost_usd)
                yield _lot(each, (fate, events[left.lot], None), held, (None, None))


def csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The rows as CSV (RFC 4180), the names of the columns first; lists and objects are JSON."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
        if line.tell() > 1 << 16:
            yield _taken(line)
    yield _taken(line)


def json_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The rows as one JSON list, a row a line."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps({name: row[name] for name in columns})
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def _trade(evidence: Evidence, event: Event, parts: Sequence[Disposal]) -> Row:
    realized = [part for part in parts if part.fate is Fate.REALIZED]
    unverified = [part for part in parts if part.fate is Fate.UNVERIFIED]
    sold = event.role is not Role.BUY
    return {
        "mint": evidence.mint,
        "side": event.role.name.lower(),
        "signature": event.signature,
        "slot": event.slot,
        "blockTime": event.at,
        "quantityBaseUnits": str(event.quantity),
        "quantity": decimal_text(event.quantity, evidence.decimals),
        "amountLamports": event.amount,
        "amountSol": _sol(event.amount),
        "amountUsd": _usd(event.amount_usd),
        "networkFeeLamports": event.network_fee,
        "tipLamports": event.tip,
        "platformFeeLamports": event.platform_fee,
        "rentForOthersLamports": event.rent,
        "costLamports": sum(part.cost for part in realized) if sold else event.amount,
        "realizedPnlLamports": sum((part.proceeds or 0) - part.cost for part in realized) if sold else None,
        "unverifiedBaseUnits": str(sum(part.quantity for part in unverified)) if sold else None,
    }


def _lot(
    evidence: Evidence,
    story: tuple[str, Event | None, Event | None],
    held: tuple[int, int, int | None],
    proceeds: tuple[int | None, int | None],
) -> Row:
    (fate, lot, disposal), (quantity, cost, cost_usd) = story, held
    realized = fate == "realized" and proceeds[0] is not None
    return {
        "mint": evidence.mint,
        "fate": fate,
        **_placed("acquired", lot),
        **_placed("disposed", disposal),
        "quantityBaseUnits": str(quantity),
        "quantity": decimal_text(quantity, evidence.decimals),
        "costLamports": cost,
        "costSol": sol_text(cost),
        "costUsd": _usd(cost_usd),
        "proceedsLamports": proceeds[0],
        "proceedsSol": _sol(proceeds[0]),
        "proceedsUsd": _usd(proceeds[1]),
        "realizedPnlLamports": (proceeds[0] or 0) - cost if realized else None,
    }


def _placed(name: str, event: Event | None) -> Row:
    where = (None, None, None) if event is None else (event.signature, event.slot, event.at)
    return dict(zip((f"{name}Signature", f"{name}Slot", f"{name}Time"), where, strict=True))


def _sol(lamports: int | None) -> str | None:
    return None if lamports is None else sol_text(lamports)


def _usd(amount: int | None) -> str | None:
    return None if amount is None else usd_text(amount)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def _taken(line: io.StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text
