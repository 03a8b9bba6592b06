"""Tokens, whoever holds them: what providers say of each, and its image."""

from typing import Any

from flask import Response, current_app, request

from api.arguments import Blueprint
from api.doors import doors
from api.schemas.token import KnownTokenSchema
from api.summaries import price_text
from walletjobs.core.address import parse_address
from walletjobs.db.tokens import TokenRepository
from walletjobs.errors import UnknownToken
from walletjobs.jobs.links import image_url

blueprint = Blueprint("tokens", __name__, description="Tokens, whoever holds them")

IMAGE_POLICY = "default-src 'none'; sandbox"
IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")


@blueprint.route("/<mint>", methods=["GET"])
@blueprint.response(200, KnownTokenSchema)
@blueprint.refuses(400, 404, 503)
def token(mint: str) -> Any:
    """A token as providers describe it."""
    with doors().snapshot() as connection:
        found = TokenRepository(connection).find([parse_address(mint)]).get(mint)
    if found is None:
        raise UnknownToken
    return {
        "mint": found.mint,
        "symbol": found.symbol,
        "name": found.name,
        "imageUrl": image_url(found.mint, found.image_url),
        "imageSourceUrl": found.image_url,
        "decimals": found.decimals,
        "metadataSource": found.metadata_source,
        "metadataAt": found.metadata_at,
        "priceUsd": price_text(found.price_usd),
        "priceSource": found.price_source,
        "priceAt": found.price_at,
        "liquidityUsd": price_text(found.liquidity_usd),
        "marketAt": found.market_at,
    }


@blueprint.route("/<mint>/image", methods=["GET"])
@blueprint.doc(
    responses={
        200: {
            "description": "PNG, JPEG, GIF, WebP or AVIF, as its bytes say.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in IMAGE_TYPES},
        }
    }
)
@blueprint.refuses(400, 404, 503)
def image(mint: str) -> Any:
    """A token's image, fetched by this server so that its maker's host never hears of the reader.

    404 with code `image_refused` says why there is none; 503 that it has not come yet.
    """
    found = current_app.extensions["images"].of(parse_address(mint))
    response = Response(found.body, mimetype=found.media_type)
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["Content-Security-Policy"] = IMAGE_POLICY
    response.add_etag()
    return response.make_conditional(request)
