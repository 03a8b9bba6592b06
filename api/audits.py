"""Audits of stored figures: a token's from its own evidence, a wallet's from that of all its tokens."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from psycopg import Connection
from redis import Redis

from api.keeping import kept
from api.known import events_of, period_of, stored_result
from walletjobs.core.audit import audit_of, missing_of
from walletjobs.core.evidence import Period
from walletjobs.core.walletaudit import Sources, wallet_audit_of
from walletjobs.db.evidence import EvidenceRepository
from walletjobs.db.ledger import LedgerRepository
from walletjobs.db.results import ResultRepository, StoredResult
from walletjobs.db.tokenfilter import AMOUNTS, TokenFilter
from walletjobs.db.tokens import TokenRepository
from walletjobs.db.wallets import Wallet
from walletjobs.errors import UnknownToken
from walletjobs.jobs import keys
from walletjobs.services.audits import token_audit_json, wallet_audit_json

Json = dict[str, Any]
Asked = tuple[int, Mapping[str, Any], Period]  # wallet, query, and the period whose events are in the figure
SHOWN = 100  # parts that the page asks for first


def audited(redis: Redis, connection: Connection[Any], found: Wallet, query: Mapping[str, Any]) -> Json:
    """The figure that ``query`` names, with the first of its lines or parts.

    Raises: UnknownWallet where no analysis has ended yet, UnknownToken where the wallet never moved it.
    """
    method, mint = query["method"], query["mint"]
    result = stored_result(connection, found, method, query["window"])
    period = events_of(result, query)
    if mint:
        audit = _of_token(connection, found.id, query, period)
    else:
        audit = _kept(redis, connection, result, (found.id, query, period))
        _name(connection, audit["parts"])
    window = "custom" if period_of(query) else query["window"]
    chosen = {"method": method, "window": window}
    return {"walletAddress": found.address, "computedAt": result.computed_at, **chosen, **audit}


def _of_token(connection: Connection[Any], wallet_id: int, query: Mapping[str, Any], period: Period) -> Json:
    evidence = EvidenceRepository(connection).of_token(wallet_id, query["mint"])
    if evidence is None:
        raise UnknownToken
    method = query["method"]
    audit = audit_of(evidence, query["figure"], method, period)
    shown = replace(audit, lines=audit.lines[: query["limit"]])
    missing = missing_of(evidence, method, period)
    return {"count": len(audit.lines), **token_audit_json(evidence, shown, missing)}


def _kept(redis: Redis, connection: Connection[Any], result: StoredResult, asked: Asked) -> Json:
    """The audit of a wallet's figure; of a stored window, what a page shows of it is put together once."""
    wallet_id, query, _ = asked
    if period_of(query) or query["limit"] > SHOWN:
        return _of_wallet(connection, asked, query["limit"])
    what = "/".join((str(result.computed_at.timestamp()), query["method"], query["window"], query["figure"]))
    text = kept(
        redis,
        keys.kept(wallet_id, f"audit/{what}"),
        lambda: json.dumps(_of_wallet(connection, asked, SHOWN)).encode(),
    )
    audit: Json = json.loads(text)
    return {**audit, "parts": audit["parts"][: query["limit"]]}


def _of_wallet(connection: Connection[Any], asked: Asked, limit: int) -> Json:
    wallet_id, query, period = asked
    amounts = _amounts(connection, wallet_id, query)
    evidence = EvidenceRepository(connection).stream(wallet_id)
    ledger = LedgerRepository(connection).stream(wallet_id, period)
    audit = wallet_audit_of(Sources(evidence, ledger, query["method"], period, amounts), query["figure"])
    shown = replace(audit, addends=audit.addends[:limit])
    return {"count": len(audit.addends), **wallet_audit_json(shown)}


def _amounts(connection: Connection[Any], wallet_id: int, query: Mapping[str, Any]) -> dict[str, int] | None:
    """The figure of each token, where that is stored and is all that the wallet's is made of.

    A window stores the tokens that moved in it; of what is held now there may be others.
    """
    figure, window = query["figure"], query["window"]
    if figure not in AMOUNTS or period_of(query) or (figure == "openCost" and window != "all"):
        return None
    wanted = TokenFilter(method=query["method"], window=window)
    return ResultRepository(connection).amounts(wallet_id, wanted, figure)


def _name(connection: Connection[Any], parts: list[Json]) -> None:
    """What providers call the tokens among the parts."""
    found = TokenRepository(connection).find([part["mint"] for part in parts if part["mint"]])
    for part in parts:
        token = found.get(part["mint"])
        part["symbol"] = token.symbol if token else None
