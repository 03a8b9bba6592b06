"""Addresses that strangers wrote onto the chain: which of them a machine of ours may ask, and why not the others."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from walletjobs.errors import ImageRefused

MAX_URL = 512  # characters

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
#: Names that only one machine or one network knows, or nobody. Source: RFC 6761, 6762, 7686, 8375, 9476.
_LOCAL = (
    *(".localhost", ".localdomain", ".local", ".internal", ".intranet", ".private", ".lan", ".home", ".corp"),
    *(".arpa", ".alt", ".onion", ".test", ".invalid"),
)
#: By its last part, as browsers tell: decimal, octal and hexadecimal, in one number or four.
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_LETTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]+")

_UNICAST = IPv6Network("2000::/3")
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/23"))  # each end is an IPv4 address of one's choice
_NAT64 = IPv6Network("64:ff9b::/96")  # how a network without IPv4 reaches it. Source: RFC 6052


def clean_image_url(text: object) -> str | None:
    """The address of an image, if it is one that may be asked; else None."""
    try:
        return public_url(text)
    except ImageRefused:
        return None


def public_url(text: object) -> str:
    """A plain https address of a public host name, without spaces around it.

    It says nothing about where that name leads: see ``is_public_address``.
    Raises: ImageRefused with the reason.
    """
    if not isinstance(text, str):
        raise ImageRefused("It is no text.")
    url = text.strip(" \t\r\n")
    if len(url) > MAX_URL:
        raise ImageRefused(f"It is longer than {MAX_URL} characters.")
    if not _LETTERS.fullmatch(url):
        raise ImageRefused("It is empty, or holds characters that no URL has.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImageRefused("Its host or port cannot be read.") from None
    if parts.scheme != "https":
        raise ImageRefused("It is not https.")
    if "@" in parts.netloc:
        raise ImageRefused("It names a user.")
    if port not in (None, 443):
        raise ImageRefused("It names a port other than 443.")
    _check_host((parts.hostname or "").removesuffix("."))
    return url


def _check_host(host: str) -> None:
    if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise ImageRefused("Its host is an IP address, not a name.")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise ImageRefused("Its host is no name under a top-level domain.")
    if host.endswith(_LOCAL):
        raise ImageRefused("Its host is a name that only a private network knows.")


def is_public_address(text: str) -> bool:
    """Whether an IP address is a host's on the public internet: not this machine's, this network's or a tunnel's."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return _is_public_v6(address)
    return _is_public_v4(address)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.ipv4_mapped is not None:
        return _is_public_v4(address.ipv4_mapped)
    return address in _UNICAST and address.is_global and not any(address in network for network in _TUNNELS)


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved
