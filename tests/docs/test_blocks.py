"""What is shown is run: every fenced block of README, docs and examples."""

import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import run_page

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "docs/**/*.md", "examples/*/README.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_does_what_the_page_says(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    if "cp -r examples/" in text:  # the page is read in a copy of this repository
        shutil.copytree(ROOT / "examples", tmp_path / "examples")
    run_page(text, page, tmp_path)
