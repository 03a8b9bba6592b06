"""Limit orders (trap T12): tokens go into escrow, a keeper fills the order in a transaction of its own.

The escrow is still the wallet's: putting in and taking back change nothing but rent and fee; the fill is a sell of
exactly what left escrow, for what arrived.
"""

from collections import Counter

from walletjobs.dev.generate.draft import Draft, Holder
from walletjobs.dev.generate.trades import Event, buy, ensure_open
from walletjobs.dev.generate.world import Line, Order, Token, World, decimals_of

PROGRAM = "jupoNjAxXgZ4rjzxzPMP4oxduvQsQtZzyknqvzYNrNu"  # Jupiter Limit Order
ORDER_RENT = 3_480_000  # lamports that the order's own account deposits
LEAST = 5_000_000  # lamports


def limit_order(world: World, token: Token) -> Event:
    """Place an order, or fill or take back one that waits."""
    able = token.held > 0 and not token.withheld
    if world.orders and (not able or world.chance(0.6)):
        order = world.orders.pop(world.random.randrange(len(world.orders)))
        return take_back(world, order) if world.chance(0.25) else fill(world, order)
    return place(world, token) if able else buy(world, token)


def place(world: World, token: Token) -> Event:
    """Half of what is held, or all of it, goes into escrow."""
    account = world.names.address()
    quantity = max(token.held // world.random.choice((1, 2)), 1)
    order = Order(token, account, Holder(world.names.address(), account), quantity)
    world.orders.append(order)
    world.own |= dict.fromkeys((order.account, order.escrow.account))
    draft = world.draft("UNKNOWN", "UNKNOWN")
    draft.pay(world.wallet, order.account, ORDER_RENT)
    draft.open(token.coin, order.escrow, world.wallet, token.rent)
    draft.send(token.coin, token.account, order.escrow, quantity)
    draft.tell(PROGRAM, (order.account, world.wallet, order.escrow.account), b"\x01")
    token.held -= quantity
    return draft, Line("order", _fee(draft), ORDER_RENT + token.rent, traps=("T12",))


def fill(world: World, order: Order) -> Event:
    """A keeper takes the tokens, pays the wallet, and closes the order."""
    keeper, token = world.names.address(), order.token
    got = max(int(order.quantity * token.price), LEAST)
    draft = world.draft("UNKNOWN", "UNKNOWN", keeper)
    draft.send(token.coin, order.escrow, Holder(world.names.address(), keeper), order.quantity)
    draft.pay(keeper, world.wallet, got)
    _end(world, draft, order)
    token.book.sell(order.quantity, got, 0, draft.head.time)
    tokens, components = {token.coin.mint: -order.quantity}, Counter({"consideration": got})
    locked = -ORDER_RENT - token.rent
    return draft, Line("sell", components, locked, tokens, decimals_of(token), got, ("T12", "T11"))


def take_back(world: World, order: Order) -> Event:
    """The wallet cancels: tokens and rents come home."""
    token = order.token
    draft = world.draft("UNKNOWN", "UNKNOWN")
    locked = ensure_open(world, draft, token) - ORDER_RENT - token.rent
    draft.send(token.coin, order.escrow, token.account, order.quantity)
    _end(world, draft, order)
    token.held += order.quantity
    return draft, Line("order", _fee(draft), locked, traps=("T12",))


def _end(world: World, draft: Draft, order: Order) -> None:
    draft.close(order.token.coin, order.escrow, order.token.rent, to=world.wallet)
    draft.pay(order.account, world.wallet, ORDER_RENT, by_program=True)
    draft.tell(PROGRAM, (order.account, world.wallet, order.escrow.account), b"\x02")


def _fee(draft: Draft) -> Counter[str]:
    return Counter({"network_fee": -draft.head.fee})
