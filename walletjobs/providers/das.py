"""Assets as DAS describes them, down to what a token's row shows.

Source: https://www.helius.dev/docs/api-reference/das/getassetbatch
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from walletjobs.core.text import MAX_NAME, MAX_SYMBOL, clean_text
from walletjobs.core.token import Metadata, sane_decimals
from walletjobs.core.urls import clean_image_url

#: One entry for each mint asked for, null where it is unknown: none at all is no answer.
ENTRIES = msgspec.json.Decoder(Annotated[list[Raw], Meta(min_length=1)])


class _Named(Struct):
    name: str | None = None
    symbol: str | None = None


class _Links(Struct):
    image: str | None = None


class _Content(Struct):
    metadata: _Named | None = None
    links: _Links | None = None


class _TokenInfo(Struct):
    symbol: str | None = None
    decimals: int | None = None


class _Asset(Struct):
    id: str
    content: _Content | None = None
    token_info: _TokenInfo | None = None


_ASSET = msgspec.json.Decoder(_Asset)


def metadata_of(mints: Sequence[str], entries: Sequence[Raw]) -> dict[str, Metadata | None]:
    """What the entries say of each mint, matched by id; None where nothing was said, or nothing readable."""
    found: dict[str, Metadata | None] = dict.fromkeys(mints)
    for entry in entries:
        said = _read(entry)
        if said is not None and said.mint in found:
            found[said.mint] = said
    return found


def _read(entry: Raw) -> Metadata | None:
    try:
        asset = _ASSET.decode(entry)
    except msgspec.MsgspecError:
        return None  # null, or one asset that is not described as it should be
    content, info = asset.content or _Content(), asset.token_info or _TokenInfo()
    named, links = content.metadata or _Named(), content.links or _Links()
    return Metadata(
        mint=asset.id,
        symbol=clean_text(named.symbol, MAX_SYMBOL) or clean_text(info.symbol, MAX_SYMBOL),
        name=clean_text(named.name, MAX_NAME),
        image_url=clean_image_url(links.image),
        decimals=sane_decimals(info.decimals),
    )
