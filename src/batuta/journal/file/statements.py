"""The statements of `queries.sql`, by name."""

from pathlib import Path

__all__ = ["MIGRATIONS", "SQL"]


def _load() -> dict[str, str]:
    text = Path(__file__).with_name("queries.sql").read_text("utf-8")
    sections = (part.partition("\n") for part in text.split("-- name: ")[1:])
    return {name.strip(): statement.strip() for name, _, statement in sections}


SQL = _load()

# One script per version of the schema, in order: script n brings a journal from version n - 1 to n.
MIGRATIONS = tuple(
    path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("migrations/*.sql"))
)
