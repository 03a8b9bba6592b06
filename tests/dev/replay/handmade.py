"""Small transactions made by hand for the tests of the replay server."""

from typing import Any

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
POOL = "6rNrKUgGGu2M7oA5DPTU7vhRghYzitnEZq2sU2VFqyzC"
MINT = "4PYijC1Xas63cxdoYnUg7SQgcg23UgNNcPmvbj6KNUSz"
ACCOUNT = "GB8feqS7PdyMXFwnxUe1pAWV4sBuhMWjdD9ihWsNf3J"
FEE = 5000


def transaction(
    number: int, *, payer: str = WALLET, lamports: int = -1000, tokens: int = 0, **more: Any
) -> dict[str, Any]:
    """The enhanced transaction ``number``: so many lamports and base units for the wallet, beside the fee."""
    fee = FEE if payer == WALLET else 0
    rows: list[dict[str, Any]] = [
        {
            "account": payer,
            "nativeBalanceChange": -FEE if payer != WALLET else lamports - fee,
            "tokenBalanceChanges": [],
        },
        {
            "account": POOL,
            "nativeBalanceChange": -lamports if payer == WALLET else 0,
            "tokenBalanceChanges": [],
        },
    ]
    if tokens:
        change = {
            "userAccount": WALLET,
            "tokenAccount": ACCOUNT,
            "mint": MINT,
            "rawTokenAmount": {"tokenAmount": str(tokens), "decimals": 6},
        }
        rows.append({"account": ACCOUNT, "nativeBalanceChange": 0, "tokenBalanceChanges": [change]})
    return {
        "description": "",
        "type": "SWAP" if tokens else "TRANSFER",
        "source": "UNKNOWN",
        "fee": FEE,
        "feePayer": payer,
        "signature": f"signature{number:04}",
        "slot": 1000 + number // 2,  # two in a slot
        "timestamp": 1_700_000_000 + number // 2,
        "tokenTransfers": [],
        "nativeTransfers": [],
        "accountData": rows,
        "transactionError": None,
        "instructions": [],
        "events": {},
        **more,
    }


def history(count: int) -> list[dict[str, Any]]:
    """So many transactions of the wallet."""
    return [transaction(number, tokens=(number % 3) * 10) for number in range(count)]
