"""docs/accounting.md: every story is played through the library, every table under it is what comes of it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ledgers import back, buy, gift, put, sell, send, swap, told
from scenes import BOT, JUPITER, POOL, RELAYER, START, TIP, WALLET, Scene, key

from walletjobs.core.book import Book
from walletjobs.core.entries import Entry
from walletjobs.core.rules import Rules
from walletjobs.core.tokens import tokens_of
from walletjobs.core.units import USDC, WRAPPED_SOL, decimal_text, sol_text
from walletjobs.services.present import token_json

PAGE = Path(__file__).parents[1] / "docs" / "accounting.md"
DAY = 86_400
ORDERS = "jupoNjAxXgZ4rjzxzPMP4oxduvQsQtZzyknqvzYNrNu"
STAKE_POOL = "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy"
ORDER, ORDER_RENT = key("order"), 3_480_000

MOVE = re.compile(
    r"(?:day (?P<day>\d+): )?(?P<what>\w+) (?P<quantity>[\d.]+)(?: (?P<mint>[AB]))?"
    r"(?: for (?P<got>[\d.]+)(?: (?P<unit>USDC|B))?)?(?: worth (?P<worth>[\d.]+))?"
    r"(?P<through> through .* 0\.01 and closed)?(?P<fees>(?:, [a-z ]+[\d.]+)*)"
)
FEE = re.compile(r", ([a-z ]+) ([\d.]+)")
#: A figure by its words on the page.
NAMES = {
    "cost": "costSol",
    "proceeds": "proceedsSol",
    "realized PnL": "realizedPnlSol",
    "realized PnL in USD": "realizedPnlUsd",
    "open cost": "openCostSol",
    "claimed cost": "claimedCostSol",
    "cost sent": "costSentSol",
    "cost unpriced": "costUnpricedSol",
    "unverified proceeds": "unverifiedProceedsSol",
    "fees": "feesSol",
    "held": "heldText",
    "buys": "buys",
    "sells": "sells",
    "cycles": "cycles",
}
QUANTITIES = {"unverified quantity": "unverifiedQuantity", "deposited": "deposited", "withdrawn": "withdrawn"}
RULES = {name: Rules(name.lower()) for name in ("FIFO", "LIFO", "HIFO", "average")}
RULES |= {mode: Rules(mode=mode) for mode in ("strict", "adjusted", "raw")}
WINDOWS = {"whole history": 10_000, "last 7 days": 7}  # days


def lamports(text: str) -> int:
    return int(Decimal(text) * 10**9)


def units(text: str) -> int:
    return int(Decimal(text) * 10**6)


@dataclass
class Story:
    """The transactions of a story, oldest first, and what SOL cost when."""

    scenes: list[Scene] = field(default_factory=list)
    prices: list[tuple[int, int]] = field(default_factory=list)
    at: int = START

    def tell(self, line: str) -> None:
        """One line of it."""
        if line.startswith("SOL costs "):
            self.prices.append((self.at + 1, int(Decimal(line.removeprefix("SOL costs ")) * 10**6)))
            return
        move = MOVE.fullmatch(line)
        assert move is not None, line
        self.at = START + DAY * int(move["day"]) if move["day"] else self.at + 60
        fees = {name: lamports(amount) for name, amount in FEE.findall(move["fees"])}
        about = {"slot": 1000 + len(self.scenes), "at": self.at, "fee": fees.pop("network fee", 0)}
        scene = _TELLERS[move["what"]](move, about).outside()
        for name, receiver in (("tip", TIP), ("platform fee", BOT)):
            if name in fees:
                scene.pay(WALLET, receiver, fees.pop(name))
        assert not fees, line
        self.scenes.append(scene)

    def price(self, at: int) -> int | None:
        """What SOL cost at a time, in millionths of a USD."""
        return max((row for row in self.prices if row[0] <= at), default=(0, None))[1]

    def book(self, rules: Rules, days: int = 10_000) -> tuple[Book, list[Entry], list[int]]:
        """What comes of it: the book, its entries, and the result of each closed cycle."""
        start = self.scenes[-1].at - days * DAY
        book, returns = Book(WALLET, rules, [start]), list[int]()
        book.on_disposal = lambda _mint, _place, _matches, ended: ended and returns.append(ended.pnl)
        entries = [book.read(told(scene), self.price) for scene in self.scenes]
        return book.window(start), entries, returns


def _mint(move: re.Match[str]) -> str:
    return key(move["mint"] or "A")


def _buy(move: re.Match[str], about: dict[str, Any]) -> Scene:
    mint, quantity = _mint(move), units(move["quantity"])
    if move["unit"] == "USDC":
        scene = Scene(**about).call(JUPITER).move(USDC, WALLET, POOL, units(move["got"]))
        return scene.move(mint, POOL, WALLET, quantity)
    paid = lamports(move["got"])
    if not move["through"]:
        return buy(mint, quantity, paid, **about)
    wrapped = lamports("0.01")
    scene = Scene(**about).open(WALLET, WRAPPED_SOL).wrap(WALLET, wrapped).open(WALLET, mint).call(JUPITER)
    scene.move(WRAPPED_SOL, WALLET, POOL, paid).move(mint, POOL, WALLET, quantity)
    return scene.outside().close(WALLET, WRAPPED_SOL, holding=wrapped - paid)


def _sell(move: re.Match[str], about: dict[str, Any]) -> Scene:
    mint, quantity = _mint(move), units(move["quantity"])
    if move["unit"] == "USDC":
        scene = Scene(**about).call(JUPITER).move(mint, WALLET, POOL, quantity)
        return scene.move(USDC, POOL, WALLET, units(move["got"]))
    return sell(mint, quantity, lamports(move["got"]), **about)


def _swap(move: re.Match[str], about: dict[str, Any]) -> Scene:
    given, got, amounts = _mint(move), key("B"), (units(move["quantity"]), units(move["got"]))
    if move["worth"]:
        return swap(given, amounts[0], got, amounts[1], lamports(move["worth"]), **about)
    scene = Scene(**about).call(JUPITER).move(given, WALLET, POOL, amounts[0])
    return scene.move(got, POOL, WALLET, amounts[1])


def _order(move: re.Match[str], about: dict[str, Any]) -> Scene:
    scene = Scene(**about).call(ORDERS, ORDER, WALLET).pay(WALLET, ORDER, ORDER_RENT).open(ORDER, _mint(move))
    return scene.move(_mint(move), WALLET, ORDER, units(move["quantity"]))


def _fill(move: re.Match[str], about: dict[str, Any]) -> Scene:
    mint = _mint(move)
    scene = Scene(payer=RELAYER, **about).call(ORDERS, ORDER, WALLET)
    scene.move(mint, ORDER, RELAYER, units(move["quantity"])).pay(RELAYER, WALLET, lamports(move["got"]))
    return scene.close(ORDER, mint, to=WALLET).shift(ORDER, WALLET, ORDER_RENT)


def _stake(move: re.Match[str], about: dict[str, Any]) -> Scene:
    scene = Scene(**about).call(STAKE_POOL).pay(WALLET, POOL, lamports(move["quantity"]))
    return scene.issue(key("B"), WALLET, units(move["got"]))


def _unstake(move: re.Match[str], about: dict[str, Any]) -> Scene:
    scene = Scene(**about).call(STAKE_POOL).burn(_mint(move), WALLET, units(move["quantity"]))
    return scene.shift(POOL, WALLET, lamports(move["got"]))


def _burn(move: re.Match[str], about: dict[str, Any]) -> Scene:
    return Scene(**about).burn(_mint(move), WALLET, units(move["quantity"]))


def _plain(make: Callable[..., Scene]) -> Callable[[re.Match[str], dict[str, Any]], Scene]:
    return lambda move, about: make(_mint(move), units(move["quantity"]), **about)


_TELLERS: dict[str, Callable[[re.Match[str], dict[str, Any]], Scene]] = {
    "buy": _buy,
    "sell": _sell,
    "swap": _swap,
    "gift": _plain(gift),
    "send": _plain(send),
    "put": _plain(put),
    "back": _plain(back),
    "burn": _burn,
    "order": _order,
    "fill": _fill,
    "stake": _stake,
    "unstake": _unstake,
}


def examples() -> Iterator[tuple[str, Story, list[list[str]]]]:
    """The heading, the story and the table of each example of the page."""
    heading, lines = "", iter(PAGE.read_text().splitlines())
    for line in lines:
        if line.startswith("## "):
            heading = line[3:]
        if line == "```story":
            story = Story()
            for told_line in iter(lambda: next(lines), "```"):
                story.tell(told_line)
            assert next(lines) == ""
            rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in iter(lambda: next(lines), "")]
            yield heading, story, [rows[0], *rows[2:]]


EXAMPLES = [pytest.param(story, table, id=heading) for heading, story, table in examples()]


def shown(book: Book, returns: list[int], words: str) -> str:
    """A figure as the page writes it."""
    mint, _, name = words.rpartition(": ")
    if name == "returns of the cycles":
        return ", ".join(map(sol_text, returns))
    figures = next(token_json(each) for each in tokens_of(book) if each.mint == key(mint or "A"))
    if name in QUANTITIES:
        return decimal_text(int(figures[QUANTITIES[name]]), 6)
    return str(figures[NAMES[name]])


def part(entry: Entry, words: str) -> str:
    """A part of an entry as the page writes it."""
    if words == "kind":
        return entry.kind.value
    whole = {"SOL delta": entry.sol_delta, "value": entry.value, "rent locked": entry.rent_locked}
    name = words.replace(" ", "_")
    return sol_text(whole[words] or 0) if words in whole else sol_text(getattr(entry.components, name))


@pytest.mark.parametrize(("story", "table"), EXAMPLES)
def test_a_worked_example_is_what_the_library_computes(story: Story, table: list[list[str]]) -> None:
    (first, *columns), *rows = table
    assert rows
    for place, column in enumerate(columns, 1):
        book, entries, returns = story.book(RULES.get(column, Rules()), WINDOWS.get(column, 10_000))
        assert column in RULES or column in WINDOWS or first == "part"
        for row in rows:
            got = part(entries[-1], row[0]) if first == "part" else shown(book, returns, row[0])
            assert got == row[place], (row[0], column)


def test_the_page_has_an_example_of_every_rule() -> None:
    assert len(EXAMPLES) == 16
