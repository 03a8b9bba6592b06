"""Traps that ordinary events spring of themselves, for those who ask for more of them."""

from collections.abc import Callable

from walletjobs.dev.generate.movements import burn, failure, receipt, send
from walletjobs.dev.generate.trades import Event, Terms, buy, sell, swap
from walletjobs.dev.generate.world import Token, World


def trade(world: World, token: Token, charged: bool = False) -> Event:
    """A sale of what is held, else a buy."""
    terms = Terms(charged=charged)
    return sell(world, token, terms) if token.held else buy(world, token, terms)


def pool_trade(world: World, token: Token) -> Event:
    """T1, T13: through wrapped SOL in an account that ends with the transaction."""
    world.move_to_pool(token)
    draft, line = trade(world, token)
    return draft, line.tagged("T1", "T13")


def quiet_gift(world: World, token: Token) -> Event:
    """T14: tokens come into an open account; the wallet itself is not named."""
    known = [other for other in world.tokens[-60:] if other.open]
    return receipt(world, world.random.choice(known)) if known else buy(world, token)


def same_slot(world: World, token: Token) -> Event:
    """T16: in the slot of the transaction before."""
    world.together = True
    draft, line = trade(world, token)
    return draft, line.tagged("T16")


def charged(world: World, token: Token) -> Event:
    """T18, T19: a trade with a tip and a bot's fee."""
    draft, line = trade(world, token, charged=True)
    return draft, line.tagged("T18", "T19")


def never_bought(world: World, token: Token) -> Event:
    """T23: what was held since before the history begins is sold."""
    draft, line = sell(world, world.launch(before=True))
    return draft, line.tagged("T23")


def week_later(world: World, token: Token) -> Event:
    """T24: a sale eight days after what came before."""
    world.pass_days(8)
    draft, line = sell(world, token)
    return draft, line.tagged("T24")


def again(world: World, token: Token) -> Event:
    """T25: a token that was sold to nothing is bought again."""
    gone = [other for other in world.tokens[-60:] if other.book.sells and not other.held and not other.pooled]
    if not gone:
        return sell(world, token, share=1.0) if token.held else buy(world, token)
    draft, line = buy(world, world.random.choice(gone))
    return draft, line.tagged("T25")


def two_lots(world: World, token: Token) -> Event:
    """T26: a part of what was bought at two prices is sold."""
    twice = [other for other in world.tokens[-60:] if other.book.buys > 1 and other.held]
    if not twice:
        return buy(world, token)
    draft, line = sell(world, world.random.choice(twice), share=0.5)
    return draft, line.tagged("T26")


def _held(event: Callable[[World, Token], Event]) -> Callable[[World, Token], Event]:
    """An event that needs something held; a buy where there is nothing."""

    def made(world: World, token: Token) -> Event:
        held = token if token.held else world.holding()
        return buy(world, token) if held is None else event(world, held)

    return made


#: By trap, what it makes.
ORDINARY: dict[str, Callable[[World, Token], Event]] = {
    "T1": pool_trade,
    "T13": pool_trade,
    "T14": quiet_gift,
    "T16": same_slot,
    "T18": charged,
    "T19": charged,
    "T20": failure,
    "T22": _held(send),
    "T23": never_bought,
    "T24": _held(week_later),
    "T25": again,
    "T26": two_lots,
    "T29": _held(lambda world, token: swap(world, token, world.launch())),
    "T30": _held(burn),
}
