"""Expressions and templates: the small language inside plans, rules and cards."""

from batuta.spec.expr.expression import (
    Expression,
    compile_condition,
    compile_expression,
    evaluate_condition,
)
from batuta.spec.expr.paths import Lookup, Reference, resolve
from batuta.spec.expr.template import Template, TemplateError, compile_template

__all__ = [
    "Expression",
    "Lookup",
    "Reference",
    "Template",
    "TemplateError",
    "compile_condition",
    "compile_expression",
    "compile_template",
    "evaluate_condition",
    "resolve",
]
