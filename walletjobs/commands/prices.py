"""``walletjobs prices``: bring prices of SOL in, for machines that ask no market, and take them out."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Register the command and its two."""
    prices = subparsers.add_parser("prices", help="import or export the stored prices of SOL in US dollars")
    actions = prices.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    bring = actions.add_parser(
        "import",
        help="store the prices of a CSV file",
        description="Stores the prices of a CSV file, all or none; they replace what is known of their times.",
    )
    bring.add_argument(
        "file",
        type=Path,
        metavar="FILE.csv",
        help="columns time (unix seconds or ISO 8601), price (US dollars), and optionally resolution (60, the "
        "default, or 3600 seconds) and source; a header is optional",
    )
    bring.set_defaults(run=run_import)
    take = actions.add_parser("export", help="print every stored price as CSV, as import reads it")
    take.set_defaults(run=run_export)


def run_import(args: argparse.Namespace) -> int:
    """Store a file's prices in one transaction."""
    from walletjobs.core.series import MINUTE
    from walletjobs.providers.pricefiles import read_prices
    from walletjobs.services.prices import import_prices

    bars = read_prices(args.file)
    with _connection() as connection:
        import_prices(connection, bars)
    minutes = sum(bar.resolution == MINUTE for bar in bars)
    print(f"Imported {minutes:,} prices of a minute and {len(bars) - minutes:,} of an hour.")
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Print what is stored, oldest first."""
    from walletjobs.db.connection import translated
    from walletjobs.db.prices import PriceRepository
    from walletjobs.providers.pricefiles import write_prices

    with _connection() as connection, translated():
        write_prices(PriceRepository(connection).all(), sys.stdout)
    return 0


def _connection() -> Any:
    from walletjobs.config import Config
    from walletjobs.db.connection import connect

    return connect(Config.from_env().database_url)
