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
        self.gain = dict(deltas.gains)  # party → lamports
        self.givers: set[str] = set()  # parties that gave some token
        self.takers: set[str] = set()  # parties that took some token
        for party, held in deltas.others.items():
            for amount in held.values():
                if amount < 0:
                    self.givers.add(party)
                elif amount:
                    self.takers.add(party)

    def flows(self) -> dict[str, int]:
        """Account → lamports that native transfers took there from the wallet, less what came back."""
        if self._flow is None:
            flow: dict[str, int] = {}
            wallet = self.wallet
            for move in self.transaction.native_transfers:
                source, destination = move.source, move.destination
                if source == wallet and destination:
                    flow[destination] = flow.get(destination, 0) + move.lamports
                elif destination == wallet and source:
                    flow[source] = flow.get(source, 0) - move.lamports
            self._flow = flow
        return self._flow

    def name(self, lamports: int, party: str, gains: dict[str, int]) -> int:
        """So much of what the party gained came from the wallet and has a name now."""
        paid = gains.get(party, 0)
        if paid > lamports:
            paid = lamports
        if paid <= 0:
            return 0
        gains[party] -= paid
        self.rest += paid
        return paid

    def pays(self) -> bool:
        """Whether SOL left for what came in: to a party that gave a token, or by a program made for trades."""
        if self.rest >= 0:
            return False
        if self.pays_giver():
            return True
        if not DISTRIBUTORS.isdisjoint(self.transaction.facts().programs):
            return False
        return self.is_trade_program() or (self._is_given() and self._is_trade_elsewhere())

    def _is_given(self) -> bool:
        """Whether what came was a party's before, or was made here for the wallet."""
        if self.givers:
            return True
        minted = self.transaction.facts().minted
        return any(amount > 0 and mint in minted for mint, amount in self.deltas.tokens.items())

    def pays_giver(self) -> bool:
        """Whether a party that gave a token gained SOL."""
        for party in self.givers:  # noqa: SIM110 - a loop, for a generator takes longer than what it looks at
            if self.gain.get(party, 0) > 0:
                return True
        return False

    def is_paid(self) -> bool:
        """Whether SOL came for what left: from a party that took a token, or by a program made for trades."""
        for party in self.takers:
            if self.gain.get(party, 0) < 0:
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

    def paid(self) -> dict[str, int]:
        """Party → lamports that transfers, of native or of wrapped SOL, took there straight from the wallet."""
        paid: dict[str, int] = {}
        for move in self.transaction.token_transfers:
            if move.mint == WRAPPED_SOL and move.source == self.wallet and move.destination:
                paid[move.destination] = self.gain.get(move.destination, 0)
        for party, lamports in self.flows().items():
            if lamports > 0:
                paid[party] = lamports
        return paid

    def _paid_aside(self) -> int:
        """Lamports that the wallet paid to parties that took no token: they may eat up all that a sale brought."""
        return sum(max(paid, 0) for party, paid in self.paid().items() if party not in self.takers)

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
