"""One list of requirements, one list of pins, and nothing that says either a second time."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

ROOT = Path(__file__).parent.parent


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(line) for lines in lists for line in lines]


def pins() -> dict[str, list[str]]:
    """Each pinned project's versions: several where Python versions need different ones."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if not line.startswith("#"):
            pin = Requirement(line)
            [specifier] = pin.specifier
            assert specifier.operator == "==", f"not an exact version: {line}"
            found.setdefault(canonicalize_name(pin.name), []).append(specifier.version)
    return found


def test_every_requirement_is_pinned_within_its_range():
    pinned = pins()
    for requirement in declared():
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} has no pin: run `make lock`"
        assert all(version in requirement.specifier for version in versions), str(requirement)


def test_lock_names_no_host():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"//|^\s*-|@", lock, re.MULTILINE)


def test_the_package_tells_type_checkers_that_it_has_types():
    assert (ROOT / "siamese_lib/py.typed").is_file()


def test_every_node_package_is_pinned_and_hashed():
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert packages.pop("")["devDependencies"] == wanted
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, f"{name} names a host: run `make lock`"


def test_environment_yml_repeats_nothing():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, from_pip = environment["dependencies"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert python == f"python{project['requires-python']}"
    assert pip == "pip"
    assert from_pip == {"pip": ["-c requirements.lock", "-e .[book,test,scale,site]"]}
