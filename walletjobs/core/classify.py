"""What a transaction means for a wallet.

Balance changes decide amounts; instructions and labels decide meaning. A party that gives tokens or takes them is the
trade's counterparty: what the wallet pays it, or gets from it, is the consideration. Every other lamport that leaves
the wallet has a name of its own, and what has none is counted as unexplained.

Source: money.md sections 2 and 3.
"""

from walletjobs.core.accounts import MOST_RENT
from walletjobs.core.deltas import Deltas, OwnAccounts, deltas_of
from walletjobs.core.entries import TRADES, Components, Entry, Kind
from walletjobs.core.known import TIP_ACCOUNTS, TRADE_PROGRAMS
from walletjobs.core.transaction import Transaction
from walletjobs.core.units import STABLECOINS, WRAPPED_SOL

_NFT_STANDARDS = frozenset({"NonFungible", "NonFungibleEdition", "ProgrammableNonFungible"})
_SETTLED = TRADES | {Kind.CONVERSION, Kind.ARBITRAGE, Kind.NFT}  # kinds whose SOL may be a consideration


def entry_of(transaction: Transaction, own: OwnAccounts) -> Entry:
    """The ledger entry of one transaction; ``own`` remembers the wallet's accounts from one to the next.

    Units: base units and lamports, exact: the components sum to the SOL delta.
    """
    return _Reading(transaction, own.wallet, deltas_of(transaction, own)).entry()


class _Reading:
    """One transaction while its meaning is worked out."""

    __slots__ = (
        "_flow",
        "components",
        "deltas",
        "flags",
        "gain",
        "givers",
        "nfts",
        "rest",
        "takers",
        "transaction",
        "wallet",
    )

    def __init__(self, transaction: Transaction, wallet: str, deltas: Deltas) -> None:
        self.transaction = transaction
        self.wallet = wallet
        self.deltas = deltas
        self.components = Components()
        self.rest = deltas.sol  # lamports that have no name yet
        self.flags: list[str] = []
        self.nfts: tuple[str, ...] = ()
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

    def entry(self) -> Entry:
        """Name the fees, find the kind, name the rest."""
        components, transaction = self.components, self.transaction
        if transaction.fee_payer == self.wallet:
            components.network_fee = -transaction.fee
            self.rest += transaction.fee
        if transaction.failed:
            components.unexplained = self.rest
            return self._done(Kind.FAILED, None, None)
        components.rent_deposit = self.deltas.rent_deposit
        self.rest -= self.deltas.rent_deposit
        if self.rest:
            self._name_tips_and_rents()
        kind = self._kind()
        if self.rest:
            self._name_rest(kind)
        return self._done(kind, *self._value(kind))

    def _done(self, kind: Kind, value: int | None, source: str | None) -> Entry:
        transaction, deltas = self.transaction, self.deltas
        if self.components.unexplained:
            self.flags.append("unexplained")
        return Entry(
            transaction.signature,
            transaction.slot,
            transaction.block_time,
            kind,
            deltas.sol,
            self.components,
            deltas.rent_locked,
            deltas.tokens,
            deltas.decimals,
            self.nfts,
            value,
            source,
            tuple(self.flags),
            transaction.label,
            transaction.venue,
        )

    def _flows(self) -> dict[str, int]:
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

    def _name_tips_and_rents(self) -> None:
        components, rents = self.components, self.deltas.rents
        for account, lamports in self._flows().items():
            if lamports <= 0:
                continue
            if account in TIP_ACCOUNTS:
                components.tip -= self._named(lamports, account, self.gain)
            elif account in rents:
                components.rent_paid_for_others -= self._named(lamports, account, rents)
            elif 0 < self.gain.get(account, 0) <= MOST_RENT and account in self.transaction.facts().created:
                components.rent_paid_for_others -= self._named(lamports, account, self.gain)

    def _named(self, lamports: int, party: str, gains: dict[str, int]) -> int:
        """So much of what the party gained came from the wallet and has a name now."""
        paid = max(0, min(lamports, gains.get(party, 0)))
        if paid:
            gains[party] -= paid
            self.rest += paid
        return paid

    def _kind(self) -> Kind:
        tokens = self.deltas.tokens
        if not tokens:
            return self._kind_without_tokens()
        self.nfts = tuple(mint for mint, amount in tokens.items() if self._is_nft(mint, amount))
        if len(self.nfts) == len(tokens):
            return Kind.NFT
        moved = {mint: amount for mint, amount in tokens.items() if mint not in self.nfts}
        ways = {amount > 0 for mint, amount in moved.items() if mint not in STABLECOINS}
        stable = {amount > 0 for mint, amount in moved.items() if mint in STABLECOINS}
        if len(ways) == 2:
            return Kind.SWAP
        if not ways:
            return self._kind_of_stable(stable)
        if True in ways:
            return Kind.BUY if False in stable or self._pays() else Kind.RECEIPT
        return Kind.SELL if True in stable or self._is_paid() else self._kind_of_send()

    def _kind_without_tokens(self) -> Kind:
        if not self.rest:
            return Kind.FEE
        sent: set[str] = set()
        came: set[str] = set()
        for move in self.transaction.token_transfers:
            if move.source == self.wallet != move.destination:
                sent.add(move.mint)
            elif move.destination == self.wallet != move.source:
                came.add(move.mint)
        both = sent & came
        if both - {WRAPPED_SOL} or (both and self._is_trade_program()):
            return Kind.ARBITRAGE
        return Kind.TRANSFER

    def _kind_of_stable(self, ways: set[bool]) -> Kind:
        if len(ways) == 2:
            return Kind.CONVERSION
        if True in ways:
            return Kind.CONVERSION if self._pays() else Kind.RECEIPT
        return Kind.CONVERSION if self._is_paid() else self._kind_of_send()

    def _kind_of_send(self) -> Kind:
        lost = {mint for mint, amount in self.deltas.tokens.items() if amount < 0}
        return Kind.BURN if lost & self.transaction.facts().burned else Kind.SEND

    def _pays(self) -> bool:
        """Whether SOL left for what came in: to a party that gave a token, or by a program made for trades."""
        if self.rest >= 0:
            return False
        return any(self.gain.get(party, 0) > 0 for party in self.givers) or self._is_trade_program()

    def _is_paid(self) -> bool:
        """Whether SOL came for what left: from a party that took a token, or by a program made for trades."""
        if any(self.gain.get(party, 0) < 0 for party in self.takers):
            return True
        return self.rest > 0 and self._is_trade_program()

    def _is_trade_program(self) -> bool:
        return self.transaction.label == "SWAP" or not TRADE_PROGRAMS.isdisjoint(
            self.transaction.facts().programs
        )

    def _is_nft(self, mint: str, amount: int) -> bool:
        if self.deltas.decimals[mint] != 0 or abs(amount) != 1:
            return False
        standards = {move.standard for move in self.transaction.token_transfers if move.mint == mint} - {
            None,
            "",
        }
        return not standards or not standards.isdisjoint(_NFT_STANDARDS)

    def _name_rest(self, kind: Kind) -> None:
        if kind in _SETTLED and (kind is not Kind.NFT or self._pays() or self._is_paid()):
            self._name_platform_fees()
            self.components.consideration, self.components.unexplained = self._covered()
            return
        for account, lamports in self._flows().items():
            self.components.transfer_out -= self._named(lamports, account, self.gain)
        moved, self.components.unexplained = self._covered()
        if moved > 0:
            self.components.transfer_in += moved
        else:
            self.components.transfer_out += moved

    def _name_platform_fees(self) -> None:
        """SOL that went from the wallet straight to parties that gave nothing for it."""
        flows = self._flows()
        paid = {account for account, lamports in flows.items() if lamports > 0}
        paid |= {
            move.destination
            for move in self.transaction.token_transfers
            if move.mint == WRAPPED_SOL and move.source == self.wallet and move.destination
        }
        fees = {
            party: min(self.gain[party], flows[party]) if flows.get(party, 0) > 0 else self.gain[party]
            for party in paid - self.givers - TIP_ACCOUNTS
            if self.gain.get(party, 0) > 0 and party not in self.deltas.rents and party != self.wallet
        }
        if self.rest < 0 and not any(self.gain.get(party, 0) > 0 for party in self.givers) and fees:
            del fees[
                max(fees, key=lambda party: (fees[party], party))
            ]  # the payee itself: its tokens come from elsewhere
        for party, lamports in fees.items():
            self.components.platform_fee -= self._named(lamports, party, self.gain)

    def _covered(self) -> tuple[int, int]:
        """The rest, split into what other accounts mirror and what nobody accounts for."""
        rest = self.rest
        gains = sum(amount for amount in self.gain.values() if amount > 0) + sum(self.deltas.rents.values())
        losses = sum(amount for amount in self.gain.values() if amount < 0)
        mirrored = min(rest, -losses) if rest > 0 else max(rest, -gains)
        self.rest = 0
        return mirrored, rest - mirrored

    def _value(self, kind: Kind) -> tuple[int | None, str | None]:
        if kind not in TRADES and kind is not Kind.CONVERSION:
            return None, None
        if kind is Kind.SWAP:
            return self._intermediate()
        if STABLECOINS.isdisjoint(self.deltas.tokens) or kind is Kind.CONVERSION:
            return abs(self.components.consideration), "own_leg"
        self.flags.append("no_price")
        return None, None

    def _intermediate(self) -> tuple[int | None, str | None]:
        """Of a token-for-token trade: the SOL that moved between its hops, as the first hop paid it."""
        out = {mint for mint, amount in self.deltas.tokens.items() if amount < 0}
        paid = sum(
            -held[WRAPPED_SOL]
            for held in self.deltas.others.values()
            if held.get(WRAPPED_SOL, 0) < 0 and any(held.get(mint, 0) > 0 for mint in out)
        )
        if paid:
            return paid, "intermediate"
        self.flags.append("no_price")
        return None, None
