"""Policies for tests, read as a workspace reads them."""

import json
from typing import Any

from batuta.config import workspace_from_yaml
from batuta.governance.verdict import Policy

__all__ = ["rules_from"]


def rules_from(rules: list[dict[str, Any]] | None) -> Policy:
    """The policy of a workspace with these `rules`."""
    return Policy(workspace_from_yaml(json.dumps({"policy": rules or []})).policy)
