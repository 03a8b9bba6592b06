"""A wallet's stored ledger against the balances that the chain told last."""

from typing import Any

from psycopg import Connection

from api.known import stored_result
from walletjobs.core.continuity import Break
from walletjobs.core.reconciliation import Reconciled, reconciled
from walletjobs.core.units import decimal_text
from walletjobs.db.balances import BalanceRepository
from walletjobs.db.reconciliation import ReconciliationRepository
from walletjobs.db.wallets import Wallet

Json = dict[str, Any]


def reconciliation_of(connection: Connection[Any], found: Wallet) -> Json:
    """Every asset by the ledger and by the chain, those with a residual first, and where balances jump.

    Raises: UnknownWallet where no analysis has ended yet.
    """
    result = stored_result(connection, found)
    stored = ReconciliationRepository(connection)
    balances = BalanceRepository(connection).of_wallet(found.id)
    assets = reconciled(stored.assets(found.id), balances) if balances else []
    return {
        "walletAddress": found.address,
        "computedAt": result.computed_at,
        "ledgerSlot": result.coverage["lastSlot"],
        "balancesSlot": min((each.slot for each in balances.values()), default=None),
        "balancesAt": min((each.fetched_at for each in balances.values()), default=None),
        "verified": all(each.verified for each in assets) if balances else None,
        "assets": [_asset(each) for each in assets],
        "breaks": [_break(each) for each in stored.breaks(found.id)],
    }


def _asset(each: Reconciled) -> Json:
    return {
        "mint": each.mint,
        "decimals": each.decimals,
        "replayed": str(each.replayed),
        "inOrders": str(each.in_orders),
        "reported": str(each.reported),
        "residual": str(each.residual),
        "residualText": decimal_text(each.residual, each.decimals),
        "verified": each.verified,
    }


def _break(each: Break) -> Json:
    return {
        "account": each.account,
        "mint": each.mint,
        "missing": str(each.missing),
        "afterSlot": each.after.slot if each.after else None,
        "afterSignature": each.after.signature if each.after else None,
        "beforeSlot": each.slot,
        "beforeSignature": each.signature,
    }
