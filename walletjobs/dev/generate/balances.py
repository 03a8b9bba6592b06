"""The wallet's balances while its history is invented; the RPC form states them before and after."""

from collections import ChainMap

from walletjobs.dev.generate.draft import Draft
from walletjobs.dev.generate.world import World
from walletjobs.dev.replay.convert import to_rpc
from walletjobs.dev.replay.history import Before


class Balances:
    """What the wallet and its accounts hold right before the next transaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lamports: dict[str, int] = {world.wallet: 0}
        self._tokens: dict[str, int] = {}  # base units by token account
        self._place = (-1, 0)  # slot, and how many of its transactions there were

    def as_rpc(self, draft: Draft) -> bytes:
        """The transaction in the RPC form; counts its changes."""
        slot, rank = self._place
        rank = rank + 1 if slot == draft.head.slot else 0
        self._place = draft.head.slot, rank
        lamports = self._lamports_before(draft)
        before = Before(
            ChainMap(lamports, self._lamports), self._tokens_before(draft)
        )  # also of those only named
        for account in lamports:
            self._lamports[account] = lamports[account] + draft.lamports.get(account, 0)
        for account in before.tokens:
            self._tokens[account] = before.tokens[account] + draft.tokens[account][2]
        return to_rpc(draft.line(), before, rank)

    def _lamports_before(self, draft: Draft) -> dict[str, int]:
        """Of own accounts; one that is seen first when it pays or is closed held what it pays."""
        own = [
            account for account in draft.lamports if account in self._world.own or account in self._lamports
        ]
        return {account: self._lamports.get(account, max(-draft.lamports[account], 0)) for account in own}

    def _tokens_before(self, draft: Draft) -> dict[str, int]:
        own = [account for account in draft.tokens if account in self._world.own]
        return {account: self._tokens.get(account, max(-draft.tokens[account][2], 0)) for account in own}
