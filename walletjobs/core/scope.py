"""How much of a wallet's history an analysis covers: a quick look first, then more, then all."""

from dataclasses import dataclass

DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest part of a history."""

    most: int  # transactions
    since: int = 0  # unix seconds; nothing older is wanted


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of such a part is stored without a hole."""

    first_slot: int
    first_page: int  # slot at which the first page begins that holds any of it
    transactions: int
    whole: bool  # it is the whole history
    cut_short: bool  # older transactions of the part are not in it


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the history, from its newest end."""

    name: str
    days: int | None = None  # None: down to the start
    most: int | None = None  # transactions; None: as many as an analysis takes

    def newest(self, now: int, most: int) -> Newest:
        """The part that the scope means at ``now`` (unix seconds), where an analysis takes ``most`` transactions."""
        since = now - self.days * DAY if self.days is not None else 0
        return Newest(min(self.most or most, most), since)


#: From narrow to wide; each covers those before it. Source: jobs.md section 6.
SCOPES = {scope.name: scope for scope in (Scope("7d", days=7, most=250), Scope("30d", days=30), Scope("all"))}


def covering(name: str) -> list[str]:
    """The scopes whose analysis answers a request for this one: itself, and the wider ones."""
    names = list(SCOPES)
    return names[names.index(name) :] if name in names else [name]


def following(name: str) -> str | None:
    """The scope that follows a quicker one."""
    wider = covering(name)[1:]
    return wider[0] if wider else None
