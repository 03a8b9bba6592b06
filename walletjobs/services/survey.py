"""What of a wallet's gaps is to be listed and what to be fetched, newest first, up to the cap."""

from collections import deque
from dataclasses import dataclass, replace

from walletjobs.core.history import Slots, SyncRange
from walletjobs.core.parts import TOP, Part, agenda, cut
from walletjobs.errors import ProviderUnavailable
from walletjobs.providers.byslots import Listed, Listing
from walletjobs.services.held import Held
from walletjobs.services.slotsource import Below
from walletjobs.services.source import TRIES


@dataclass(frozen=True, slots=True)
class Oldest:
    """The question for the oldest transaction in some slots."""

    slots: Slots


Question = Below | Oldest | Part


class Survey:
    """Reads the gaps of a wallet from its newest range down, one listing at a time, and says what to ask next.

    A gap's listing is cut into parts, which are recorded as owed before they are asked for: whoever goes on
    later fetches them without listing them again.
    """

    def __init__(self, held: Held, most: int, size: int) -> None:
        self.listed = 0  # transactions: held, owed and listed so far
        self._held = held
        self._most = most
        self._size = size
        known = held.parts()
        self._agenda = deque(agenda(held.ranges, known))
        for stale in set(known).difference(item for item in self._agenda if isinstance(item, Part)):
            held.forget(stale)
        self._questions: deque[Question] = deque()
        self._search: _Search | None = None
        self._go_on()

    def next(self) -> Question | None:
        """The next question to ask, the most urgent one first."""
        return self._questions.popleft() if self._questions else None

    def expected(self) -> int:
        """How many transactions there will be, by the density of what was listed last; 0 where nobody knows."""
        if self._search is None:
            return self.listed
        left = self._search.left()
        return min(self.listed + left, self._most) if left is not None else 0

    def hear_oldest(self, found: Listing | None) -> None:
        """The answer to a question for the oldest transaction."""
        if self._search:
            self._search.oldest, self._search.oldest_known = found, True
            self._conclude(self._search)

    def hear_listed(self, answer: Listed) -> None:
        """The answer to a listing: what of it makes parts is owed from now on."""
        search = self._search
        assert search is not None  # whose question this answers
        room = self._most - self.listed
        entries = answer.entries[:room]
        self.listed += len(entries)
        search.take(entries, answer.token)
        if len(entries) == room:  # the cap: as far as here, and the slot that is begun
            search.hole = Slots(entries[-1].slot, search.hole.last)
            self._cut(search, ended=True)
        elif answer.token is not None:
            self._cut(search, ended=False)
            self._questions.appendleft(search.below)
        else:
            search.paused = True
            self._conclude(search)

    def _conclude(self, search: "_Search") -> None:
        """Where a listing says that it ends: it does where the oldest transaction is listed, or there is none."""
        if not (search.paused and search.oldest_known):
            return
        if search.is_proven():
            self._cut(search, ended=True)
            return
        search.doubts += 1
        if search.doubts == TRIES:
            raise ProviderUnavailable(
                "The provider's lists of the wallet's transactions contradict each other."
            )
        search.paused = search.oldest_known = False
        self._questions.extendleft([search.again(), Oldest(search.hole)])

    def _cut(self, search: "_Search", *, ended: bool) -> None:
        parts = search.cut(self._size, ended=ended)
        if owed := [part for part in parts if part.transactions]:
            self._held.owe(owed)
        self._questions += parts
        if ended:
            self._search = None
            self._go_on()

    def _go_on(self) -> None:
        """What comes next on the agenda, as far as the cap allows."""
        while self._agenda and self._search is None and self.listed < self._most:
            item = self._agenda.popleft()
            if isinstance(item, SyncRange):
                self.listed += item.transactions
            elif isinstance(item, Part):
                self.listed += item.transactions
                self._questions.append(item)
            else:
                self._search = _Search(item)
                self._questions.extendleft([Oldest(item), self._search.below])


class _Search:
    """The listing of one gap, as far as it has come."""

    def __init__(self, hole: Slots) -> None:
        self.hole = hole  # what is not cut yet
        self.below = Below(hole)
        self.oldest: Listing | None = None
        self.oldest_known = False
        self.paused = False  # the listing says that it ends
        self.doubts = 0
        self._slots: list[int] = []  # listed and not cut yet
        self._density = 0.0  # transactions a slot

    def take(self, entries: tuple[Listing, ...], token: str | None) -> None:
        """Note what was listed and where the listing goes on."""
        if entries:
            if self.hole.last == TOP:  # what is above the newest transaction has not happened yet
                self.hole = Slots(self.hole.first, entries[0].slot)
            slot = entries[-1].slot
            here = frozenset(entry.signature for entry in entries if entry.slot == slot)
            tail = here | self.below.tail if slot == self.below.tail_slot else here
            self.below = Below(self.below.slots, token, tail, slot)
            self._slots += (entry.slot for entry in entries)
            self._density = len(entries) / (entries[0].slot - slot + 1)

    def is_proven(self) -> bool:
        """Whether nothing is older than what was listed last, or nothing was ever listed."""
        if self.oldest is None:
            return not self.below.tail
        return self.oldest.slot == self.below.tail_slot

    def again(self) -> Below:
        """The listing, taken up without a token at the slot where it stands."""
        self.below = replace(
            self.below,
            slots=Slots(self.below.slots.first, min(self.below.slots.last, self.below.tail_slot)),
            token=None,
        )
        return self.below

    def cut(self, size: int, *, ended: bool) -> list[Part]:
        """The parts that what was listed makes."""
        parts, used = cut(self._slots, self.hole, size, ended=ended)
        if parts:
            self.hole = Slots(self.hole.first, parts[-1].slots.first - 1)
        del self._slots[:used]
        return parts

    def left(self) -> int | None:
        """About how many transactions are yet to be listed; None before there is anything to tell it by."""
        if not (self.oldest and self.below.tail):
            return None
        return round(self._density * max(self.below.tail_slot - self.oldest.slot, 0))
