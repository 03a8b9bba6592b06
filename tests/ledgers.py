"""Scenes as the core reads them, the usual ones by name, and the ledger and book they make."""

import json
from collections.abc import Iterable
from typing import Any

import base58
from scenes import FRIEND, JUPITER, OTHER_POOL, POOL, PUMP, WALLET, Scene

from walletjobs.core import transaction as core
from walletjobs.core.book import Book
from walletjobs.core.entries import Entry
from walletjobs.core.instructions import FactsBuilder
from walletjobs.core.rules import Rules
from walletjobs.core.units import WRAPPED_SOL

WHIRLPOOL = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
#: How its instructions begin. Source: its published interface (sha256 of "global:increase_liquidity", …)
INCREASE, DECREASE = bytes.fromhex("2e9cf3760dcdfbb2"), bytes.fromhex("a026d06f685b2c01")


class _Told(core.Transaction, frozen=True, gc=False, kw_only=True):
    refused: bool = False
    said: core.Facts = core.Facts()

    @property
    def failed(self) -> bool:
        return self.refused

    def facts(self) -> core.Facts:
        return self.said


def told(scene: Scene) -> core.Transaction:
    """A scene told to the core without any wire format."""
    builder = FactsBuilder()
    for instruction in scene.flat():
        builder.read(instruction.program, instruction.accounts, base58.b58encode(instruction.data).decode())
    return _Told(
        signature=scene.signature,
        slot=scene.slot,
        block_time=scene.at,
        fee=scene.fee,
        fee_payer=scene.payer,
        label=scene.label,
        accounts=[_account_change(scene, account) for account in scene.accounts()],
        native_transfers=[core.NativeTransfer(*move) for move in scene.native_moves],
        token_transfers=[
            core.TokenTransfer(
                scene.tokens[start].owner, scene.tokens[end].owner, mint, start, end, scene.standard
            )
            for start, end, mint, _ in scene.token_moves
        ],
        index=scene.index,
        refused=scene.failed,
        said=builder.facts(),
    )


def _account_change(scene: Scene, account: str) -> core.AccountChange:
    token = scene.token_of(account)
    if token is None:
        return core.AccountChange(account, scene.change_of(account))
    decimals = scene.decimals.get(token.mint, 6)
    changes = [
        core.TokenChange(owner, account, token.mint, core.Quantity(change, decimals))
        for owner, change in token.sides()
    ]
    return core.AccountChange(account, scene.change_of(account), changes)


def buy(mint: str, quantity: int, lamports: int, slot: int = 1000, **about: Any) -> Scene:
    """Tokens come from the pool for lamports."""
    pool = about.pop("pool", POOL)
    return Scene(slot, **about).call(PUMP).pay(WALLET, pool, lamports).move(mint, pool, WALLET, quantity)


def sell(mint: str, quantity: int, lamports: int, slot: int = 1000, **about: Any) -> Scene:
    """Tokens go to the pool, which gives lamports of its own account for them."""
    pool = about.pop("pool", POOL)
    return Scene(slot, **about).call(PUMP).move(mint, WALLET, pool, quantity).shift(pool, WALLET, lamports)


def swap(given: str, quantity: int, got: str, amount: int, lamports: int, **about: Any) -> Scene:
    """Tokens for tokens over two pools, between which lamports of wrapped SOL move."""
    scene = Scene(**about).call(JUPITER).move(given, WALLET, POOL, quantity)
    return scene.move(WRAPPED_SOL, POOL, OTHER_POOL, lamports).move(got, OTHER_POOL, WALLET, amount)


def gift(mint: str, quantity: int, slot: int = 1000, **about: Any) -> Scene:
    """Tokens come from a friend, who pays the fee."""
    return Scene(slot, payer=FRIEND, **about).move(mint, FRIEND, WALLET, quantity)


def send(mint: str, quantity: int, slot: int = 1000, **about: Any) -> Scene:
    """Tokens go to a friend."""
    return Scene(slot, **about).move(mint, WALLET, FRIEND, quantity)


def put(mint: str, quantity: int, slot: int = 1000, lamports: int = 0, **about: Any) -> Scene:
    """Tokens, and lamports beside them, go into liquidity."""
    scene = Scene(slot, **about).call(WHIRLPOOL, data=INCREASE).move(mint, WALLET, POOL, quantity)
    return scene.pay(WALLET, POOL, lamports) if lamports else scene


def back(mint: str, quantity: int, slot: int = 1000, lamports: int = 0, **about: Any) -> Scene:
    """Tokens, and lamports beside them, come back from liquidity."""
    scene = Scene(slot, **about).call(WHIRLPOOL, data=DECREASE).move(mint, POOL, WALLET, quantity)
    return scene.shift(POOL, WALLET, lamports) if lamports else scene


def ledger(*scenes: Scene, wallet: str = WALLET) -> list[Entry]:
    """The wallet's ledger of some scenes, in the order given."""
    book = Book(wallet)
    return [book.read(told(scene)) for scene in scenes]


def entry(scene: Scene, wallet: str = WALLET) -> Entry:
    """The wallet's entry of one scene."""
    return ledger(scene, wallet=wallet)[0]


def book_of(*scenes: Scene, method: str = "fifo", mode: str = "strict", since: int | None = None) -> Book:
    """The wallet's book of some scenes, in the order given; ``since``: a window of it, from then on."""
    book = Book(WALLET, Rules(method, mode), [] if since is None else [since])
    for scene in scenes:
        book.read(told(scene))
    return book if since is None else book.window(since)


def lines(forms: Iterable[dict[str, Any]]) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(form).encode() + b"\n" for form in forms)
