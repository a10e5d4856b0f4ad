"""Modules of a workspace."""

import sys
from pathlib import Path

import pytest

from batuta.capabilities.modules import load_modules
from batuta.errors import WorkspaceError
from batuta.spec.call import Done
from tests.capabilities.calls import call_with

HEAD = "from batuta.capabilities.function import capability\n"


def write(folder: Path, **sources: str) -> None:
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")


def flaws(folder: Path, *paths: str) -> list[str]:
    with pytest.raises(WorkspaceError) as caught:
        load_modules(paths, folder)
    assert "Traceback" not in str(caught.value)
    return [f"{finding.place}: {finding.message}" for finding in caught.value.findings]


def test_functions_are_registered_in_the_order_they_are_written(tmp_path: Path) -> None:
    tool = (
        HEAD
        + "@capability\ndef b(): ...\n@capability('x.a')\ndef a(): ...\ndef other(): ...\nagain = b\n"
    )
    write(tmp_path, tools=tool, more=HEAD + "@capability\nasync def c(): ...\n")
    loaded = load_modules(["tools.py", "more.py", "tools.py"], tmp_path).capabilities
    assert [one.card.name for one in loaded] == ["b", "x.a", "c"]


async def test_a_module_may_import_its_neighbours_also_later(tmp_path: Path) -> None:
    write(
        tmp_path,
        neighbour_one="N = 1\n",
        neighbour_two="N = 2\n",
        tools=HEAD
        + "import neighbour_one\n@capability\ndef f():\n    import neighbour_two\n"
        + "    return neighbour_one.N + neighbour_two.N\n",
    )
    (loaded,) = load_modules(["tools.py"], tmp_path).capabilities
    assert await loaded(call_with({})) == Done(3)


async def test_functions_of_a_neighbour_are_registered_by_the_neighbour_only(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        shared_part=HEAD + "@capability\ndef f(): ...\n",
        tools=HEAD + "from shared_part import f\n@capability\ndef g(): ...\n",
    )
    loaded = load_modules(["tools.py"], tmp_path).capabilities
    assert [one.card.name for one in loaded] == ["g"]


async def test_two_workspaces_in_one_process_do_not_mix(tmp_path: Path) -> None:
    source = HEAD + "from neighbour_mixed import N\n@capability\ndef f():\n    return N\n"
    results = list[object]()
    for n in (1, 2, 1):
        folder = tmp_path / str(n)
        folder.mkdir(exist_ok=True)
        write(folder, tools=source, neighbour_mixed=f"N = {n}\n")
        (loaded,) = load_modules(["tools.py"], folder).capabilities
        results.append(await loaded(call_with({})))
    assert results == [Done(1), Done(2), Done(1)]


async def test_an_edit_is_seen_at_once(tmp_path: Path) -> None:
    results = list[object]()
    for n in (1, 2):
        write(tmp_path, tools=HEAD + f"@capability\ndef f():\n    return {n}\n")
        (loaded,) = load_modules(["tools.py"], tmp_path).capabilities
        results.append(await loaded(call_with({})))
    assert results == [Done(1), Done(2)]
    assert not (tmp_path / "__pycache__").exists()


def test_no_file_of_a_workspace_takes_the_place_of_an_installed_module(tmp_path: Path) -> None:
    write(
        tmp_path,
        msgspec="raise SystemExit\n",
        tools=HEAD + "import msgspec\n@capability\ndef f(): ...\n",
    )
    assert len(load_modules(["tools.py"], tmp_path).capabilities) == 1
    assert sys.path[0] != str(tmp_path)


async def test_annotations_that_are_texts_are_understood(tmp_path: Path) -> None:
    source = (
        "from __future__ import annotations\nimport dataclasses\n"
        + HEAD
        + "@dataclasses.dataclass\nclass P:\n    x: int\n"
        + "@capability\ndef f(p: P) -> int:\n    return p.x\n"
    )
    write(tmp_path, tools=source)
    (loaded,) = load_modules(["tools.py"], tmp_path).capabilities
    assert await loaded(call_with({"p": {"x": 3}})) == Done(3)


def test_capability_objects_are_registered_too(tmp_path: Path) -> None:
    write(
        tmp_path,
        tools="from batuta.capabilities.human import HumanCapability\nboss = HumanCapability('boss')\n",
    )
    assert [one.card.name for one in load_modules(["tools.py"], tmp_path).capabilities] == ["boss"]


@pytest.mark.parametrize(
    ("source", "flaw"),
    [
        ("x = 1\ny = (\n", "tools.py:2:5: the module fails to load: SyntaxError: '(' was never closed"),
        ("x = 1\n\ty = 2\n", "tools.py:2:1: the module fails to load: IndentationError: unexpected indent"),
        ("x = 1\nfoo()\n", "tools.py:2:1: the module fails to load: NameError: name 'foo' is not defined"),
        ("import sys\nsys.exit(3)\n", "tools.py:2:1: the module fails to load: SystemExit: 3"),
        ("raise ValueError\n", "tools.py:1:1: the module fails to load: ValueError: without a message"),
        ("x = 1\n", "tools.py:1:1: the module registers nothing"),
        ("\0", "tools.py:1:1: the module fails to load: SyntaxError: source code string cannot contain null bytes"),
        ("def f():\n    raise KeyError('k')\n\nf()\n", "tools.py:2:1: the module fails to load: KeyError: 'k'"),
        ("import no_such_thing\n", "tools.py:1:1: the module fails to load: ModuleNotFoundError: "
            "No module named 'no_such_thing'"),
    ],
)  # fmt: skip
def test_a_module_that_fails_is_told_with_the_line_of_the_user(
    tmp_path: Path, source: str, flaw: str
) -> None:
    write(tmp_path, tools=source)
    assert flaws(tmp_path, "tools.py") == [flaw]


def test_a_failure_in_a_neighbour_has_the_place_in_the_neighbour(tmp_path: Path) -> None:
    write(tmp_path, broken_part="x = 1\n\nx.y\n", tools="import broken_part\n")
    assert flaws(tmp_path, "tools.py") == [
        "broken_part.py:3:1: the module fails to load: AttributeError: 'int' object has no attribute 'y'"
    ]


def test_all_wrong_functions_and_modules_are_told_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        one=HEAD + "@capability\ndef f(*a): ...\n@capability\ndef g(x, /): ...\n",
        two=HEAD + "@capability(effect='x')\ndef h(): ...\n",
    )
    told = flaws(tmp_path, "one.py", "two.py", "three.py")
    assert [line.split(": ", 1)[1].split(":")[0] for line in told] == [
        "f",
        "g",
        "h",
        "the module cannot be read",
    ]
    assert [line.split(":")[1] for line in told[:3]] == ["2", "4", "2"]


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/passwd", "tools.txt", ".", "", "a\0.py", "link.py"]
)
def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    write(tmp_path, x="raise SystemExit\n")
    (inside / "link.py").symlink_to(tmp_path / "x.py")
    assert flaws(inside, path) == [
        f"{path or '<plan>'}: {path!r} is not a .py file inside the workspace folder"
    ]
