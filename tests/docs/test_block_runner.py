"""The runner of the blocks must itself be able to fail."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import Block, BlockFailed, blocks_of, run_page


def fence(info: str, text: str) -> str:
    return f"```{info}\n{text}\n```\n"


def why(page: str, directory: Path) -> str:
    """The message with which the page fails."""
    with pytest.raises(BlockFailed) as failed:
        run_page(page, "page.md", directory)
    return str(failed.value)


def test_a_block_knows_its_line_its_language_and_its_note() -> None:
    page = "# Title\n\n- item\n\n  ```bash norun: too slow\n  make demo\n  ```\n"
    assert blocks_of(page, "page.md") == [
        Block(page="page.md", line=6, language="bash", note="norun: too slow", text="make demo\n")
    ]


def test_python_blocks_share_one_namespace_and_one_directory(tmp_path: Path) -> None:
    run_page(
        fence("python", "from pathlib import Path\nword = 'six'")
        + fence("python", "Path('word.txt').write_text(word)"),
        "page.md",
        tmp_path,
    )
    assert (tmp_path / "word.txt").read_text() == "six"


def test_python_blocks_may_await_on_one_event_loop(tmp_path: Path) -> None:
    run_page(
        fence("python", "import asyncio\nloop = asyncio.get_running_loop()\nawait asyncio.sleep(0)")
        + fence("python", "await asyncio.sleep(0)\nassert asyncio.get_running_loop() is loop"),
        "page.md",
        tmp_path,
    )


def test_types_of_the_page_are_found_by_their_names(tmp_path: Path) -> None:
    hints = "from __future__ import annotations\nimport typing\n"
    classes = "class A: ...\nclass B:\n    a: A\n"
    check = "assert typing.get_type_hints(B) == {'a': A}\nassert __name__ == '__main__'"
    run_page(fence("python", hints + classes + check), "page.md", tmp_path)


def test_the_directory_of_the_caller_is_restored(tmp_path: Path) -> None:
    before = Path.cwd()
    run_page(fence("console", "$ mkdir below\n$ cd below"), "page.md", tmp_path)
    assert Path.cwd() == before


def test_a_python_error_names_the_page_and_the_line_of_its_block(tmp_path: Path) -> None:
    assert why("text\n\n" + fence("python", "1 / 0"), tmp_path) == (
        "page.md:4: ZeroDivisionError: division by zero"
    )


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    assert why(fence("python", "ok = 1\nno = ="), tmp_path).startswith("page.md:3: ")


def test_leaving_the_program_is_a_failure(tmp_path: Path) -> None:
    assert why(fence("python", "raise SystemExit(0)"), tmp_path).startswith("page.md:2: SystemExit")


def test_the_output_block_is_what_the_python_block_printed(tmp_path: Path) -> None:
    page = fence("python", "print('one', 2)") + fence("output", "one ...")
    run_page(page, "page.md", tmp_path)
    assert "-two" in why(page.replace("one ...", "two"), tmp_path)


def test_an_output_block_without_python_is_refused(tmp_path: Path) -> None:
    assert why(fence("output", "one"), tmp_path) == "page.md:2: no python block before this output"


@pytest.mark.parametrize(
    ("language", "written"),
    [("yaml", "# file: a/b.txt\nk: v\n"), ("csv", "k: v\n"), ("json", "k: v\n")],
)
def test_a_file_block_is_written_and_keeps_its_mark_where_it_is_a_comment(
    language: str, written: str, tmp_path: Path
) -> None:
    run_page(fence(language, "# file: a/b.txt\nk: v"), "page.md", tmp_path)
    assert (tmp_path / "a/b.txt").read_text() == written


def test_a_file_outside_the_directory_is_refused(tmp_path: Path) -> None:
    assert "outside" in why(fence("yaml", "# file: ../b.yaml\nk: v"), tmp_path)


def test_a_command_runs_with_this_python_first_on_the_path(tmp_path: Path) -> None:
    code = "import sys; print(sys.prefix)"
    run_page(fence("console", f'$ python -c "{code}"\n{sys.prefix}'), "page.md", tmp_path)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\ntwo", "one\ntwo"),
        ("one\n...\nfour", "one\ntwo\nthree\nfour"),
        ("one\n...\nfour", "one\nfour"),
        ("...\nfour", "four"),
        ("one\n...", "one"),
        ("o...e", "one"),
        ("one in ... ms", "one in 3.2 ms"),
        ("one   ", "one"),
        ("a.b (c)", "a.b (c)"),
    ],
)
def test_output_that_the_page_allows(shown: str, printed: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text(printed + "\n\n")
    run_page(fence("console", f"$ cat out\n{shown}"), "page.md", tmp_path)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one", "one\ntwo"),
        ("one\ntwo", "one"),
        ("a.b", "axb"),
        ("one\n...\nfour", "one\nfour\nfive"),
        ("One", "one"),
    ],
)
def test_output_that_differs_fails_with_a_diff(shown: str, printed: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text(printed)
    message = why(fence("console", f"$ cat out\n{shown}"), tmp_path)
    assert message.startswith("page.md:2: prints something else\n--- shown\n+++ printed")


def test_output_that_is_not_shown_is_not_compared(tmp_path: Path) -> None:
    run_page(fence("console", "$ echo one\n\n$ echo two\ntwo"), "page.md", tmp_path)


def test_the_exit_code_is_part_of_the_promise(tmp_path: Path) -> None:
    leave = '$ python -c "raise SystemExit(3)"'
    run_page(fence("console", f"{leave}\n[exit 3]"), "page.md", tmp_path)
    assert why(fence("console", leave), tmp_path).startswith(
        "page.md:2: exit code 3, the page says 0"
    )
    assert "exit code 0, the page says 3" in why(fence("console", "$ echo\n[exit 3]"), tmp_path)


def test_error_messages_are_output_too(tmp_path: Path) -> None:
    run_page(
        fence("console", "$ cat missing\n...missing: No such file...\n[exit 1]"),
        "page.md",
        tmp_path,
    )


def test_a_command_may_go_on_in_the_next_line(tmp_path: Path) -> None:
    run_page(fence("console", "$ echo one \\\n>   two\none two"), "page.md", tmp_path)


def test_no_shell_stands_between(tmp_path: Path) -> None:
    run_page(fence("console", "$ echo $HOME '*' | cat\n$HOME * | cat"), "page.md", tmp_path)


def test_a_command_that_does_not_exist_fails(tmp_path: Path) -> None:
    assert "no-such-program" in why(fence("console", "$ no-such-program"), tmp_path)


def test_output_without_a_command_is_refused(tmp_path: Path) -> None:
    assert why(fence("console", "one"), tmp_path) == "page.md:2: output before any `$ ` line"


def test_every_line_of_a_bash_block_must_succeed(tmp_path: Path) -> None:
    run_page(fence("bash", "# first this\nmkdir below\n\ntouch below/file"), "page.md", tmp_path)
    assert (tmp_path / "below/file").exists()
    assert why(fence("bash", "true\nfalse"), tmp_path).startswith("page.md:3: exit code 1")


def test_a_same_word_means_what_stood_there_first(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("run 42 of 42\n")
    page = "<!-- same: r-7f3a -->\n" + fence(
        "console", "$ cat ids\nrun r-7f3a of r-7f3a\n$ echo r-7f3a!\n42!\n$ echo 42\nr-7f3a"
    )
    run_page(page, "page.md", tmp_path)
    assert "prints something else" in why(page.replace("echo 42", "echo 43"), tmp_path)


def test_a_block_that_is_not_run_says_why(tmp_path: Path) -> None:
    run_page(fence("bash norun: needs a fresh clone", "exit 1"), "page.md", tmp_path)
    assert "say why" in why(fence("bash norun", "exit 1"), tmp_path)


def test_a_block_that_nobody_runs_is_refused(tmp_path: Path) -> None:
    assert "`# file: NAME`" in why(fence("json", "{}"), tmp_path)


@pytest.mark.parametrize("language", ["", "text", "mermaid"])
def test_a_picture_is_shown_only(language: str, tmp_path: Path) -> None:
    run_page(fence(language, "a -> b"), "page.md", tmp_path)


def test_a_page_leaves_no_event_loop_behind(tmp_path: Path) -> None:
    run_page(fence("python", "import asyncio\nawait asyncio.sleep(0)"), "page.md", tmp_path)
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
