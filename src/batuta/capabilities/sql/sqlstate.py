"""What Postgres says went wrong, by its five-character codes. Nothing of an address is in any of these texts."""

import psycopg

from batuta.capabilities.sql.running import Running
from batuta.capabilities.sql.trouble import Trouble

__all__ = ["trouble_of"]

_TEXT_MAX = 500
_READ_ONLY = "only reading is allowed"


def trouble_of(error: BaseException | None, running: Running | None) -> Trouble:
    """The trouble that `error` of the driver means for a transaction that was not committed.

    `running` None: there was no statement yet.
    """
    state = getattr(error, "sqlstate", None) or ""
    # The primary message alone: the rest quotes the statement, and rows.
    diag = getattr(error, "diag", None)
    text = str(getattr(diag, "message_primary", None) or "")[:_TEXT_MAX]
    if running is None:
        return _not_connected(error)
    if not state:
        return _without_state(error, running)
    if state == "57014":
        return running.too_slow()
    exact = _EXACT.get(state)
    if exact is not None:
        code, remedy, again = exact
        return Trouble(code, text, remedy, may_retry=again)
    code, before, again = _CLASSES.get(state[:2], ("invalid", "the database refuses", False))
    return Trouble(code, f"{before}: {text}", may_retry=again)


_EXACT: dict[str, tuple[str, str, bool]] = {
    "25006": ("forbidden", _READ_ONLY, False),
    "42501": ("forbidden", "the role of this connection lacks the right", False),
    "42P01": ("not_found", "the names have changed, or were never there", False),
    "42703": ("not_found", "the names have changed, or were never there", False),
    "3F000": ("not_found", "the names have changed, or were never there", False),
    "42601": ("invalid", "one statement that selects is what is taken here", False),
    "55P03": ("unavailable", "somebody holds a lock", True),
}
_CLASSES: dict[str, tuple[str, str, bool]] = {
    "08": ("unavailable", "the connection was lost", True),
    "22": ("invalid", "a value does not fit", False),
    "23": ("conflict", "a rule of the database forbids it", False),
    "40": ("unavailable", "another transaction was in the way", True),
    "42": ("invalid", "the database does not understand it", False),
    "53": ("unavailable", "the database is out of resources", True),
    "54": ("too_large", "it is more than the database can do", False),
    "57": ("unavailable", "the database ended the connection", True),
    "58": ("broken", "the system of the database failed", False),
    "XX": ("broken", "the database is damaged", False),
}


def _without_state(error: BaseException | None, running: Running) -> Trouble:
    if running.over:
        return running.too_slow()
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return Trouble("unavailable", "the connection to the database was lost", may_retry=True)
    if isinstance(error, psycopg.DataError):
        return Trouble("invalid_data", "a value cannot be sent or read: a NUL, a date beyond 9999")
    return Trouble("invalid", "a parameter is missing or cannot be sent")


def _not_connected(error: BaseException | None) -> Trouble:
    """There is no code yet, and the driver's words name host and user, which are secret: none is passed on."""
    text = str(error)
    for sign, code, message in _SIGNS:
        if sign in text:
            return Trouble(code, message, may_retry=code == "unavailable")
    message = "the database cannot be reached"
    return Trouble("unavailable", message, "is it up, and the address right?", may_retry=True)


_REFUSED = "the database refuses the user or the password"
_SIGNS = (
    ("password", "forbidden", _REFUSED),
    ("no pg_hba.conf entry", "forbidden", _REFUSED),
    ('role "', "forbidden", _REFUSED),
    ('database "', "not_found", "the server has no database of that name"),
    ("too many", "unavailable", "the server takes no more connections now"),
    ("starting up", "unavailable", "the server is starting"),
    ("shutting down", "unavailable", "the server is shutting down"),
)
