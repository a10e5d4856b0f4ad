"""What this workspace can do: write a note, and publish it."""

from pathlib import Path

from batuta import Call, NotDone, capability

PAGE = Path(__file__).with_name("published.txt")


@capability(effect="pure", reach="local")
def draft(topic: str) -> str:
    """Write a short note about a topic."""
    return f"We have news about {topic}."


def was_published(call: Call) -> dict[str, str]:
    """What became of a call whose answer was lost: its key stands beside the text, or it did not happen."""
    if PAGE.exists() and f"[{call.key}]" in PAGE.read_text(encoding="utf-8"):
        return {"published": PAGE.name}
    raise NotDone("it is not on the page")


@capability(effect="write", reach="local", reconcile=was_published)
def publish(text: str, call: Call) -> dict[str, str]:
    """Put a note on the page: a real effect, which happens once, whatever crashes."""
    with PAGE.open("a", encoding="utf-8") as page:
        page.write(f"{text}  [{call.key}]\n")
    return {"published": PAGE.name}
