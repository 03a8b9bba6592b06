"""What is no trade: transfers, gifts, sends, burns, closed accounts, failures."""

from collections import Counter

from walletjobs.dev.generate.draft import RENT, SOL, Holder
from walletjobs.dev.generate.trades import Event, call_venue
from walletjobs.dev.generate.world import LAMPORTS, Line, Token, World, decimals_of


def sol_in(world: World, lamports: int = 0) -> Event:
    """Someone sends SOL."""
    sender = world.random.choice(world.friends)
    lamports = lamports or world.random.randrange(10_000_000, 5 * LAMPORTS)
    draft = world.draft("TRANSFER", "SYSTEM_PROGRAM", sender)
    draft.pay(sender, world.wallet, lamports)
    return draft, Line("transfer", Counter({"transfer_in": lamports}))


def sol_out(world: World) -> Event:
    """The wallet sends SOL."""
    lamports = world.random.randrange(1_000_000, LAMPORTS)
    draft = world.draft("TRANSFER", "SYSTEM_PROGRAM")
    draft.pay(world.wallet, world.random.choice(world.friends), lamports)
    return draft, Line("transfer", Counter({"network_fee": -draft.head.fee, "transfer_out": -lamports}))


def receipt(world: World, token: Token, quantity: int = 0) -> Event:
    """Someone gives tokens, and the account for them where the wallet has none: basis unknown, no buy."""
    sender = world.random.choice(world.friends)
    quantity = quantity or max(int(10 ** world.random.uniform(3, 8.5) / token.price), 1)
    draft = world.draft("TRANSFER", "SOLANA_PROGRAM_LIBRARY", sender)
    components: Counter[str] = Counter()
    locked = 0
    if token.open:
        traps = ("T14", "T21")  # the wallet itself is not named: only its token account is
    else:
        traps = ("T17", "T21")
        draft.open(token.coin, token.account, sender, token.rent)
        draft.named[world.wallet] = None
        token.open, locked = True, token.rent
        components["transfer_in"] = token.rent
    kept = quantity * token.withheld // 10_000
    draft.send(token.coin, Holder(world.names.address(), sender), token.account, quantity, kept)
    token.held += quantity - kept
    token.book.receive(quantity - kept)
    tokens = {token.coin.mint: quantity - kept}
    return draft, Line("receipt", components, locked, tokens, decimals_of(token), traps=traps)


def send(world: World, token: Token) -> Event:
    """The wallet gives tokens away, and pays for the other's account if it has none."""
    friend = world.random.choice(world.friends)
    quantity = max(token.held // world.random.choice((1, 2, 10)), 1)
    draft = world.draft("TRANSFER", "SOLANA_PROGRAM_LIBRARY")
    components = Counter({"network_fee": -draft.head.fee})
    target = Holder(world.names.address(), friend)
    if world.chance(0.5):
        draft.open(token.coin, target, world.wallet, token.rent)
        components["rent_paid_for_others"] = -token.rent
    draft.send(token.coin, token.account, target, quantity, quantity * token.withheld // 10_000)
    token.held -= quantity
    token.book.send(quantity)
    tokens = {token.coin.mint: -quantity}
    return draft, Line("send", components, 0, tokens, decimals_of(token), traps=("T22",))


def burn(world: World, token: Token) -> Event:
    """What is left is burned and its account closed."""
    draft = world.draft("BURN", "SOLANA_PROGRAM_LIBRARY")
    quantity = token.held
    draft.burn(token.coin, token.account, quantity)
    draft.close(token.coin, token.account, token.rent)
    token.held, token.open = 0, False
    token.book.send(quantity)
    components = Counter({"network_fee": -draft.head.fee})
    tokens = {token.coin.mint: -quantity}
    return draft, Line("burn", components, -token.rent, tokens, decimals_of(token), traps=("T30",))


def close(world: World, token: Token) -> Event:
    """An empty account is closed: its rent comes home."""
    draft = world.draft("CLOSE_ACCOUNT", "SOLANA_PROGRAM_LIBRARY")
    draft.close(token.coin, token.account, token.rent)
    token.open = False
    return draft, Line("fee", Counter({"network_fee": -draft.head.fee}), -token.rent)


def failure(world: World, token: Token) -> Event:
    """A trade that the chain refused: only its fee is paid, its listed transfers did not happen."""
    draft = world.draft("UNKNOWN", token.pool.venue)
    call_venue(draft, world, token.pool)
    draft.pay(world.wallet, token.pool.owner, LAMPORTS)
    draft.send(token.coin, token.pool.vault, token.account, 10**9)
    draft.fail()
    return draft, Line("failed", Counter({"network_fee": -draft.head.fee}), traps=("T20",))


def wrap(world: World, lamports: int) -> Event:
    """SOL goes into the wallet's lasting wrapped SOL account: neither a payment nor a swap."""
    draft = world.draft("UNKNOWN", "UNKNOWN")
    locked = 0
    if not world.wrapped_open:
        draft.open(SOL, world.wrapped, world.wallet)
        world.wrapped_open, locked = True, RENT
    draft.wrap(world.wallet, world.wrapped, lamports)
    world.wrapped_held += lamports
    return draft, Line("fee", Counter({"network_fee": -draft.head.fee}), locked, traps=("T2",))
