"""What commands on files share: which files, which wallet, by which rules; and reading them."""

import argparse
import gzip
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
    from walletjobs.core.ownprice import Conversion
    from walletjobs.core.transaction import Transaction
    from walletjobs.core.value import Prices

MOST_NAMED = 10  # lines that cannot be read; the others are counted
_WINDOW = re.compile(r"([1-9]\d{0,4})([hd])")
_UNITS = {"h": 3_600, "d": 86_400}  # seconds


def reading_command(subparsers: Any, name: str, text: str) -> argparse.ArgumentParser:
    """The parser of a command that reads files of transactions."""
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=f"Prints {text}.")
    parser.add_argument(
        "--data",
        nargs="+",
        required=True,
        metavar="FILE",
        type=Path,
        help="JSON lines, plain or gzip, in Helius' enhanced form or as RPC results",
    )
    parser.add_argument("--wallet", required=True, metavar="W", type=address, help="the wallet's address")
    parser.add_argument(
        "--prices",
        metavar="FILE.csv",
        type=Path,
        help="what SOL cost: columns time,price[,resolution], as `walletjobs prices import` takes them; "
        "without it, the wallet's own conversions tell",
    )
    parser.add_argument("--json", action="store_true", help="JSON for programs instead of text for people")
    return parser


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Options that say by which rules a book is kept, and over which span it is read."""
    add_method(parser)
    parser.add_argument(
        "--mode",
        default="strict",
        choices=("strict", "adjusted", "raw"),
        help="what came without a known cost: in no profit, at the wallet's last trade in it, or at no cost",
    )
    add_window(parser)


def add_method(parser: argparse.ArgumentParser) -> None:
    """Which lots a sale uses up first."""
    parser.add_argument("--method", default="fifo", choices=("fifo", "lifo", "hifo", "average"))


def add_window(parser: argparse.ArgumentParser) -> None:
    """Which span is read."""
    parser.add_argument(
        "--window",
        default="all",
        type=_span,
        metavar="SPAN",
        help="such as 24h, 7d, 30d, 90d or all: the span before the newest transaction; lots see the whole history",
    )


def address(text: str) -> str:
    """An argument that is a wallet's address."""
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


def entries_of(
    args: argparse.Namespace, book: "Book", transactions: "Iterable[Transaction]"
) -> "Iterator[Entry]":
    """The book's entries as it takes in the transactions; one it cannot read to the end is named and counted."""
    from walletjobs.errors import InvalidData

    listed = list(transactions)
    prices = prices_of(args, listed)
    for transaction in listed:
        try:
            entry = book.read(transaction, prices)
        except InvalidData as error:
            args.unreadable += 1
            print(f"{transaction.signature}: {error}", file=sys.stderr)
            continue
        yield entry


def history_of(args: argparse.Namespace) -> "History":
    """What is known of the history: nobody can say whether files hold all of it."""
    from walletjobs.core.coverage import History

    return History(None, unreadable=args.unreadable)


def prices_of(args: argparse.Namespace, transactions: "list[Transaction]") -> "Prices":
    """What SOL cost by the user's file; without one, in the wallet's own conversions, as an analysis has it."""
    from walletjobs.core.ownprice import own_bars
    from walletjobs.core.series import Series
    from walletjobs.core.value import no_prices
    from walletjobs.providers.pricefiles import read_prices

    if args.prices:
        return Series(read_prices(args.prices)).at
    bars = own_bars(_conversions(args.wallet, transactions), {})
    return Series(bars).at if bars else no_prices


def _conversions(wallet: str, transactions: "list[Transaction]") -> "Iterator[Conversion]":
    from walletjobs.core.classify import entry_of
    from walletjobs.core.deltas import OwnAccounts
    from walletjobs.core.ownprice import conversion_of
    from walletjobs.errors import InvalidData

    own = OwnAccounts(wallet)
    for transaction in transactions:
        try:
            conversion = conversion_of(entry_of(transaction, own))
        except InvalidData:
            continue  # whoever reads it for the book says so
        if conversion is not None:
            yield conversion


def transactions_of(args: argparse.Namespace) -> "Iterator[Transaction]":
    """What the files hold, each signature once, oldest first; inside a slot in the order of the files.

    A line that cannot be read is named on standard error, one of the first at least, and counted; it loses
    nothing else.
    """
    from walletjobs.errors import InvalidData
    from walletjobs.providers.files import read_line

    found: dict[str, Transaction] = {}
    complaints: list[str] = []
    for path in args.data:
        for number, line in enumerate(_lines(path), 1):
            try:
                transaction = read_line(line)
            except InvalidData as error:
                complaints.append(f"{path.name}, line {number}: {error}")
                continue
            found.setdefault(transaction.signature, transaction)
    if complaints and not found:
        raise InvalidData(f"no line of the data could be read; {complaints[0]}")
    _complain(complaints)
    args.unreadable = len(complaints)
    yield from _in_order(list(found.values()))


def _complain(complaints: list[str]) -> None:
    more = len(complaints) - MOST_NAMED
    for complaint in complaints[:MOST_NAMED]:
        print(complaint, file=sys.stderr)
    if more > 0:
        print(f"… and {more:,} more lines that cannot be read", file=sys.stderr)


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
