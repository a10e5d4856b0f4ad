"""report.write: a report as a file."""

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec

from batuta.capabilities.files.atomic import write_whole
from batuta.capabilities.files.folder import Folder
from batuta.capabilities.files.trouble import Trouble
from batuta.capabilities.function import capability
from batuta.capabilities.report.html import html_page
from batuta.capabilities.report.markdown import markdown_page
from batuta.capabilities.report.model import Name, Section
from batuta.spec.call import Call
from batuta.spec.file import FileReference

__all__ = ["write_of"]

_HTML = (".html", ".htm")
# Characters of Markdown in one report: some 300 pages.
_TEXT_CHARS_MAX = 1_000_000
_MARKDOWN = (".md", ".markdown")


def write_of(folder: Folder) -> Callable[..., FileReference]:
    """The capability for the files of `folder`."""

    @capability("report.write", effect="idempotent", reach="local", timeout="1m")
    def write(
        path: Annotated[
            str, msgspec.Meta(description='where: "out/report.html", or .md for Markdown')
        ],
        title: Name,
        sections: Annotated[
            list[Section],
            msgspec.Meta(
                description="each with any of heading, text, quote, facts, chart, table and details",
                max_length=500,
            ),
        ],
        call: Call,
        subtitle: Name = "",
        language: Annotated[
            str,
            msgspec.Meta(description="of the texts", pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
        ] = "en",
    ) -> FileReference:
        """Writes a report as one page of HTML (light and dark, no script, nothing from elsewhere) or as Markdown.

        Texts are Markdown and do nothing: no tags, no images, no links but plain ones. Gives the reference of the file.
        """
        _check_size(sections)
        footer = f"Run {call.run}, step {call.path}" if call.run else ""
        if path.lower().endswith(_HTML):
            page = html_page(title, subtitle, sections, footer, language)
        elif path.lower().endswith(_MARKDOWN):
            page = markdown_page(title, subtitle, sections, footer)
        else:
            raise Trouble(
                "unsupported", f"{path[:120]}: reports end in .html or .md", "choose one of them"
            )
        return write_whole(folder, path, page.encode("utf-8", "replace"), call.key)

    return write


def _check_size(sections: Sequence[Section]) -> None:
    """Markdown that is made to be slow takes 25 µs a character."""
    chars = sum(len(one.text) + sum(len(detail.text) for detail in one.details) for one in sections)
    if chars > _TEXT_CHARS_MAX:
        raise Trouble(
            "too_large",
            f"the texts of the report have {chars:,} characters; at most {_TEXT_CHARS_MAX:,}",
            "write several reports, or give long texts as `quote`",
        )
