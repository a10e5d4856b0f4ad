"""Words that hold sentences together, and say that no order is given: it is denied, reported, guessed, or depends."""

import re
from collections.abc import Iterable

__all__ = ["CLAUSE", "MAY", "NOT", "NO_DEEDS", "OURSELVES", "PERHAPS", "REASONS", "SAYS", "doubts"]

# As words are folded: könnte is konnte.
NOT = frozenset(
    """not no never nobody none nothing neither nor cannot nicht nie niemals nichts niemand niemanden nein kein keine
    keinen keinem keiner keines nunca jamais nada""".split()
)
IF = frozenset("if unless when wenn falls sofern".split())
PERHAPS = IF | frozenset(
    """whenever until till while whether before after suppose supposing maybe perhaps possibly or instead rather
    otherwise except sobald bevor nachdem bis ob solange vielleicht eventuell oder statt anstatt stattdessen lieber
    sonst ausser""".split()
)
MAY = frozenset(
    """would should could can might may must shall will konnte konnten sollte sollten soll sollen darf durfen durfte
    muss mussen musste ware will wollen mochte mochten""".split()
)
IS = frozenset(
    """is are was were am be been being has have had does did isn't wasn't ist sind war wird werden wurde wurden hat
    haben hatte hatten sei bin""".split()
)
DOUBT = NOT | PERHAPS | MAY | IS
CLAUSE = re.compile(
    r"\b(?:as (?:soon|long) as (?!possible|you can)|in case|once (?!more|again)|provided|on condition"
    r"|so bald (?!wie moglich))"
)
SAYS = frozenset(
    "said says wrote writes asked asks told tells sagt sagte schrieb schreibt fragt fragte".split()
)
# With these begin reasons: "the parcel never came", "weil es kaputt ist". Of oneself, one gives them beforehand.
REASONS = frozenset(
    """the a an it he she they my our their his her because since der die das ein eine es er sie mein meine unser
    unsere ihr weil da denn dass""".split()
)
OURSELVES = frozenset("i we ich wir".split())
NO_DEEDS = DOUBT | SAYS | REASONS | OURSELVES


def doubts(words: Iterable[str], conditional: bool = False) -> bool:
    """True if `words` have one that denies, or makes a condition, a guess or a report of what is said.

    `conditional`: there are conditions in what is meant, too.
    """
    doubtful = DOUBT - IF if conditional else DOUBT
    return any(word in doubtful or word.endswith("n't") for word in words)
