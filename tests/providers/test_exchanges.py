from pathlib import Path

import pytest

from walletjobs.core.address import is_address
from walletjobs.errors import InvalidSetting
from walletjobs.providers.exchanges import read_exchanges

BINANCE = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"


def test_list_comes_with_the_package() -> None:
    listed = read_exchanges()
    assert listed[BINANCE] == "Binance"
    assert all(is_address(address) and name for address, name in listed.items())


def test_operators_own_list_takes_its_place(tmp_path: Path) -> None:
    own = tmp_path / "list.csv"
    own.write_text(f"# ours\n\n{BINANCE}, Somebody\n")
    assert read_exchanges(str(own)) == {BINANCE: "Somebody"}
    own.write_text("")
    assert read_exchanges(str(own)) == {}


@pytest.mark.parametrize("text", ["no address,X", BINANCE, f"{BINANCE},a,b"])
def test_list_that_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    own = tmp_path / "list.csv"
    own.write_text(text)
    with pytest.raises(InvalidSetting, match="EXCHANGE_LIST"):
        read_exchanges(str(own))
    with pytest.raises(InvalidSetting, match="EXCHANGE_LIST"):
        read_exchanges(str(tmp_path / "absent.csv"))
