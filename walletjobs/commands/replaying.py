"""``walletjobs replay`` and ``generate``: the providers' protocols from files, and files to serve."""

import argparse
import gzip
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from walletjobs.commands.reading import address


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register both commands."""
    replay = commands.add_parser(
        "replay",
        help="serve recorded transactions as Helius, DexScreener and Jupiter would",
        description="Serves recorded or generated transactions through the providers' routes, on loopback.",
    )
    replay.add_argument("--data", nargs="+", action="extend", type=Path, required=True, metavar="FILE")
    replay.add_argument("--port", type=_port, default=0, help="default: a free one")
    replay.add_argument("--latency", default="", metavar="CLASS=MS,…", help="enhanced=565,full=565,rpc=150")
    replay.add_argument("--rate", default="", metavar="BUCKET=N,…", help="requests a second: rpc=50,rest=10")
    replay.add_argument("--fault", default="", metavar="KIND=P,…", help="probabilities: 5xx=0.02,cut=0.01")
    replay.add_argument(
        "--down", default="", metavar="CLASS,…", help="answers 503: dexscreener,jupiter, or addresses"
    )
    replay.add_argument(
        "--refuse", default="", metavar="CLASS,…", help="answers 403: getTransactionsForAddress, or addresses"
    )
    replay.add_argument("--seed", type=int, default=0, help="of the faults")
    replay.add_argument("--quota", type=int, default=0, metavar="CREDITS", help="of the month; 0: no limit")
    replay.add_argument(
        "--prepare", action="store_true", help="convert all between enhanced and RPC form at once"
    )
    replay.set_defaults(run=run_replay)
    _add_generate(commands)


def _add_generate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    generate = commands.add_parser(
        "generate",
        help="invent a wallet whose true ledger and PnL are known",
        description="Writes the transactions of an invented wallet, oldest first, in Helius' enhanced form.",
    )
    generate.add_argument("--transactions", type=int, required=True, metavar="N")
    generate.add_argument("--seed", type=int, default=0, help="the same seed makes the same wallet")
    generate.add_argument(
        "--mints", type=int, default=0, metavar="N", help="default: one for 12 transactions"
    )
    generate.add_argument(
        "--size", choices=("small", "large"), default="small", help="about 2.6 or 6.9 kB each"
    )
    generate.add_argument(
        "--form", choices=("enhanced", "rpc"), default="enhanced", help="of what is written"
    )
    generate.add_argument(
        "--traps", default="", metavar="TRAP=P,…", help="shares: T3=0.05,T32=0.01, or all=0.3"
    )
    generate.add_argument("--wallet", type=address, metavar="ADDRESS", help="default: drawn from the seed")
    generate.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="JSON lines; gzip by its name"
    )
    generate.add_argument("--truth", type=Path, metavar="FILE", help="the true figures, as JSON")
    generate.add_argument("--ledger", type=Path, metavar="FILE", help="the true ledger, as JSON lines")
    generate.set_defaults(run=run_generate)


def run_replay(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from walletjobs.dev.replay import Options, ReplayServer
    from walletjobs.dev.replay.options import figures

    options = Options().changed(
        {
            "latency": figures(args.latency),
            "rate": figures(args.rate),
            "fault": figures(args.fault),
            "down": [name for name in args.down.split(",") if name],
            "refuse": [name for name in args.refuse.split(",") if name],
            "seed": args.seed,
            "quota": args.quota,
        }
    )
    with ReplayServer.of_files(args.data, options, args.port) as server:
        if args.prepare:
            server.book.prepare()
        print(f"Replaying {len(server.book.rows)} transactions at {server.url}", flush=True)
        for name, value in server.environment().items():
            print(f"{name}={value}", flush=True)
        threading.Event().wait()
    return 0


def run_generate(args: argparse.Namespace) -> int:
    """Write the files, and name the wallet."""
    import msgspec

    from walletjobs.dev.generate import Inventor, Plan, shares_of, truth_of

    traps = shares_of(args.traps)
    inventor = Inventor(
        Plan(args.transactions, args.seed, args.mints, args.size, traps, args.wallet or "", args.form)
    )
    with ExitStack() as files:
        out = _writer(files, args.out)
        ledger = _writer(files, args.ledger) if args.ledger else None
        for raw, line in inventor.history():
            out.write(raw + b"\n")
            if ledger:
                ledger.write(msgspec.json.encode(line) + b"\n")
    if args.truth:
        args.truth.write_bytes(msgspec.json.encode(truth_of(inventor)) + b"\n")
    print(inventor.world.wallet)
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}: use a number from 0 to 65535")
    return int(text)


def _writer(files: ExitStack, path: Path) -> IO[bytes]:
    """A file to write; gzip without name and time in its head, so that the same seed makes the same bytes."""
    file = files.enter_context(path.open("wb"))
    if path.suffix != ".gz":
        return file
    return cast(IO[bytes], files.enter_context(gzip.GzipFile("", "wb", 6, file, mtime=0)))
