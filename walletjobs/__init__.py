"""Background analysis of Solana wallets: exact profit and loss, trading behavior, live progress."""

__version__ = "0.1.0"
