"""Scenes that a node tells and the replay server retells in the enhanced form mean the same in both."""

import json

import pytest
from ledgers import buy
from scenes import FRIEND, MINT, WALLET, Scene, ata
from wires import rpc

from walletjobs.core.book import Book
from walletjobs.core.entries import Entry, Kind
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.dev.replay.convert import to_enhanced
from walletjobs.providers import enhanced as enhanced_form
from walletjobs.providers import rpc as rpc_form

#: Scenes, and the kind of the last one for the wallet.
SCENES = {
    "handed over": ([Scene().hand_over(MINT, WALLET, FRIEND, 12_827_324)], Kind.SEND),
    "taken over": ([Scene(payer=FRIEND).hand_over(MINT, FRIEND, WALLET, 7)], Kind.RECEIPT),
    "wrapped SOL handed over": ([Scene().hand_over(WRAPPED_SOL, WALLET, FRIEND, 10_000_000)], Kind.TRANSFER),
    "NFT handed over": ([Scene(decimals={MINT: 0}).hand_over(MINT, WALLET, FRIEND, 1)], Kind.NFT),
    "NFT moved": ([Scene(decimals={MINT: 0}).move(MINT, WALLET, FRIEND, 1)], Kind.NFT),
    "two of a kind moved": ([Scene(decimals={MINT: 0}).move(MINT, WALLET, FRIEND, 2)], Kind.SEND),
    "closed by who took it over": (
        [
            buy(MINT, 10, 1_000_000, 1).outside().open(WALLET, MINT),
            Scene(2).hand_over(MINT, WALLET, FRIEND, 10),
            Scene(3, payer=FRIEND).close(FRIEND, MINT, account=ata(WALLET, MINT)),
        ],
        Kind.FEE,
    ),
}


def read(scenes: list[Scene], *, converted: bool) -> list[Entry]:
    book, results = Book(WALLET), [json.dumps(rpc(scene)).encode() for scene in scenes]
    if converted:
        return [book.read(enhanced_form.read_transaction(to_enhanced(result))) for result in results]
    return [book.read(rpc_form.read_transaction(result)) for result in results]


@pytest.mark.parametrize("name", SCENES)
def test_a_converted_transaction_has_the_same_entry(name: str) -> None:
    scenes, kind = SCENES[name]
    told, converted = read(scenes, converted=False), read(scenes, converted=True)
    assert told[-1].kind is kind
    for one, other in zip(told, converted, strict=True):
        for field in set(Entry.__struct_fields__) - {"label", "venue", "index"}:
            assert getattr(one, field) == getattr(other, field)


def test_one_indivisible_unit_is_converted_as_no_fungible_token() -> None:
    for amount, standard in ((1, "NonFungible"), (2, "Fungible")):
        scene = Scene(decimals={MINT: 0}).move(MINT, WALLET, FRIEND, amount)
        (moved,) = json.loads(to_enhanced(json.dumps(rpc(scene)).encode()))["tokenTransfers"]
        assert moved["tokenStandard"] == standard
