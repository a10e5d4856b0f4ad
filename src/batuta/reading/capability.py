"""The capabilities that a workspace configures: `capabilities: {approve: {kind: human, …}}`."""

from typing import Any

import msgspec

from batuta.reading.report import Report
from batuta.reading.shapes import FLAWED, formed, mapping, matching, wrong
from batuta.reading.tree import Node

__all__ = ["CAPABILITY_KIND", "CapabilityConfig", "read_capabilities"]

CAPABILITIES_MAX = 10_000

CAPABILITY_KIND = r"[a-z][a-z0-9_-]{0,63}"
_CAPABILITY = r"[A-Za-z_][A-Za-z0-9_.-]{0,127}"


class CapabilityConfig(msgspec.Struct, frozen=True):
    """One entry of `capabilities`: the adapter that serves it, and its settings, which only the adapter knows."""

    kind: str
    settings: dict[str, Any] = {}


def _capability(node: Node, report: Report) -> Any:
    nodes = node.map
    if nodes is None:
        return wrong(node, report, "a map with `kind`", "write for example {kind: human}")
    if "kind" not in nodes:
        report.flaw(
            "B021",
            "the key 'kind' is missing",
            at=node.start,
            remedy="add `kind: human`, `http`, `vote`, `merge` or that of a plug-in",
        )
        return FLAWED
    report.path.append("kind")
    kind = _kind(nodes["kind"], report)
    report.path.pop()
    settings = {key: child.data() for key, child in nodes.items() if key != "kind"}
    return FLAWED if kind is FLAWED else CapabilityConfig(kind, settings)


formed(_capability, "json", {"$ref": "#/$defs/Capability"})

_kind = matching(CAPABILITY_KIND, "a kind of capability", "human")


read_capabilities = mapping(
    matching(_CAPABILITY, "the name of a capability", "mail.send"), _capability, CAPABILITIES_MAX
)
