"""The agents of a workspace as capabilities, and what is wrong with their settings."""

from collections.abc import Iterable, Iterator, Mapping

from batuta.capabilities.agent.capability import KIND, AgentCapability, ThoughtCapability
from batuta.capabilities.agent.plans import THINK
from batuta.capabilities.model.capability import ModelCapability
from batuta.errors import Finding
from batuta.reading.agents import AgentConfig
from batuta.reading.nearest import did_you_mean
from batuta.reading.places import Places
from batuta.spec.card import Card

__all__ = ["Agents"]


class Agents:
    """The capabilities of each agent whose model is among `models`: itself, and its thoughts.

    They call others, which are there only when all are: `introduce` makes them known to each other.
    """

    def __init__(
        self, configs: Mapping[str, AgentConfig], models: Iterable[ModelCapability]
    ) -> None:
        self._configs = configs
        self._models = {one.card.name: one for one in models}
        self._cards: Mapping[str, Card] = {}
        self.capabilities = list(self._made())

    def introduce(self, cards: Mapping[str, Card], places: Places) -> list[Finding]:
        """Tell the agents of all that can be called; gives what is wrong with what they name."""
        self._cards = cards
        return list(_findings(self._configs, self._models, cards, places))

    def _made(self) -> Iterator[AgentCapability | ThoughtCapability]:
        for name, config in self._configs.items():
            model = self._models.get(config.model)
            if model is not None:
                yield AgentCapability(name, config, model.card)
                yield ThoughtCapability(name, config, model, lambda: self._cards)


def _findings(
    configs: Mapping[str, AgentConfig],
    models: Mapping[str, ModelCapability],
    cards: Mapping[str, Card],
    places: Places,
) -> Iterator[Finding]:
    def flaw(message: str, remedy: str, *path: str | int) -> Finding:
        where = ".".join(map(str, path[:3])) + (f"[{path[3]}]" if len(path) > 3 else "")
        place = places.at(*path)
        return Finding("B604", f"{where}: {message}", place=place, remedy=remedy)

    for name, config in configs.items():
        if config.model not in models:
            remedy = did_you_mean(config.model, models, "models")
            yield flaw(f"there is no model {config.model!r}", remedy, "agents", name, "model")
        for index, tool in enumerate(config.tools):
            where = ("agents", name, "tools", index)
            if tool.endswith(THINK) and tool.removesuffix(THINK) in configs:
                agent = tool.removesuffix(THINK)
                yield flaw(f"{tool} is a part of {agent}", f"name {agent} instead", *where)
            elif tool not in cards:
                remedy = did_you_mean(tool, sorted(cards), "capabilities")
                yield flaw(f"there is no capability {tool!r}", remedy, *where)
        for index, other in enumerate(config.hand_over):
            if other not in configs or other not in cards or cards[other].kind != KIND:
                remedy = did_you_mean(other, [one for one in configs if one != name], "agents")
                where = ("agents", name, "hand_over", index)
                yield flaw(f"there is no agent {other!r}", remedy, *where)
