"""The public door: what `import batuta` offers, at run time and to type checkers alike."""

import ast
from pathlib import Path

import batuta


def test_every_name_is_there_and_the_stub_has_the_same() -> None:
    stub = Path(batuta.__file__).with_name("__init__.pyi").read_text(encoding="utf-8")
    imported = [
        alias.asname
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(filter(None, imported)) == batuta.__all__
    assert [name for name in batuta.__all__ if not hasattr(batuta, name)] == []
    assert sorted(batuta.__all__) == batuta.__all__
