"""Pages of a wallet's history that can be believed, by the enhanced address route or by signatures.

A page is not believed because it came: a busy node may answer with nothing, and a server that does not know a
parameter's name gives its first page for ever.
"""

from collections.abc import Sequence

from walletjobs.core.history import Page, Row, SyncRange, breaks_order, is_outdated
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.byslots import Listing
from walletjobs.providers.helius import ENHANCED_CREDITS, LISTING_CREDITS, PAGE, SIGNATURES, HeliusClient
from walletjobs.services.syncing import Price

#: Times that a page which cannot be is asked for before the provider counts as down.
TRIES = 4
#: Times that a second route must list nothing before an empty page is the wallet's start.
PROOFS = 2


class AddressSource:
    """One wallet's history by the address route, newest first."""

    name = "enhanced transactions of the address"
    price = Price(calls=1, credits=ENHANCED_CREDITS)

    def __init__(self, client: HeliusClient, address: str) -> None:
        self._client = client
        self._address = address
        self._tail: frozenset[str] = frozenset()  # listed so far in the slot that the walk stands in
        self._tail_slot = -1

    def head(self, held: Sequence[SyncRange], most: int) -> Page:
        """The newest transactions, up to ``most``; empty for a wallet that has none.

        Raises: ProviderUnavailable where the provider knows less than what is ``held``.
        """
        for attempt in range(TRIES):
            page = self._fetch(None, most)
            if not page.rows and not held and attempt and self._ends_at(None):
                return page
            if page.rows and not is_outdated(page.rows, held):
                self._remember(page.rows)
                return page
        if not held and not page.rows:
            return self._by_signatures(None, most)
        raise ProviderUnavailable("The provider's newest page is older than what is stored.")

    def below(self, walked: SyncRange, most: int, *, more_is_held: bool) -> Page:
        """The page right below a range, up to ``most`` transactions; empty where the wallet's history starts.

        Raises: ProviderUnavailable where the provider repeats a page, or ends although older history is held.
        """
        cursor = walked.oldest.signature
        for attempt in range(TRIES):
            page = self._fetch(cursor, most)
            if not page.rows and attempt and not more_is_held and self._ends_at(cursor):
                return page
            if page.rows and not self._repeats(page.rows, walked):
                self._remember(page.rows)
                return page
        if not page.rows:
            return self._by_signatures(cursor, most)
        raise ProviderUnavailable("The provider repeats a page instead of going on below it.")

    def _fetch(self, before: str | None, most: int) -> Page:
        return self._client.address_transactions(self._address, before=before, limit=min(PAGE, most))

    def _ends_at(self, cursor: str | None) -> bool:
        """Whether the signatures' list, which is cheap and comes from elsewhere, ends there too."""
        return not any(self._client.signatures(self._address, before=cursor, limit=1) for _ in range(PROOFS))

    def _by_signatures(self, cursor: str | None, most: int) -> Page:
        """What the address route keeps back although it is listed."""
        listed = self._client.signatures(self._address, before=cursor, limit=min(PAGE, most))
        page = self._client.parsed(listed, self._address)
        if not page.rows:
            raise ProviderUnavailable("The provider's history ends above what is stored.")
        self._remember(page.rows)
        return page

    def _repeats(self, rows: Sequence[Row], walked: SyncRange) -> bool:
        return breaks_order(rows, walked) or any(row.signature in self._tail for row in rows)

    def _remember(self, rows: Sequence[Row]) -> None:
        slot = rows[-1].slot
        here = frozenset(row.signature for row in rows if row.slot == slot)
        self._tail = here | self._tail if slot == self._tail_slot else here
        self._tail_slot = slot


class SignatureSource:
    """One wallet's history by its signatures, which are then parsed, newest first.

    What touches only the wallet's token accounts is not listed under the wallet, and so not found.
    """

    name = "signatures, each parsed"
    price = Price(
        calls=1 + PAGE / SIGNATURES, credits=ENHANCED_CREDITS + LISTING_CREDITS * PAGE // SIGNATURES
    )

    def __init__(self, client: HeliusClient, address: str) -> None:
        self._client = client
        self._address = address
        self._listed: Sequence[Listing] = ()  # below the last page, and not parsed yet
        self._cursor: str | None = None  # where the last page ended

    def head(self, held: Sequence[SyncRange], most: int) -> Page:
        """The newest transactions, up to ``most``; empty for a wallet that has none.

        Raises: ProviderUnavailable where the provider knows less than what is ``held``.
        """
        for _ in range(TRIES):
            listed = self._list(None)
            if not listed and not held:
                return Page(())
            if listed and (not held or listed[0].slot >= held[0].oldest.slot):
                return self._parse(listed, most)
        raise ProviderUnavailable("The provider's newest page is older than what is stored.")

    def below(self, walked: SyncRange, most: int, *, more_is_held: bool) -> Page:
        """The page right below a range, up to ``most`` transactions; empty where the wallet's history starts.

        Raises: ProviderUnavailable where the provider repeats a page, or ends although older history is held.
        """
        cursor = walked.oldest
        if self._listed and self._cursor == cursor.signature:
            return self._parse(self._listed, most)
        for _ in range(TRIES):
            listed = self._list(cursor.signature)
            if not listed and not more_is_held:
                return Page(())
            if listed and not any(
                entry.slot > cursor.slot or entry.signature == cursor.signature for entry in listed
            ):
                return self._parse(listed, most)
        raise ProviderUnavailable("The provider repeats a page, or ends above what is stored.")

    def _list(self, cursor: str | None) -> Sequence[Listing]:
        """What is listed below a cursor; that nothing is, was said as often as it takes to believe it."""
        lists = (self._client.signatures(self._address, before=cursor) for _ in range(TRIES))
        return next(filter(None, lists), ())

    def _parse(self, listed: Sequence[Listing], most: int) -> Page:
        """The first of what is listed; the rest waits for the next page."""
        count = min(PAGE, most)
        page = self._client.parsed(listed[:count], self._address)
        self._listed, self._cursor = listed[count:], page.rows[-1].signature
        return page
