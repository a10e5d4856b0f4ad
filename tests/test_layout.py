"""The house rules hold for every file: sizes, names, doors, purity, and nothing of one machine."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import layout

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "batuta"
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
PACKAGES = [name for name in FILES if name.endswith("__init__.py")]
PURE = [
    name
    for name in FILES
    if name.startswith(("spec/", "engine/rules/"))
    or name in ("engine/past/likeness.py", "engine/past/rejudge.py", "governance/verdict.py")
]

# May mention such addresses: the rules themselves and the tests that they can fail.
SPEAKS_OF_LEAKS = {"tests/layout.py", "tests/test_layout_rules.py"}


class Laws(NamedTuple):
    """What every file is held to, and what is wrong with each of them, as `file:flaw`."""

    sizes: list[str]
    danger: list[str]
    impurities: list[str]
    doors: list[str]
    packages: list[str]
    imported: set[str]


@cache
def read() -> Laws:
    """Each file is parsed once and asked everything: there are many files, and a test for each takes longer."""
    found = Laws([], [], [], [], [], set())
    for name in FILES:
        text = (SOURCE / name).read_text(encoding="utf-8")
        tree = ast.parse(text, name)
        flaws = [
            (found.sizes, layout.parts_too_large(tree, text.count("\n"))),
            (found.danger, layout.dangerous_words(tree)),
            (found.doors, layout.flaws_of_door(tree)),
        ]
        if name in PURE:
            flaws.append((found.impurities, layout.impurities(tree)))
        if name in PACKAGES:
            flaws.append((found.packages, layout.flaws_of_package(tree)))
        for listed, each in flaws:
            listed += [f"{name}:{flaw}" for flaw in each]
        found.imported.update(layout.foreign_imports(tree))
    return found


def test_the_tree_has_files_of_every_kind() -> None:
    assert min(len(FILES), len(PURE), len(PACKAGES)) > 10


def test_no_file_function_or_class_is_too_large_to_read_at_once() -> None:
    assert read().sizes == []


def test_no_code_from_data_no_shell_and_no_second_import_graph() -> None:
    assert read().danger == []


def test_pure_rooms_have_no_clock_no_dice_and_no_io() -> None:
    assert read().impurities == []


def test_the_door_is_a_list_of_names_that_exist() -> None:
    assert read().doors == []


def test_a_package_lists_exactly_what_it_brings_in() -> None:
    assert read().packages == []


def test_no_file_is_a_drawer_for_everything() -> None:
    words = {name: set(Path(name).with_suffix("").parts) for name in FILES}
    assert [name for name in FILES if words[name] & layout.DRAWER_NAMES] == []


def test_nothing_of_one_machine_is_in_the_repository() -> None:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: what is tracked is not known")
    found: list[str] = []
    for name in sorted(set(filter(None, listed.split("\0"))) - SPEAKS_OF_LEAKS):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes())[:8192]:
            text = content.decode("utf-8", "replace")
            found += [f"{name}:{leak}" for leak in layout.leaks_in(text)]
    assert found == []


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    own = [
        name for extra, names in extras.items() if extra not in ("dev", "build") for name in names
    ]
    # Of wordllama the data is used, and none of its code; starlette finds the reader of forms by itself.
    others = {"wordllama", "python-multipart"}
    declared = {distribution(name) for name in [*project["dependencies"], *own]}
    declared -= {"batuta", *others}
    providers = importlib.metadata.packages_distributions()
    imported = {distribution(providers.get(name, [name])[0]) for name in read().imported}
    assert imported == declared


def distribution(requirement: str) -> str:
    """`PyYAML~=6.0` → `pyyaml`, as indexes compare names."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_both_locks_pin_the_same_files() -> None:
    everything = entries(ROOT / "requirements.lock")
    to_run = entries(ROOT / "requirements-run.lock")
    assert {name: everything.get(name) for name in to_run} == to_run


def test_what_an_http_call_loads_is_pinned_for_the_demo() -> None:
    # What a dependency imports only if it is there is an extra of it; a fresh machine has what is pinned.
    code = (
        "import sys; before = set(sys.modules); from batuta.outbound import addresses, net;"
        "net.VettedConnections(addresses.Permissions(), {});"
        "print(*{name.partition('.')[0] for name in sys.modules.keys() - before})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    owners = importlib.metadata.packages_distributions()
    loaded = {distribution(one) for name in done.stdout.split() for one in owners.get(name, [])}
    pinned = {distribution(entry) for entry in entries(ROOT / "requirements-run.lock")}
    assert loaded - pinned - {"batuta"} == set()


def entries(lock: Path) -> dict[str, str]:
    """Per requirement (`name==version ; marker`) its hashes."""
    whole = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in whole.splitlines() if line and not line.lstrip().startswith("#")]
    pairs = [line.split("--hash=", 1) for line in lines]
    assert [line for line, parts in zip(lines, pairs, strict=True) if len(parts) == 1] == []
    return {requirement.strip(): hashes for requirement, hashes in pairs}
