"""Bring a wallet's balances up to the chain."""

from typing import Any

from psycopg import Connection

from walletjobs.core.balance import Balance, holdings
from walletjobs.db.balances import BalanceRepository
from walletjobs.db.connection import translated
from walletjobs.db.fence import Fence
from walletjobs.providers.helius import HeliusClient


@translated()
def fetch_balances(fence: Fence, client: HeliusClient, connection: Connection[Any]) -> dict[str, Balance]:
    """What the wallet holds now, by mint, stored whole or not at all; SOL is under the wrapped mint.

    A provider that fails is an error, never an empty wallet: what was stored stays.
    Raises: ProviderUnavailable, RateLimited, QuotaExhausted, ProviderRefused, DatabaseUnavailable,
    QueueUnavailable, LockLost.
    """
    balances = holdings(client.native_balance(fence.address), client.token_balances(fence.address))
    BalanceRepository(connection).replace(fence, balances)
    return balances
