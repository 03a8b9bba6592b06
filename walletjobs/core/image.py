"""Images as bytes: what they are by their beginning, whatever anyone says of them."""

from dataclasses import dataclass

from walletjobs.errors import ImageRefused

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Image:
    """An image that a browser draws without running anything."""

    media_type: str
    body: bytes


def image_of(body: bytes) -> Image:
    """The bytes as an image.

    Raises: ImageRefused for what is none, or too large; and for SVG, which is a document that runs scripts.
    """
    if len(body) > MAX_BYTES:
        raise ImageRefused(f"It is larger than {MAX_BYTES:,} bytes.")
    media_type = _media_type(body)
    if media_type is None:
        raise ImageRefused("It is no PNG, JPEG, GIF, WebP or AVIF.")
    return Image(media_type, body)


def _media_type(body: bytes) -> str | None:
    """Source: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern; AVIF: ISO/IEC 14496-12."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if body[:4] == b"RIFF" and body[8:14] == b"WEBPVP":
        return "image/webp"
    return "image/avif" if body[4:12] in (b"ftypavif", b"ftypavis") else None
