import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.text import clean_text


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Dogwifhat", "Dogwifhat"),
        ("  two \t\n words  ", "two words"),
        ("a\u202egnp.exe", "agnp.exe"),  # bidi override
        ("a\u2066b\u2069c\u061cd", "abcd"),  # bidi isolates, Arabic letter mark
        ("US\u200bD\u200dC\ufeff", "USDC"),  # zero width
        ("US\u00adDC", "USDC"),  # soft hyphen
        ("\u3164\u115f\u2800", None),  # letters that show nothing
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),  # control
        ("a\x1b[31mred", "a[31mred"),
        ("\U000e0041\U000e0042x", "x"),  # tags
        ("\ue000\U000f0000y", "y"),  # private use
        ("a\u2028b\u2029c\xa0d\u3000e", "a b c d e"),
        ("e\u0301", "é"),
        ("Z\u0335\u0336\u0337\u0338\u0321\u0322x", "Z\u0335\u0336\u0337x"),
        ("柴犬 🐕 Ⓢ", "柴犬 🐕 Ⓢ"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # harmless once escaped, as it always is
        ("", None),
        (" \u200b ", None),
        (None, None),
        (7, None),
        (["a"], None),
    ],
)
def test_text_keeps_only_what_a_person_sees(written: object, seen: str | None) -> None:
    assert clean_text(written, 64) == seen


def test_long_text_is_cut_to_its_limit() -> None:
    assert clean_text("abcdefgh", 5) == "abcd…"
    assert clean_text("abcde", 5) == "abcde"
    assert clean_text("x" * 10_000_000, 8) == "xxxxxxx…"


@given(st.text(max_size=200), st.integers(1, 40))
def test_clean_text_is_short_composed_visible_and_stays_as_it_is(written: str, limit: int) -> None:
    seen = clean_text(written, limit)
    if seen is None:
        return
    assert 0 < len(seen) <= limit
    assert seen == seen.strip()
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for letter in seen)
    assert clean_text(seen, limit) == seen
