"""The type of an expression: a walk through its syntax tree, and what operators, functions and loops make of types."""

from batuta.plans.types.inference.infer import infer
from batuta.plans.types.inference.inferred import Inferred, Problem

__all__ = ["Inferred", "Problem", "infer"]
