"""Types of values, by JSON Schema: gradual, so that only what certainly fails is called wrong."""

from batuta.plans.types.access import Part, items, list_length, part
from batuta.plans.types.combine import list_of, map_of, nullable, union
from batuta.plans.types.describe import described
from batuta.plans.types.fit import fits
from batuta.plans.types.inference import Inferred, Problem, infer
from batuta.plans.types.schema import of_schema
from batuta.plans.types.shape import (
    ANY,
    BOOLEAN,
    INTEGER,
    NOTHING,
    NULL,
    NUMBER,
    STRING,
    Type,
)
from batuta.plans.types.values import of_value
from batuta.plans.types.verdict import Fit

__all__ = [
    "ANY",
    "BOOLEAN",
    "INTEGER",
    "NOTHING",
    "NULL",
    "NUMBER",
    "STRING",
    "Fit",
    "Inferred",
    "Part",
    "Problem",
    "Type",
    "described",
    "fits",
    "infer",
    "items",
    "list_length",
    "list_of",
    "map_of",
    "nullable",
    "of_schema",
    "of_value",
    "part",
    "union",
]
