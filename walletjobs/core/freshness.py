"""Whether what is stored of a wallet is new enough to be shown without asking the chain again."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

from walletjobs.core.classes import HIGH_FREQUENCY

Status = Literal["MISSING", "STALE", "CURRENT"]

#: A very active wallet changes within minutes. Source: jobs.md section 2.
HIGH_FREQUENCY_FRESHNESS = timedelta(minutes=5)


class Dated(Protocol):
    """What the rule looks at."""

    @property
    def wallet_class(self) -> str:
        """Such as ``normal`` or ``high_frequency``."""

    @property
    def synced_at(self) -> datetime | None:
        """End of the last sync that succeeded whole."""

    @property
    def analyzed_at(self) -> datetime | None:
        """End of the last analysis that succeeded whole."""


def status_of(wallet: Dated | None, now: datetime, freshness: timedelta) -> Status:
    """MISSING if never analyzed, CURRENT within the freshness period of its last whole sync, else STALE.

    Figures older than the last sync are STALE too: that sync's analysis did not end well.
    ``now`` is the clock that wrote the two times (Postgres'), so that no two machines' clocks need to agree.
    """
    if wallet is None or wallet.analyzed_at is None:
        return "MISSING"
    if wallet.synced_at is None or wallet.analyzed_at < wallet.synced_at:
        return "STALE"
    period = min(freshness, HIGH_FREQUENCY_FRESHNESS) if wallet.wallet_class == HIGH_FREQUENCY else freshness
    return "CURRENT" if now - wallet.synced_at <= period else "STALE"
