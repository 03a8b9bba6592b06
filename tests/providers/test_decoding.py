"""No thread is ever the first to read a type: msgspec works it out then, and another thread crashes the process."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("walletjobs", "api") for path in (ROOT / folder).rglob("*.py"))


def runtime_types(source: str) -> list[int]:
    """Lines inside functions that make a decoder, or read a type by its name."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                    typed = any(keyword.arg == "type" for keyword in call.keywords)
                    if call.func.attr == "Decoder" or (call.func.attr == "decode" and typed):
                        found.append(call.lineno)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_types_are_worked_out_where_their_module_is_loaded(path: Path) -> None:
    if path.name == "decoding.py":
        return  # its ``prepared`` is called where modules are loaded
    assert runtime_types(path.read_text()) == []


def test_a_type_that_is_read_inside_a_function_is_found() -> None:
    source = "def read(raw):\n    return msgspec.json.decode(raw, type=Row) or msgspec.json.Decoder(Row)"
    assert runtime_types(source) == [2, 2]
