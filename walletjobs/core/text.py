"""Text that strangers wrote onto the chain, made harmless before anyone stores it."""

import unicodedata

MAX_NAME = 64  # characters
MAX_SYMBOL = 24  # characters
#: Marks stacked on one letter beyond this draw over the lines above and below.
MAX_MARKS = 3

#: Letters and symbols that show nothing, though Unicode does not call them spaces or format characters.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Control, format (bidi, zero width, tags), surrogate, private use, unassigned.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_SPACE = frozenset(("Zs", "Zl", "Zp"))
_SPACING = frozenset("\t\n\r\x0b\x0c\x85")


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
