import pytest

from walletjobs.core.image import MAX_BYTES, image_of
from walletjobs.errors import ImageRefused

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0JFIF", "image/jpeg"),
        (b"GIF87a....", "image/gif"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
    ],
)
def test_image_is_what_its_first_bytes_say(body: bytes, media_type: str) -> None:
    assert image_of(body).media_type == media_type


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"\x1f\x8b\x08\0",
        b"\x89PNG",
        b" " + PNG,
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\0\0\0\x1cftypheic",
    ],
)
def test_what_is_no_image_is_refused(body: bytes) -> None:
    with pytest.raises(ImageRefused, match="no PNG, JPEG, GIF, WebP or AVIF"):
        image_of(body)


def test_image_larger_than_the_limit_is_refused() -> None:
    image_of(PNG.ljust(MAX_BYTES, b"\0"))
    with pytest.raises(ImageRefused, match="larger than 1,000,000 bytes"):
        image_of(PNG.ljust(MAX_BYTES + 1, b"\0"))
