"""Events that have led other tools astray: the traps of money.md section 9, each with its truth."""

from collections import Counter
from collections.abc import Callable

from walletjobs.dev.generate.claims import claim
from walletjobs.dev.generate.draft import RENT, SOL, TOKEN_2022, Coin, Holder
from walletjobs.dev.generate.movements import receipt, wrap
from walletjobs.dev.generate.orders import limit_order
from walletjobs.dev.generate.ordinary import ORDINARY
from walletjobs.dev.generate.trades import (
    Event,
    Purchase,
    Terms,
    bought,
    buy,
    call_venue,
    ensure_open,
    receive_from,
    sell,
    swap,
)
from walletjobs.dev.generate.world import LAMPORTS, Line, Pool, Token, World


def lasting_wrapped(world: World, token: Token) -> Event:
    """T3: SOL comes from, or goes to, wrapped SOL that the wallet already holds; T2 fills the account first."""
    terms = Terms(lasting=True, lamports=world.random.randrange(10_000_000, LAMPORTS))
    world.move_to_pool(token)
    if world.wrapped_held < 2 * LAMPORTS:
        return wrap(world, 3 * LAMPORTS)
    draft, line = sell(world, token, terms) if token.held else buy(world, token, terms)
    return draft, line.tagged("T3")


def unlabelled(world: World, token: Token) -> Event:
    """T4: no swap event, type UNKNOWN."""
    terms = Terms(label="UNKNOWN")
    draft, line = sell(world, token, terms) if token.held else buy(world, token, terms)
    return draft, line.tagged("T4")


def multi_hop(world: World, token: Token) -> Event:
    """T5: SOL to USDC to token; the intermediate nets to zero in the wallet's own account."""
    usdc = Coin("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 6)
    first, second = world.pool(), world.pool()
    passing, held = world.temporary(), world.temporary()
    paid = world.random.randrange(50_000_000, 2 * LAMPORTS)
    draft = world.draft("SWAP", "JUPITER")
    locked = ensure_open(world, draft, token)
    draft.open(SOL, held, world.wallet)
    draft.wrap(world.wallet, held, paid)
    draft.open(usdc, passing, world.wallet)
    draft.send(SOL, held, first.sol_vault, paid)
    draft.send(usdc, first.vault, passing, paid // 7)
    draft.send(usdc, passing, second.sol_vault, paid // 7)
    token.pool = Pool(second.owner, second.vault, Holder(world.names.address(), second.owner), "METEORA")
    got = receive_from(draft, token, max(int(paid / token.price), 1))
    draft.close(usdc, passing)
    draft.close(SOL, held)
    call_venue(draft, world, first, "JUPITER")
    components = Counter({"network_fee": -draft.head.fee, "consideration": -paid})
    return draft, bought(draft, token, Purchase(components, got, locked, ("T5",)))


def split_route(world: World, token: Token) -> Event:
    """T6: one trade through two pools, with separate fees to three accounts."""
    paid = world.random.randrange(50_000_000, 2 * LAMPORTS)
    draft = world.draft("SWAP", "JUPITER")
    locked = ensure_open(world, draft, token)
    held = world.temporary()
    draft.open(SOL, held, world.wallet)
    draft.wrap(world.wallet, held, paid)
    got, fees = 0, 0
    for part, pool in ((paid * 2 // 3, world.pool()), (paid - paid * 2 // 3, world.pool())):
        draft.send(SOL, held, pool.sol_vault, part)
        token.pool = pool
        got += receive_from(draft, token, max(int(part / token.price), 1))
    draft.close(SOL, held)
    for share in (1000, 7000, 30_000):
        draft.pay(world.wallet, world.names.address(), paid // share)
        fees += paid // share
    call_venue(draft, world, token.pool, "JUPITER")
    components = Counter({"network_fee": -draft.head.fee, "consideration": -paid, "platform_fee": -fees})
    return draft, bought(draft, token, Purchase(components, got, locked, ("T6",)))


def flash_loan(world: World, token: Token) -> Event:
    """T7: 500 wrapped SOL borrowed and returned around a small gain or loss: its own PnL, no position."""
    lender, pools = world.pool(), (world.pool(), world.pool())
    held, passing = world.temporary(), Holder(world.names.address(), world.wallet)
    gain, loan = world.random.randrange(-40_000, 9_000_000), 500 * LAMPORTS
    draft = world.draft("UNKNOWN", "UNKNOWN")
    if gain < 0:
        draft.open(SOL, held, world.wallet)
        draft.wrap(world.wallet, held, -gain)
    else:
        draft.open(SOL, held, world.wallet)
    draft.send(SOL, lender.sol_vault, held, loan)
    draft.send(SOL, held, pools[0].sol_vault, loan)
    draft.open(token.coin, passing, world.wallet)
    draft.send(token.coin, pools[0].vault, passing, 10**12)
    draft.send(token.coin, passing, pools[1].vault, 10**12)
    draft.close(token.coin, passing)
    draft.send(SOL, pools[1].sol_vault, held, loan + gain)
    draft.send(SOL, held, lender.sol_vault, loan)
    draft.close(SOL, held, RENT + max(gain, 0))
    call_venue(draft, world, pools[0], "RAYDIUM")
    components = Counter({"network_fee": -draft.head.fee, "consideration": gain})
    return draft, Line("arbitrage", components, traps=("T7", "T8"))


def monster_leg(world: World, token: Token) -> Event:
    """T9: beside a small trade, others move ten thousands of SOL."""
    draft, line = unlabelled(world, token)
    whales = world.pool(), world.pool()
    draft.send(SOL, whales[0].sol_vault, whales[1].sol_vault, 32_090 * LAMPORTS)
    return draft, line.tagged("T9")


def odd_decimals(world: World, token: Token) -> Event:
    """T10: a mint whose decimals no table knows."""
    coin = Coin(world.names.address(), world.random.choice((1, 2, 3, 8, 9)))
    draft, line = buy(world, world.launch(coin))
    return draft, line.tagged("T10")


def relayed(world: World, token: Token) -> Event:
    """T11: somebody else pays the network fee."""
    terms = Terms(payer=world.random.choice(world.friends))
    draft, line = sell(world, token, terms) if token.held else buy(world, token, terms)
    return draft, line.tagged("T11")


def tiny_buy(world: World, token: Token) -> Event:
    """T17: a real purchase no larger than a rent."""
    lamports = world.random.choice((3_000_000, RENT, 1_500_000))
    draft, line = buy(world, token, Terms(lamports=lamports, bare=True))
    return draft, line.tagged("T17")


def taxed(world: World, token: Token) -> Event:
    """T27: a Token-2022 mint that keeps 1 % of every transfer."""
    known = [other for other in world.tokens[-40:] if other.withheld]
    if not known or world.chance(0.2):
        coin = Coin(world.names.address(), 6, TOKEN_2022)
        token = world.launch(coin, withheld=100)
    else:
        token = world.random.choice(known)
    draft, line = sell(world, token) if token.held else buy(world, token)
    return draft, line.tagged("T27")


def new_pool(world: World, token: Token) -> Event:
    """T31: the same mint trades in another pool from now on."""
    world.move_to_pool(token)
    draft, line = sell(world, token) if token.held else buy(world, token)
    return draft, line.tagged("T31")


def unpriced_swap(world: World, token: Token) -> Event:
    """T32: one token for another with no SOL in sight: value unknown, never zero."""
    source = token if token.held else world.holding()
    if source is None:
        return buy(world, token)
    return swap(world, source, world.launch(), hop=False)


def false_dollar(world: World, token: Token) -> Event:
    """T35: a mint that only looks like USDC."""
    coin = Coin("EPjFWdd5AufqSSqeM2" + world.names.address()[18:], 6)
    world.books.pop(coin.mint, None)
    draft, line = buy(world, world.launch(coin))
    return draft, line.tagged("T35")


def rent_beside_gift(world: World, token: Token) -> Event:
    """T17, T21: a gift whose giver opens the account: its rent is no sale and the gift no buy."""
    return receipt(world, world.launch())


#: What ``--traps`` can ask for, and what each makes.
TRAPS: dict[str, Callable[[World, Token], Event]] = {
    **ORDINARY,
    "T2": lambda world, token: wrap(world, LAMPORTS),
    "T3": lasting_wrapped,
    "T4": unlabelled,
    "T5": multi_hop,
    "T6": split_route,
    "T7": flash_loan,
    "T9": monster_leg,
    "T10": odd_decimals,
    "T11": relayed,
    "T12": limit_order,
    "T17": tiny_buy,
    "T21": rent_beside_gift,
    "T27": taxed,
    "T28": claim,
    "T31": new_pool,
    "T32": unpriced_swap,
    "T35": false_dollar,
}
