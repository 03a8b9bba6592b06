"""Liquidity, staking and claimed airdrops (trap T28): what goes in is still the wallet's, and no trade."""

from collections import Counter

from walletjobs.dev.generate.draft import Coin, Draft
from walletjobs.dev.generate.movements import receipt
from walletjobs.dev.generate.trades import Event, buy, ensure_open
from walletjobs.dev.generate.world import LAMPORTS, Line, Token, World, decimals_of

#: A pool of liquidity, and how its two instructions begin; a stake pool; a distributor of airdrops.
#: Source: the programs' own addresses and interfaces.
POOL = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
INCREASE, DECREASE = bytes.fromhex("2e9cf3760dcdfbb2"), bytes.fromhex("a026d06f685b2c01")
STAKE_POOL = "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy"
DISTRIBUTOR = "mERKcfxMC5SqJn4Ld4BUris3WKZZ1ojjWJ3A3J5CKxv"


def claim(world: World, token: Token) -> Event:
    """Put something into a pool or a stake, take it back, or claim an airdrop."""
    draw = world.random.random()
    if draw < 0.15:
        return airdrop(world, world.launch())
    if draw < 0.45:
        staked = world.staked
        return unstake(world, staked) if staked and staked.held and world.chance(0.5) else stake(world)
    pooled = [other for other in world.tokens[-60:] if other.pooled]
    if pooled and world.chance(0.5):
        return withdraw(world, world.random.choice(pooled))
    return deposit(world, token) if token.held and not token.withheld else buy(world, token)


def deposit(world: World, token: Token) -> Event:
    """Tokens, and often SOL beside them, go into a pool."""
    quantity = max(token.held // world.random.choice((1, 2, 3)), 1)
    lamports = world.random.randrange(1_000_000, LAMPORTS) if world.chance(0.6) else 0
    draft, components = _draft(world)
    draft.send(token.coin, token.account, token.pool.vault, quantity)
    if lamports:
        draft.pay(world.wallet, token.pool.owner, lamports)
    draft.tell(POOL, (token.pool.owner, world.wallet), INCREASE)
    token.held -= quantity
    token.pooled += quantity
    token.book.put(quantity)
    components["transfer_out"] = -lamports
    return draft, _line(components, 0, {token.coin.mint: -quantity}, token)


def withdraw(world: World, token: Token) -> Event:
    """A part or all of it comes back; the last time with what it earned."""
    quantity = max(token.pooled // world.random.choice((1, 1, 2)), 1)
    earned = quantity // 50 if quantity == token.pooled else 0
    lamports = world.random.randrange(1_000_000, LAMPORTS) if world.chance(0.6) else 0
    draft, components = _draft(world)
    locked = ensure_open(world, draft, token)
    draft.send(token.coin, token.pool.vault, token.account, quantity + earned)
    if lamports:
        draft.pay(token.pool.owner, world.wallet, lamports, by_program=True)
    draft.tell(POOL, (token.pool.owner, world.wallet), DECREASE)
    token.pooled -= quantity
    token.held += quantity + earned
    token.book.take_back(quantity + earned)
    components["transfer_in"] = lamports
    return draft, _line(components, locked, {token.coin.mint: quantity + earned}, token)


def stake(world: World) -> Event:
    """SOL into a stake pool, which makes its token for it."""
    if world.staked is None:
        world.staked = world.launch(Coin(world.names.address(), 9))
        world.staked.price = world.staked.first_price = 1.1
    token, lamports = world.staked, world.random.randrange(LAMPORTS // 10, 2 * LAMPORTS)
    draft, components = _draft(world)
    locked = ensure_open(world, draft, token)
    quantity = max(int(lamports / token.price), 1)
    draft.pay(world.wallet, token.pool.owner, lamports)
    draft.issue(token.coin, token.account, quantity)
    draft.tell(STAKE_POOL, (token.pool.owner, world.wallet), b"\x0e")
    token.held += quantity
    components["transfer_out"] = -lamports
    token.book.carry(quantity, -sum(components.values()))
    return draft, _line(components, locked, {token.coin.mint: quantity}, token)


def unstake(world: World, token: Token) -> Event:
    """The token of the stake pool ends for SOL."""
    quantity = max(token.held // world.random.choice((1, 2)), 1)
    lamports = max(int(quantity * token.price), 1)
    draft, components = _draft(world)
    draft.burn(token.coin, token.account, quantity)
    draft.pay(token.pool.owner, world.wallet, lamports, by_program=True)
    draft.tell(STAKE_POOL, (token.pool.owner, world.wallet), b"\x10")
    token.held -= quantity
    components["transfer_in"] = lamports
    token.book.redeem(quantity, sum(components.values()))
    return draft, _line(components, 0, {token.coin.mint: -quantity}, token)


def airdrop(world: World, token: Token) -> Event:
    """Tokens that a distributor gives: a receipt."""
    draft, line = receipt(world, token)
    draft.tell(DISTRIBUTOR, (token.pool.owner, world.wallet), b"\x01")
    return draft, line.tagged("T28")


def _draft(world: World) -> tuple[Draft, Counter[str]]:
    draft = world.draft("UNKNOWN", "UNKNOWN")
    return draft, Counter({"network_fee": -draft.head.fee})


def _line(components: Counter[str], locked: int, tokens: dict[str, int], token: Token) -> Line:
    return Line("claim", components, locked, tokens, decimals_of(token), traps=("T28",))
