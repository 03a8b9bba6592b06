"""Buys, sells, swaps and conversions on bonding curves and pools, with their fees, tips and accounts."""

from collections import Counter
from dataclasses import dataclass

from walletjobs.dev.generate.draft import RENT, SOL, Coin, Draft
from walletjobs.dev.generate.world import (
    LAMPORTS,
    TIP_ACCOUNTS,
    VENUES,
    Line,
    Pool,
    Token,
    World,
    decimals_of,
)
from walletjobs.dev.solprice import cents_at

USDC = Coin("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 6)
LEAST = 3_000_000  # lamports: the smallest ordinary trade
Event = tuple[Draft, Line]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a trade is done; what is left out is left to chance."""

    label: str = "SWAP"
    payer: str = ""  # of the network fee, where it is not the wallet (T11)
    lasting: bool = False  # from and into the lasting wrapped SOL account (T3)
    lamports: int = 0  # consideration
    bare: bool = False  # no tip, no bot
    charged: bool = False  # surely both


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a buy came to."""

    components: Counter[str]
    got: int  # base units
    rent_locked: int  # lamports
    traps: tuple[str, ...] = ()


def bought(draft: Draft, token: Token, purchase: Purchase) -> Line:
    """The true line of a buy, once it is in the books: all that left is its cost."""
    components, got = purchase.components, purchase.got
    paid, cost = -components["consideration"], -sum(components.values())
    token.held += got
    token.book.buy(got, cost, cost - paid, draft.head.time)
    tokens, decimals = {token.coin.mint: got}, decimals_of(token)
    return Line("buy", components, purchase.rent_locked, tokens, decimals, paid, purchase.traps)


def buy(world: World, token: Token, terms: Terms = Terms()) -> Event:
    """SOL for a token: on a curve natively, in a pool through wrapped SOL."""
    paid = terms.lamports or _size(world)
    draft = world.draft(terms.label, token.pool.venue, terms.payer)
    components = _network_fee(world, draft)
    locked = ensure_open(world, draft, token)
    call_venue(draft, world, token.pool)
    pay_sol(world, draft, token.pool, paid, terms)
    quantity = max(int(paid / token.price * world.random.uniform(0.97, 1.0)), 1)
    got = receive_from(draft, token, quantity)
    components["consideration"] = -paid
    if token.pool.curve:
        components["platform_fee"] -= paid // 100
        draft.pay(world.wallet, world.curve_fees, paid // 100)
    if not terms.bare:
        _charge(world, draft, components, paid, terms.charged)
    world.drift(token)
    return draft, bought(draft, token, Purchase(components, got, locked))


def sell(world: World, token: Token, terms: Terms = Terms(), share: float = 0.0) -> Event:
    """A token for SOL; the whole position more often than not, and then its account may be closed."""
    share = share or world.random.choice((0.25, 0.5, 1.0, 1.0, 1.0))
    quantity = token.held if share == 1.0 else max(int(token.held * share), 1)
    got = max(int(quantity * token.price * world.random.uniform(0.97, 1.0)), LEAST)
    draft = world.draft(terms.label, token.pool.venue, terms.payer)
    components = _network_fee(world, draft)
    components["consideration"] = got
    call_venue(draft, world, token.pool)
    give_to(draft, token, quantity)
    take_sol(world, draft, token.pool, got, terms)
    _charge(world, draft, components, got, terms.charged)
    token.held -= quantity
    locked = close_if_empty(world, draft, token, 0.6)
    world.drift(token)
    proceeds = sum(components.values())
    token.book.sell(quantity, proceeds, got - proceeds, draft.head.time)
    return draft, Line("sell", components, locked, {token.coin.mint: -quantity}, decimals_of(token), got)


def swap(world: World, source: Token, target: Token, hop: bool = True) -> Event:
    """One token for another, through the SOL that moves between their pools, or directly (no value)."""
    quantity = source.held
    value = max(int(quantity * source.price), LEAST)
    draft = world.draft("SWAP", "JUPITER")
    components = _network_fee(world, draft)
    locked = ensure_open(world, draft, target)
    give_to(draft, source, quantity)
    if hop:
        draft.send(SOL, source.pool.sol_vault, target.pool.sol_vault, value)
    got = receive_from(draft, target, max(int(value / target.price), 1))
    call_venue(draft, world, target.pool, "JUPITER")
    _charge(world, draft, components, 0)
    source.held, target.held = 0, target.held + got
    locked += close_if_empty(world, draft, source, 0.5)
    fees, time = -sum(components.values()), draft.head.time
    source.book.sell(quantity, value if hop else None, 0, time)
    target.book.buy(got, value + fees if hop else None, fees, time)
    tokens = {source.coin.mint: -quantity, target.coin.mint: got}
    known = value if hop else None
    traps = ("T29",) if hop else ("T29", "T32")
    return draft, Line("swap", components, locked, tokens, decimals_of(source, target), known, traps)


def convert(world: World, usdc: Token) -> Event:
    """SOL into USDC, or back: no position trade."""
    back = usdc.held > 0 and world.chance(0.5)
    draft = world.draft("SWAP", "METEORA")
    components = _network_fee(world, draft)
    locked = ensure_open(world, draft, usdc)
    cents = cents_at(draft.head.time)
    call_venue(draft, world, usdc.pool)
    if back:
        amount = -usdc.held
        lamports = usdc.held * 100 * LAMPORTS // (cents * 10**6)
        give_to(draft, usdc, usdc.held)
        take_sol(world, draft, usdc.pool, lamports, Terms())
    else:
        lamports = -_size(world)
        amount = max(-lamports * cents * 10**6 // (100 * LAMPORTS), 1)
        pay_sol(world, draft, usdc.pool, -lamports, Terms())
        receive_from(draft, usdc, amount)
    components["consideration"] = lamports
    usdc.held += amount
    tokens = {usdc.coin.mint: amount}
    return draft, Line("conversion", components, locked, tokens, decimals_of(usdc), abs(lamports), ("T13",))


def pay_sol(world: World, draft: Draft, pool: Pool, lamports: int, terms: Terms) -> None:
    """The wallet's SOL goes to a pool: native, or wrapped for the occasion, or wrapped already."""
    if pool.curve:
        draft.pay(world.wallet, pool.owner, lamports)
    elif terms.lasting:
        draft.send(SOL, world.wrapped, pool.sol_vault, lamports)
        world.wrapped_held -= lamports
    else:
        held = world.temporary()
        draft.open(SOL, held, world.wallet)
        draft.wrap(world.wallet, held, lamports)
        draft.send(SOL, held, pool.sol_vault, lamports)
        draft.close(SOL, held)


def take_sol(world: World, draft: Draft, pool: Pool, lamports: int, terms: Terms) -> None:
    """A pool's SOL comes to the wallet."""
    if pool.curve:
        draft.pay(pool.owner, world.wallet, lamports, by_program=True)
    elif terms.lasting:
        draft.send(SOL, pool.sol_vault, world.wrapped, lamports)
        world.wrapped_held += lamports
    else:
        held = world.temporary()
        draft.open(SOL, held, world.wallet)
        draft.send(SOL, pool.sol_vault, held, lamports)
        draft.close(SOL, held, RENT + lamports)


def receive_from(draft: Draft, token: Token, quantity: int) -> int:
    """The pool gives the token; what arrives after a transfer fee."""
    kept = quantity * token.withheld // 10_000
    draft.send(token.coin, token.pool.vault, token.account, quantity, kept)
    return quantity - kept


def give_to(draft: Draft, token: Token, quantity: int) -> None:
    """The pool takes the token, less a transfer fee."""
    kept = quantity * token.withheld // 10_000
    draft.send(token.coin, token.account, token.pool.vault, quantity, kept)


def ensure_open(world: World, draft: Draft, token: Token) -> int:
    """The wallet's token account exists; the rent it locks."""
    if token.open:
        return 0
    token.open = True
    draft.open(token.coin, token.account, world.wallet, token.rent)
    return token.rent


def close_if_empty(world: World, draft: Draft, token: Token, probability: float) -> int:
    """The token account may be closed; the rent it gives back, negative."""
    if token.held or not token.open or not world.chance(probability):
        return 0
    token.open = False
    draft.close(token.coin, token.account, token.rent)
    return -token.rent


def call_venue(draft: Draft, world: World, pool: Pool, venue: str = "") -> None:
    """The outer instruction of the trade."""
    accounts = (pool.owner, pool.vault.account, pool.sol_vault.account, world.wallet)
    draft.instruct(VENUES[venue or pool.venue], accounts, draft.head.time.to_bytes(24, "little"))


def _network_fee(world: World, draft: Draft) -> Counter[str]:
    return Counter({"network_fee": -draft.head.fee} if draft.head.payer == world.wallet else {})


def _charge(world: World, draft: Draft, parts: Counter[str], lamports: int, sure: bool = False) -> None:
    """A bot's fee on so many lamports, and a tip; either may be left out."""
    if lamports and (world.chance(0.4) or sure):
        parts["platform_fee"] -= lamports // 100
        draft.pay(world.wallet, world.bot, lamports // 100)
    if world.chance(0.35) or sure:
        tip = world.random.randrange(10_000, 2_000_000)
        parts["tip"] -= tip
        draft.pay(world.wallet, world.random.choice(TIP_ACCOUNTS), tip)


def _size(world: World) -> int:
    return max(int(10 ** world.random.uniform(7.5, 9.7)), LEAST)
