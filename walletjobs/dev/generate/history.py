"""A wallet's history, invented one event at a time, with its truth."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from walletjobs.dev.generate import movements, traps
from walletjobs.dev.generate.balances import Balances
from walletjobs.dev.generate.draft import COMPUTE_BUDGET, Draft
from walletjobs.dev.generate.trades import USDC, Event, buy, convert, sell, swap
from walletjobs.dev.generate.world import LAMPORTS, Line, Token, World
from walletjobs.dev.replay.options import figures
from walletjobs.errors import InvalidArgument, InvalidData

#: Ordinary events and their weights.
MIX = {
    "buy": 36, "sell": 42, "swap": 2, "convert": 1.5, "failure": 4, "receipt": 3, "send": 1.5, "burn": 0.7,
    "close": 1.5, "sol_in": 1.5, "sol_out": 1.5,
}  # fmt: skip
COMPONENTS = (
    "network_fee", "tip", "platform_fee", "rent_paid_for_others",
    "transfer_in", "transfer_out", "consideration", "unexplained",
)  # fmt: skip
MOST_SPENT = 8 * LAMPORTS  # in one event
#: Accounts and letters of data that bring an ordinary transaction to about 6.9 kB; a small one, about 2.5 kB,
#: has no instructions but those that balances cannot tell.
SIZES = {"small": (0, 0), "large": (11, 900)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to invent."""

    transactions: int
    seed: int = 0
    mints: int = 0  # 0: one for every twelve transactions
    size: str = "small"
    traps: Mapping[str, float] = field(default_factory=dict)  # trap → share of the transactions
    wallet: str = ""
    form: str = "enhanced"  # or "rpc"

    def check(self) -> None:
        """Raises: InvalidArgument where it cannot be followed."""
        unknown = self.traps.keys() - traps.TRAPS.keys()
        if unknown:
            known = ", ".join(traps.TRAPS)
            raise InvalidArgument(f"no such trap to ask for: {', '.join(sorted(unknown))}; use {known}")
        if sum(self.traps.values()) > 1 or min(self.traps.values(), default=0) < 0:
            raise InvalidArgument("the traps' proportions must be 0 or more and sum to at most 1")
        if self.size not in SIZES or self.form not in ("enhanced", "rpc") or self.transactions < 1:
            raise InvalidArgument("give 1 transaction or more, size small or large, form enhanced or rpc")


def shares_of(text: str) -> dict[str, float]:
    """``"T3=0.05,T32=0.01"`` as a mapping; ``all=0.3`` gives every trap an equal part of 0.3.

    Raises: InvalidArgument that names the part which is no ``name=number``.
    """
    shares = figures(text)
    together = shares.pop("all", 0.0)
    return {**dict.fromkeys(traps.TRAPS, together / len(traps.TRAPS) if together else 0.0), **shares}


class Inventor:
    """Invents the transactions of a plan, oldest first; its books are true once all are made."""

    def __init__(self, plan: Plan) -> None:
        plan.check()
        self.plan = plan
        mints = plan.mints or max(plan.transactions // 12, 3)
        self.world = World(plan.seed, mints, plan.wallet)
        self.usdc = self.world.launch(USDC)
        self.usdc.held, self.usdc.before, self.usdc.open = 0, 0, False
        self.world.tokens.clear()  # money, not a token to trade
        del self.world.books[USDC.mint]
        self.world.brief = plan.size == "small"
        self.totals: Counter[str] = Counter()
        self._balances = Balances(self.world)
        self._new = min(mints / (plan.transactions * 0.38), 1.0)
        self._filler = [self.world.names.address() for _ in range(40)]

    def history(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """Each transaction as a line of JSON, and the line of the true ledger beside it."""
        for number in range(self.plan.transactions):
            draft, line = self._first() if not number else self._next()
            self._count(draft, line)
            self._fill(draft)
            raw = draft.line() if self.plan.form == "enhanced" else self._balances.as_rpc(draft)
            yield raw, ledger_line(draft, line)

    def _first(self) -> Event:
        return movements.sol_in(self.world, 50 * LAMPORTS)

    def _next(self) -> Event:
        world = self.world
        if world.purse < MOST_SPENT:
            return movements.sol_in(world, 30 * LAMPORTS)
        draw = world.random.random()
        for name, share in self.plan.traps.items():
            draw -= share
            if draw < 0:
                return traps.TRAPS[name](world, self._any_token())
        (kind,) = world.random.choices(list(MIX), list(MIX.values()))
        return self._ordinary(kind) or buy(world, self._token_to_buy())

    def _ordinary(self, kind: str) -> Event | None:
        """An event of this kind, if the wallet has what it takes."""
        world = self.world
        if kind == "convert":
            return convert(world, self.usdc)
        if kind in ("sol_in", "sol_out"):
            return movements.sol_in(world) if kind == "sol_in" else movements.sol_out(world)
        if kind == "receipt":
            return movements.receipt(world, self._any_token())
        if kind == "failure":
            return movements.failure(world, self._any_token())
        if kind == "close":
            empty = [token for token in world.tokens[-60:] if token.open and not token.held]
            return movements.close(world, empty[0]) if empty else None
        held = world.holding()
        with_one: dict[str, Callable[[World, Token], Event]] = {
            "sell": sell,
            "send": movements.send,
            "burn": movements.burn,
            "swap": lambda world, token: swap(world, token, self._other(token)),
        }
        return with_one[kind](world, held) if held and kind in with_one else None

    def _token_to_buy(self) -> Token:
        world = self.world
        if len(world.tokens) < 1 or (len(world.tokens) < world.mints and world.chance(self._new)):
            return world.launch()
        return world.random.choice(world.tokens[-30:])

    def _any_token(self) -> Token:
        held = self.world.holding() if self.world.chance(0.5) else None
        return held or self._token_to_buy()

    def _other(self, token: Token) -> Token:
        other = self._token_to_buy()
        return other if other is not token else self.world.launch()

    def _count(self, draft: Draft, line: Line) -> None:
        change = draft.change_of(self.world.wallet, self._own(draft))
        if change != sum(line.components.values()):
            raise InvalidData(f"{line.kind} {draft.head.signature}: components do not sum to {change}")
        self.world.purse += draft.lamports.get(self.world.wallet, 0)
        self.totals[line.kind] += 1
        self.totals.update({f"{name}Lamports": amount for name, amount in line.components.items()})
        self.totals.update(line.traps)
        self.totals["solDeltaLamports"] += change

    def _own(self, draft: Draft) -> list[str]:
        """Token accounts of the wallet: those it keeps, and those that live only here."""
        own = [account for account in draft.lamports if account in self.world.own]
        passing = {
            holder.account for holder, _, _ in draft.tokens.values() if holder.owner == self.world.wallet
        }
        return [*own, *passing]

    def _fill(self, draft: Draft) -> None:
        """Accounts and data without meaning, as real transactions have plenty; or none of either."""
        if draft.brief:
            return
        accounts, letters = SIZES[self.plan.size]
        draft.instruct(COMPUTE_BUDGET, (), b"\x02\x40\x0d\x03\x00")
        chosen = self.world.random.sample(self._filler, accounts)
        draft.named |= dict.fromkeys(chosen)
        draft.ballast(self._filler[0], chosen, self.world.names.text(letters))


def ledger_line(draft: Draft, line: Line) -> dict[str, Any]:
    """The line of the true ledger, named as ``walletjobs ledger --json`` names it."""
    return {
        "signature": draft.head.signature,
        "slot": draft.head.slot,
        "blockTime": draft.head.time,
        "kind": line.kind,
        "solDeltaLamports": sum(line.components.values()),
        "components": {name: line.components.get(name, 0) for name in COMPONENTS},
        "rentLockedLamports": line.rent_locked,
        "tokens": [
            {"mint": mint, "delta": delta, "decimals": line.decimals[mint]}
            for mint, delta in line.tokens.items()
        ],
        "valueLamports": line.value,
        "traps": list(line.traps),
    }
