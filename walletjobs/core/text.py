"""Text and image addresses that strangers wrote onto the chain, made harmless before anyone stores them."""

import re
import unicodedata
from urllib.parse import urlsplit

MAX_NAME = 64  # characters
MAX_SYMBOL = 24  # characters
MAX_URL = 512  # characters
#: Marks stacked on one letter beyond this draw over the lines above and below.
MAX_MARKS = 3

#: Letters and symbols that show nothing, though Unicode does not call them spaces or format characters.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Control, format (bidi, zero width, tags), surrogate, private use, unassigned.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_SPACE = frozenset(("Zs", "Zl", "Zp"))
_SPACING = frozenset("\t\n\r\x0b\x0c\x85")

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
_LOCAL = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".test", ".invalid")
_URL_LETTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]+")


def clean_text(text: object, limit: int) -> str | None:
    """What a person may see of ``text``: composed, on one line, nothing unseen; None if nothing is left.

    Units: ``limit`` in characters; a longer text ends in an ellipsis.
    """
    if not isinstance(text, str):
        return None
    seen = "".join(_seen(letter) for letter in text[: limit * 16])
    line = _without_stacks(unicodedata.normalize("NFC", " ".join(seen.split())))
    if not line.strip():
        return None
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_image_url(text: object) -> str | None:
    """The address of an image, if it is a plain https one of a public host name; else None.

    Refused: other schemes, credentials, ports, IP addresses in any notation, names that only a private
    network knows, letters that a URL does not have, more than MAX_URL characters.
    """
    if not isinstance(text, str):
        return None
    url = text.strip(" \t\r\n")
    if len(url) > MAX_URL or not _URL_LETTERS.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443) or not is_public_name(host):
        return None
    return url


def is_public_name(host: str) -> bool:
    """Whether ``host`` is a name (not an IP address) under a public top-level domain."""
    return len(host) <= 253 and bool(_HOST.fullmatch(host)) and not host.endswith(_LOCAL)


def _seen(letter: str) -> str:
    if letter in _SPACING:
        return " "
    kind = unicodedata.category(letter)
    if kind in _SPACE:
        return " "
    return "" if kind in _UNSEEN or letter in _BLANK else letter


def _without_stacks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= MAX_MARKS:
            kept.append(letter)
    return "".join(kept)
