"""A plan as a Python function. `python inbox.py "Where is it?" "Thank you!"` runs it; `--plan` prints it as YAML."""

import sys
from dataclasses import dataclass
from pathlib import Path

from batuta import capability, each, plan_to_yaml, workflow


@dataclass
class Mail:
    """What is known of a mail."""

    kind: str
    text: str


@capability(effect="pure", reach="local")
def classify(text: str) -> Mail:
    """Is it a complaint, a question, or praise?"""
    kind = "question" if "?" in text else "praise" if "thank" in text.lower() else "complaint"
    return Mail(kind, text)


@capability(effect="write", reach="local")
def reply(text: str, kind: str) -> str:
    """Append a reply to a file: a real effect, which happens once, whatever crashes."""
    with Path(__file__).with_name("replies.txt").open("a", encoding="utf-8") as file:
        file.write(f"[{kind}] {text}\n")
    return f"replied to a {kind}"


@workflow
def inbox(mails: list[str]) -> list[str]:
    """Reply to every mail, all at once.

    This is called once, to record the plan: `mails` and what the calls return stand for values of a later run.
    """
    read = each(mails, lambda mail: classify(text=mail))
    return each(read, lambda mail: reply(text=mail.text, kind=mail.kind))


if __name__ == "__main__":
    if sys.argv[1:] == ["--plan"]:
        print(plan_to_yaml(inbox.plan))
    else:
        print("\n".join(inbox.run(sys.argv[1:])))
