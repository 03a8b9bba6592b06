"""getBalance, getTokenAccountsByOwner, getAccountInfo, getMultipleAccounts, getSlot. Source: providers.md section 1."""

import msgspec

from walletjobs.core.instructions import SYSTEM_PROGRAM
from walletjobs.core.programs import PROGRAMS
from walletjobs.core.units import WRAPPED_SOL, decimal_text
from walletjobs.dev.replay.book import Book
from walletjobs.dev.replay.call import Refused
from walletjobs.dev.replay.history import History, Holding
from walletjobs.dev.replay.method import Method, address_and_options
from walletjobs.dev.replay.options import Options

TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
LOADER = "BPFLoaderUpgradeab1e11111111111111111111111"
RENT = 2_039_280  # lamports of a plain token account of 165 bytes; Token-2022 accounts are larger


def _slot(book: Book, options: Options) -> int:
    last = book.rows[-1].slot if book.rows else 0
    return min(last, options.head_slot) if options.head_slot else last


def _value(book: Book, options: Options, value: object) -> bytes:
    context = {"apiVersion": "2.3.0", "slot": _slot(book, options)}
    return msgspec.json.encode({"context": context, "value": value})


def _get_slot(book: Book, params: object, options: Options, fault: str) -> bytes:
    return msgspec.json.encode(_slot(book, options))


def _balance(book: Book, params: object, options: Options, fault: str) -> bytes:
    address, _ = address_and_options(params)
    return _value(book, options, book.history(address).lamports())


def _token_accounts(book: Book, params: object, options: Options, fault: str) -> bytes:
    owner, chosen = address_and_options(params)
    if ("mint" in chosen) == ("programId" in chosen):
        raise Refused("Invalid params: expected mint or programId")
    if chosen.get("programId", TOKEN_PROGRAM) not in (TOKEN_PROGRAM, TOKEN_2022):
        raise Refused("Invalid param: unrecognized Token program id")
    history = book.history(owner)
    rows = [
        {"pubkey": held.token_account, "account": _token_account(history, held)}
        for held in history.holdings()
        if chosen.get("mint", held.mint) == held.mint
        and chosen.get("programId", program_of(history, held)) == program_of(history, held)
    ]
    return _value(book, options, [] if fault == "empty_page" else rows)


def program_of(history: History, held: Holding) -> str:
    """The token program of an account, told by its size, which its rent gives away."""
    plain = held.mint == WRAPPED_SOL or history.lamports_of(held.token_account) <= RENT
    return TOKEN_PROGRAM if plain else TOKEN_2022


def _token_account(history: History, held: Holding) -> dict[str, object]:
    program = program_of(history, held)
    info = {
        "mint": held.mint,
        "owner": history.address,
        "state": "initialized",
        "isNative": held.mint == WRAPPED_SOL,
        "tokenAmount": {
            "amount": str(held.amount),
            "decimals": held.decimals,
            "uiAmount": held.amount / 10**held.decimals,
            "uiAmountString": decimal_text(held.amount, held.decimals),
        },
    }
    name = "spl-token" if program == TOKEN_PROGRAM else "spl-token-2022"
    data = {"program": name, "parsed": {"info": info, "type": "account"}, "space": 165}
    return _account(history.lamports_of(held.token_account) or RENT, program, data)


def _account(lamports: int, owner: str, data: object, executable: bool = False) -> dict[str, object]:
    state = {"lamports": lamports, "owner": owner, "executable": executable}
    return {**state, "data": data, "rentEpoch": 2**64 - 1}


def _account_info(book: Book, params: object, options: Options, fault: str) -> bytes:
    address, _ = address_and_options(params)
    return _value(book, options, _any_account(book, address))


def _accounts(book: Book, params: object, options: Options, fault: str) -> bytes:
    keys = params[0] if isinstance(params, list) and params else None
    if not isinstance(keys, list) or len(keys) > 100:
        raise Refused("Invalid params: expected at most 100 addresses")
    return _value(book, options, [_any_account(book, str(key)) for key in keys])


def _any_account(book: Book, key: str) -> dict[str, object] | None:
    if key in PROGRAMS or key in (TOKEN_PROGRAM, TOKEN_2022):
        return _account(1_141_440, LOADER, ["", "base64"], executable=True)
    for history in book.histories():
        for held in history.holdings():
            if held.token_account == key:
                return _token_account(history, held)
    if key in book.decimals:
        info = {"decimals": book.decimals[key], "isInitialized": True, "supply": "1000000000000000"}
        parsed = {"program": "spl-token", "parsed": {"info": info, "type": "mint"}, "space": 82}
        return _account(1_461_600, TOKEN_PROGRAM, parsed)
    history = book.history(key)
    return _account(history.lamports(), SYSTEM_PROGRAM, ["", "base64"]) if history.positions else None


METHODS = {
    "getSlot": Method(_get_slot),
    "getBalance": Method(_balance),
    "getTokenAccountsByOwner": Method(_token_accounts),
    "getAccountInfo": Method(_account_info),
    "getMultipleAccounts": Method(_accounts),
}
