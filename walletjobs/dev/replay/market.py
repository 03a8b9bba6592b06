"""Names, prices and pairs of mints, and SOL/USD candles: invented, but always the same for the same mint."""

from datetime import UTC, datetime
from hashlib import blake2b

from walletjobs.core.units import LAMPORTS_PER_SOL, STABLECOINS, USDC, WRAPPED_SOL
from walletjobs.dev.solprice import price_at

_FIRST = ("Moon", "Pepe", "Bonk", "Giga", "Tiny", "Laser", "Sad", "Mega", "Turbo", "Baby", "Cosmic", "Gold")
_SECOND = ("Cat", "Dog", "Frog", "Coin", "Wif", "Goat", "Panda", "Rocket", "Brain", "Duck", "Ape", "Whale")
_KNOWN = {WRAPPED_SOL: ("Wrapped SOL", "SOL", 9), USDC: ("USD Coin", "USDC", 6)}
_HOSTILE = (
    "\u202egnp.exe\u202c",
    "\u2066Real\u2069 \u200fUSDC",
    '<img src=x onerror="alert(1)">',
    "A" * 500,
    "null\u0000byte\u001b[31m",
)
_IMAGES = ("http://127.0.0.1/a.png", "javascript:alert(1)", "https://localhost/a.png", "ipfs://bafyhostile")


def _draw(mint: str, what: str) -> float:
    digest = blake2b(f"{what}:{mint}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _pick(mint: str, what: str, among: tuple[str, ...]) -> str:
    return among[int(_draw(mint, what) * len(among))]


def name_of(mint: str) -> tuple[str, str]:
    """Name and symbol; one mint in twelve has a hostile name."""
    if mint in _KNOWN:
        return _KNOWN[mint][:2]
    first, second = _pick(mint, "first", _FIRST), _pick(mint, "second", _SECOND)
    if _draw(mint, "hostile") < 1 / 12:
        return _pick(mint, "hostile name", _HOSTILE), f"{first[:3]}\u202e{second[:3]}".upper()
    return f"{first} {second}", f"{first[:3]}{second[:3]}".upper()


def image_of(mint: str) -> str:
    """Where the image is said to be; one in fifteen leads where nobody should go."""
    if _draw(mint, "bad image") < 1 / 15:
        return _pick(mint, "image", _IMAGES)
    return f"https://img.example/{mint}.png"


def price_of(mint: str, time: int) -> float:
    """US dollars for one whole token at a time."""
    if mint in STABLECOINS:
        return 1.0
    if mint == WRAPPED_SOL:
        return price_at(time)
    return float(
        10 ** (_draw(mint, "price") * 6 - 7) * price_at(time + int(_draw(mint, "phase") * 10**8)) / 150
    )


def asset(mint: str, decimals: int, time: int) -> dict[str, object] | None:
    """The DAS asset; one mint in forty is unknown to the indexer."""
    if mint not in _KNOWN and _draw(mint, "indexed") < 1 / 40:
        return None
    name, symbol = name_of(mint)
    info: dict[str, object] = {"decimals": decimals, "supply": 10 ** (9 + decimals), "symbol": symbol}
    if _draw(mint, "priced") > 0.2:
        info["price_info"] = {"price_per_token": price_of(mint, time), "currency": "USDC"}
    return {
        "interface": "FungibleToken" if decimals else "V1_NFT",
        "id": mint,
        "content": {"metadata": {"name": name, "symbol": symbol}, "links": {"image": image_of(mint)}},
        "token_info": info,
        "mutable": True,
        "burnt": False,
    }


def decimals_of(mint: str, recorded: dict[str, int]) -> int:
    """The decimals as recorded, else those most mints have."""
    return recorded.get(mint, _KNOWN.get(mint, ("", "", 6))[2])


def pairs(mint: str, time: int) -> list[dict[str, object]]:
    """DexScreener's rows for a mint: none for one in ten, else its pools and a row where it is the quote."""
    if _draw(mint, "listed") < 1 / 10 and mint not in _KNOWN:
        return []
    depths = [10 ** (3 + 3 * _draw(mint, f"depth {at}")) for at in range(1 + int(_draw(mint, "pools") * 3))]
    rows = [_pair(mint, at, depth, time) for at, depth in enumerate(depths)]
    if _draw(mint, "no liquidity") < 1 / 8:
        del rows[-1]["liquidity"]
    if _draw(mint, "no price") < 1 / 12:
        del rows[0]["priceUsd"]
    quote = _pair("Quote" + mint[5:], 0, 10**7, time)
    quote["quoteToken"] = _token(mint)
    return [quote, *rows]


def _token(mint: str) -> dict[str, str]:
    name, symbol = name_of(mint)
    return {"address": mint, "name": name, "symbol": symbol}


def _pair(mint: str, at: int, depth: float, time: int) -> dict[str, object]:
    price = price_of(mint, time) * (1 + at / 1000)
    return {
        "chainId": "solana",
        "dexId": ("raydium", "meteora", "pumpswap")[at % 3],
        "url": f"https://dexscreener.com/solana/{mint[:8]}{at}",
        "pairAddress": f"{mint[:-2]}P{at}",
        "baseToken": _token(mint),
        "quoteToken": _token(WRAPPED_SOL),
        "priceUsd": f"{price:.12f}",
        "priceNative": f"{price / price_at(time):.15f}",
        "liquidity": {"usd": round(depth, 2)},
        "fdv": round(price * LAMPORTS_PER_SOL),
        "marketCap": round(price * LAMPORTS_PER_SOL),
        "volume": {"h24": round(depth * 3, 2)},
        "pairCreatedAt": (time - int(_draw(mint, "age") * 10**7)) * 1000,
        "info": {
            "imageUrl": image_of(mint),
            "websites": [{"url": f"https://{name_of(mint)[1].lower()}.example"}],
            "socials": [],
        },
    }


def jupiter(mint: str, decimals: int, time: int) -> dict[str, object] | None:
    """Jupiter's row; None for one mint in eight."""
    if mint not in _KNOWN and _draw(mint, "jupiter") < 1 / 8:
        return None
    return {"usdPrice": price_of(mint, time), "decimals": decimals, "blockId": time, "priceChange24h": 0.0}


def klines(start: int, end: int, step: int, limit: int) -> list[list[object]]:
    """Binance's rows from ``start`` to ``end`` (milliseconds), of ``step`` seconds each."""
    first = -(-start // (step * 1000)) * step
    times = range(first, end // 1000 + 1, step)
    return [_kline(time, step) for time in times[:limit]]


def _kline(time: int, step: int) -> list[object]:
    opened, high, low, close = (f"{price:.2f}" for price in _candle(time, step))
    last = (time + step) * 1000 - 1
    return [time * 1000, opened, high, low, close, "1000.0", last, "150000.0", 100, "500.0", "75000.0", "0"]


def candles(start: str, end: str, step: int) -> list[list[float]]:
    """Coinbase's rows, newest first; every 97th bar is missing, as a minute without trades is."""
    first, last = (int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) for text in (start, end))
    rows = []
    for time in range(last - last % step, first - 1, -step):
        if (time // step) % 97:
            opened, high, low, close = (round(price, 2) for price in _candle(time, step))
            rows.append([time, low, high, opened, close, 1000.0])
    return rows[:300]


def _candle(time: int, step: int) -> tuple[float, float, float, float]:
    """Open, high, low, close."""
    prices = [price_at(at) for at in range(time, time + step + 1, max(step // 6, 1))]
    return prices[0], max(prices), min(prices), price_at(time + step)
