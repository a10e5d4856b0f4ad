"""The support desk with a model: the plan is the same, and what the model makes up is in no letter."""

import json
from pathlib import Path

from batuta.testing.providers import Answer, Asked, Providers
from tests.examples.desk import open_desk

ANSWERS = {"BW-20388": True, "BW-20799": True, "BW-20301": False}
INVENTED = "Everybody gets a thousand euros."
ENTRY = "reader: {provider: openai, model: gpt-5-nano, max_input: 8000, max_tokens: 500}"


def read(asked: Asked) -> Answer:
    """The first sentence of what it is asked about; whoever asks about shipping is promised money."""
    passages = json.loads(asked.text[asked.text.index("[{") :])
    quote = passages[0]["text"].partition(".")[0] + "." if passages else None
    return Answer(
        json.dumps({"quote": INVENTED if "dispatch" in asked.text else quote, "sure": 0.9})
    )


def test_the_same_plan_runs_with_a_model(tmp_path: Path) -> None:
    with Providers(read) as providers, open_desk(tmp_path / "desk") as desk:
        file = desk.folder / "batuta.yaml"
        before = file.read_text("utf-8")
        settings = f"provider: openai-compatible, url: {providers.url()}, model: tiny, prices: free"
        entry = f"reader: {{{settings}}}"
        assert ENTRY in before
        file.write_text(before.replace(ENTRY, entry), "utf-8")
        run = desk.answered(ANSWERS)
        assert run["status"] == "succeeded", run["error"]
        assert providers.requests
        assert [asked.flaws for asked in providers.requests if asked.flaws] == []
        cases = run["result"]["cases"]
        cited = [one for case in cases for one in case["citations"]]
        assert cited
        for one in cited:
            if one["source"].endswith(".md"):
                text = (desk.folder / one["source"]).read_text("utf-8")
                assert text[one["start"] : one["end"]] == one["text"]
        letters = (desk.folder / "out" / "letters.md").read_text("utf-8")
        assert INVENTED not in letters
        due = [case["refund_cents"] for case in cases if case["state"] == "refunded"]
        assert sorted(cents for _, cents in desk.paid()) == sorted(due)
