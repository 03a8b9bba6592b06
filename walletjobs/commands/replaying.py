"""``walletjobs replay``: the providers' protocols served from files."""

import argparse
import threading
from pathlib import Path


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``replay``."""
    replay = commands.add_parser(
        "replay",
        help="serve recorded transactions as Helius, DexScreener and Jupiter would",
        description="Serves recorded or generated transactions through the providers' routes, on loopback.",
    )
    replay.add_argument("--data", nargs="+", action="extend", type=Path, required=True, metavar="FILE")
    replay.add_argument("--port", type=int, default=0, help="default: a free one")
    replay.add_argument("--latency", default="", metavar="CLASS=MS,…", help="enhanced=565,full=565,rpc=150")
    replay.add_argument("--rate", default="", metavar="BUCKET=N,…", help="requests a second: rpc=50,rest=10")
    replay.add_argument("--fault", default="", metavar="KIND=P,…", help="probabilities: 5xx=0.02,cut=0.01")
    replay.add_argument("--down", default="", metavar="CLASS,…", help="answers 503: dexscreener,jupiter")
    replay.add_argument(
        "--refuse", default="", metavar="CLASS,…", help="answers 403: getTransactionsForAddress"
    )
    replay.add_argument("--seed", type=int, default=0, help="of the faults")
    replay.add_argument("--quota", type=int, default=0, metavar="CREDITS", help="of the month; 0: no limit")
    replay.set_defaults(run=run_replay)


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
        print(f"Replaying {len(server.book.rows)} transactions at {server.url}", flush=True)
        for name, value in server.environment().items():
            print(f"{name}={value}", flush=True)
        threading.Event().wait()
    return 0
