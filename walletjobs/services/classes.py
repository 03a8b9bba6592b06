"""Find out what kind of address a wallet is, and tell those who wait for its figures."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from walletjobs.core.classes import EXCHANGE, HIGH_FREQUENCY, PROGRAM, Account, Remark, class_of, remark
from walletjobs.core.progress import Report
from walletjobs.db.connection import translated
from walletjobs.db.fence import Fence
from walletjobs.db.wallets import Wallet, WalletRepository
from walletjobs.errors import NotAWallet, NotOffered
from walletjobs.providers.helius import HeliusClient


@translated()
def recognize(
    fence: Fence,
    client: HeliusClient,
    connection: Connection[Any],
    exchanges: Mapping[str, str],
    report: Report,
) -> None:
    """Record and tell what kind of address this is, before its history is fetched.

    The chain is asked of an address that was never synced; one that was keeps what the chain said of it then.
    Raises: NotAWallet for a program itself, whose transactions are everybody's; what the client raises; LockLost.
    """
    wallets = WalletRepository(connection)
    wallet, exchange = _known(wallets, fence), exchanges.get(fence.address)
    known_as = wallet.wallet_class
    if wallet.synced_at is None:
        account = _account(client, fence.address)
        known_as = class_of(account, exchange)
        wallets.set_class(fence, known_as)
        if account is not None and account.executable:
            raise NotAWallet
    elif known_as != PROGRAM and (exchange is not None) != (known_as == EXCHANGE):  # the list has changed
        known_as = class_of(None, exchange)
        wallets.set_class(fence, known_as)
    if known_as != HIGH_FREQUENCY:  # which this sync will tell
        _say(remark(known_as, exchange), report)


@translated()
def announce_pace(fence: Fence, connection: Connection[Any], report: Report) -> None:
    """Tell that a wallet is very active, after its sync; a sync that stopped at its cap has said so itself."""
    wallet = _known(WalletRepository(connection), fence)
    if wallet.wallet_class == HIGH_FREQUENCY and not wallet.capped:
        _say(remark(HIGH_FREQUENCY), report)


def _account(client: HeliusClient, address: str) -> Account | None:
    """What the chain says of the address; nothing where the key's plan does not let us ask, which stops no analysis."""
    try:
        return client.account(address)
    except NotOffered:
        return None


def _known(wallets: WalletRepository, fence: Fence) -> Wallet:
    wallet = wallets.find(fence.address)
    assert wallet is not None  # drawing the fence made the row
    return wallet


def _say(said: Remark | None, report: Report) -> None:
    if said is not None:
        report.notice(said.code, said.text)
