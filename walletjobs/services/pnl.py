"""Computes a wallet's profit and loss from what is stored, and stores the figures and all that they rest on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import Connection

from walletjobs.core.value import Prices, no_prices
from walletjobs.db.drafts import Drafts
from walletjobs.db.fence import Fence, fenced
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.pages import signature_of_line
from walletjobs.db.states import StateRepository, StoredState
from walletjobs.db.transactions import TransactionRepository
from walletjobs.db.wallets import WalletRepository
from walletjobs.services.books import Keeper, slot_of
from walletjobs.services.figures import Json
from walletjobs.services.mending import Mending
from walletjobs.services.ongoing import Ongoing
from walletjobs.services.storing import Storing

#: Prices that another transaction stores may show up so much later than they say.
OVERLAP = timedelta(minutes=1)
#: When more came, one pass over everything is about as quick, and holds no more than a few pages in memory.
MOST_NEW = 5_000


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis computed; its figures are stored but for these."""

    entries: int  # ledger entries computed
    incremental: bool  # it went on from where the last one ended
    behavior: Mapping[str, Json]  # metrics by window


def analyze_pnl(
    fence: Fence,
    connection: Connection[Any],
    run_id: str,
    prices: Prices = no_prices,
    now: int | None = None,
) -> Analysis:
    """Figures of every method and window, computed in one pass, and the ledger and evidence under them.

    All is stored in one transaction that readers see whole. Windows end ``now`` (unix seconds), by the database's clock
    where it is not given.

    Raises: LockLost, DatabaseUnavailable.
    """
    wallet = WalletRepository(connection).find(fence.address)
    assert wallet is not None  # drawing the fence made the row
    now = int(wallet.read_at.timestamp()) if now is None else now
    page_id = TransactionRepository(connection).newest_page(wallet.id)
    storing = Storing(connection, wallet, run_id, page_id, now)
    with fenced(connection, fence):
        gone_on = _go_on(storing, prices)
    return gone_on or _begin_anew(storing, fence, prices)


def _go_on(storing: Storing, prices: Prices) -> Analysis | None:
    """The analysis from where the last one ended; null, and nothing is changed, where it must begin anew."""
    connection, wallet = storing.connection, storing.wallet
    stored = StateRepository(connection).find(wallet.id)
    if stored is None or TransactionRepository(connection).count(wallet.id, stored.page_id) > MOST_NEW:
        return None
    state = stored.state
    new, slots = _sorted_out(storing, stored)
    since = stored.computed_at - OVERLAP
    for entry in LedgerRepository(connection).repriced(wallet.id, since):
        if entry.sol_price != prices(entry.block_time):
            slots.add(entry.slot)
    ongoing, mending = Ongoing(connection, wallet, state), Mending(connection, wallet, state)
    if not ongoing.read(new, prices) or (slots and not mending.mend(slots, prices)):
        return None
    ongoing.store(mending.mints)
    behavior = storing.store_further(ongoing)
    StateRepository(connection).store(wallet.id, storing.stored(state))
    return Analysis(len(ongoing.entries) + mending.entries, True, behavior)


def _sorted_out(storing: Storing, stored: StoredState) -> tuple[list[tuple[str, bytes]], set[int]]:
    """What came since the last analysis and lies behind it, and the slots of what lies further back.

    In the last slot that is known, what comes after all that was known lies behind it too; unless some of that came
    anew beside it, as what is listed in another order does.
    """
    transactions, slot = TransactionRepository(storing.connection), stored.state.slot
    found = transactions.newer(storing.wallet.id, stored.page_id)
    new = [line for line in found if slot_of(line) > slot]
    slots = {at for line in found if (at := slot_of(line)) <= slot}
    if slot in slots:
        here = [line for line in found if slot_of(line) == slot]
        every = [line for line in transactions.of_slots(storing.wallet.id, [slot]) if slot_of(line) == slot]
        if every[-len(here) :] == here and not _any_known(storing, stored, here):
            return here + new, slots - {slot}
    return new, slots


def _any_known(storing: Storing, stored: StoredState, lines: Iterable[tuple[str, bytes]]) -> bool:
    """Whether the last slot's entries have one of these transactions."""
    last = LedgerRepository(storing.connection).newest(storing.wallet.id, stored.state.nth + 1)
    known = {entry.signature for _, entry in last}
    return any(signature_of_line(line) in known for _, line in lines)


def _begin_anew(storing: Storing, fence: Fence, prices: Prices) -> Analysis:
    """The analysis of everything that is stored, in one pass."""
    connection, wallet = storing.connection, storing.wallet
    keeper = Keeper(wallet.address, storing.starts.values())
    with Drafts() as drafts:
        for stored in TransactionRepository(connection).stream(wallet.id):
            if (entry := keeper.read(stored, prices)) is not None:
                keeper.add(entry, drafts)
        with fenced(connection, fence):
            behavior = storing.store_anew(keeper, drafts)
    return Analysis(keeper.entries, False, behavior)
