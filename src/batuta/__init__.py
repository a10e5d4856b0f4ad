"""Batuta: plans as data, checked before they run, and run durably.

The names below are the public door for Python. They are loaded when first used, so that `batuta --help` and
programs that need one of them do not pay for all; `__init__.pyi` tells type checkers and editors what they are.
"""

# The names come from `__getattr__`, which type checkers do not follow; the stub has them.
# pyright: reportUnsupportedDunderAll=false

from importlib import import_module as _import_module

__all__ = [
    "Alternative",
    "App",
    "AsyncClient",
    "Budget",
    "Call",
    "CallFailed",
    "Card",
    "Client",
    "Done",
    "Event",
    "Expand",
    "Failed",
    "FileReference",
    "NotDone",
    "Outcome",
    "Plan",
    "Question",
    "Repeat",
    "Retry",
    "Running",
    "Step",
    "Undo",
    "Waiting",
    "Workflow",
    "capability",
    "cel",
    "choose",
    "coalesce",
    "contains",
    "each",
    "error_of",
    "has",
    "one_of",
    "plan_from_file",
    "plan_from_yaml",
    "plan_to_yaml",
    "repeat",
    "size",
    "unless",
    "use",
    "when",
    "workflow",
]

_HOMES = {
    "batuta.app": ("App",),
    "batuta.capabilities.function": ("capability",),
    "batuta.client.client": ("AsyncClient", "Client"),
    "batuta.errors": ("CallFailed", "NotDone"),
    "batuta.plans.build": ("plan_from_file", "plan_from_yaml", "plan_to_yaml"),
    "batuta.plans.record.functions": (
        "cel",
        "choose",
        "coalesce",
        "contains",
        "error_of",
        "has",
        "one_of",
        "size",
    ),
    "batuta.plans.record.options": ("use",),
    "batuta.plans.record.steps": ("each", "repeat", "unless", "when"),
    "batuta.spec.budget": ("Budget",),
    "batuta.spec.call": ("Call", "Done", "Expand", "Failed", "Outcome", "Question", "Waiting"),
    "batuta.spec.card": ("Card",),
    "batuta.spec.file": ("FileReference",),
    "batuta.spec.plan": ("Alternative", "Plan", "Repeat", "Retry", "Step", "Undo"),
    "batuta.workflows": ("Event", "Running", "Workflow", "workflow"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'batuta' has no attribute {name!r}")
    found: object = getattr(_import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__]
