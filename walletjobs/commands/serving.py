"""``serve``, ``migrate`` and ``demo``: the service and what it stands on."""

import argparse
import ipaddress
import os
import sys
from pathlib import Path

from walletjobs.commands.reading import address
from walletjobs.config import Config
from walletjobs.errors import InvalidSetting


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the three commands."""
    serve = commands.add_parser("serve", help="serve the API and the dashboard")
    serve.set_defaults(run=run_serve)
    migrate = commands.add_parser("migrate", help="bring the database's schema up to date")
    migrate.set_defaults(run=run_migrate)
    demo = commands.add_parser("demo", help="start everything and analyze one wallet")
    demo.add_argument(
        "--wallet",
        type=address,
        help="a real wallet, read from Helius (HELIUS_API_KEY); else a generated one",
    )
    demo.add_argument("--folder", type=Path, default=Path(".local"), help="where data and logs are kept")
    demo.add_argument("--once", action="store_true", help="end when the analysis is over")
    demo.set_defaults(run=run_demo)


def run_serve(args: argparse.Namespace) -> int:
    """Becomes gunicorn; comes back only by an error.

    Raises: InvalidSetting where everyone on the network could call what nobody guards.
    """
    os.execv(
        sys.executable,
        [sys.executable, "-m", "gunicorn", *gunicorn_options(Config.from_env()), "api.wsgi:app"],
    )


def gunicorn_options(config: Config) -> list[str]:
    """How gunicorn runs the web processes.

    Source: stack.md; the heartbeat files of workers belong in memory (gunicorn's FAQ, "blocking os.fchmod").
    """
    if config.api_auth == "off" and not _is_loopback(config.host):
        raise InvalidSetting(f"HOST is {config.host}, but API_AUTH is off: that is for loopback alone")
    host = f"[{config.host}]" if ":" in config.host else config.host
    options = ["--bind", f"{host}:{config.port}", "--workers", str(config.web_processes)]
    options += ["--worker-class", "gthread", "--threads", str(config.web_threads)]
    options += ["--timeout", "60", "--graceful-timeout", "20", "--no-control-socket"]
    if os.path.isdir("/dev/shm"):
        options += ["--worker-tmp-dir", "/dev/shm"]
    return options


def run_migrate(args: argparse.Namespace) -> int:
    """Applies what has not run, and names it."""
    from walletjobs.db.connection import connect
    from walletjobs.db.migrate import migrate

    with connect(Config.from_env().database_url) as connection:
        applied = migrate(connection)
    print("\n".join(f"applied {name}" for name in applied) or "The schema is up to date.")
    return 0


def run_demo(args: argparse.Namespace) -> int:
    """Everything on this machine, until Ctrl-C."""
    from walletjobs.dev import demo

    demo.run(demo.Wish(wallet=args.wallet, folder=args.folder, once=args.once))
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
