"""One token, whoever holds it."""

from marshmallow import Schema

from api.schemas.fields import Moment, maybe_text, maybe_whole, text


class KnownTokenSchema(Schema):
    """What providers say of a token, each part with its age."""

    mint = text("The token.")
    symbol = maybe_text("Its symbol, as its maker claims.")
    name = maybe_text("Its name, as its maker claims.")
    imageUrl = maybe_text("Its image, fetched and checked by this server.")
    imageSourceUrl = maybe_text("Where its maker keeps the image: a stranger's host.")
    decimals = maybe_whole("Decimal places of one token.")
    metadataSource = maybe_text("Who named it.")
    metadataAt = Moment("When that was last asked for.", allow_none=True)
    priceUsd = maybe_text("Newest known price of one token.")
    priceSource = maybe_text("Who said so.")
    priceAt = Moment("When.", allow_none=True)
    liquidityUsd = maybe_text("In its deepest pool.")
    marketAt = Moment("When that was last asked for.", allow_none=True)
