"""Findings as SARIF 2.1.0, which code hosts and editors show beside the lines they are about."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any
from urllib.parse import quote

from batuta.doors.cli.terminal.text import json_text
from batuta.errors import Finding
from batuta.plans.rules import RULES, anchor

__all__ = ["sarif_data", "sarif_text"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_text(findings: Iterable[Finding]) -> str:
    """The report as JSON."""
    return json_text(sarif_data(findings, *_package()), indent=2) + "\n"


def sarif_data(findings: Iterable[Finding], version: str, docs: str = "") -> dict[str, Any]:
    """The report. `docs`: where the documentation begins ("" if nobody says); rules point into it.

    Paths are relative to the current folder, as code hosts want them.
    """
    told = list(findings)
    codes = sorted({one.code for one in told})
    driver: dict[str, Any] = {
        "name": "batuta",
        "semanticVersion": version,
        "rules": [_rule(code, docs) for code in codes],
    }
    if docs:
        driver["informationUri"] = docs
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code)) for one in told],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, docs: str) -> dict[str, Any]:
    rule = RULES.get(code)
    title, remedy = (rule.title, rule.remedy) if rule is not None else (code, "")
    said: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": title},
        "help": {"text": f"{title} {remedy}".strip()},
        "defaultConfiguration": {
            "level": "warning" if rule is not None and rule.warning else "error"
        },
    }
    if docs:
        said["helpUri"] = f"{docs.rstrip('/')}/{anchor(code)}"
    return said


def _result(finding: Finding, index: int) -> dict[str, Any]:
    text = finding.message + (f"\n{finding.remedy}" if finding.remedy else "")
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": "warning" if finding.warning else "error",
        "message": {"text": text},
    }
    place = finding.place
    if place.file:
        physical: dict[str, Any] = {
            "artifactLocation": {"uri": quote(place.file.replace("\\", "/"), safe="/")}
        }
        if place.line:
            physical["region"] = {"startLine": place.line, "startColumn": max(place.column, 1)}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _package() -> tuple[str, str]:
    """The version, and where the package says that its documentation is."""
    try:
        said = metadata("batuta")
    except PackageNotFoundError:
        return "0.0.0", ""
    for line in said.get_all("Project-URL") or []:
        label, _, address = line.partition(",")
        if label.strip().lower() == "documentation":
            return said["Version"], address.strip()
    return said["Version"], ""
