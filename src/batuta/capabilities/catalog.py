"""The capabilities of a workspace by name: functions, configured ones, and those that are always there."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, cast

from batuta.capabilities.check import check, require
from batuta.capabilities.function import FunctionCapability, declaration_of
from batuta.capabilities.human import HumanCapability
from batuta.capabilities.local.built_in import local_capabilities
from batuta.capabilities.local.classify import Embedding
from batuta.capabilities.merge import merge
from batuta.capabilities.schema import place_of
from batuta.capabilities.settings import Name
from batuta.capabilities.threads import Threads
from batuta.capabilities.value import value
from batuta.capabilities.vote import vote
from batuta.errors import Finding, NotFound, Place, WorkspaceError
from batuta.outbound.exchange import LazyConnections
from batuta.ports import Capability
from batuta.reading.nearest import did_you_mean
from batuta.spec.card import Card

__all__ = ["KINDS", "WorkspaceCatalog", "build_catalog"]

# What `kind:` may say in batuta.yaml.
KINDS = ("http", "human", "judge")

_NAME_SHOWN_CHARS = 128


class WorkspaceCatalog:
    """Capabilities by name; unchangeable once made.

    `later` are those that are made when somebody first asks for them. `closing` are called by `close`, in order.

    Raises:
        WorkspaceError: two capabilities have the same name, or one has no proper name.
    """

    def __init__(
        self,
        capabilities: Iterable[Capability],
        *,
        later: Mapping[str, Callable[[], Capability]] | None = None,
        closing: Iterable[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._capabilities: dict[str, Capability] = {}
        self._closing = tuple(closing)
        for capability in capabilities:
            _add(self._capabilities, capability)
        self._later = {n: load for n, load in (later or {}).items() if n not in self._capabilities}
        cards = {name: one.card for name, one in self._capabilities.items()}
        self._cards = _Cards(cards, self._later) if self._later else cards

    def get(self, name: str) -> Capability:
        """The capability `name`. Raises `NotFound` with the nearest names as remedy."""
        found = self._capabilities.get(name)
        if found is not None:
            return found
        if name in self._later:
            return self._later[name]()
        raise NotFound(
            f"there is no capability {name[:_NAME_SHOWN_CHARS]!r}",
            remedy=did_you_mean(name, sorted(self._cards), "capabilities"),
        )

    def cards(self) -> Mapping[str, Card]:
        """The cards of all, by name."""
        return self._cards

    def with_later(self, later: Mapping[str, Callable[[], Capability]]) -> "WorkspaceCatalog":
        """This catalog with capabilities that are made when somebody first asks for them, by name.

        What is there already keeps its name.
        """
        return WorkspaceCatalog(self._capabilities.values(), later=later, closing=self._closing)

    async def close(self) -> None:
        """Close the connections that are kept open between calls."""
        for closing in self._closing:
            await closing()


class _Cards(Mapping[str, Card]):
    """Cards by name, those of `later` made when they are looked at."""

    def __init__(
        self, cards: dict[str, Card], later: Mapping[str, Callable[[], Capability]]
    ) -> None:
        self._made = cards
        self._later = later

    def __getitem__(self, name: str) -> Card:
        card = self._made.get(name)
        return card if card is not None else self._later[name]().card

    def __contains__(self, name: object) -> bool:
        return name in self._made or name in self._later

    def __iter__(self) -> Iterator[str]:
        return chain(self._made, self._later)

    def __len__(self) -> int:
        return len(self._made) + len(self._later)


def build_catalog(
    settings: Mapping[str, Any] | None = None,
    functions: Iterable[Any] = (),
    spare: Iterable[Any] = (),
    *,
    allow_private: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    locate: Callable[[str], Place] | None = None,
    embedding: Embedding | None = None,
    closing: Iterable[Callable[[], Awaitable[None]]] = (),
) -> WorkspaceCatalog:
    """The catalog of a workspace.

    Args:
        settings: what `capabilities:` in `batuta.yaml` says, by name; each a map with `kind`.
        functions: functions decorated with `@capability`, and ready capabilities.
        spare: more functions; those whose name is not taken are in the catalog, too.
        allow_private: what `network.allow_private` says: hosts, host:port and networks that HTTP may reach though
            they are not public.
        environment: what `env:NAME` is looked up in, at the time of a call; the process's own by default.
        locate: where the capability of a name stands in `batuta.yaml`.
        embedding: how `local.classify` finds the embedder of this machine; without, it knows words by spelling alone.
        closing: what else is to be called when the catalog is closed.

    Raises:
        WorkspaceError: lists all flaws.
    """
    threads = Threads()
    made: dict[str, Capability] = {}
    findings: list[Finding] = []

    def flaw(error: WorkspaceError, name: str = "", *, configured: bool = True) -> None:
        place = error.place or (locate(name) if locate and name else Place("batuta.yaml"))
        text = f"capabilities.{name}: {error.message}" if name and configured else error.message
        findings.append(Finding("B603", text, place=place, remedy=error.remedy))

    try:
        connections = LazyConnections(allow_private, environment)
    except WorkspaceError as error:
        flaw(error)
        connections = LazyConnections((), environment)
    for name, data in (settings or {}).items():
        try:
            _add(made, _configured(name, data, connections))
        except WorkspaceError as error:
            flaw(error, name)
    for one in chain(functions, _untaken(spare, made)):
        try:
            _add(
                made,
                FunctionCapability(one, threads=threads) if declaration_of(one) else _ready(one),
            )
        except WorkspaceError as error:
            flaw(error, _name_of(one), configured=False)
    for built_in in (*_built_in(threads, embedding), *_judge_parts(made)):
        name = built_in.card.name
        if name in made and made[name].card.kind != built_in.card.kind:
            place = _place_of(made[name])
            error = WorkspaceError(
                f"{name} is built in", remedy="give yours another name", place=place
            )
            flaw(error, name, configured=False)
        made.setdefault(name, built_in)
    for name, error in _without_model(made):
        flaw(error, name)
    if findings:
        raise WorkspaceError.of(findings)
    return WorkspaceCatalog(made.values(), closing=[connections.close, *closing])


def _without_model(made: Mapping[str, Capability]) -> Iterable[tuple[str, WorkspaceError]]:
    """Judges whose model is not there, by name."""
    for name, one in made.items():
        model = getattr(one, "model", "") if one.card.kind == "judge" else ""
        if model and model not in made:
            remedy = did_you_mean(model, sorted(made), "capabilities")
            yield name, WorkspaceError(f"model: there is no {model!r}", remedy=remedy)


def _judge_parts(made: Mapping[str, Capability]) -> list[FunctionCapability]:
    """What judges call besides their models, if there are judges."""
    if not any(one.card.kind == "judge" for one in made.values()):
        return []
    from batuta.capabilities.judge.capability import judge_parts  # as above

    return judge_parts()


def _untaken(functions: Iterable[Any], known: Mapping[str, Capability]) -> Iterable[Any]:
    """Those of `functions` whose name nothing in `known` has by the time they are looked at."""
    for one in functions:
        declaration = declaration_of(one)
        name = _name_of(one) if declaration is None else declaration.name
        if name not in known:
            yield one


def _add(known: dict[str, Capability], capability: Capability) -> None:
    name = capability.card.name
    if not Name.fullmatch(name):
        raise WorkspaceError(
            f"{name!r} is not a name for a capability",
            remedy="start with a letter or _ and go on with letters, digits, _ . -",
        )
    if name in known:
        raise WorkspaceError(
            f"there are two capabilities called {name}",
            remedy='give one another name, for a function @capability("other_name")',
            place=_place_of(capability),
        )
    known[name] = capability


def _name_of(one: Any) -> str:
    """The name of a capability that was brought; "" if it is none."""
    card = getattr(one, "card", None)
    return card.name if isinstance(card, Card) else ""


def _place_of(capability: Capability) -> Place | None:
    function = getattr(capability, "function", None)
    return place_of(function) if function is not None else None


def _built_in(threads: Threads, embedding: Embedding | None) -> list[Capability]:
    reducing = [
        FunctionCapability(function, threads=threads, kind=function.__name__)
        for function in (vote, merge, value, check, require)
    ]
    return [HumanCapability(), *reducing, *local_capabilities(threads, embedding)]


def _configured(name: str, data: Any, connections: LazyConnections) -> Capability:
    if not isinstance(data, Mapping):
        raise WorkspaceError("expected a map", remedy="for example {kind: human, who: [ops]}")
    known = cast("Mapping[str, Any]", data)
    match known.get("kind"):
        case "human":
            return HumanCapability(name, known)
        case "http":
            from batuta.capabilities.http import HttpCapability  # only for those who use it

            return HttpCapability(name, known, connections)
        case "judge":
            from batuta.capabilities.judge.capability import JudgeCapability  # as above

            return JudgeCapability(name, known)
        case other:
            shown = str(other)[:_NAME_SHOWN_CHARS]
            raise WorkspaceError(
                f"there is no kind {shown!r}" if other else "its kind is missing",
                remedy=did_you_mean(shown if other else "", KINDS, "kinds"),
            )


def _ready(one: Any) -> Capability:
    card = getattr(one, "card", None)
    if isinstance(card, Card) and callable(one) and not isinstance(one, type):
        return cast("Capability", one)
    raise WorkspaceError(
        f"{getattr(one, '__name__', one)!s} is no capability", remedy="decorate it with @capability"
    )
