"""Goes on from where the last analysis ended: new transactions cost their own work, and that of the tokens they move.

Only if nothing that is kept could be wrong by now: the rules are the same, what is new lies behind what is known (older
transactions that came late were mended in before), and no clock of a block runs backwards.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from psycopg import Connection

from walletjobs.core.continuity import Continuity
from walletjobs.core.entries import Entry
from walletjobs.core.legs import legs_of
from walletjobs.core.positions import Position
from walletjobs.core.state import WalletState
from walletjobs.core.tokens import token_of
from walletjobs.core.value import Prices
from walletjobs.db.drafts import Drafts
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.reconciliation import ReconciliationRepository
from walletjobs.db.states import StateRepository
from walletjobs.db.wallets import Wallet
from walletjobs.services.books import Keeper, accounts_of


class Ongoing:
    """The books of a wallet as the last analysis left them, with the tokens that something happens to."""

    def __init__(self, connection: Connection[Any], wallet: Wallet, state: WalletState) -> None:
        self.state = state
        self.mints: set[str] = set()  # tokens whose figures are new
        self.entries: list[Entry] = []
        self.keeper = Keeper(wallet.address)
        self._wallet = wallet
        self._ledger = LedgerRepository(connection)
        self._evidence = EvidenceRepository(connection)
        self._states = StateRepository(connection)
        self._balances = ReconciliationRepository(connection)

    def read(self, lines: Sequence[tuple[str, bytes]], prices: Prices) -> bool:
        """Read what is new; false where it does not lie behind what is known, by its slots and by its clocks."""
        known = self._states.accounts(self._wallet.id, accounts_of(lines))
        self.keeper = Keeper(self._wallet.address, known=known)
        self.keeper.continuity = Continuity(
            self._wallet.address, partial(self._balances.seen, self._wallet.id)
        )
        read = (self.keeper.read(line, prices) for line in lines)
        self.entries = [entry for entry in read if entry is not None]
        last = self.state.slot, max(self.state.habits.times.last, self.state.totals.last_time or 0)
        for entry in self.entries:
            here = entry.slot, entry.block_time
            if here[0] < last[0] or here[1] < last[1]:
                return False
            last = here
        return True

    def store(self, mended: Collection[str]) -> None:
        """Bring what was read into the books, and store what it leaves; call it inside ``fenced``.

        ``mended``: tokens whose figures are new anyhow.
        """
        wallet_id, keeper = self._wallet.id, self.keeper
        self.mints = {leg.mint for entry in self.entries for leg in legs_of(entry)} | set(mended)
        open_segments = self._evidence.open_segments(wallet_id, self._resume())
        with Drafts(self._ledger.last(wallet_id), open_segments) as drafts:
            for entry in self.entries:
                keeper.add(entry, drafts)
            segments, moved = list(drafts.segments()), list(drafts.mints)
            self._ledger.replace(wallet_id, drafts.start, drafts.pages())
        self._evidence.remove(wallet_id, moved, segments)
        self._evidence.store(wallet_id, segments, keeper.token_states(moved))
        self._states.add_accounts(wallet_id, keeper.own.learned)
        keeper.store_balances(self._balances, wallet_id)
        self._advance()

    def _resume(self) -> dict[str, int]:
        """Put in where the wallet and its tokens stand; they leave the sums meanwhile. Returns events by token."""
        state, keeper = self.state, self.keeper
        stored = self._evidence.states(self._wallet.id, self.mints)
        keeper.notes.resume(state.slot, state.nth)
        for method, book in keeper.books.items():
            book.resume(state.totals, state.kinds, state.tie)
            for mint, token in stored.items():
                position = Position(mint, book.rules).resume(
                    token.standings[method], token.decimals, token.events
                )
                book.positions[mint] = position
                state.sums[method].remove(token_of(position))
                if method == "fifo":
                    state.habits.let_go(position.pool)
        return {mint: token.events for mint, token in stored.items()}

    def _advance(self) -> None:
        """Put the tokens back into the sums, and take in what happened."""
        state, keeper = self.state, self.keeper
        for method, book in keeper.books.items():
            for position in book.positions.values():
                state.sums[method].add(token_of(position))
            state.courses[method].absorb(book.columns)
        book = keeper.books["fifo"]
        state.habits.absorb(book.columns)
        for position in book.positions.values():
            state.habits.hold(position.pool)
        state.totals, state.kinds, state.tie = book.totals, book.kinds, book.tie
        state.slot, state.nth = keeper.notes.last
        state.entries += len(self.entries)
        state.unreadable += keeper.unreadable
