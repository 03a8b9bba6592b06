"""From a transaction to what one wallet gained and lost in it, in exact integers.

A party is whoever stands behind an account: the owner of a token account, else the account itself. Native SOL and
wrapped SOL are one asset, and so is the rent that lies in the wallet's own token accounts: a deposit, still its own.
"""

from collections.abc import Iterable

from msgspec import Struct

from walletjobs.core.accounts import MOST_RENT, associated_accounts, is_token_rent
from walletjobs.core.instructions import TOKEN_PROGRAMS
from walletjobs.core.transaction import AccountChange, TokenChange, Transaction
from walletjobs.core.units import WRAPPED_SOL
from walletjobs.errors import InvalidAddress


class Deltas:
    """What the wallet gained (+) and lost (−), and what the other parties did beside it.

    A class of slots: adding to a field of a msgspec struct takes five times as long.
    """

    __slots__ = (
        "decimals",
        "escrowed",
        "gains",
        "others",
        "rent_deposit",
        "rent_locked",
        "rents",
        "sol",
        "tokens",
    )

    def __init__(self) -> None:
        self.sol = 0  # lamports: native, wrapped, and rent in own token accounts
        self.rent_locked = (
            0  # lamports: the part of ``sol`` that went into (+) or came out of (−) rent deposits
        )
        #: lamports paid (−) into, or back from (+), an account that only an instruction calls own
        self.rent_deposit = 0
        self.tokens: dict[str, int] = {}  # mint → base units, without wrapped SOL and without zeros
        self.escrowed: dict[
            str, int
        ] = {}  # mint → base units of ``tokens``, or of SOL, in its orders' escrows
        self.decimals: dict[str, int] = {}
        self.gains: dict[str, int] = {}  # other party → lamports, native and wrapped
        self.others: dict[str, dict[str, int]] = {}  # other party → mint → base units, without wrapped SOL
        self.rents: dict[str, int] = {}  # token account of another party → lamports of rent it gained


class Known(Struct, frozen=True, gc=False):
    """Something that a wallet's history said of an account."""

    account: str
    #: own, foreign, escrow, deposit (own by word alone), tied (a deposit that a balance tied later), given (to another)
    role: str
    slot: int  # in which it was said


class OwnAccounts:
    """The token accounts a wallet is known to own, remembered from one transaction to the next.

    ``known``: what earlier transactions said; what later ones say is ``learned``.
    """

    def __init__(self, wallet: str, known: Iterable[Known] = ()) -> None:
        self.wallet = wallet
        self.slot = 0  # of the transaction at hand
        self.learned: list[Known] = []
        self.escrows: set[str] = (
            set()
        )  # parties that keep the wallet's open orders: what they hold is still its own
        #: Own by an instruction's word alone, where nothing moved: its rent is apart until a balance ties it.
        self.deposits: set[str] = set()
        self._own: set[str] = set()
        self._given: set[str] = set()  # once: the wallet's only where a balance says so
        self._foreign: set[str] = set()
        self._associated: dict[str, tuple[str, ...]] = {}
        roles = {
            "own": self._own,
            "given": self._given,
            "foreign": self._foreign,
            "escrow": self.escrows,
            "deposit": self.deposits,
        }
        tied: set[str] = set()
        for each in known:
            (tied if each.role == "tied" else roles[each.role]).add(each.account)
        self.deposits -= tied
        self._own -= self._given

    def add(self, account: str) -> None:
        """Remember an account that a token change ties to the wallet."""
        if account not in self._own:
            if account not in self._given:
                self._learn(account, "own", self._own)
        elif account in self.deposits:
            self.deposits.remove(account)
            self.learned.append(Known(account, "tied", self.slot))

    def give(self, account: str) -> None:
        """Remember that an account of the wallet's became another's."""
        self._own.discard(account)
        if account not in self._given:
            self._learn(account, "given", self._given)

    def entrust(self, parties: Iterable[str]) -> None:
        """Remember parties that keep the wallet's orders."""
        for party in parties:
            self._learn(party, "escrow", self.escrows)

    def pays(self, transaction: Transaction) -> bool:
        """Whether the wallet itself, or what is its own, pays the network fee."""
        return transaction.fee_payer == self.wallet or self.knows(transaction.fee_payer)

    def knows(self, account: str) -> bool:
        """Whether an account was found to be the wallet's, or keeps its orders."""
        return account in self._own or account in self.escrows

    def owns(self, change: AccountChange, transaction: Transaction) -> bool:
        """Whether an account without a token change is the wallet's: remembered, opened here, or derivable."""
        account, lamports = change.account, change.lamports
        if account in self._own or account in self.escrows:
            return True
        if not -MOST_RENT <= lamports <= MOST_RENT:
            return False
        if account in self._given:
            return self._is_said(account, transaction)
        may_be_rent = is_token_rent(lamports)
        if account in self._foreign and not may_be_rent:
            return False  # seen before with lamports that no token account's rent has: reading on would cost time
        said = self._is_said(account, transaction)
        if said or (may_be_rent and self._derives(account, transaction)):
            self._learn(account, "own", self._own)
            if said and not mints_of(transaction):
                self._learn(account, "deposit", self.deposits)
            return True
        if account not in self._foreign:
            self._learn(account, "foreign", self._foreign)
        return False

    def _learn(self, account: str, role: str, found: set[str]) -> None:
        found.add(account)
        self.learned.append(Known(account, role, self.slot))

    def holds(self, account: str, mint: str, transaction: Transaction) -> bool:
        """Whether a token account whose owner nobody states is the wallet's."""
        return account in self._own or self._is_said(account, transaction) or account in self._derive(mint)

    def _is_said(self, account: str, transaction: Transaction) -> bool:
        """Whether an instruction opens the account for the wallet, or the wallet closes it."""
        facts = transaction.facts()
        return self.wallet in (facts.opened.get(account), facts.closed.get(account))

    def _derives(self, account: str, transaction: Transaction) -> bool:
        return any(account in self._derive(mint) for mint in self._possible_mints(transaction))

    def _possible_mints(self, transaction: Transaction) -> set[str]:
        """The mints that move, and accounts that are listed without a change of their own: one may be a mint."""
        idle = {
            change.account for change in transaction.accounts if not change.lamports and not change.tokens
        }
        return mints_of(transaction) | idle - TOKEN_PROGRAMS | {WRAPPED_SOL}

    def _derive(self, mint: str) -> tuple[str, ...]:
        if mint not in self._associated:
            try:
                self._associated[mint] = associated_accounts(self.wallet, mint)
            except InvalidAddress:
                self._associated[mint] = ()
        return self._associated[mint]


def mints_of(transaction: Transaction) -> set[str]:
    """The mints that move in a transaction."""
    changed = {token.mint for account in transaction.accounts for token in account.tokens or ()}
    return changed | {transfer.mint for transfer in transaction.token_transfers}


def deltas_of(transaction: Transaction, own: OwnAccounts) -> Deltas:
    """What ``own.wallet`` gained and lost, and the other parties' side of it.

    Units: base units and lamports, exact.
    Source: money.md section 2.
    """
    wallet, deltas = own.wallet, Deltas()
    plain: list[AccountChange] = []
    for change in transaction.accounts:
        if change.tokens:
            _add_token_account(deltas, change, own, transaction)
        elif change.account == wallet:
            deltas.sol += change.lamports
        elif change.lamports:
            plain.append(change)
    for change in plain:
        if own.owns(change, transaction):
            _add_own_account(deltas, change, own)
        else:
            _add_gain(deltas, change.account, change.lamports)
    if not own.pays(transaction):  # what another payer burned as fee went to nobody here
        _add_gain(deltas, transaction.fee_payer, transaction.fee)
    if 0 in deltas.tokens.values():
        deltas.tokens = {mint: amount for mint, amount in deltas.tokens.items() if amount}
    return deltas


def _add_token_account(
    deltas: Deltas, change: AccountChange, own: OwnAccounts, transaction: Transaction
) -> None:
    wallet, account, tokens = own.wallet, change.account, change.tokens or ()
    mine, wrapped, party = account == wallet, 0, account
    for token in tokens:
        owner, mint, amount = token.owner, token.mint, token.quantity.amount
        if owner == token.account and own.holds(owner, mint, transaction):
            owner = wallet
        ours = owner == wallet or owner in own.escrows
        if mint == WRAPPED_SOL and token.account == account and amount:
            wrapped += amount
            if ours:
                deltas.sol += amount
            else:
                _add_gain(deltas, owner, amount)
        if ours:
            mine = True
            own.add(token.account)
            _add_token(deltas, token, escrowed=owner != wallet)
            continue
        party = owner
        if mint != WRAPPED_SOL:
            held = deltas.others.setdefault(owner, {})
            held[mint] = held.get(mint, 0) + amount
    if len(tokens) > 1:
        _hand_over(tokens, own)
    _add_rent(deltas, change, own if mine else None, (change.lamports - wrapped, party))


def _add_token(deltas: Deltas, token: TokenChange, *, escrowed: bool) -> None:
    mint, amount = token.mint, token.quantity.amount
    if not amount:  # a node lists balances that stay as they are too
        return
    if escrowed:
        deltas.escrowed[mint] = deltas.escrowed.get(mint, 0) + amount
    if mint != WRAPPED_SOL:
        deltas.tokens[mint] = deltas.tokens.get(mint, 0) + amount
        deltas.decimals[mint] = token.quantity.decimals


def _hand_over(tokens: Iterable[TokenChange], own: OwnAccounts) -> None:
    """Note which accounts of the wallet's have another owner from now on."""
    ours = {token.account for token in tokens if token.owner == own.wallet}
    for token in tokens:
        if token.account in ours and token.owner != own.wallet and token.quantity.amount > 0:
            own.give(token.account)


def _add_rent(deltas: Deltas, change: AccountChange, own: OwnAccounts | None, rest: tuple[int, str]) -> None:
    """What an account's lamports changed by beside its wrapped SOL; ``own`` where it is the wallet's."""
    rent, party = rest
    if own is not None:
        deltas.sol += rent
        if change.account != own.wallet:
            deltas.rent_locked += rent
    elif rent > 0:
        deltas.rents[change.account] = rent
    elif rent:
        _add_gain(deltas, party, rent)


def _add_own_account(deltas: Deltas, change: AccountChange, own: OwnAccounts) -> None:
    """An own account without a token change: opened and left empty, or closed empty."""
    if change.account in own.deposits:
        deltas.rent_deposit -= change.lamports
        return
    deltas.sol += change.lamports
    deltas.rent_locked += change.lamports


def _add_gain(deltas: Deltas, party: str, lamports: int) -> None:
    deltas.gains[party] = deltas.gains.get(party, 0) + lamports
