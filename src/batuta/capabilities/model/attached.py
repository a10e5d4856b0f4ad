"""Files that go with a question: pictures and documents as they are, texts as text."""

import mimetypes
from collections.abc import Sequence

from pydantic_ai.messages import BinaryContent, UserContent

from batuta.capabilities.files.content import whole
from batuta.capabilities.files.folder import Folder
from batuta.errors import CallFailed
from batuta.spec.file import FileReference

__all__ = ["attached"]

# What providers take in one request.
_FILE_BYTES_MAX = 32 * 1_024 * 1_024
_TEXTS = frozenset({"application/json", "application/xml", "application/yaml"})
# Seldom among the types of a machine.
_TYPES = {".md": "text/markdown", ".yaml": "text/yaml", ".yml": "text/yaml", ".webp": "image/webp"}
_TAKEN = ("image/", "audio/", "video/", "application/pdf")


def attached(folder: Folder, files: Sequence[str | FileReference]) -> tuple[list[UserContent], int]:
    """What goes behind the prompt, and how many bytes of it are text.

    Raises:
        CallFailed: a file cannot be read, has changed, or is of a kind that no model takes.
    """
    parts: list[UserContent] = []
    text_bytes = 0
    for file in files:
        content, reference = whole(folder, file, _FILE_BYTES_MAX)
        path = reference["path"]
        kind = _kind_of(path)
        if kind.startswith("text/") or kind in _TEXTS:
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError:
                raise CallFailed(f"{path} is no text in UTF-8", code="unsupported") from None
            text_bytes += len(content)
            parts.append(f"File {path}:\n{text}")
        elif kind.startswith(_TAKEN):
            parts.append(BinaryContent(content, media_type=kind, identifier=path))
        else:
            raise CallFailed(
                f"{path}: no model takes files of this kind; "
                "it takes pictures, sound, PDF and texts",
                code="unsupported",
            )
    return parts, text_bytes


def _kind_of(path: str) -> str:
    dot = path.rfind(".")
    suffix = path[dot:].lower() if dot >= 0 else ""
    return _TYPES.get(suffix) or mimetypes.guess_type(f"x{suffix}")[0] or ""
