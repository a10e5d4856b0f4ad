"""The house rules about source files, as functions from a file's text to what is wrong with it.

`test_layout.py` applies them to the tree; `test_layout_rules.py` shows that each of them can fail.
"""

import ast
import re
import sys
from collections.abc import Iterator

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
METHODS_MAX = 15  # public ones of a class
PARAMETERS_MAX = 8

DRAWER_NAMES = frozenset({"utils", "util", "common", "base", "helpers", "misc"})
FORBIDDEN_IMPORTS = frozenset({"pickle", "marshal", "shelve", "cPickle"})
FORBIDDEN_CALLS = frozenset({"eval", "exec", "os.system", "os.popen"})

# What the pure rooms decide from is handed to them: no clock, no dice, no input or output.
IMPURE_IMPORTS = frozenset(
    "apsw glob http httpx io logging multiprocessing os pathlib random secrets shutil signal socket sqlite3"
    " subprocess tempfile threading time urllib uuid".split()
)

# Addresses of one machine, or of one mirror, in a file that everybody gets.
LEAKS = re.compile(
    r"""(?<![\w.~$}-]) / (?: root | home/(?!user\b)\w+ | Users/\w+ ) / [\w.]
    | /tmp/venv \b
    | -- find-links \b
    """,
    re.VERBOSE,
)


def parts_too_large(tree: ast.Module, lines: int) -> Iterator[str]:
    """A file, function, class or parameter list that has outgrown one reading."""
    if lines > FILE_LINES_MAX:
        yield f"1: {lines} lines, at most {FILE_LINES_MAX}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            span = (node.end_lineno or node.lineno) - node.lineno + 1
            if span > FUNCTION_LINES_MAX:
                yield f"{node.lineno}: {node.name} has {span} lines, at most {FUNCTION_LINES_MAX}"
            arguments = node.args
            count = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
            if count > PARAMETERS_MAX:
                yield f"{node.lineno}: {node.name} has {count} parameters, at most {PARAMETERS_MAX}"
        elif isinstance(node, ast.ClassDef):
            public = [
                each
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
                and not each.name.startswith("_")
            ]
            if len(public) > METHODS_MAX:
                yield f"{node.lineno}: {node.name} has {len(public)} public methods, at most {METHODS_MAX}"


def dangerous_words(tree: ast.Module) -> Iterator[str]:
    """Code from data, a shell in between, or a second import graph for the type checker."""
    for node in ast.walk(tree):
        for name in imported_names(node):
            if name.split(".")[0] in FORBIDDEN_IMPORTS:
                yield f"{at(node)}: imports {name}"
            if name.split(".")[-1] == "TYPE_CHECKING":
                yield f"{at(node)}: imports TYPE_CHECKING"
        if isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING":
            yield f"{at(node)}: uses TYPE_CHECKING"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in FORBIDDEN_CALLS:
                yield f"{at(node)}: calls {called}"
            for keyword in node.keywords:
                if keyword.arg == "shell" and not is_false(keyword.value):
                    yield f"{at(node)}: {called} with a shell"


def impurities(tree: ast.Module) -> Iterator[str]:
    """Clocks, dice, input, output and waiting, for rooms that must have none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            yield f"{node.lineno}: {node.name} is async"
        for name in imported_names(node):
            if name.split(".")[0] in IMPURE_IMPORTS:
                yield f"{at(node)}: imports {name}"


def flaws_of_door(tree: ast.Module) -> Iterator[str]:
    """`__all__` is a list of distinct, public names that the file binds (ruff's RUF022 keeps it sorted)."""
    listed = door_of(tree)
    if listed is None:
        return
    if len(set(listed)) != len(listed):
        yield "__all__ repeats a name"
    bound = bound_names(tree)
    yield from (
        f"__all__ lists {name}, which the file does not bind"
        for name in listed
        if name not in bound
    )
    yield from (f"__all__ lists {name}, which is private" for name in listed if is_private(name))


def flaws_of_package(tree: ast.Module) -> Iterator[str]:
    """A package's `__init__` that brings names in lists exactly these."""
    yield from flaws_of_door(tree)
    listed = door_of(tree)
    public = {name for name in bound_names(tree) if not is_private(name)}
    if listed is None:
        if public:
            yield f"no __all__, but the names {', '.join(sorted(public))}"
        return
    yield from (f"{name} is public but not in __all__" for name in sorted(public - set(listed)))


def door_of(tree: ast.Module) -> list[str] | None:
    """The names in `__all__`, or None where a file has none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            return [str(name) for name in ast.literal_eval(value)] if value is not None else []
    return None


def bound_names(tree: ast.Module) -> set[str]:
    """The names that running the file leaves in its module; with a module `__getattr__`, those it knows too."""
    names: set[str] = set()
    for node in tree.body:
        names |= bound_by(node)
        if isinstance(node, ast.If | ast.Try):
            names |= {name for inner in ast.walk(node) for name in bound_by(inner)}
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            names |= set(door_of(tree) or [])
    return names


def bound_by(node: ast.AST) -> set[str]:
    """The names that one statement binds."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.split(".")[0] for alias in node.names}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            targets = [each for target in node.targets for each in ast.walk(target)]
            return {each.id for each in targets if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _ if isinstance(name := getattr(getattr(node, "name", None), "id", None), str):
            return {name}  # `type X = …`, from Python 3.12 on
        case _:
            return set()


def imported_names(node: ast.AST) -> list[str]:
    """The dotted names that an import statement mentions."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [f"{module}.{alias.name}" for alias in node.names]
    return []


def foreign_imports(tree: ast.Module) -> set[str]:
    """The top-level names of what is imported from neither Batuta nor the standard library."""
    names = {name.split(".")[0] for node in ast.walk(tree) for name in imported_names(node)}
    return names - sys.stdlib_module_names - {"batuta", ""}


def leaks_in(text: str) -> Iterator[str]:
    """Paths of one machine and addresses of one mirror."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in LEAKS.finditer(line):
            yield f"{number}: {found[0]}"


def at(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def is_private(name: str) -> bool:
    return name.startswith("_") and name != "__version__"


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
