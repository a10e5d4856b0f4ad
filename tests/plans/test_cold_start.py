"""What is heavy is loaded when it is first needed, and not before."""

import subprocess
import sys

import pytest

HEAVY = ("yaml", "jsonschema_rs", "pydantic")  # 40 ms and more, each
SHOW = "import sys; print(sorted(set(sys.modules) & set({heavy!r})))"
JSON_PLAN = '{"name": "x", "inputs": {"a": "string"}, "steps": {"s": {"use": "b", "with": {"c": "${inputs.a}"}}}}'


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import batuta.plans.check, batuta.plans.build, batuta.plans.inputs, batuta.config", []),
        (
            "from batuta.plans.build import plan_from_yaml as read\n"
            "from batuta.plans.check import check\n"
            f"plan = read({JSON_PLAN!r}).plan\n"
            "from batuta.spec.card import Card\n"
            "assert check(plan, {'b': Card(name='b')}, None, {'a': 'x'}) == []",
            [],
        ),
        ("from batuta.plans.build import plan_from_yaml as read\nread('name: x')", ["yaml"]),
        ("from batuta.config import load_workspace\nload_workspace('.')", []),
    ],
)
def test_a_library_is_loaded_by_the_first_who_needs_it(code: str, loaded: list[str]) -> None:
    script = f"{code}\n{SHOW.format(heavy=HEAVY)}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (str(loaded), "")
