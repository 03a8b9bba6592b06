"""``walletjobs audit``, ``export`` and ``compare``: what figures are made of, from files, without a server."""

import argparse
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walletjobs.commands.reading import (
    add_method,
    add_window,
    entries_of,
    reading_command,
    transactions_of,
)

if TYPE_CHECKING:
    from walletjobs.core.entries import Entry
    from walletjobs.core.evidence import Evidence, Period


@dataclass(frozen=True, slots=True)
class _Found:
    """What the files hold of a wallet."""

    entries: "list[Entry]"  # oldest first
    evidence: "list[Evidence]"  # of every token


def add(subparsers: Any) -> None:
    """Register the commands."""
    audit = reading_command(subparsers, "audit", "what a figure is made of, down to signatures")
    audit.add_argument("--figure", required=True, help="such as realizedPnl; a wrong one names them all")
    audit.add_argument("--mint", metavar="M", help="of this token; without it: of the whole wallet")
    add_method(audit)
    add_window(audit)
    audit.set_defaults(run=run_audit, refuse=audit.error)
    export = reading_command(subparsers, "export", "ledger, trades or lots as rows")
    export.add_argument("--what", default="trades", choices=("ledger", "trades", "lots"))
    export.add_argument("--format", default="csv", choices=("csv", "json"))
    add_method(export)
    export.set_defaults(run=run_export)
    compare = reading_command(subparsers, "compare", "sales whose result is not the same by every method")
    compare.add_argument("--most", default=20, type=int, metavar="N", help="the N widest apart (20)")
    compare.set_defaults(run=run_compare)


def run_audit(args: argparse.Namespace) -> int:
    """Print one figure's formula and parts."""
    from walletjobs.core.audit import FIGURES
    from walletjobs.core.walletaudit import WALLET_FIGURES

    known = list(FIGURES if args.mint else WALLET_FIGURES)
    if args.figure not in known:
        args.refuse(f"argument --figure: there is no formula of {args.figure!r}; one of {', '.join(known)}")
    found = _found(args)
    period = _period(args, found)
    audit = _token_audit(args, found, period) if args.mint else _wallet_audit(args, found, period)
    print(json.dumps(audit) if args.json else _audit_text(audit))
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Print the rows."""
    from walletjobs.services import exports

    found = _found(args)
    rows = {
        "ledger": lambda: exports.ledger_rows(found.entries),
        "trades": lambda: exports.trade_rows(found.evidence, args.method),
        "lots": lambda: exports.lot_rows(found.evidence, args.method),
    }[args.what]()
    as_json = args.json or args.format == "json"
    write = exports.json_lines if as_json else exports.csv_lines
    for text in write(exports.COLUMNS[args.what], rows):
        sys.stdout.write(text)
    return 0


def run_compare(args: argparse.Namespace) -> int:
    """Print what each method makes of the wallet, and the sales it is about."""
    from walletjobs.core.audit import sum_of
    from walletjobs.core.comparison import comparison_of
    from walletjobs.core.lots import METHODS
    from walletjobs.services.comparisons import comparison_json

    found = _found(args, list(METHODS))
    totals = {
        method: sum(sum_of(each, "realizedPnl", method) for each in found.evidence) for method in METHODS
    }
    comparison = comparison_json(comparison_of(found.evidence, args.most), totals)
    print(json.dumps(comparison) if args.json else _comparison_text(comparison))
    return 0


def _found(args: argparse.Namespace, methods: list[str] | None = None) -> _Found:
    from walletjobs.core.book import Book
    from walletjobs.core.evidence import Note, Notes, evidence_of
    from walletjobs.core.legs import legs_of
    from walletjobs.core.rules import Rules

    books = {method: Book(args.wallet, Rules(method)) for method in methods or [args.method]}
    first, *others = books.values()
    notes, entries = Notes(books.values()), []
    found: dict[str, list[Note]] = {}
    for entry in entries_of(args, first, transactions_of(args)):
        legs = legs_of(entry)
        for book in others:
            book.add(entry, legs=legs)
        for mint, note in notes.take(entry, legs):
            found.setdefault(mint, []).append(note)
        entries.append(entry)
    evidence = []
    for mint, noted in found.items():
        standings = {method: book.positions[mint].standing() for method, book in books.items()}
        evidence.append(evidence_of(mint, first.positions[mint].decimals, noted, standings))
    return _Found(entries, evidence)


def _period(args: argparse.Namespace, found: _Found) -> "Period":
    from walletjobs.core.evidence import ALWAYS, Period

    if args.window is None or not found.entries:
        return ALWAYS
    return Period(max(entry.block_time for entry in found.entries) - args.window)


def _token_audit(args: argparse.Namespace, found: _Found, period: "Period") -> dict[str, Any]:
    from walletjobs.core.audit import audit_of, missing_of
    from walletjobs.errors import InvalidData
    from walletjobs.services.audits import token_audit_json

    evidence = next((each for each in found.evidence if each.mint == args.mint), None)
    if evidence is None:
        raise InvalidData(f"The wallet never moved {args.mint}")
    audit = audit_of(evidence, args.figure, args.method, period)
    return token_audit_json(evidence, audit, missing_of(evidence, args.method, period))


def _wallet_audit(args: argparse.Namespace, found: _Found, period: "Period") -> dict[str, Any]:
    from walletjobs.core.walletaudit import Sources, wallet_audit_of
    from walletjobs.services.audits import wallet_audit_json

    sources = Sources(found.evidence, found.entries, args.method, period)
    return wallet_audit_json(wallet_audit_of(sources, args.figure))


def _audit_text(audit: dict[str, Any]) -> str:
    total = audit["total"] if audit["totalText"] is None else audit["totalText"]
    lines = [f"{audit['figure']}  {'n/a' if total is None else total}", audit["formula"], ""]
    lines += [f"  {term['amountText']:>24}  {term['figure']}" for term in audit.get("terms", ())]
    for part in audit.get("parts") or audit.get("lines", ()):
        lot = part.get("lot")
        where = [part.get("mint"), part["signature"], f"lot {lot['signature']}" if lot else None]
        lines.append(f"  {part['amountText']:>24}  {'  '.join(each for each in where if each)}")
    return "\n".join(lines)


def _comparison_text(comparison: dict[str, Any]) -> str:
    methods = comparison["methods"]
    lines = [f"realized by {method:<8} {each['realizedPnlSol']:>20} SOL" for method, each in methods.items()]
    lines += [f"{comparison['count']} sales differ, the widest apart:", ""]
    for sale in comparison["sales"]:
        results = "  ".join(f"{method} {text}" for method, text in sale["realizedPnlSol"].items())
        lines.append(f"  {sale['signature']}  {sale['mint']}  {results}")
    return "\n".join(lines)
