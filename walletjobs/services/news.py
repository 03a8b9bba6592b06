"""Take in what a webhook delivers: it says which wallets to refresh, and nothing of it is stored.

A sync fetches the transactions themselves, in one call or two: what is delivered is not final yet, may come twice, in
any order or never, and whoever knows the secret could invent it. So no delivery can put a hole or a lie into a history.
"""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from walletjobs.db.connection import translated
from walletjobs.db.news import NewsRepository
from walletjobs.providers.deliveries import read_deliveries


@dataclass(frozen=True, slots=True)
class NewsReceipt:
    """What a delivery came to."""

    transactions: int
    unreadable: int
    refreshes: int  # wallets that will be refreshed, and were not going to be before


@translated()
def take_news(body: bytes, connection: Connection[Any]) -> NewsReceipt:
    """Have the analyzed wallets of a delivery refreshed soon, each once however much is delivered until then.

    Raises: InvalidData for what is no array; DatabaseUnavailable.
    """
    deliveries, unreadable = read_deliveries(body)
    named = [(address, delivery.signature) for delivery in deliveries for address in delivery.addresses]
    return NewsReceipt(len(deliveries), unreadable, NewsRepository(connection).note(named))
