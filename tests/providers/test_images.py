"""Images from strangers' hosts, the hostile ones too."""

import gzip
import time
from collections.abc import Iterator

import pytest
from strangers import PNG, PUBLIC, Speak, Stranger, dripping, plain

from walletjobs.core.image import MAX_BYTES, Image
from walletjobs.errors import ImageRefused, ProviderUnavailable


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    host = Stranger()
    yield host
    host.close()


def test_image_is_fetched_from_the_address_that_was_looked_at(stranger: Stranger) -> None:
    stranger.pages["img.example.com/a.png?x=1"] = plain(PNG, Content_Type="text/html")
    found = stranger.client().fetch("https://img.example.com/a.png?x=1#part")
    assert found == Image("image/png", PNG), "its bytes say what it is, not its host"
    assert stranger.dialed == [PUBLIC]


def test_request_tells_the_stranger_nothing(stranger: Stranger) -> None:
    stranger.pages["img.example.com/"] = plain(PNG)
    stranger.client().fetch("https://img.example.com")
    names = {line.partition(":")[0] for line in stranger.heard[0].decode().split("\r\n")[1:] if line}
    assert names == {"Host", "Accept", "Accept-Encoding", "User-Agent", "Connection"}


def test_name_that_answers_differently_the_second_time_gains_nothing(stranger: Stranger) -> None:
    """DNS rebinding: there is no second question, and the first answer is where the connection goes."""
    stranger.names["img.example.com"] = [[PUBLIC]]
    stranger.pages["img.example.com/a.png"] = plain(PNG)
    stranger.client().fetch("https://img.example.com/a.png")
    assert (stranger.asked, stranger.dialed) == (["img.example.com"], [PUBLIC])
    with pytest.raises(ImageRefused, match=r"leads to 127\.0\.0\.1, which is not on the public internet"):
        stranger.client().fetch("https://img.example.com/a.png")
    assert stranger.dialed == [PUBLIC]


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:192.168.0.1"],
        ["fd00:ec2::254"],
        [PUBLIC, "127.0.0.1"],
        ["2606:4700::1111", "fe80::1%eth0"],
    ],
)
def test_name_that_leads_inside_is_never_dialed(answers: list[str], stranger: Stranger) -> None:
    stranger.names["img.example.com"] = [answers]
    with pytest.raises(ImageRefused, match="not on the public internet"):
        stranger.client().fetch("https://img.example.com/a.png")
    assert stranger.dialed == []


def test_name_that_leads_nowhere_may_lead_somewhere_later(stranger: Stranger) -> None:
    stranger.names["img.example.com"] = [[]]
    with pytest.raises(ProviderUnavailable):
        stranger.client().fetch("https://img.example.com/a.png")


def test_redirect_is_looked_at_like_the_first_address(stranger: Stranger) -> None:
    stranger.pages["img.example.com/a"] = plain(b"", "302 Found", Location="https://cdn.example.org/b")
    stranger.pages["cdn.example.org/b"] = plain(b"", "307 Temporary Redirect", Location="/c.png")
    stranger.pages["cdn.example.org/c.png"] = plain(PNG)
    assert stranger.client().fetch("https://img.example.com/a").body == PNG
    assert stranger.asked == ["img.example.com", "cdn.example.org", "cdn.example.org"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://img.example.com/b.png", "not https"),
        ("https://127.0.0.1/b.png", "IP address"),
        ("https://metadata.google.internal/b.png", "private network"),
        ("https://inside.example.org/b.png", "leads to 10.0.0.8"),
        ("file:///etc/passwd", "not https"),
        ("", "redirected more than 3 times"),
        ("https://img.example.com/a", "redirected more than 3 times"),
    ],
)
def test_redirect_that_leads_astray_is_refused(target: str, reason: str, stranger: Stranger) -> None:
    stranger.names["inside.example.org"] = [["10.0.0.8"]]
    stranger.pages["img.example.com/a"] = plain(b"", "301 Moved Permanently", Location=target)
    with pytest.raises(ImageRefused, match=reason):
        stranger.client().fetch("https://img.example.com/a")
    assert set(stranger.dialed) == {PUBLIC}


@pytest.mark.parametrize(
    ("name", "speak", "reason"),
    [
        ("no image", plain(b"<html>"), "no PNG"),
        ("SVG", plain(b"<svg onload='alert(1)'/>", Content_Type="image/png"), "no PNG"),
        ("oversize", plain(PNG.ljust(MAX_BYTES + 1)), "larger than"),
        (
            "oversize by its own word",
            lambda link: link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
            "larger than",
        ),
        ("oversize without a word", dripping(b"HTTP/1.1 200 OK\r\n\r\n" + PNG, b"\0" * 65536), "larger than"),
        (
            "gzip bomb",
            plain(gzip.compress(PNG + b"\0" * 10**7), Content_Encoding="gzip"),
            "packed",
        ),
        ("not found", plain(PNG, "404 Not Found"), "HTTP 404"),
        ("partial", plain(PNG, "206 Partial Content"), "HTTP 206"),
    ],
)
def test_answer_that_is_not_a_plain_small_image_is_refused(
    name: str, speak: Speak, reason: str, stranger: Stranger
) -> None:
    stranger.pages["img.example.com/a.png"] = speak
    with pytest.raises(ImageRefused, match=reason):
        stranger.client().fetch("https://img.example.com/a.png")


@pytest.mark.parametrize(
    "speak",
    [
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"\x89"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", b"z"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        lambda link: time.sleep(5),
    ],
    ids=["body", "headers", "chunks", "silence"],
)
def test_host_that_drips_is_left_when_the_time_is_over(speak: Speak, stranger: Stranger) -> None:
    stranger.pages["img.example.com/a.png"] = speak
    with pytest.raises(ProviderUnavailable, match=r"took longer than 0\.6 s"):
        stranger.client(seconds=0.6).fetch("https://img.example.com/a.png")


@pytest.mark.parametrize(
    "speak",
    [
        plain(b"", "503 Service Unavailable"),
        plain(b"", "429 Too Many Requests"),
        lambda link: link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + PNG),
        lambda link: link.sendall(b"\0\1\2 this is no HTTP\r\n\r\n"),
        lambda link: None,
    ],
    ids=["5xx", "429", "cut", "noise", "nothing"],
)
def test_host_that_fails_may_be_asked_again_later(speak: Speak, stranger: Stranger) -> None:
    stranger.pages["img.example.com/a.png"] = speak
    with pytest.raises(ProviderUnavailable, match="host"):
        stranger.client().fetch("https://img.example.com/a.png")


def test_host_without_a_certificate_of_its_name_is_not_believed(stranger: Stranger) -> None:
    with pytest.raises(ProviderUnavailable, match="SSLCertVerificationError"):
        stranger.client().fetch("https://other.example.com/a.png")
    assert stranger.heard == []
