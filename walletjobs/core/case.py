"""One transaction while its meaning is worked out: who gave, who took, and which lamports have no name yet."""

from walletjobs.core.deltas import Deltas, OwnAccounts
from walletjobs.core.entries import Components
from walletjobs.core.programs import DISTRIBUTORS, PLAIN_PROGRAMS, TRADE_PROGRAMS
from walletjobs.core.transaction import Transaction
from walletjobs.core.units import WRAPPED_SOL

DUST = 100_000  # lamports: a service asks as much beside a gift, and nobody trades for it
_NFT_STANDARDS = frozenset({"NonFungible", "NonFungibleEdition", "ProgrammableNonFungible"})


class Case:
    """The facts of one transaction as one wallet sees them; ``rest`` and ``gain`` shrink as lamports get names."""

    __slots__ = (
        "_flow",
        "components",
        "deltas",
        "flags",
        "gain",
        "givers",
        "own",
        "rest",
        "takers",
        "transaction",
        "wallet",
    )

    def __init__(self, transaction: Transaction, own: OwnAccounts, deltas: Deltas) -> None:
        self.transaction = transaction
        self.own = own
        self.wallet = own.wallet
        self.deltas = deltas
        self.components = Components()
        self.rest = deltas.sol  # lamports that have no name yet
        self.flags: list[str] = []
        self._flow: dict[str, int] | None = None
        self.gain: dict[str, int] = {}  # party → lamports
        self.givers: set[str] = set()  # parties that gave some token
        self.takers: set[str] = set()  # parties that took some token
        for party, held in deltas.others.items():
            for mint, amount in held.items():
                if mint == WRAPPED_SOL:
                    self.gain[party] = amount
                elif amount < 0:
                    self.givers.add(party)
                elif amount:
                    self.takers.add(party)

    def flows(self) -> dict[str, int]:
        """Account → lamports that native transfers took there from the wallet, less what came back."""
        if self._flow is None:
            flow: dict[str, int] = {}
            for move in self.transaction.native_transfers:
                if move.source == self.wallet and move.destination:
                    flow[move.destination] = flow.get(move.destination, 0) + move.lamports
                elif move.destination == self.wallet and move.source:
                    flow[move.source] = flow.get(move.source, 0) - move.lamports
            self._flow = flow
        return self._flow

    def name(self, lamports: int, party: str, gains: dict[str, int]) -> int:
        """So much of what the party gained came from the wallet and has a name now."""
        paid = max(0, min(lamports, gains.get(party, 0)))
        if paid:
            gains[party] -= paid
            self.rest += paid
        return paid

    def pays(self) -> bool:
        """Whether SOL left for what came in: to a party that gave a token, or by a program made for trades."""
        if self.rest >= 0:
            return False
        if any(self.gain.get(party, 0) > 0 for party in self.givers):
            return True
        if not DISTRIBUTORS.isdisjoint(self.transaction.facts().programs):
            return False
        return self.is_trade_program() or (bool(self.givers) and self._is_trade_elsewhere())

    def is_paid(self) -> bool:
        """Whether SOL came for what left: from a party that took a token, or by a program made for trades."""
        if any(self.gain.get(party, 0) < 0 for party in self.takers):
            return self.rest > 0 or self.rest + self._paid_aside() > 0
        if self.rest <= 0:
            return False
        return self.is_trade_program() or (bool(self.takers) and self._is_trade_elsewhere())

    def _is_trade_elsewhere(self) -> bool:
        """Whether a program that nobody here knows moved tokens one way and more than dust of SOL the other."""
        facts = self.transaction.facts()
        unknown = facts.programs - PLAIN_PROGRAMS
        if not unknown or facts.claims or facts.orders or abs(self.rest) <= DUST:
            return False
        self.flags.append("inferred")
        return True

    def _paid_aside(self) -> int:
        """Lamports that the wallet paid to parties that took no token: they may eat up all that a sale brought."""
        flows = {party: lamports for party, lamports in self.flows().items() if lamports > 0}
        wrapped = {party: self.gain.get(party, 0) for party in self.wrapped_paid()}
        return sum(max(paid, 0) for party, paid in {**wrapped, **flows}.items() if party not in self.takers)

    def wrapped_paid(self) -> set[str]:
        """Parties that transfers of wrapped SOL went to from the wallet."""
        return {
            move.destination
            for move in self.transaction.token_transfers
            if move.mint == WRAPPED_SOL and move.source == self.wallet and move.destination
        }

    def is_trade_program(self) -> bool:
        """Whether the provider's label or a program says that this is a trade."""
        return self.transaction.label == "SWAP" or not TRADE_PROGRAMS.isdisjoint(
            self.transaction.facts().programs
        )

    def is_nft(self, mint: str) -> bool:
        """Whether one whole, indivisible unit moved, and no standard says that it is a fungible one."""
        if self.deltas.decimals[mint] != 0 or abs(self.deltas.tokens[mint]) != 1:
            return False
        standards = {
            move.standard for move in self.transaction.token_transfers if move.mint == mint and move.standard
        }
        return not standards or not standards.isdisjoint(_NFT_STANDARDS)
