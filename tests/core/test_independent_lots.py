"""25 small ledgers whose lots and gains an independent cost-basis library computed, through our transactions and lots.

Its wallets are one owner's: a transfer between them is a move between own accounts. Its money is SOL here, its network
fees are ours, and one of its assets' units is a million base units.
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ledgers import buy, gift, sell, send, swap, told
from scenes import WALLET, Scene, key

from walletjobs.core.book import Book
from walletjobs.core.lots import METHODS
from walletjobs.core.rules import Rules
from walletjobs.core.tally import Cycle, Fate, Match
from walletjobs.core.units import LAMPORTS_PER_SOL

pytestmark = pytest.mark.data

UNIT = 1_000_000  # base units
#: What a ledger may ask for that we refuse, and why. Source: money.md sections 3 and 5
REFUSED = {
    "Income": "a receipt's basis is unknown: nobody on the chain says what it was worth",
    "GiftReceived": "a donor's basis is not on the chain",
    "Spend": "tokens sent for nothing that the chain shows have no proceeds",
    "Transfer fee": "a fee paid in the token itself left with the transfer: no proceeds",
}
Realized = tuple[str, int, int, int, int]  # asset, base units, proceeds, cost, seconds held


def ledgers(folder: Path) -> list[dict[str, Any]]:
    with (folder / "lots-expected.json").open() as file:
        found: list[dict[str, Any]] = json.load(file)
    return found


def refusal(ledger: dict[str, Any]) -> str | None:
    """Why this ledger needs what we refuse, if it does."""
    for row in ledger["transactions"]:
        if row["_t"] == "Transfer" and Decimal(row["fee"]):
            return REFUSED["Transfer fee"]
        sold = {each["asset"] for each in ledger["realized"]}
        if row["_t"] in REFUSED and (row["_t"] == "Spend" or row["asset"] in sold):
            return REFUSED[row["_t"]]
    return None


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def lamports(text: str | Decimal) -> int:
    return int(Decimal(text) * LAMPORTS_PER_SOL)


def units(text: str) -> int:
    return int(Decimal(text) * UNIT)


def scene_of(row: dict[str, Any], slot: int) -> Scene | None:
    """The transaction that a row would be on the chain; none of a move between own accounts."""
    about: dict[str, Any] = {
        "slot": slot,
        "at": seconds(row["timestamp"]),
        "fee": lamports(row.get("fee", "0")),
    }
    if row["_t"] in ("Buy", "Sell"):
        paid = lamports(Decimal(row["unit_price"]) * Decimal(row["quantity"]))
        make = buy if row["_t"] == "Buy" else sell
        return make(key(row["asset"]), units(row["quantity"]), paid, **about)
    if row["_t"] == "Trade":
        given, got = key(row["from_asset"]), key(row["to_asset"])
        amounts = units(row["from_quantity"]), units(row["to_quantity"])
        return swap(given, amounts[0], got, amounts[1], lamports(row["value"]), **about)
    if row["_t"] == "GiftSent":
        return send(key(row["asset"]), units(row["quantity"]), **about)
    if row["_t"] in ("Income", "GiftReceived"):
        return gift(key(row["asset"]), units(row["quantity"]), **about)
    return None


def realized(ledger: dict[str, Any], method: str) -> list[Realized]:
    """What our lots realize of a ledger, in the order of disposals."""
    book, found = Book(WALLET, Rules(method)), list[Realized]()
    assets = {key(asset): asset for row in ledger["transactions"] for asset in assets_of(row)}

    def take(mint: str, _place: int, matches: list[Match], _ended: Cycle | None) -> None:
        for match in matches:
            if match.fate is Fate.REALIZED:
                proceeds = match.proceeds or 0
                found.append((assets[mint], match.quantity, proceeds, match.cost, match.held_for))

    book.on_disposal = take
    rows = sorted(ledger["transactions"], key=lambda row: seconds(row["timestamp"]))
    for slot, row in enumerate(rows, 1000):
        if (scene := scene_of(row, slot)) is not None:
            book.read(told(scene))
    for position in book.positions.values():
        tally = position.tally
        assert tally.cost == tally.cost_disposed + tally.cost_sent + position.open_cost()
    return found


def assets_of(row: dict[str, Any]) -> list[str]:
    return [row[name] for name in ("asset", "from_asset", "to_asset") if name in row]


def wanted(ledger: dict[str, Any]) -> list[Realized]:
    return [
        (
            row["asset"],
            units(row["quantity"]),
            lamports(row["proceeds"]),
            lamports(row["cost_basis"]),
            seconds(row["disposed_at"]) - seconds(row["acquired_at"]),
        )
        for row in ledger["realized"]
    ]


def lots_of(ledger: dict[str, Any]) -> int:
    """How many acquisitions the most often acquired asset has: with one, every method agrees."""
    acquired = [
        row.get("asset", row.get("to_asset"))
        for row in ledger["transactions"]
        if row["_t"] in ("Buy", "Trade")
    ]
    return max(map(acquired.count, acquired), default=0)


def test_every_ledger_that_uses_what_we_have_gives_the_same_lots_and_gains(shared_data: Path) -> None:
    ran = 0
    for ledger in ledgers(shared_data):
        if refusal(ledger) is None:
            assert realized(ledger, "fifo") == wanted(ledger), ledger["test"]
            ran += 1
    assert ran == 18


@pytest.mark.parametrize("method", METHODS)
def test_a_ledger_of_single_lots_gives_the_same_by_every_method(shared_data: Path, method: str) -> None:
    single = [ledger for ledger in ledgers(shared_data) if refusal(ledger) is None and lots_of(ledger) < 2]
    assert len(single) == 14
    for ledger in single:
        assert realized(ledger, method) == wanted(ledger), ledger["test"]


@pytest.mark.parametrize(("method", "cost"), [("fifo", 100), ("lifo", 300), ("hifo", 300), ("average", 200)])
def test_two_lots_of_100_and_300_are_used_up_as_each_method_says(
    shared_data: Path, method: str, cost: int
) -> None:
    headline = ledgers(shared_data)[0]
    ((_, _, proceeds, disposed, _),) = realized(headline, method)
    assert (proceeds, disposed) == (500 * LAMPORTS_PER_SOL, cost * LAMPORTS_PER_SOL)


def test_ledgers_that_need_what_we_refuse_are_named_with_the_reason(
    shared_data: Path, record_property: Any
) -> None:
    refused = {
        f"{ledger['test'].partition('::')[2]} {place}": reason
        for place, ledger in enumerate(ledgers(shared_data))
        if (reason := refusal(ledger)) is not None
    }
    for name, reason in refused.items():
        record_property(name, reason)
        print(f"refused: {name}: {reason}")
    assert sorted(refused.values()) == sorted(
        [REFUSED["Income"]]
        + [REFUSED["Spend"]] * 2
        + [REFUSED["Transfer fee"]]
        + [REFUSED["GiftReceived"]] * 3
    )
