"""Random expressions over three inputs `x`, `y`, `z`, of which most have a chance to run."""

from hypothesis import strategies as st

__all__ = ["expressions"]

_paths = st.sampled_from(
    [
        "inputs.x",
        "inputs.y",
        "inputs.z",
        "inputs.x.a",
        "inputs.y.b",
        "inputs.x.a.b",
        "inputs.y[0]",
        "inputs.z[1].a",
        'inputs["x"]["c"]',
        "inputs.nothing",
        "i",
        "i.a",
    ]
)
_literals = st.sampled_from(
    """0 1 2 -1 1.5 2.0 true false null "" "a" "ab" "2020-01-01" [] [1,2] ["a"] {"a":1} {} dyn(1)
    dyn("a") dyn(1.5) dyn(null) timestamp("2020-01-01T00:00:00Z") duration("1h") 1u b"a" {1:2}
    type(1)""".split()
)
_binary = st.sampled_from("+ - * / % == != < <= > >= in && ||".split())
_functions = st.sampled_from(
    "size string int double bool dyn bytes timestamp duration type uint ! -".split()
)
_methods = st.sampled_from(
    ["size()", 'contains("a")', 'startsWith("a")', 'matches("^a")', "getFullYear()", "getHours()"]
)
_macros = st.sampled_from(["all", "exists", "exists_one", "map", "filter"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda a, op, b: f"({a} {op} {b})", inner, _binary, inner),
        st.builds(lambda a, op, b: f"(dyn({a}) {op} {b})", inner, _binary, inner),
        st.builds(lambda a: f"({a} == null)", _paths),
        st.builds(lambda a: f"({a} != null)", _paths),
        st.builds(lambda a: f"has({a}.a)", _paths),
        st.builds(lambda p, b: f"(has({p}.a) ? dyn({p}.a) : {b})", _paths, inner),
        st.builds(lambda p, b: f"({p} != null && {b})", _paths, inner),
        st.builds(lambda c, a, b: f"({c} ? dyn({a}) : {b})", inner, inner, inner),
        st.builds(lambda name, a: f"{name}({a})", _functions, inner),
        st.builds(lambda a, name: f"dyn({a}).{name}", inner, _methods),
        st.builds(lambda a, b: f"[{a}, {b}]", inner, inner),
        st.builds(lambda a, b: f"dyn({a})[{b}]", inner, inner),
        st.builds(lambda a: f"dyn({a}).a", inner),
        st.builds(lambda a: f'{{"a": {a}}}', inner),
        st.builds(lambda a, b: f"{{{a}: {b}}}", inner, inner),
        st.builds(lambda a, m, b: f"dyn({a}).{m}(i, {b})", inner, _macros, inner),
        st.builds(lambda p, b: f"{p}.filter(i, i != null).map(i, {b})", _paths, inner),
    )


expressions = st.recursive(_paths | _paths | _literals, _grown, max_leaves=6)
