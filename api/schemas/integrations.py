"""What other services deliver."""

from marshmallow import Schema

from api.schemas.fields import whole


class NewsSchema(Schema):
    """What a delivery came to."""

    transactions = whole("Transactions that could be read.")
    unreadable = whole("Elements that are no enhanced transaction.")
    refreshes = whole("Analyzed wallets that will be refreshed, and were not going to be before.")
