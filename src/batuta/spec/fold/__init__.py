"""The fold: `Run` is what its facts make of it. Which facts count is for `admits` to say.

Pure in the sense that matters: the same facts in the same order give the same run, whoever folds them and when.
"""

from batuta.spec.fold.taking import apply, fold, take

__all__ = ["apply", "fold", "take"]
