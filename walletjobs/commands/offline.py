"""``walletjobs ledger``, ``pnl`` and ``behavior``: the exact core on files, without a server."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from walletjobs.commands.reading import (
    add_rules,
    entries_of,
    history_of,
    reading_command,
    transactions_of,
)

if TYPE_CHECKING:
    from walletjobs.core.book import Book
    from walletjobs.core.rules import Rules
    from walletjobs.core.transaction import Transaction


def add(subparsers: Any) -> None:
    """Register the commands."""
    ledger = reading_command(subparsers, "ledger", "every transaction of a wallet, explained to the lamport")
    ledger.set_defaults(run=run_ledger)
    pnl = reading_command(subparsers, "pnl", "profit and loss of a wallet, per token and in total")
    add_rules(pnl)
    pnl.set_defaults(run=run_pnl)
    behavior = reading_command(subparsers, "behavior", "how a wallet trades")
    behavior.set_defaults(run=run_behavior)


def run_ledger(args: argparse.Namespace) -> int:
    """Print the ledger, oldest first."""
    from walletjobs.core.book import Book
    from walletjobs.services.present import ledger_line

    for entry in entries_of(args, Book(args.wallet), transactions_of(args)):
        line = ledger_line(entry)
        print(json.dumps(line) if args.json else _ledger_text(line))
    return 0


def run_pnl(args: argparse.Namespace) -> int:
    """Print the figures of one method and mode."""
    from walletjobs.core.rules import Rules
    from walletjobs.services.figures import result_of

    transactions = list(transactions_of(args))
    newest = max((transaction.block_time for transaction in transactions), default=0)
    start = None if args.window is None else newest - args.window
    book = _book(args, transactions, Rules(args.method, args.mode), start)
    result = result_of(book if start is None else book.window(start), history_of(args))
    tokens = tuple(result.tokens)
    if args.json:
        print(json.dumps({"wallet": result.wallet, "tokens": tokens, "coverage": result.coverage}))
    else:
        _print_pnl(result.wallet, tokens, result.coverage)
    return 0


def run_behavior(args: argparse.Namespace) -> int:
    """Print the metrics; what is held is dated by the newest transaction."""
    from walletjobs.core.behavior import behavior_of
    from walletjobs.core.rules import Rules
    from walletjobs.services.presentbehavior import behavior_json

    transactions = list(transactions_of(args))
    book = _book(args, transactions, Rules())
    metrics = behavior_json(behavior_of(book, book.totals.last_time or 0))
    print(json.dumps(metrics) if args.json else _behavior_text(metrics))
    return 0


def _book(
    args: argparse.Namespace, transactions: "list[Transaction]", rules: "Rules", start: int | None = None
) -> "Book":
    from walletjobs.core.book import Book

    book = Book(args.wallet, rules, [] if start is None else [start])
    for _ in entries_of(args, book, transactions):
        pass
    return book


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
