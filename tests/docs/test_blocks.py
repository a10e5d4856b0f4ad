"""What is shown is run: every fenced block of README, docs and examples."""

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
    run_page((ROOT / page).read_text(encoding="utf-8"), page, tmp_path)
