"""Plans as Hypothesis makes them: all that the YAML form can say."""

import json
from typing import Any

from hypothesis import strategies as st

from batuta.spec.budget import Budget
from batuta.spec.plan import Alternative, Plan, Repeat, Retry, Step, Undo
from batuta.spec.value import plain


def as_json(plan: Plan) -> str:
    """The plan as a program writes it."""
    return json.dumps(plain(plan), indent=2, ensure_ascii=False) + "\n"


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"index", "item", "previous", "undo", "true", "false", "null", "in"}
)
capabilities = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,12}", fullmatch=True)
conditions = st.sampled_from(["inputs.a > 1", "true", "steps.x != null", "'}' == \"{\"", "a.b"])
shapes: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["${steps.a.b}", "Hi ${inputs.x}", "$${", "${", "no", "010", "1:30"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
arguments = st.dictionaries(texts, shapes, max_size=3) | st.just("${inputs.args}")
seconds = st.floats(0.001, 86_400) | st.integers(1, 1_000).map(float)

budgets = st.builds(
    Budget,
    usd=st.none() | st.floats(0, 1e6),
    calls=st.none() | st.integers(0, 10**6),
    seconds=st.none() | seconds,
)
steps = st.builds(
    Step,
    use=capabilities,
    with_=arguments,
    when=st.none() | conditions,
    after=st.lists(names, max_size=3).map(tuple),
    each=st.none() | conditions,
    limit=st.integers(0, 1_000),
    at_most=st.integers(0, 100_000),
    repeat=st.none()
    | st.builds(Repeat, until=conditions, at_most=st.integers(1, 10_000), wait_s=seconds),
    retry=st.builds(
        Retry,
        at_most=st.integers(0, 100),
        backoff_s=seconds,
        factor=st.floats(1, 100),
        ceiling_s=seconds,
        jitter=st.floats(0, 1),
    ),
    timeout_s=st.none() | seconds,
    fallback=st.lists(
        st.builds(Alternative, use=capabilities, with_=st.none() | arguments), max_size=3
    ).map(tuple),
    join=st.sampled_from(["all", "first", "any(1)", "any(25)"]),
    undo=st.none() | st.builds(Undo, use=capabilities, with_=st.none() | arguments),
    budget=st.none() | budgets,
)
schemas = st.sampled_from(
    [
        {},
        {"type": "string"},
        {"type": "array", "items": {"type": "object"}, "default": []},
        {"type": "integer", "minimum": 1, "default": 3, "description": "how many"},
        {"enum": ["a", None, 1]},
        {"type": ["string", "null"], "default": None},
    ]
)
plans = st.builds(
    Plan,
    name=st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True),
    description=texts,
    examples=st.lists(texts.filter(bool), max_size=3).map(tuple),
    inputs=st.dictionaries(names, schemas, max_size=3),
    steps=st.dictionaries(names, steps, max_size=4),
    result=shapes,
    limit=st.integers(0, 100),
    budget=st.none() | budgets,
    timeout_s=st.none() | seconds,
)
