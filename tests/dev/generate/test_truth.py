"""A wallet with every trap, whose truth is known by construction: every figure of every method, to the lamport."""

from collections import Counter
from typing import Any

import pytest

from walletjobs.core.book import Book
from walletjobs.core.classify import entry_of
from walletjobs.core.deltas import OwnAccounts
from walletjobs.core.legs import legs_of
from walletjobs.core.lots import METHODS
from walletjobs.core.pnl import wallet_of
from walletjobs.core.rules import Rules
from walletjobs.core.tokens import tokens_of
from walletjobs.dev.generate import Inventor, Plan, shares_of, truth_of
from walletjobs.dev.generate.traps import TRAPS
from walletjobs.providers import enhanced, rpc
from walletjobs.services.present import token_json

#: How each form is read, and its size: a node's form says by instructions alone what was transferred.
FORMS = {"enhanced": (enhanced.read_transaction, "small"), "rpc": (rpc.read_transaction, "large")}


@pytest.fixture(params=FORMS)
def kept(request: pytest.FixtureRequest) -> tuple[dict[str, Book], dict[str, Any]]:
    """The books of every method, each line checked against the true ledger, and the true figures."""
    count = request.config.getoption("--generated")
    read, size = FORMS[request.param]
    plan = Plan(count, 7, traps=shares_of("all=0.6"), form=request.param, size=size)
    inventor = Inventor(plan)
    books = {method: Book(inventor.world.wallet, Rules(method)) for method in METHODS}
    own, sprung = OwnAccounts(inventor.world.wallet), Counter[str]()
    for raw, line in inventor.history():
        entry = entry_of(read(raw), own)
        parts = {name: amount for name, amount in line["components"].items() if amount}
        ours = {name: getattr(entry.components, name) for name in entry.components.__struct_fields__}
        assert (entry.kind, {name: amount for name, amount in ours.items() if amount}) == (
            line["kind"],
            parts,
        )
        assert (entry.sol_delta, entry.value) == (line["solDeltaLamports"], line["valueLamports"])
        assert entry.tokens == {token["mint"]: token["delta"] for token in line["tokens"]}
        sprung.update(line["traps"])
        legs = legs_of(entry)
        for book in books.values():
            book.add(entry, legs=legs)
    assert sprung.keys() >= TRAPS.keys()
    return books, truth_of(inventor)


def test_every_figure_is_the_true_one_by_every_method(kept: tuple[dict[str, Book], dict[str, Any]]) -> None:
    books, truth = kept
    for method, book in books.items():
        tokens = tokens_of(book)
        found = {token.mint: token_json(token) for token in tokens}
        assert found.keys() == {token["mint"] for token in truth["tokens"]}
        for token in truth["tokens"]:
            plain = {name: value for name, value in token.items() if name not in ("methods", "mint")}
            wanted = {**plain, **token["methods"][method]}
            ours = found[token["mint"]]
            assert {name: ours[name] if ours[name] is None else int(ours[name]) for name in wanted} == wanted
        assert wallet_of(book, tokens).realized_pnl == truth["methods"][method]["realizedPnlLamports"]
        assert book.totals.unexplained == 0
