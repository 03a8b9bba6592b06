"""``walletjobs ledger``, ``pnl`` and ``behavior``: the exact core on files, without a server."""

import argparse
import gzip
import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from walletjobs.core.book import Book
    from walletjobs.core.coverage import History
    from walletjobs.core.entries import Entry
    from walletjobs.core.positions import Rules
    from walletjobs.core.transaction import Transaction
    from walletjobs.core.value import Prices

_WINDOW = re.compile(r"([1-9]\d{0,4})([hd])")
_UNITS = {"h": 3_600, "d": 86_400}  # seconds


def add(subparsers: Any) -> None:
    """Register the commands."""
    ledger = _parser(subparsers, "ledger", "every transaction of a wallet, explained to the lamport")
    ledger.set_defaults(run=run_ledger)
    pnl = _parser(subparsers, "pnl", "profit and loss of a wallet, per token and in total")
    _add_rules(pnl)
    pnl.set_defaults(run=run_pnl)
    behavior = _parser(subparsers, "behavior", "how a wallet trades")
    behavior.set_defaults(run=run_behavior)


def run_ledger(args: argparse.Namespace) -> int:
    """Print the ledger, oldest first."""
    from walletjobs.core.book import Book
    from walletjobs.services.present import ledger_line

    for entry in _entries(args, Book(args.wallet), _transactions(args)):
        line = ledger_line(entry)
        print(json.dumps(line) if args.json else _ledger_text(line))
    return 0


def run_pnl(args: argparse.Namespace) -> int:
    """Print the figures of one method and mode."""
    from walletjobs.core.positions import Rules
    from walletjobs.services.pnl import result_of

    transactions = list(_transactions(args))
    newest = max((transaction.block_time for transaction in transactions), default=0)
    start = None if args.window is None else newest - args.window
    book = _book(args, transactions, Rules(args.method, args.mode), start)
    result = result_of(book if start is None else book.window(start), _history(args))
    if args.json:
        print(json.dumps({"wallet": result.wallet, "tokens": result.tokens, "coverage": result.coverage}))
    else:
        _print_pnl(result.wallet, result.tokens, result.coverage)
    return 0


def run_behavior(args: argparse.Namespace) -> int:
    """Print the metrics; what is held is dated by the newest transaction."""
    from walletjobs.core.behavior import behavior_of
    from walletjobs.core.positions import Rules
    from walletjobs.services.present import behavior_json

    transactions = list(_transactions(args))
    book = _book(args, transactions, Rules())
    metrics = behavior_json(behavior_of(book, book.totals.last_time or 0))
    print(json.dumps(metrics) if args.json else _behavior_text(metrics))
    return 0


def _parser(subparsers: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=f"Prints {text}.")
    parser.add_argument(
        "--data",
        nargs="+",
        required=True,
        metavar="FILE",
        type=Path,
        help="JSON lines, plain or gzip, in Helius' enhanced form or as RPC results",
    )
    parser.add_argument("--wallet", required=True, metavar="W", type=_address, help="the wallet's address")
    parser.add_argument(
        "--prices",
        metavar="FILE.csv",
        type=Path,
        help="what SOL cost: columns time,price[,resolution], as `walletjobs prices import` takes them",
    )
    parser.add_argument("--json", action="store_true", help="JSON for programs instead of text for people")
    return parser


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", default="fifo", choices=("fifo", "lifo", "hifo", "average"))
    parser.add_argument("--mode", default="strict", choices=("strict", "raw"))
    parser.add_argument(
        "--window",
        default="all",
        type=_span,
        metavar="SPAN",
        help="such as 24h, 7d, 30d, 90d or all: the span before the newest transaction; lots see the whole history",
    )


def _address(text: str) -> str:
    from walletjobs.core.address import parse_address
    from walletjobs.errors import InvalidAddress

    try:
        return parse_address(text)
    except InvalidAddress as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _span(text: str) -> int | None:
    """The seconds of a window; null for the whole history."""
    if text == "all":
        return None
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}: use a span such as 24h, 7d or all")
    return int(match[1]) * _UNITS[match[2]]


def _book(
    args: argparse.Namespace, transactions: "list[Transaction]", rules: "Rules", start: int | None = None
) -> "Book":
    from walletjobs.core.book import Book

    book = Book(args.wallet, rules, [] if start is None else [start])
    for _ in _entries(args, book, transactions):
        pass
    return book


def _entries(
    args: argparse.Namespace, book: "Book", transactions: "Iterable[Transaction]"
) -> "Iterator[Entry]":
    """The book's entries as it takes in the transactions; one it cannot read to the end is named and counted."""
    from walletjobs.errors import InvalidData

    prices = _prices(args)
    for transaction in transactions:
        try:
            entry = book.read(transaction, prices)
        except InvalidData as error:
            args.unreadable += 1
            print(f"{transaction.signature}: {error}", file=sys.stderr)
            continue
        yield entry


def _history(args: argparse.Namespace) -> "History":
    from walletjobs.core.coverage import History

    return History(None, unreadable=args.unreadable)


def _prices(args: argparse.Namespace) -> "Prices":
    """What SOL cost by the user's file; without one nobody knows."""
    from walletjobs.core.series import Series
    from walletjobs.core.value import no_prices
    from walletjobs.providers.pricefiles import read_prices

    return Series(read_prices(args.prices)).at if args.prices else no_prices


def _transactions(args: argparse.Namespace) -> "Iterator[Transaction]":
    """What the files hold, each signature once, oldest first; inside a slot in the order of the files.

    A line that cannot be read is named on standard error and counted, and loses nothing else.
    """
    from walletjobs.errors import InvalidData
    from walletjobs.providers.files import read_line

    found: dict[str, Transaction] = {}
    args.unreadable = 0
    for path in args.data:
        for number, line in enumerate(_lines(path), 1):
            try:
                transaction = read_line(line)
            except InvalidData as error:
                args.unreadable += 1
                print(f"{path.name}, line {number}: {error}", file=sys.stderr)
                continue
            found.setdefault(transaction.signature, transaction)
    if args.unreadable and not found:
        raise InvalidData("no line of the data could be read")
    yield from _in_order(list(found.values()))


def _in_order(transactions: "list[Transaction]") -> "list[Transaction]":
    """Oldest first. Files list newest first or oldest first; which, the first and last slot tell."""
    if len(transactions) > 1 and transactions[0].slot > transactions[-1].slot:
        transactions.reverse()
    return sorted(transactions, key=lambda each: (each.slot, each.index if each.index is not None else 0))


def _lines(path: Path) -> Iterator[bytes]:
    from walletjobs.errors import InvalidData

    try:
        with _open(path) as file:
            yield from (line for line in file if line.strip())
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidData(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def _ledger_text(line: dict[str, Any]) -> str:
    from walletjobs.core.units import decimal_text, sol_text

    parts = ", ".join(f"{name} {sol_text(amount)}" for name, amount in line["components"].items() if amount)
    tokens = ", ".join(
        f"{decimal_text(int(token['delta']), token['decimals'])} {token['mint']}" for token in line["tokens"]
    )
    head = f"{line['slot']}  {line['signature'][:16]}…  {line['kind']:<10}  {sol_text(line['solDeltaLamports'])} SOL"
    return "  ".join(part for part in (head, f"({parts})" if parts else "", tokens) if part)


def _print_pnl(wallet: dict[str, Any], tokens: tuple[dict[str, Any], ...], coverage: dict[str, Any]) -> None:
    print(f"realized    {wallet['realizedPnlSol']:>20} SOL in {wallet['tokens']} tokens")
    print(f"open cost   {wallet['openCostSol']:>20} SOL")
    print(
        f"unverified  {wallet['unverifiedProceedsSol']:>20} SOL of proceeds without a known cost, in no figure above"
    )
    print(f"fees        {wallet['feesSol']:>20} SOL")
    wins = wallet["tokenWinRate"]
    rate = "n/a" if wins["value"] is None else f"{wins['value']:.1%}"
    print(
        f"win rate    {rate:>20}     of {wins['n']} tokens with a closed cycle, {wins['breakEven']} break even"
    )
    print(f"coverage    {coverage['transactions']:>20} transactions, {coverage['unreadable']} unreadable")
    print(
        f"\n{'mint':<44} {'buys':>5} {'sells':>5} {'realized SOL':>18} {'open cost SOL':>18} {'unverified SOL':>18}"
    )
    for token in tokens:
        print(
            f"{token['mint']:<44} {token['buys']:>5} {token['sells']:>5} {token['realizedPnlSol']:>18} "
            f"{token['openCostSol']:>18} {token['unverifiedProceedsSol']:>18}"
        )


def _behavior_text(metrics: dict[str, Any]) -> str:
    style, hold, sessions = metrics["style"], metrics["holdTime"], metrics["sessions"]
    speed = f"{style['speed'] or '—'} / {style['pattern']}"
    lines = [
        f"style     {speed}, confidence {style['confidence']} from {style['n']} closed cycles",
        style["sentence"],
        f"tokens    {metrics['uniqueTokens']}, {metrics['tokensWithBuysAndSells']} both bought and sold",
        f"trades    {metrics['buys']} buys, {metrics['sells']} sells",
        f"hold      median {hold['medianHours']} h, mean {hold['weightedMeanHours']} h, n {hold['n']}",
        f"sessions  {sessions['count']}, {sessions['averageTrades']} trades each",
    ]
    buckets = [
        f"  {each['bucket']:<14} {each['matches']:>7}  {each['pnlSol']} SOL"
        for each in metrics["holdTimeDistribution"]
    ]
    return "\n".join(lines + buckets)
