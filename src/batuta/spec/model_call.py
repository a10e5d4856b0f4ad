"""One question to a model, as the log keeps it: when, how long, how much. Nothing of what was said."""

import msgspec

__all__ = ["ModelCall"]


class ModelCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question that was sent.

    Attributes:
        at: when, in seconds of the Unix epoch. took_s: until the whole answer was there, or certainly was not to come.
        first_s: until its first piece was there; 0: nothing came piece by piece.
        model: the name of the model that answered, as the provider gives it.
        input, output: tokens, as the provider counts them.
        end: why the answer ended, as the library calls it.
        code: why there is none; "" if there is.
    """

    at: float
    took_s: float
    first_s: float = 0.0
    model: str = ""
    input: int = 0
    output: int = 0
    end: str = ""
    code: str = ""
