"""Audits as JSON objects, named as the figures themselves are (``walletjobs.services.present``).

An amount is a whole number of its unit, as a text; ``…Text`` is the same for people.
"""

from collections.abc import Mapping
from typing import Any

from walletjobs.core.audit import LAMPORTS, Audit, Line, Missing
from walletjobs.core.evidence import Event, Evidence
from walletjobs.core.units import decimal_text, sol_text
from walletjobs.core.walletaudit import Addend, WalletAudit

Json = dict[str, Any]


def token_audit_json(evidence: Evidence, audit: Audit, missing: Missing) -> Json:
    """One figure of a token with every line that it is the sum of, and what is not known."""
    show = _shower(audit.formula.unit, evidence.decimals)
    return {
        "mint": evidence.mint,
        "decimals": evidence.decimals,
        "figure": audit.figure,
        "formula": audit.formula.words,
        "unit": audit.formula.unit,
        **show("total", audit.total),
        "terms": [{"figure": name, **show("amount", amount)} for name, amount in audit.terms],
        "lines": [_line(line, evidence.decimals, show) for line in audit.lines],
        "missing": {
            "unverifiedQuantity": str(missing.unverified_quantity),
            "unverifiedProceedsLamports": missing.unverified_proceeds,
            "unverified": list(missing.unverified),
            "unpriced": list(missing.unpriced),
            "withoutUsd": list(missing.without_usd),
        },
    }


def wallet_audit_json(audit: WalletAudit) -> Json:
    """One figure of a wallet with the tokens, round trips or transactions that make it."""
    amounts = audit.formula.unit == LAMPORTS
    total = audit.total
    return {
        "figure": audit.figure,
        "formula": audit.formula.words,
        "unit": audit.formula.unit,
        "total": None if total is None else str(total),
        "totalText": sol_text(int(total)) if amounts and total is not None else None,
        "parts": [_addend(addend) for addend in audit.addends],
    }


def event_json(event: Event) -> Json:
    """Where and when something happened."""
    return {"signature": event.signature, "slot": event.slot, "blockTime": event.at}


def _addend(addend: Addend) -> Json:
    return {
        "mint": addend.mint,
        "signature": addend.signature,
        "slot": addend.slot,
        "blockTime": addend.at,
        "since": addend.since,
        "amount": str(addend.amount),
        "amountText": sol_text(addend.amount),
    }


def _line(line: Line, decimals: int, show: "_Shower") -> Json:
    return {
        **event_json(line.event),
        "what": line.event.role.name.lower(),
        "quantity": str(line.quantity),
        "quantityText": decimal_text(line.quantity, decimals),
        **show("amount", line.amount),
        "costLamports": line.cost,
        "proceedsLamports": line.proceeds,
        "lot": None if line.lot is None else event_json(line.lot),
    }


class _Shower:
    """Shows amounts of one unit twice: as a whole number, and for people."""

    def __init__(self, decimals: int) -> None:
        self._decimals = decimals

    def __call__(self, name: str, amount: int) -> Mapping[str, str]:
        return {name: str(amount), f"{name}Text": decimal_text(amount, self._decimals)}


def _shower(unit: str, decimals: int) -> _Shower:
    return _Shower(9 if unit == LAMPORTS else decimals)
