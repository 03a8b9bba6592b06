"""Fields with our own rules."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from walletjobs.core.address import parse_address
from walletjobs.core.scope import SCOPES
from walletjobs.errors import InvalidAddress

#: Text only: which texts decode to 32 bytes no pattern can say.
ADDRESS_PATTERN = "^[1-9A-HJ-NP-Za-km-z]{32,44}$"
LONGEST_SHOWN = 64  # letters of what was sent, in a refusal
EXAMPLE_ADDRESS = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"


class Address(fields.String):
    """A Solana address: base58 that decodes to exactly 32 bytes."""

    def __init__(self, description: str = "A Solana address in base58.", **settings: Any) -> None:
        shape = {"description": description, "pattern": ADDRESS_PATTERN, "example": EXAMPLE_ADDRESS}
        super().__init__(metadata=shape, **settings)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **settings: Any) -> str:
        try:
            return parse_address(value)
        except InvalidAddress as error:
            raise ValidationError(error.detail) from None


class Addresses(fields.List[str]):
    """Addresses; the refusal names every one that is none."""

    def __init__(self, description: str, **settings: Any) -> None:
        super().__init__(Address(), metadata={"description": description}, **settings)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **settings: Any) -> list[Any]:
        try:
            sent = super()._deserialize(value, attr, data, **settings)
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            named = ", ".join(str(value[index])[:LONGEST_SHOWN] for index in error.messages)
            raise ValidationError(f"Invalid Solana address(es) provided: {named}") from None
        self._validate(sent)  # repetitions count: the document's limits are of what is sent
        return list(dict.fromkeys(sent))


class Moment(fields.DateTime):
    """A time in ISO 8601, UTC, to the millisecond."""

    def __init__(self, description: str, **settings: Any) -> None:
        super().__init__(
            "iso", required=True, metadata={"description": f"{description} ISO 8601, UTC."}, **settings
        )

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **settings: Any) -> str | None:
        if value is None:
            return None
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Flag(fields.Boolean):
    """true or false; not "yes", 1 or "false"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **settings: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


def scope_field() -> fields.String:
    """How much of the history; by default all."""
    return fields.String(
        load_default="all",
        validate=validate.OneOf(list(SCOPES)),
        metadata={
            "description": "How much of the history: 7d (at most 250 transactions), 30d, or all."
            " Each has results of its own."
        },
    )


def check_scope(query: dict[str, Any]) -> None:
    """Nothing, where the query names a scope or a window, not both.

    Raises: ValidationError.
    """
    period = query.get("start") or query.get("end")
    if query["scope"] != "all" and (query["window"] != "all" or period):
        raise ValidationError("Windows and periods are of scope all.", "scope")


def text(description: str, **settings: Any) -> fields.String:
    """A text, always there."""
    return fields.String(required=True, metadata={"description": description}, **settings)


def maybe_text(description: str, **settings: Any) -> fields.String:
    """A text, or null where it is not known."""
    return fields.String(required=True, allow_none=True, metadata={"description": description}, **settings)


def whole(description: str, **settings: Any) -> fields.Integer:
    """A whole number, always there."""
    return fields.Integer(required=True, metadata={"description": description}, **settings)


def maybe_whole(description: str, **settings: Any) -> fields.Integer:
    """A whole number, or null where it is not known."""
    return fields.Integer(required=True, allow_none=True, metadata={"description": description}, **settings)
