"""A workspace says what there is, what is allowed and how much; whatever is wrong with it is told with a place."""

from pathlib import Path

import pytest

from batuta.config import (
    Limits,
    Network,
    Retention,
    Workspace,
    find_workspace,
    load_workspace,
    plan_files,
    workspace_from_yaml,
)
from batuta.errors import InputError, NotFound, WorkspaceError
from batuta.reading.capability import CapabilityConfig
from batuta.reading.files import FilesConfig
from batuta.reading.policy import Rule
from batuta.spec.budget import Budget

FULL = """\
python: [tools.py, more/tools.py]
capabilities:
  approve: {kind: human, who: [ops], form: {type: object}}
  pay: {kind: http, url: "http://localhost:1/pay"}
policy:
  - {when: "card.name == 'refund' && args.amount > 100.0", verdict: ask, who: boss, reason: much}
  - {capability: ["mail.*", sms], effect: write, reach: [egress, irreversible], verdict: deny}
  - {verdict: allow, scope: crm, when: "${ step == 'a' }"}
budget: {usd: 5, calls: 500, seconds: 1h}
retention: {days: 7}
limits: {calls: 8}
network: {allow_private: [localhost, "ledger.local:8080", 10.0.0.0/8, 127.0.0.1, "[::1]:80", "fd00::/8"]}
"""


def codes(text: str | bytes) -> list[str]:
    with pytest.raises(WorkspaceError) as caught:
        workspace_from_yaml(text, "w/batuta.yaml")
    assert [finding for finding in caught.value.findings if not finding.remedy] == []
    return [
        f"{f.code} {str(f.place).removeprefix('w/batuta.yaml:')}" for f in caught.value.findings
    ]


def test_everything_that_can_be_said_is_read() -> None:
    workspace = workspace_from_yaml(FULL, "batuta.yaml")
    assert workspace == Workspace(
        python=("tools.py", "more/tools.py"),
        capabilities={
            "approve": CapabilityConfig("human", {"who": ["ops"], "form": {"type": "object"}}),
            "pay": CapabilityConfig("http", {"url": "http://localhost:1/pay"}),
        },
        policy=(
            Rule(
                verdict="ask",
                when="card.name == 'refund' && args.amount > 100.0",
                who=("boss",),
                reason="much",
            ),
            Rule(
                verdict="deny",
                capability=("mail.*", "sms"),
                effect=("write",),
                reach=("egress", "irreversible"),
            ),
            Rule(verdict="allow", scope=("crm",), when="step == 'a'"),
        ),
        budget=Budget(usd=5.0, calls=500, seconds=3600.0),
        retention=Retention(days=7.0),
        limits=Limits(calls=8),
        network=Network(
            allow_private=(
                "localhost",
                "ledger.local:8080",
                "10.0.0.0/8",
                "127.0.0.1",
                "[::1]:80",
                "fd00::/8",
            )
        ),
        places=workspace.places,
    )
    assert str(workspace.places.at("capabilities", "pay", "url")) == "batuta.yaml:4:26"


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "{}"])
def test_an_empty_file_is_a_workspace_with_the_default_bounds(text: str) -> None:
    workspace = workspace_from_yaml(text)
    assert workspace == Workspace(places=workspace.places)
    assert (workspace.limits.calls, workspace.retention.days) == (64, 30.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("polcy: []", ["B020 1:1"]),
        ("policy: {}", ["B022 1:9"]),
        ("policy: [{when: 'true'}]", ["B021 1:10"]),
        ("policy: [{verdict: maybe}]", ["B024 1:20"]),
        ("policy: [{verdict: ask, efect: write}]", ["B020 1:25"]),
        ("policy: [{verdict: ask, effect: wirte}]", ["B024 1:33"]),
        ("policy: [{verdict: allow, who: me}]", ["B204 1:32"]),
        ("policy: [{verdict: ask, when: 'crd.name == 1'}]", ["B201 1:32"]),
        ("policy: [{verdict: ask, when: 'args.amount >'}]", ["B201 1:45"]),
        ("policy: [{verdict: ask, when: 'true || card.nme == 1'}]", ["B201 1:40"]),
        ("policy: [ask]", ["B022 1:10"]),
        ("policy:\n- verdict: ask\n  when: |\n    args.a > 1 &&\n      x.y", ["B201 5:7"]),
        ("policy: [{verdict: ask, when: ''}]", ["B023 1:31"]),
        ("capabilities: [a]", ["B022 1:15"]),
        ("capabilities: {a: {}}", ["B021 1:19"]),
        ("capabilities: {a: human}", ["B022 1:19"]),
        ("capabilities: {a: {kind: 5}, 'b c': {kind: x}}", ["B022 1:26", "B025 1:30"]),
        ("python: [../a.py]", ["B025 1:10"]),
        (
            "python: [/etc/a.py, 'C:\\a.py', a.txt, 5]",
            ["B025 1:10", "B025 1:21", "B025 1:32", "B022 1:39"],
        ),
        ("budget: {usd: -1, calls: 1.5, secs: 3}", ["B023 1:15", "B022 1:26", "B020 1:31"]),
        ("retention: {days: never}", ["B022 1:19"]),
        ("retention: 30", ["B022 1:12"]),
        ("limits: {calls: 0}", ["B023 1:17"]),
        (
            "network: {allow_private: [a b, 300.1.1.1, 'x:99999', 10.0.0.0/40, 'http://x', '[::1', '']}",
            [
                "B202 1:27",
                "B202 1:32",
                "B202 1:43",
                "B202 1:54",
                "B202 1:67",
                "B202 1:79",
                "B023 1:87",
            ],
        ),
        ("a: 1\na: 2", ["B020 1:1", "B005 2:1"]),
        ("[1]", ["B022 1:1"]),
        ("a: [", ["B003 1:5"]),
        (b"\xff\xfe", ["B001 1:1"]),
    ],
)
def test_what_is_wrong_is_told_with_a_place_and_a_remedy(
    text: str | bytes, expected: list[str]
) -> None:
    assert codes(text) == expected


def test_a_workspace_is_loaded_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "batuta.yaml").write_text(
        "python: tools.py\nlimits: {calls: 3}\n", encoding="utf-8"
    )
    (tmp_path / "tools.py").write_text("", encoding="utf-8")
    workspace = load_workspace(tmp_path)
    assert (workspace.root, workspace.python, workspace.limits) == (
        str(tmp_path.resolve()),
        ("tools.py",),
        Limits(calls=3),
    )


def test_a_folder_without_a_file_is_an_empty_workspace(tmp_path: Path) -> None:
    assert load_workspace(tmp_path) == Workspace(root=str(tmp_path.resolve()))


def test_a_module_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "batuta.yaml"
    path.write_text("budget: {usd: x}\npython: [a.py, b.py]\n", encoding="utf-8")
    (tmp_path / "b.py").mkdir()
    with pytest.raises(WorkspaceError) as caught:
        load_workspace(tmp_path)
    assert [f"{f.code} {f.place}" for f in caught.value.findings] == [f"B022 {path.resolve()}:1:15"]
    path.write_text("python: [a.py, b.py]\n", encoding="utf-8")
    with pytest.raises(WorkspaceError) as caught:
        load_workspace(tmp_path)
    assert [f"{f.code} {f.place}" for f in caught.value.findings] == [
        f"B203 {path.resolve()}:1:10",
        f"B203 {path.resolve()}:1:16",
    ]


def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotFound, match="there is no folder"):
        load_workspace(tmp_path / "none")
    with pytest.raises(NotFound, match="is a file, not a folder"):
        load_workspace(tmp_path / "file")
    with pytest.raises(InputError):
        load_workspace("a\0b")
    (tmp_path / "batuta.yaml").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load_workspace(tmp_path)


def test_the_nearest_folder_above_with_a_file_is_the_workspace(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_workspace(inner) == inner.resolve()
    (tmp_path / "batuta.yaml").write_text("", encoding="utf-8")
    assert find_workspace(inner) == tmp_path.resolve()
    (inner / "batuta.yaml").write_text("", encoding="utf-8")
    assert find_workspace(inner) == inner.resolve()
    with pytest.raises(NotFound):
        find_workspace(tmp_path / "none")


def test_registered_plans_are_found_by_pattern_sorted_and_each_once(tmp_path: Path) -> None:
    (tmp_path / "plans/deep").mkdir(parents=True)
    for name in ("plans/b.yaml", "plans/a.yaml", "plans/c.json", "plans/deep/d.yaml"):
        (tmp_path / name).write_text("name: x\n", encoding="utf-8")
    assert plan_files(load_workspace(tmp_path)) == [
        tmp_path / "plans/a.yaml",
        tmp_path / "plans/b.yaml",
    ]
    (tmp_path / "batuta.yaml").write_text(
        'plans: ["plans/**/*.yaml", plans/*.json, plans/a.yaml, none/*.yaml]\n', encoding="utf-8"
    )
    assert [str(file.relative_to(tmp_path)) for file in plan_files(load_workspace(tmp_path))] == [
        "plans/a.yaml",
        "plans/b.yaml",
        "plans/c.json",
        "plans/deep/d.yaml",
    ]


def test_patterns_of_plans_stay_in_the_folder() -> None:
    assert codes("plans: [../x.yaml, /x.yaml, plans/*, 'C:\\x.yaml', 7]\n") == [
        "B025 1:9",
        "B025 1:20",
        "B025 1:29",
        "B025 1:38",
        "B022 1:51",
    ]


def test_files_are_read_anywhere_but_where_hidden_and_written_below_out_unless_it_is_said() -> None:
    assert workspace_from_yaml("").files == FilesConfig(("**",), ("out/**",), 4_294_967_296)
    said = workspace_from_yaml(
        "files: {read: [data/**, .config/a.json], write: reports/*.md, bytes_max: 1000}\n"
    )
    assert said.files == FilesConfig(("data/**", ".config/a.json"), ("reports/*.md",), 1_000)


def test_patterns_of_files_stay_in_the_folder() -> None:
    assert codes("files: {read: [../a, /a, 'C:\\a', a/../../b], bytes_max: 0, wrote: a}\n") == [
        "B025 1:16",
        "B025 1:22",
        "B025 1:26",
        "B025 1:34",
        "B023 1:57",
        "B020 1:60",
    ]
