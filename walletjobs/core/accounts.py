"""A wallet's associated token accounts: addresses that anyone can derive.

Source: https://solana.com/docs/tokens#associated-token-account (program derived addresses).
"""

from hashlib import sha256

import base58

from walletjobs.core.address import base58_bytes, parse_address
from walletjobs.core.instructions import ASSOCIATED_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM

#: Rent deposit of an account of ``n`` bytes: (128 + n) × 6,960 lamports. A token account has 165 bytes or more.
#: Source: https://docs.rs/solana-rent (3,480 lamports a byte-year, two years)
LAMPORTS_PER_BYTE = 6_960
LEAST_RENT = 128 * LAMPORTS_PER_BYTE  # 890,880 lamports: of an account without data
TOKEN_ACCOUNT_RENT = (128 + 165) * LAMPORTS_PER_BYTE  # 2,039,280 lamports
MOST_RENT = 20_000_000  # lamports; no token account's extensions need more, nor a curve

_PRIME = 2**255 - 19
_EDWARDS_D = -121665 * pow(121666, _PRIME - 2, _PRIME) % _PRIME
_MARK = b"ProgramDerivedAddress"


def associated_accounts(owner: str, mint: str) -> tuple[str, str]:
    """The owner's token accounts of this mint, under the Token program and under Token-2022.

    Raises: InvalidAddress if one of the two is no address.
    """
    parse_address(owner)
    parse_address(mint)
    return _associated(owner, TOKEN_PROGRAM, mint), _associated(owner, TOKEN_2022_PROGRAM, mint)


def is_rent(lamports: int) -> bool:
    """Whether exactly this is paid for some account's creation."""
    return LEAST_RENT <= lamports <= MOST_RENT and lamports % LAMPORTS_PER_BYTE == 0


def is_token_rent(lamports: int) -> bool:
    """Whether an account that gained or lost exactly this may be a token account opened or closed."""
    size = abs(lamports)
    return TOKEN_ACCOUNT_RENT <= size <= MOST_RENT and size % LAMPORTS_PER_BYTE == 0


def _associated(owner: str, program: str, mint: str) -> str:
    seeds = b"".join(map(base58_bytes, (owner, program, mint)))
    tail = base58_bytes(ASSOCIATED_PROGRAM) + _MARK
    for bump in range(255, -1, -1):
        key = sha256(seeds + bytes([bump]) + tail).digest()
        if not _on_curve(key):
            return base58.b58encode(key).decode()
    raise ArithmeticError("no address off the curve")  # 2^-256


def _on_curve(key: bytes) -> bool:
    """Whether 32 bytes are a point of edwards25519: x² = (y² − 1) / (d·y² + 1) has a root."""
    y = int.from_bytes(key, "little") & ((1 << 255) - 1)
    if y >= _PRIME:
        return False
    square = y * y
    ratio = (square - 1) * (_EDWARDS_D * square + 1) % _PRIME
    return ratio == 0 or pow(ratio, (_PRIME - 1) // 2, _PRIME) == 1
