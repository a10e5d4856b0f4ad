"""local.answer: the sentence of some passages that answers a question, or that none does."""

from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec

from batuta.capabilities.function import capability
from batuta.capabilities.local.bounds import TEXT_CHARS_MAX, bounded
from batuta.errors import CallFailed
from batuta.language.questions import Kind, kind_asked
from batuta.language.sentences import Span, statements
from batuta.language.weights import content, rarity

__all__ = ["Answer", "Citation", "answer"]

_PASSAGES_MAX = 1_000
_QUESTION_CHARS_MAX = 10_000
# What the words of the passage around a sentence count beside its own: "It takes two weeks" under "Refunds".
_AROUND = 0.6
# An answer of the kind that was asked for (how much: an amount) counts more, one of another kind less.
_OF_THE_KIND, _OF_ANOTHER_KIND = 1.15, 0.6
_OF_THE_KIND_ALONE = 0.6
# What has so much of the question in it was quoted rather than asked: its kind does not matter.
_WORD_FOR_WORD = 0.8
_CITATIONS_MAX = 3
# Of a best sentence, others that answer nearly as well are cited, too.
_AS_WELL = 0.85


class Citation(TypedDict, total=False):
    """Where the words stand: characters of the passage, or of the document if the passage says where it starts."""

    source: Any
    start: int
    end: int
    text: str
    page: int | None
    passage: int


class Answer(TypedDict):
    """The answer (null: nobody knows), where it comes from, and how sure that is: 0 to 1."""

    answer: str | None
    citations: list[Citation]
    confidence: float


class _Scored(NamedTuple):
    score: float
    passage: int
    span: Span


@capability("local.answer", effect="pure", reach="local")
def answer(
    question: Annotated[str, msgspec.Meta(description="at most 10,000 characters")],
    passages: Annotated[
        list[dict[str, Any] | str],
        msgspec.Meta(
            description="texts, or maps with text, source, page, start; as a search gives them"
        ),
    ],
    threshold: Annotated[
        Annotated[float, msgspec.Meta(ge=0, le=1)],
        msgspec.Meta(description="an answer that is less sure is none"),
    ] = 0.5,
) -> Answer:
    """Finds the sentence that answers a question in the passages of a search, and cites it word for word.

    Its confidence is the share of the question that the sentence and its passage speak of, rare words counting more.
    Below the threshold the answer is null: the passages do not say.
    """
    asked = set(content(bounded(question, "question", _QUESTION_CHARS_MAX)))
    texts = _texts(passages)
    if not asked or not texts:
        return {"answer": None, "citations": [], "confidence": 0.0}
    spans = [[span for span in statements(text) if not span.text.endswith("?")] for text in texts]
    kind = kind_asked(question)
    about = asked - kind.said if kind else asked
    # "What is your e-mail address?" is about nothing else: any address answers it.
    scored = _scored(kind, about, texts, spans) if about else _all_of(kind, spans)
    if not scored:
        return {"answer": None, "citations": [], "confidence": 0.0}
    best = scored[0]
    sure = round(min(best.score, 1.0), 4)
    if sure < threshold:
        return {"answer": None, "citations": [], "confidence": sure}
    cited = [one for one in scored[:_CITATIONS_MAX] if one.score >= _AS_WELL * best.score]
    return {
        "answer": " ".join(best.span.text.split()),
        "citations": [_citation(passages[one.passage], one) for one in cited],
        "confidence": sure,
    }


def _texts(passages: list[dict[str, Any] | str]) -> list[str]:
    if len(passages) > _PASSAGES_MAX:
        raise CallFailed(
            f"passages: {len(passages):,} of them; at most {_PASSAGES_MAX:,}", code="too_large"
        )
    texts: list[str] = []
    for at, passage in enumerate(passages):
        text = passage if isinstance(passage, str) else passage.get("text")
        if not isinstance(text, str):
            raise CallFailed(f"passages.{at}: it has no text", code="invalid")
        texts.append(text)
    if sum(map(len, texts)) > TEXT_CHARS_MAX:
        raise CallFailed(
            f"passages: more than {TEXT_CHARS_MAX:,} characters in all", code="too_large"
        )
    return texts


def _scored(
    kind: Kind | None, asked: set[str], texts: list[str], spans: list[list[Span]]
) -> list[_Scored]:
    """Every sentence that speaks of the question, the best first."""
    said = [[set(content(span.text)) for span in of] for of in spans]
    weights = rarity([words for of in said for words in of])
    # A word of the question that no passage has counts like the rarest: what it asks about is not there.
    unknown = max(weights.values(), default=1.0)
    whole = sum(weights.get(word, unknown) for word in asked)
    scored: list[_Scored] = []
    for at, text in enumerate(texts):
        around = asked & set(content(text))
        for span, words in zip(spans[at], said[at], strict=True):
            own = asked & words
            if words <= asked or not (own or (kind and around)):
                continue  # a heading, the question said again, or something else
            known = sum(weights.get(word, unknown) for word in own)
            near = sum(weights.get(word, unknown) for word in around - own)
            score = (known + _AROUND * near) / whole
            if kind and any(reads(span.text) for reads in kind.reads):
                score *= _OF_THE_KIND
            elif kind and known < _WORD_FOR_WORD * whole:
                score *= _OF_ANOTHER_KIND
            scored.append(_Scored(score, at, span))
    return sorted(scored, key=lambda one: (-one.score, one.passage, one.span.start))


def _all_of(kind: Kind | None, spans: list[list[Span]]) -> list[_Scored]:
    """Every sentence with a value of the kind that is asked for, alike."""
    assert kind is not None, "a question about nothing is one of a kind"
    return [
        _Scored(_OF_THE_KIND_ALONE, at, span)
        for at, of in enumerate(spans)
        for span in of
        if any(reads(span.text) for reads in kind.reads)
    ]


def _citation(passage: dict[str, Any] | str, one: _Scored) -> Citation:
    known = {} if isinstance(passage, str) else passage
    first = known.get("start")
    begin = first if isinstance(first, int) and not isinstance(first, bool) else 0
    cited: Citation = {
        "source": known.get("source"),
        "start": begin + one.span.start,
        "end": begin + one.span.end,
        "text": one.span.text,
        "passage": one.passage,
    }
    if "page" in known:
        cited["page"] = known["page"]
    return cited
