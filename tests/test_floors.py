"""Imports go down only: this test reads them all, and fails when someone takes the lift."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: From the top down, each with what it holds; who stands higher may import what stands lower.
FLOORS = (
    (
        "doors",
        ("api", "worker", "walletjobs.__main__", "walletjobs.cli", "walletjobs.commands", "walletjobs.dev"),
    ),
    ("jobs", ("walletjobs.jobs", "walletjobs.ops")),
    ("services", ("walletjobs.services",)),
    ("edge", ("walletjobs.providers", "walletjobs.db")),
    ("core", ("walletjobs.core",)),
    ("ground", ("walletjobs.errors", "walletjobs.config")),
)
#: Neighbours on one floor that do not know each other: (who, whom).
STRANGERS = (
    ("walletjobs.providers", "walletjobs.db"),
    ("walletjobs.db", "walletjobs.providers"),
    ("api", "walletjobs.commands"),
    ("api", "walletjobs.cli"),
    ("worker", "api"),
    ("walletjobs", "api"),
    ("walletjobs", "worker"),
    ("walletjobs", "flask"),
)
#: Who may import ``walletjobs.dev``, beside the tests: the command line, and dev itself.
DEVELOPERS = ("walletjobs.commands", "walletjobs.dev")
#: What core takes from outside the standard library; msgspec where the hot loop needs its structs.
CORE_TAKES = frozenset({"base58", "msgspec"})


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def floor_of(name: str) -> int | None:
    """How far down a module stands, or nothing for a stranger's."""
    if name == "walletjobs":  # the package itself holds only the version
        return len(FLOORS) - 1
    depths = [depth for depth, (_, rooms) in enumerate(FLOORS) if any(within(name, room) for room in rooms)]
    return depths[0] if depths else None


def imports_of(source: str, module: str) -> Iterator[str]:
    """The full names that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *filter(None, [base])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def fault_of(module: str, imported: str) -> str | None:
    """Why ``module`` may not import ``imported``, if it may not."""
    here, there = floor_of(module), floor_of(imported)
    assert here is not None, f"{module} stands on no floor; add it to FLOORS"
    if any(within(module, who) and within(imported, whom) for who, whom in STRANGERS):
        return f"{module} must not know {imported}"
    if within(imported, "walletjobs.dev") and not any(within(module, who) for who in DEVELOPERS):
        return f"{module} must not import {imported}: only the command line and tests do"
    if there is not None and there < here:
        return (
            f"{module} ({FLOORS[here][0]}) must not import {imported} ({FLOORS[there][0]}): imports go down"
        )
    top = imported.partition(".")[0]
    if (
        within(module, "walletjobs.core")
        and there is None
        and top not in CORE_TAKES | sys.stdlib_module_names
    ):
        return (
            f"{module} must not import {imported}: core takes the standard library and {sorted(CORE_TAKES)}"
        )
    return None


def modules() -> dict[str, Path]:
    paths = [*ROOT.glob("walletjobs/**/*.py"), *ROOT.glob("api/**/*.py"), *ROOT.glob("worker.py")]
    return {_name(path): path for path in paths}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_go_down_only(module: str) -> None:
    path = modules()[module]
    # In a package's __init__ a relative import starts at the package itself.
    place = f"{module}.__init__" if path.name == "__init__.py" else module
    faults = [fault_of(module, name) for name in imports_of(path.read_text("utf-8"), place)]
    assert not [fault for fault in faults if fault]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("walletjobs.core.lots", "import requests"),
        ("walletjobs.core.lots", "from walletjobs.db import connection"),
        ("walletjobs.core.lots", "from ..providers.helius import HeliusClient"),
        ("walletjobs.db.wallets", "from walletjobs.providers.helius import HeliusClient"),
        ("walletjobs.providers.helius", "import walletjobs.db.connection"),
        ("walletjobs.services.sync", "from walletjobs.jobs.admission import submit_analysis"),
        ("walletjobs.jobs.queue", "from walletjobs import cli"),
        ("walletjobs.jobs.queue", "from flask import g"),
        ("walletjobs.jobs.queue", "def late():\n    import api.app"),
        ("walletjobs.errors", "from walletjobs.core import units"),
        ("api.app", "from walletjobs.dev import embedded"),
        ("worker", "from walletjobs.dev.processes import start"),
        ("worker", "import api"),
    ],
)
def test_a_planted_lift_is_caught(module: str, source: str) -> None:
    assert [fault for name in imports_of(source, module) if (fault := fault_of(module, name))]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("walletjobs.core.lots", "import msgspec\nfrom collections.abc import Iterable"),
        ("walletjobs.core.lots", "from walletjobs.errors import InvalidData"),
        ("walletjobs.core.lots", "from . import units"),
        (
            "walletjobs.services.pnl",
            "from walletjobs.db import transactions\nfrom walletjobs.core import lots",
        ),
        (
            "walletjobs.commands.serving",
            "from walletjobs.dev import embedded\nfrom walletjobs.jobs import queue",
        ),
        ("api.wallets", "from flask import g\nfrom walletjobs.db.results import ResultRepository"),
        ("api.wallets", "from walletjobs.jobs import queue"),
    ],
)
def test_stairs_down_are_open(module: str, source: str) -> None:
    assert not [fault for name in imports_of(source, module) if (fault := fault_of(module, name))]


@pytest.mark.parametrize("module", ["walletjobs.helpers", "misc"])
def test_a_module_on_no_floor_is_refused(module: str) -> None:
    with pytest.raises(AssertionError, match="stands on no floor"):
        fault_of(module, "json")
