"""Prices of SOL in CSV files."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.series import HOUR, MINUTE, MOST, Bar
from walletjobs.errors import InvalidData
from walletjobs.providers.pricefiles import EARLIEST, LATEST, read_prices, write_prices

NOON = 1_759_968_000  # 2025-10-09 00:00 UTC
PRICE = 142_350_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prices.csv"


@pytest.mark.parametrize(
    "text",
    [
        "1759968000,142.35",
        "1759968059,142.350",
        "2025-10-09T00:00:00Z,142.35\n",
        "2025-10-09 00:00:30,142.35\r\n",
        "20251009T000000Z,142.35",
        "2025-10-09T02:00:00+02:00,0142.35",
        "\ufefftime,price\n1759968000,142.35\n",
        '\n \n" Time " , PRICE\n\n"1759968000" , "142.35"\n\n',
        "price,volume,time\n142.35,7,1759968000\n",
        "1759968000,142.35,60,csv",
        "1759968000,142.35\n1759968001,142.35\n",
    ],
)
def test_times_and_prices_are_read_as_people_write_them(text: str, file: Path) -> None:
    file.write_text(text, "utf-8", newline="")
    assert read_prices(file) == [Bar(NOON, MINUTE, PRICE, "csv")]


def test_an_hour_is_said_by_its_resolution(file: Path) -> None:
    file.write_text("time,price,resolution,source\n1759969000,142.35,3600,kraken\n1759969000,1,60,\n")
    assert read_prices(file) == [
        Bar(NOON, HOUR, PRICE, "kraken"),
        Bar(1_759_968_960, MINUTE, 1_000_000, "csv"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("1759968000,1\nyesterday,1\n", 2, "yesterday"),
        ("time,price\n1759968000,1\n\n1759968060,abc\n", 4, "abc"),
        ("1759968000", 1, "no price"),
        ("1759968000,-1", 1, "no price"),
        ("1759968000,0", 1, "no price"),
        ("1759968000,nan", 1, "no price"),
        ("1759968000,1e3", 1, "no price"),
        ("1759968000,1_000", 1, "no price"),
        ("1759968000,٣", 1, "no price"),
        ('1759968000,"1,000"', 1, "no price"),
        ("1759968000,1000001", 1, "no price"),
        ("1759968000000,1", 1, "milliseconds"),
        ("99999999999999999999,1", 1, "no time"),
        ("1500000000,1", 1, "2020"),
        ("2017-01-01T00:00:00Z,1", 1, "2020"),
        ("0001-01-01T00:00:00+14:00,1", 1, "2020"),
        ("2025-10-09,1", 1, "no time"),
        ("2025-02-30T00:00,1", 1, "no time"),
        ("time,close\n1759968000,1", 1, "'price'"),
        ("1759968000,1,300", 1, "resolution '300'"),
        ("1759968000,1,60,No good", 1, "source"),
        ("1759968000,1\n1759968060,2\n1759968001,3", 3, "line 1"),
        ("1759968000,1\n1759968060,\x00\n", 2, "no price"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(text: str, line: int, told: str, file: Path) -> None:
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidData, match=rf"(?s)prices\.csv, line {line}: .*{told}"):
        read_prices(file)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"time,price\n"])
def test_a_file_without_prices_is_refused(body: bytes, file: Path) -> None:
    file.write_bytes(body)
    with pytest.raises(InvalidData, match="no prices"):
        read_prices(file)


@pytest.mark.parametrize("body", [b"\xff\xfe1\x00", b"1759968000,1\n\x80\n", b"1759968000," + b"1" * 200_000])
def test_what_is_no_text_is_refused(body: bytes, file: Path) -> None:
    file.write_bytes(body)
    with pytest.raises(InvalidData, match=r"prices\.csv"):
        read_prices(file)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(InvalidData, match=r"prices\.csv: No such file"):
        read_prices(file)


@given(
    st.lists(
        st.tuples(
            st.integers(EARLIEST, LATEST - 1),
            st.sampled_from([MINUTE, HOUR]),
            st.integers(1, MOST),
            st.sampled_from(["csv", "binance", "own_leg"]),
        ),
        min_size=1,
        unique_by=lambda row: (row[0] - row[0] % row[1], row[1]),
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int, int, str]]
) -> None:
    bars = [Bar(start - start % each, each, price, source) for start, each, price, source in drawn]
    text = io.StringIO()
    write_prices(bars, text)
    file = tmp_path_factory.getbasetemp() / "written.csv"
    file.write_text(text.getvalue())
    assert read_prices(file) == bars
