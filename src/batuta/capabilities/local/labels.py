"""What local.classify is told of its labels."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, NotRequired, TypedDict

import msgspec

from batuta.errors import CallFailed

__all__ = ["Described", "Known", "Labels", "known_labels"]

_LABELS_MAX = 2_000
# Each takes memory and training time; see docs/explanation/performance.md.
_EXAMPLES_MAX = 20_000
_EXAMPLE_CHARS_MAX = 5_000
_NAME_CHARS_MAX = 200


class Described(TypedDict):
    """A label, what it means, and texts that have it."""

    label: str
    description: NotRequired[str]
    examples: NotRequired[list[str]]


Labels = Annotated[
    list[str | Described] | dict[str, str],
    msgspec.Meta(description="names; or {name: what it means}; or maps with examples"),
]


class Known(NamedTuple):
    """The labels, and texts with the number of their label; `none` is the number of "none of these", if it has texts.

    `taught`: the texts are examples, and not only names and descriptions.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    of: tuple[int, ...]
    none: int | None
    taught: bool


def known_labels(labels: Labels, none: bool | Sequence[str]) -> Known:
    """What `labels` say. Raises `CallFailed`: there are none, the same twice, or too many."""
    described: list[Described] = (
        [{"label": name, "description": text} for name, text in labels.items()]
        if isinstance(labels, dict)
        else [{"label": one} if isinstance(one, str) else one for one in labels]
    )
    if not described:
        raise CallFailed("labels: there are none", code="invalid")
    if len(described) > _LABELS_MAX:
        raise CallFailed(
            f"labels: {len(described):,} of them; at most {_LABELS_MAX:,}", code="too_large"
        )
    names: dict[str, int] = {}
    texts: list[str] = []
    of: list[int] = []
    fewest = _EXAMPLES_MAX
    for one in described:
        name = one["label"]
        if not name.strip() or len(name) > _NAME_CHARS_MAX:
            raise CallFailed(
                f"labels: {name[:40]!r} is no name; it has 1 to {_NAME_CHARS_MAX} characters",
                code="invalid",
            )
        if name in names:
            raise CallFailed(f"labels: {name!r} is there twice", code="invalid")
        names[name] = len(names)
        examples = [text for text in one.get("examples", []) if text.strip()]
        fewest = min(fewest, len(examples))
        described_by = one.get("description", "").strip()
        own = [name.replace("_", " ").replace("-", " "), *filter(None, [described_by]), *examples]
        texts += own
        of += [names[name]] * len(own)
    against = [] if isinstance(none, bool) else [text for text in none if text.strip()]
    texts += against
    of += [len(names)] * len(against)
    if len(texts) > _EXAMPLES_MAX + 2 * len(names):
        raise CallFailed(f"labels: more than {_EXAMPLES_MAX:,} examples in all", code="too_large")
    long = next((text for text in texts if len(text) > _EXAMPLE_CHARS_MAX), None)
    if long is not None:
        raise CallFailed(
            f"labels: {long[:40]!r}… has more than {_EXAMPLE_CHARS_MAX:,} characters",
            code="too_large",
        )
    return Known(
        tuple(names), tuple(texts), tuple(of), len(names) if against else None, fewest >= 2
    )
