"""The example of each pattern: the files that `init --pattern` writes check, run, and are what the functions give."""

import math
import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import pytest

from batuta import App, plan_from_yaml
from batuta.doors.cli.commands.init import commands_of, files_with
from batuta.doors.cli.words.starting import PATTERNS as NAMES
from batuta.errors import NotFound
from batuta.patterns.examples import PATTERNS
from batuta.patterns.workspace import workspace_files
from batuta.plans.check import check
from batuta.plans.draw import plan_svg
from batuta.testing.providers import Answer, Asked, Providers
from tests.patterns.team import as_json
from tests.plans.draw.test_svg import SVG, outside


def written(folder: Path, pattern: str, providers: Providers | None = None) -> Path:
    """The workspace of a pattern in `folder`; with `providers`, its models are asked there."""
    for name, content in files_with(pattern).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if providers is not None:
        config = (folder / "batuta.yaml").read_text(encoding="utf-8")
        for provider in ("openai", "anthropic"):
            url = f"provider: {provider}, url: '{providers.url(provider)}'"
            config = config.replace(f"provider: {provider},", f"{url},")
        (folder / "batuta.yaml").write_text(config, encoding="utf-8")
    return folder


def schema_in(body: Any) -> dict[str, Any] | None:
    """The JSON Schema that a request wants its answer to fit, wherever its provider has it."""
    if isinstance(body, dict):
        found = cast("dict[str, Any]", body)
        if found.get("type") == "object" and "required" in found:
            return found
        parts = [*found.values()]
    else:
        parts = cast("list[Any]", body) if isinstance(body, list) else []
    return next((one for one in map(schema_in, parts) if one is not None), None)


def fitting(schema: dict[str, Any]) -> Any:
    """A value that fits: the first of a choice, yes, nothing."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: fitting(one) for name, one in schema["properties"].items()}
        case "array":
            return []
        case "boolean":
            return True
        case "integer":
            return schema.get("minimum", 1)
        case _:
            return "so"


def says(asked: Asked) -> Answer:
    schema = schema_in(asked.body)
    return Answer("366" if schema is None else as_json(fitting(schema)))


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "a key")


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_an_example_checks_without_a_finding_and_runs_to_its_result(
    pattern: str, tmp_path: Path
) -> None:
    with Providers(says) as providers:
        folder = written(tmp_path, pattern, providers)
        main = PATTERNS[pattern].plans()[0]
        async with await App.open(folder) as app:
            for plan in PATTERNS[pattern].plans():
                assert check(plan, app.cards) == []
            inputs = {
                name: one if main.inputs[name].get("type") == "string" else ["a", "b"]
                for name, one in PATTERNS[pattern].inputs.items()
            }
            run = await app.run(main, inputs)
            explained = await app.explain(main)
        assert [one.flaws for one in providers.requests if one.flaws] == []
    assert (run["status"], run["error"]) == ("succeeded", None)
    # Those who all say the same are alike to a judge.
    assert (run["result"]["answer"] is None) == bool(PATTERNS[pattern].judge)
    assert explained.findings == ()
    assert explained.totals.forecast.calls_worst is not None or PATTERNS[pattern].judge
    assert len(providers.requests) > 0


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_yaml_of_an_example_is_the_plan_of_its_function(pattern: str) -> None:
    content = workspace_files(pattern)
    one = PATTERNS[pattern]
    plans = {f"plans/{plan.name}.yaml": plan.digest() for plan in one.plans()}
    read = {
        name: plan_from_yaml(text).plan.digest()
        for name, text in content.items()
        if name.startswith("plans/")
    }
    assert read == plans
    steps = {step for plan in one.plans() for step in plan.steps}
    assert [*one.comments.keys() - steps] == []
    commented = re.findall(r"^  # (.+)\n  (\w+):$", "\n".join(content.values()), re.MULTILINE)
    assert {step: said for said, step in commented} == one.comments


@pytest.mark.parametrize("pattern", PATTERNS)
def test_its_files_fit_a_glance(pattern: str) -> None:
    content = workspace_files(pattern)
    assert [*content][-1] == "batuta.yaml"
    assert len(content["README.md"].splitlines()) <= 12
    assert [line.split()[:2] for line in commands_of(content["README.md"])] == [
        ["batuta", "check"], ["batuta", "plan"], ["batuta", "run"],
    ]  # fmt: skip
    assert all(len(line) <= 120 for line in content["batuta.yaml"].splitlines())


def test_the_command_knows_every_pattern() -> None:
    assert [*PATTERNS] == [*NAMES]
    with pytest.raises(NotFound) as caught:
        workspace_files("pannel")
    assert caught.value.remedy == "did you mean 'panel'?"


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_it_is_drawn_without_overlap(pattern: str, tmp_path: Path) -> None:
    async with await App.open(written(tmp_path, pattern)) as app:
        drawn = plan_svg(await app.explain(PATTERNS[pattern].plans()[0]))
    assert outside(drawn) == []
    boxes = [
        tuple(float(rect.get(key, "nan")) for key in ("x", "y", "width", "height"))
        for rect in ET.fromstring(drawn).iter(f"{SVG}rect")
        if "box" in (rect.get("class") or "").split()
    ]
    assert len(boxes) >= len(PATTERNS[pattern].plans()[0].steps)
    assert not any(math.isnan(number) for box in boxes for number in box)
    assert [(one, other) for one, other in combinations(boxes, 2) if cross(one, other)] == []


def cross(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """True if two boxes overlap and neither lies in the other."""
    (x, y, w, h), (x2, y2, w2, h2) = one, other
    apart = x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    inside = x <= x2 and y <= y2 and x2 + w2 <= x + w and y2 + h2 <= y + h
    around = x2 <= x and y2 <= y and x + w <= x2 + w2 and y + h <= y2 + h2
    return not (apart or inside or around)
