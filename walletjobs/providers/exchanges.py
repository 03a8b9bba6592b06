"""The list of exchanges' and routers' addresses: ours, or an operator's own file."""

import csv
from importlib.resources import files
from pathlib import Path

from walletjobs.core.address import parse_address
from walletjobs.errors import InvalidAddress, InvalidSetting


def read_exchanges(path: str = "") -> dict[str, str]:
    """Names by address, from a CSV file of ``address,name`` lines; the list that comes with the package without one.

    Raises: InvalidSetting that names the line.
    """
    try:
        text = Path(path).read_text("utf-8") if path else _ours()
        lines = [line for line in csv.reader(text.splitlines()) if line and not line[0].startswith("#")]
        return {parse_address(address.strip()): name.strip() for address, name in lines}
    except (OSError, ValueError, csv.Error, InvalidAddress) as error:
        raise InvalidSetting(f"EXCHANGE_LIST {path}: {error}") from None


def _ours() -> str:
    return files("walletjobs").joinpath("data", "exchanges.csv").read_text("utf-8")
