"""Invents wallets whose true ledger and PnL are known by construction. Source: providers.md section 4."""

from walletjobs.dev.generate.history import Inventor, Plan, shares_of
from walletjobs.dev.generate.truth import truth_of

__all__ = ["Inventor", "Plan", "shares_of", "truth_of"]
