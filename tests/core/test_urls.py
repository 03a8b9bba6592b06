import pytest

from walletjobs.core.urls import MAX_URL, clean_image_url, is_public_address, public_url
from walletjobs.errors import ImageRefused

NO_TEXT = "It is no text."
LETTERS = "It is empty, or holds characters that no URL has."
NOT_HTTPS = "It is not https."
USER = "It names a user."
PORT = "It names a port other than 443."
UNREADABLE = "Its host or port cannot be read."
NUMBER = "Its host is an IP address, not a name."
NO_NAME = "Its host is no name under a top-level domain."
PRIVATE = "Its host is a name that only a private network knows."

ATTACKS = [
    ("http://example.com/a.png", NOT_HTTPS),
    ("javascript:alert(1)", NOT_HTTPS),
    ("data:image/svg+xml;base64,AAAA", NOT_HTTPS),
    ("ftp://example.com/a.png", NOT_HTTPS),
    ("//example.com/a.png", NOT_HTTPS),
    ("ipfs://Qm123", NOT_HTTPS),
    ("file:///etc/passwd", NOT_HTTPS),
    ("gopher://127.0.0.1:6379/_FLUSHALL", NOT_HTTPS),
    ("https://user:pass@example.com/a.png", USER),
    ("https://example.com@127.0.0.1/a.png", USER),
    ("https://127.0.0.1/a.png", NUMBER),
    ("https://127.0.0.1./a.png", NUMBER),
    ("https://169.254.169.254/latest/meta-data", NUMBER),
    ("https://2130706433/a.png", NUMBER),  # decimal
    ("https://0x7f000001/a.png", NUMBER),  # hexadecimal
    ("https://0x7f.1/a.png", NUMBER),
    ("https://0177.0.0.1/a.png", NUMBER),  # octal
    ("https://017700000001/a.png", NUMBER),
    ("https://127.1/a.png", NUMBER),
    ("https://a.b.0x/a.png", NUMBER),
    ("https://[::1]/a.png", NUMBER),
    ("https://[::ffff:10.0.0.1]/a.png", NUMBER),
    ("https://[fe80::1%25eth0]/a.png", NUMBER),
    ("https://[::1/a.png", UNREADABLE),
    ("https://localhost/a.png", NO_NAME),
    ("https://LOCALHOST/a.png", NO_NAME),
    ("https://intranet/a.png", NO_NAME),
    ("https://foo.localhost./a.png", PRIVATE),
    ("https://localhost.localdomain/a.png", PRIVATE),
    ("https://printer.local/a.png", PRIVATE),
    ("https://PRINTER.LOCAL./a.png", PRIVATE),
    ("https://metadata.google.internal/a.png", PRIVATE),
    ("https://1.0.0.127.in-addr.arpa/a.png", PRIVATE),
    ("https://facebookcorewwwi.onion/a.png", PRIVATE),
    ("https://example.com:8080/a.png", PORT),
    ("https://example.com:0/a.png", PORT),
    ("https://example.com:99999/a.png", UNREADABLE),
    ("https://exa mple.com/a.png", LETTERS),
    ("https://example.com/a\u202egnp.png", LETTERS),
    ("https://ex\u00e4mple.com/a.png", LETTERS),
    ("https://\u2460\u2461\u2466.0.0.1/a.png", LETTERS),  # digits in circles, which IDNA makes digits
    ("https://127\uff0e0\uff0e0\uff0e1/a.png", LETTERS),  # full stops of full width
    ("https://\uff4cocalhost/a.png", LETTERS),
    ("https://example.com\\@evil.com/a.png", LETTERS),
    ('https://example.com/"onload="x', LETTERS),
    ("https://example.com/<svg>", LETTERS),
    ("https://example.com/a\nb", LETTERS),
    ("https://example.com/a\r\nHost: evil", LETTERS),
    ("https://example..com/a.png", NO_NAME),
    ("https://-example.com/a.png", NO_NAME),
    ("https://127%2e0%2e0%2e1/a.png", NO_NAME),
    ("https://" + "a." * 130 + "com/a.png", NO_NAME),
    ("https://", NO_NAME),
    ("https:///a.png", NO_NAME),
    ("https://example.com/" + "a" * MAX_URL, f"It is longer than {MAX_URL} characters."),
    ("", LETTERS),
    (None, NO_TEXT),
    (7, NO_TEXT),
]


@pytest.mark.parametrize(
    "url",
    [
        "https://arweave.net/abc-DEF_1",
        "https://ipfs.io/ipfs/Qm123?ext=png#x",
        "https://cdn.dexscreener.com:443/cms/images/a%20b.png",
        "https://xn--80ak6aa92e.com/a.png",
        "https://example.com./a.png",
    ],
)
def test_plain_https_address_of_a_public_name_is_kept(url: str) -> None:
    assert public_url(url) == url
    assert clean_image_url(f" {url}\n") == url


@pytest.mark.parametrize(("url", "reason"), ATTACKS)
def test_address_that_could_do_harm_is_refused_with_the_reason(url: object, reason: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        public_url(url)
    assert refused.value.detail == reason
    assert clean_image_url(url) is None


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_host_of_the_public_internet_may_be_asked(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # the cloud's metadata
        "100.64.0.1",  # carrier-grade NAT
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",  # 6to4
        "2001:0:7f00:1::",  # Teredo
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",  # the cloud's metadata
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fec0::1",
        "ff02::1",
        "0x7f.1",
        "2130706433",
        "localhost",
        "",
    ],
)
def test_address_inside_a_network_or_machine_is_not_public(address: str) -> None:
    assert not is_public_address(address)
