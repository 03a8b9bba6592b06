"""Where the API serves what events and answers point to."""


def image_url(mint: str, source: str | None) -> str | None:
    """Where a token's image is served from; None for a token whose maker names none."""
    return f"/api/v1/tokens/{mint}/image" if source else None
