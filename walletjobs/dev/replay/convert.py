"""Between the enhanced and the RPC form, for data that was recorded in one of them only."""

from walletjobs.dev.replay.to_enhanced import to_enhanced
from walletjobs.dev.replay.to_rpc import to_rpc

__all__ = ["to_enhanced", "to_rpc"]
