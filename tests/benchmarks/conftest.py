"""Benchmarks are scripts, which import their neighbours by name: where they are is looked last."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
