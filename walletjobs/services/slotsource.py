"""Parts of a wallet's history that can be believed, by slots; several threads may share a source.

A page is not believed because it came: a busy node may answer with nothing, or leave its last page out. So the
end of a listing is where a second question, for the oldest transaction, says that it is, and a part holds what
was listed in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from walletjobs.core.history import Page, Row, Slots, SyncRange, is_outdated
from walletjobs.core.parts import TOP, Part
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.byslots import LISTED, Asked, Listed, Listing
from walletjobs.providers.helius import HeliusClient
from walletjobs.services.source import TRIES


@dataclass(frozen=True, slots=True)
class Below:
    """Where a listing goes on: in these slots, after what it listed last."""

    slots: Slots
    token: str | None = None
    tail: frozenset[str] = frozenset()  # listed so far in the slot that it stands in
    tail_slot: int = TOP


class SlotSource:
    """One wallet's history by slots."""

    def __init__(self, client: HeliusClient, address: str) -> None:
        self.size = client.config.helius_full_page
        #: One less than a page, so that its answer says that nothing else lies there: what was listed late is seen.
        self.part_size = max(self.size - 1, 1)
        self._client = client
        self._address = address

    def head(self, held: Sequence[SyncRange]) -> Page:
        """The newest transactions of a wallet that has some.

        Raises: ProviderUnavailable where the provider knows less than what is ``held``.
        """
        for _ in range(TRIES):
            page = self._client.full(Asked(self._address, Slots(0, TOP), self.size)).page
            if page.rows and not is_outdated(page.rows, held):
                return page
        raise ProviderUnavailable("The provider's newest page is older than what is stored.")

    def fetch(self, part: Part) -> Page:
        """Everything in the slots of a part, as often asked for as it takes; less than was listed, where that fails."""
        page = Page((), "rpc")
        for _ in range(TRIES):
            page = self._all(part)
            if len(page.rows) >= part.transactions:
                break
        return page

    def listed(self, below: Below) -> Listed:
        """The next signatures of a listing, newest first; an empty answer was given twice.

        Raises: ProviderUnavailable where the provider repeats a page.
        """
        asked = Asked(self._address, below.slots, LISTED, below.token)
        for attempt in range(TRIES):
            answer = self._client.listed(asked)
            if _repeats(answer.entries, below):
                continue
            if answer.entries or attempt:
                return replace(
                    answer, entries=tuple(each for each in answer.entries if each.signature not in below.tail)
                )
        raise ProviderUnavailable("The provider repeats a page instead of going on below it.")

    def oldest(self, slots: Slots) -> Listing | None:
        """The oldest signature in some slots; that there is none was said twice."""
        asked = Asked(self._address, slots, 1, ascending=True)
        for _ in range(2):
            if entries := self._client.listed(asked).entries:
                return entries[0]
        return None

    def _all(self, part: Part) -> Page:
        rows: dict[str, Row] = {}
        token = None
        while True:
            answer = self._client.full(Asked(self._address, part.slots, self.size, token))
            before = len(rows)
            rows |= {row.signature: row for row in answer.page.rows}
            token = answer.token
            if token is None or len(rows) == before:
                return replace(answer.page, rows=tuple(rows.values()))


def _repeats(entries: Sequence[Listing], below: Below) -> bool:
    """Whether a page that should lie below another one does not; without a token, the tail is listed again."""
    if any(entry.slot > below.tail_slot for entry in entries):
        return True
    return below.token is not None and any(entry.signature in below.tail for entry in entries)
