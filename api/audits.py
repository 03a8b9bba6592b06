"""Audits of stored figures: a token's from its own evidence, a wallet's from that of all its tokens."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from api.known import events_of, period_of, stored_result
from walletjobs.core.audit import audit_of, missing_of
from walletjobs.core.evidence import Period
from walletjobs.core.walletaudit import Sources, wallet_audit_of
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.tokens import TokenRepository
from walletjobs.db.wallets import Wallet
from walletjobs.errors import UnknownToken
from walletjobs.services.audits import token_audit_json, wallet_audit_json

Json = dict[str, Any]


def audited(connection: Connection[Any], found: Wallet, query: Mapping[str, Any]) -> Json:
    """The figure that ``query`` names, with the first of its lines or parts.

    Raises: UnknownWallet where no analysis has ended yet, UnknownToken where the wallet never moved it.
    """
    method, mint = query["method"], query["mint"]
    result = stored_result(connection, found, method, query["window"])
    period = events_of(result, query)
    audit = (_of_token if mint else _of_wallet)(connection, found.id, query, period)
    name = "lines" if mint else "parts"
    count, audit[name] = len(audit[name]), audit[name][: query["limit"]]
    if not mint:
        _name(connection, audit["parts"])
    window = "custom" if period_of(query) else query["window"]
    chosen = {"method": method, "window": window, "count": count}
    return {"walletAddress": found.address, "computedAt": result.computed_at, **chosen, **audit}


def _of_token(connection: Connection[Any], wallet_id: int, query: Mapping[str, Any], period: Period) -> Json:
    evidence = EvidenceRepository(connection).of_token(wallet_id, query["mint"])
    if evidence is None:
        raise UnknownToken
    method = query["method"]
    audit = audit_of(evidence, query["figure"], method, period)
    return token_audit_json(evidence, audit, missing_of(evidence, method, period))


def _of_wallet(connection: Connection[Any], wallet_id: int, query: Mapping[str, Any], period: Period) -> Json:
    sources = Sources(
        list(EvidenceRepository(connection).stream(wallet_id)),
        LedgerRepository(connection).stream(wallet_id, period),
        query["method"],
        period,
    )
    return wallet_audit_json(wallet_audit_of(sources, query["figure"]))


def _name(connection: Connection[Any], parts: list[Json]) -> None:
    """What providers call the tokens among the parts."""
    found = TokenRepository(connection).find([part["mint"] for part in parts if part["mint"]])
    for part in parts:
        token = found.get(part["mint"])
        part["symbol"] = token.symbol if token else None
