"""Prices of SOL in CSV files, for machines that ask no market, and for others than ours."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from walletjobs.core.series import HOUR, MINUTE, Bar, micro_usd
from walletjobs.core.units import usd_text
from walletjobs.errors import InvalidData

#: Columns in the order they have without a header; the last two may be left out.
COLUMNS = ("time", "price", "resolution", "source")
SOURCE = "csv"
#: Solana began in 2020; whoever gives milliseconds lands far beyond 2100.
EARLIEST, LATEST = 1_577_836_800, 4_102_444_800  # unix seconds

_SECONDS = re.compile(r"\d{1,15}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-?\d{2}-?\d{2}[T ]\d", re.ASCII)  # a day alone names no minute
_PRICE = re.compile(r"\d{1,20}(\.\d{0,30})?|\.\d{1,30}", re.ASCII)
_SOURCE = re.compile(r"[a-z0-9_.-]{1,32}", re.ASCII)


def read_prices(path: Path) -> list[Bar]:
    """The bars of a CSV file with the columns ``time,price[,resolution[,source]]``, the header optional.

    A time is unix seconds or ISO 8601 (UTC where it names no zone) and stands for the minute that holds it, or the
    hour where ``resolution`` is 3600; a price is in US dollars.
    Raises: InvalidData that names the file and the line.
    """
    found: dict[tuple[int, int], tuple[int, Bar]] = {}
    for line, row in _rows(path):
        try:
            bar = _bar(row)
            key = bar.start, bar.resolution
            earlier, known = found.setdefault(key, (line, bar))
            if known.price != bar.price:
                raise ValueError(f"another price for the time of line {earlier}")
        except ValueError as error:
            raise InvalidData(f"{path}, line {line}: {error}") from None
    if not found:
        raise InvalidData(f"{path}: no prices in it")
    return [bar for _, bar in found.values()]


def write_prices(bars: Iterable[Bar], file: TextIO) -> None:
    """Write bars as ``read_prices`` reads them."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for bar in bars:
        time = datetime.fromtimestamp(bar.start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows.writerow([time, usd_text(bar.price), bar.resolution, bar.source])


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Number and cells by column of each line below the header."""
    columns: Sequence[str] = ()
    for number, cells in _lines(path):
        if not columns and "time" in (header := [cell.lower() for cell in cells]):
            columns = header
            if "price" not in columns:
                raise InvalidData(f"{path}, line {number}: the header has no column 'price'")
            continue
        columns = columns or COLUMNS
        yield number, dict(zip(columns, cells, strict=False))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not empty."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, skipinitialspace=True)
            for row in rows:
                number, cells = rows.line_num, [cell.strip() for cell in row]
                if any(cells):
                    yield number, cells
    except OSError as error:
        raise InvalidData(f"{path}: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidData(f"{path}, after line {number}: this is no CSV text: {error}") from error


def _bar(row: Mapping[str, str]) -> Bar:
    time, price, resolution, source = (row.get(name, "") for name in COLUMNS)
    if resolution not in ("", str(MINUTE), str(HOUR)):
        raise ValueError(f"resolution {resolution!r} is neither {MINUTE} nor {HOUR} seconds")
    if source and not _SOURCE.fullmatch(source):
        raise ValueError(f"source {source!r}: use up to 32 small letters, digits and . _ -")
    start, seconds = _time(time), int(resolution or MINUTE)
    found = micro_usd(Decimal(price)) if _PRICE.fullmatch(price) else None
    if found is None:
        raise ValueError(f"{price!r} is no price in US dollars")
    return Bar(start - start % seconds, seconds, found, source or SOURCE)


def _time(text: str) -> int:
    if _SECONDS.fullmatch(text):
        seconds = int(text)
    elif _MOMENT.match(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is no time: {error}") from None
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    else:
        raise ValueError(f"{text!r} is no time; use unix seconds, or ISO 8601 such as 2025-01-31T12:00:00Z")
    if not EARLIEST <= seconds < LATEST:
        raise ValueError(f"{text!r} is not between 2020 and 2100; times are unix seconds, not milliseconds")
    return seconds
