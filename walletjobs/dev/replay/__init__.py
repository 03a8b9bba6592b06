"""A server that speaks the providers' protocols from recorded data. Source: providers.md section 4."""

from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.options import Options
from walletjobs.dev.replay.server import ReplayServer

__all__ = ["Book", "Options", "ReplayServer"]
