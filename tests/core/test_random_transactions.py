"""Transactions of random moves between a wallet, pools and others: whatever happens, every lamport has a name."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ledgers import told
from scenes import (
    BOT,
    FRIEND,
    JUPITER,
    MINT,
    OTHER_MINT,
    OTHER_POOL,
    POOL,
    RELAYER,
    RENT,
    TIP,
    WALLET,
    Scene,
    ata,
    key,
)
from wires import enhanced, rpc

from walletjobs.core.book import Book
from walletjobs.core.entries import TRADES, Entry, Kind
from walletjobs.core.units import USDC, WRAPPED_SOL
from walletjobs.providers import enhanced as enhanced_form
from walletjobs.providers import rpc as rpc_form

PARTIES = (WALLET, WALLET, POOL, OTHER_POOL, FRIEND, RELAYER, BOT)
MINTS = (MINT, MINT, OTHER_MINT, USDC, WRAPPED_SOL)
PROGRAMS = (
    JUPITER,
    "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc",
    "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy",
    "mERKcfxMC5SqJn4Ld4BUris3WKZZ1ojjWJ3A3J5CKxv",
    key("a program that nobody knows"),
)
amounts = st.sampled_from([1, 5000, RENT, 1_231_920]) | st.integers(1, 10**12)
moves = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "pay",
                "pay",
                "shift",
                "move",
                "move",
                "move",
                "open",
                "close",
                "wrap",
                "burn",
                "issue",
                "create",
                "call",
                "tip",
            ]
        ),
        st.sampled_from(PARTIES),
        st.sampled_from(PARTIES),
        st.sampled_from(MINTS),
        amounts,
    ),
    min_size=1,
    max_size=12,
)


def scene_of(history: list[Any], payer: str, failed: bool) -> Scene:
    """The moves as one transaction."""
    scene, closed = Scene(payer=payer, failed=failed), set[str]()
    for place, (what, source, target, mint, amount) in enumerate(history):
        touched = {ata(source, mint), ata(target, mint)}
        if closed & touched or (what in ("open", "create") and ata(source, mint) in scene.tokens):
            continue
        if what in ("pay", "shift") and source != target:
            (scene.pay if what == "pay" else scene.shift)(source, target, amount)
        elif what == "move":
            scene.move(mint, source, target, amount)
        elif what == "open":
            scene.open(source, mint, payer=target)
        elif what == "close" and mint != WRAPPED_SOL and not _sent_more_than_it_had(scene, source, mint):
            closed.add(ata(source, mint))
            scene.close(source, mint, to=target)
        elif what == "wrap":
            scene.wrap(source, amount)
        elif what in ("burn", "issue") and mint != WRAPPED_SOL:
            (scene.burn if what == "burn" else scene.issue)(mint, source, amount)
        elif what == "create":
            scene.create(key(f"new {place}"), payer=source)
        elif what == "call":
            scene.call(PROGRAMS[amount % len(PROGRAMS)])
        elif what == "tip":
            scene.pay(source, TIP, amount)
    return scene


def _sent_more_than_it_had(scene: Scene, owner: str, mint: str) -> bool:
    """Whether an account was opened here and sent what it never had: no chain lets it, and no node would list it."""
    token = scene.tokens.get(ata(owner, mint))
    return token is not None and not token.existed and token.change != 0


scenes = st.builds(
    scene_of, moves, st.sampled_from([WALLET, WALLET, RELAYER]), st.sampled_from([False, False, True])
)


def own_changes(scene: Scene) -> tuple[int, dict[str, int]]:
    """By another way than the core's: lamports of the wallet and of its accounts, and its tokens."""
    own = {WALLET, *(account for account, token in scene.tokens.items() if token.owner == WALLET)}
    tokens: dict[str, int] = {}
    for account in own & scene.tokens.keys():
        token = scene.tokens[account]
        if token.mint != WRAPPED_SOL and not scene.failed:
            tokens[token.mint] = tokens.get(token.mint, 0) + token.change
    lamports = sum(scene.change_of(account) for account in own)
    return lamports, {mint: amount for mint, amount in tokens.items() if amount}


@given(scenes)
def test_every_lamport_has_a_name_and_every_token_is_counted(scene: Scene) -> None:
    entry = Book(WALLET).read(told(scene))
    lamports, tokens = own_changes(scene)
    assert entry.components.total() == entry.sol_delta
    assert entry.sol_delta - entry.components.rent_deposit == lamports
    assert entry.tokens == tokens
    if not scene.failed:
        assert entry.components.unexplained == 0


@given(scenes)
def test_what_is_no_trade_has_no_price_and_what_failed_costs_its_fee(scene: Scene) -> None:
    entry = Book(WALLET).read(told(scene))
    if entry.kind not in TRADES | {Kind.CONVERSION}:
        assert entry.value is None
    if entry.kind not in TRADES | {Kind.CONVERSION, Kind.ARBITRAGE, Kind.NFT}:
        assert entry.components.consideration == 0
    if scene.failed:
        assert entry.kind is Kind.FAILED
        assert entry.sol_delta == entry.components.network_fee == -scene.fee * (scene.payer == WALLET)


@given(scenes)
def test_every_wire_format_tells_the_same(scene: Scene) -> None:
    forms = [
        enhanced_form.read_transaction(json.dumps(enhanced(scene))),
        rpc_form.read_transaction(json.dumps(rpc(scene))),
        rpc_form.read_transaction(json.dumps(rpc(scene, parsed=True))),
    ]
    first, *others = [Book(WALLET).read(form) for form in forms]
    for other in others:
        for field in set(Entry.__struct_fields__) - {"label", "venue"}:
            assert getattr(other, field) == getattr(first, field), field
