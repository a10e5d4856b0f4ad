"""A workspace of models that answer by a script, and the plans of a team."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from batuta import App, Plan, plan_to_yaml
from batuta.plans.explanation import Explanation
from batuta.testing.providers import Answer, Asked, Failure, Providers, Reply

MODELS = ("fast", "strong", "best", "other", "last")
# Of a member: what it is asked, and what it says: a text, or what is written as JSON; None: it is down.
Says = Callable[[Asked], Any]
DOWN = Failure("bad_key")
# A judge that asks the model `last`.
JUDGE = "capabilities:\n  quality: {kind: judge, model: last, rubric: It is short.}\n"


class Team:
    """The models of a workspace; `asked` are their names in the order in which they were asked."""

    def __init__(self, app: App, providers: Providers) -> None:
        self.app = app
        self._providers = providers

    @property
    def asked(self) -> list[str]:
        return [one.model for one in self._providers.requests]

    @property
    def questions(self) -> list[str]:
        return [one.text for one in self._providers.requests]

    async def run(self, plan: Plan, **inputs: Any) -> Any:
        """The result of a run of `plan`, which succeeds."""
        document = await self.app.run(plan, inputs)
        assert (document["status"], document["error"]) == ("succeeded", None)
        return document["result"]

    async def explained(self, plan: Plan) -> tuple[Explanation, int | None]:
        """What EXPLAIN says of `plan`, and how many calls of a model it can cost at most."""
        explained = await self.app.explain(plan)
        cost = explained.totals.forecast.cost_worst_nusd
        price = self.app.cards["fast"].price_nusd
        assert cost is None or cost % price == 0
        return explained, None if cost is None else cost // price


def as_json(value: Any) -> str:
    """What a model says that was asked for JSON."""
    return json.dumps(value)


@asynccontextmanager
async def team(
    folder: Path, says: Says, plans: Iterable[Plan] = (), more: str = ""
) -> AsyncIterator[Team]:
    """A workspace in `folder` whose models say what `says` gives; `more` is what else batuta.yaml has."""

    def reply(asked: Asked) -> Reply:
        said = says(asked)
        if said is None:
            return DOWN
        return Answer(said if isinstance(said, str) else as_json(said))

    with Providers(reply) as providers:
        write_workspace(folder, providers.url(), plans, more)
        async with await App.open(folder) as app:
            yield Team(app, providers)


def write_workspace(folder: Path, url: str, plans: Iterable[Plan], more: str = "") -> None:
    """Models that cost the same, and plans in files."""
    settings = f"provider: openai-compatible, url: '{url}', prices: {{input: 1, output: 1}}"
    models = "".join(f"  {name}: {{{settings}, model: {name}}}\n" for name in MODELS)
    (folder / "batuta.yaml").write_text(f"plans: [plans/*.yaml]\nmodels:\n{models}{more}")
    (folder / "plans").mkdir(exist_ok=True)
    for plan in plans:
        (folder / f"plans/{plan.name}.yaml").write_text(plan_to_yaml(plan))


def judged(points: Mapping[str, int], members: Says) -> Says:
    """What `members` say, and a judge who gives these points to these texts."""

    def says(asked: Asked) -> Any:
        if asked.model != "last":
            return members(asked)
        schema = asked.body["response_format"]["json_schema"]["schema"]
        places = sorted(schema["properties"])
        order = sorted(points, key=lambda text: asked.text.rindex(text))
        criteria = schema["properties"][places[0]]["properties"]["scores"]["properties"]
        return {
            place: {"reason": "so", "scores": dict.fromkeys(criteria, points[text])}
            for place, text in zip(places, order, strict=True)
        }

    return says


def saying(**said: Any) -> Says:
    """Models that always say the same; None: it is down."""
    return lambda asked: said[asked.model]
