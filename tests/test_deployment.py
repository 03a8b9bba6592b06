"""The files that others' machines read: Procfile, lock files, Makefile."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.txt", "requirements-dev.txt")


def wanted(*extras: str) -> list[Requirement]:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    lines = setup["options"]["install_requires"].split("\n")
    for extra in extras:
        lines += setup["options.extras_require"][extra].split("\n")
    return [Requirement(line) for line in lines if line]


def pinned(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text("utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", text)}


@pytest.mark.parametrize(("lock", "extras"), [(LOCKS[0], ()), (LOCKS[1], ("local", "test"))])
def test_the_lock_pins_what_setup_cfg_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    versions = pinned(lock)
    stale = [
        str(ask)
        for ask in wanted(*extras)
        if versions.get(canonicalize_name(ask.name), "") not in ask.specifier
    ]
    assert not stale, "run `make lock`"


def test_the_service_runs_what_was_tested() -> None:
    service, tested = pinned(LOCKS[0]), pinned(LOCKS[1])
    assert {name: tested.get(name) for name in service} == service


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_machine(lock: str) -> None:
    assert not re.search(r"://|index|find-links|(?m:^\S*/)", (ROOT / lock).read_text("utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    blocks = re.split(r"(?m)^(?=\S+==)", (ROOT / lock).read_text("utf-8"))[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_procfile_names_release_web_and_worker() -> None:
    lines = (ROOT / "Procfile").read_text("utf-8").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["release", "web", "worker"]
