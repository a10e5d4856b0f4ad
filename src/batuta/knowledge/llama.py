"""The embedder that is always there: averaged word vectors of wordllama, from the files inside its wheel.

Nothing is asked over any network. Its files are read directly: its own code imports an HTTP client and sets up
logging for the whole process, and pads every batch to its longest text, which costs two thirds of the speed.
"""

import asyncio
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from tokenizers import Tokenizer

from batuta.errors import InputError
from batuta.knowledge.halves import from_halves

__all__ = ["LLAMA_NAME", "WordLlamaEmbedder"]

# Part of the identity of every vector: with other weights, all are made anew.
LLAMA_NAME = "wordllama-l2-supercat-256"
_DIM = 256
_WEIGHTS = "weights/l2_supercat_256.safetensors"
_WORDS = "tokenizers/l2_supercat_tokenizer_config.json"
# Characters of a text that are looked at: the average of more says nothing.
_CHARS_MAX = 8_000
_BATCH = 256
# Shorter texts take half a millisecond: that is not worth the hop to another thread, which takes a fifth of it.
_HOP_CHARS_MIN = 1_000
# See `Embedder.even`; measured, see `batuta.knowledge.retrieve`.
_EVEN = 0.29


class WordLlamaEmbedder:
    """`ports.Embedder` without a network and without a key. Raises `InputError` if wordllama is not installed."""

    name = LLAMA_NAME
    dim = _DIM
    even = _EVEN

    def __init__(self) -> None:
        spec = find_spec("wordllama")
        if spec is None or spec.origin is None:
            raise InputError(
                "the embedder wordllama is not installed", remedy="pip install 'batuta[knowledge]'"
            )
        folder = Path(spec.origin).parent
        try:
            self._vectors, self._words = _opened(folder)
        except Exception as error:  # the tokenizer raises bare Exceptions
            raise InputError(
                f"the files of wordllama {_version()} cannot be read: {error}",
                remedy="pip install --force-reinstall 'batuta[knowledge]'",
            ) from None

    async def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        """float32 (n, 256), rows of unit length; a text without words is a row of zeros. Questions are texts, too."""
        if sum(map(len, texts)) <= _HOP_CHARS_MIN:
            return self.embed_now(texts)
        return await asyncio.to_thread(self.embed_now, texts)

    def embed_now(self, texts: Sequence[str]) -> Any:
        """The same, in the calling thread."""
        made = np.zeros((len(texts), _DIM), dtype=np.float32)
        for first in range(0, len(texts), _BATCH):
            batch = [text[:_CHARS_MAX] for text in texts[first : first + _BATCH]]
            for row, found in enumerate(
                self._words.encode_batch_fast(batch, add_special_tokens=False), first
            ):
                ids = np.asarray(found.ids, dtype=np.int64)
                if ids.size:
                    made[row] = self._vectors.of(ids).sum(axis=0)
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        np.divide(made, lengths, out=made, where=lengths > 0)
        return made


class _Vectors:
    """One vector a word, as floats from the first time that it is asked for: of 32,000 most requests need twenty.

    The file is mapped and not read. To read and convert all of it took 0.15 s of each command that compares words.
    """

    def __init__(self, halves: Any) -> None:
        self._halves = halves
        # No memory until it is written to.
        self._floats = np.empty((len(halves), _DIM), dtype=np.float32)
        self._known = np.zeros(len(halves), dtype=np.bool_)

    def of(self, ids: Any) -> Any:
        """float32 (n, dim). Two threads may convert the same word: they write the same."""
        known = self._known[ids]
        if not known.all():
            new = ids[~known]
            self._floats[new] = from_halves(self._halves[new].tobytes(), _DIM)
            self._known[new] = True
        return self._floats[ids]


@cache
def _opened(folder: Path) -> tuple[_Vectors, Any]:
    """The vectors and the tokenizer in `folder`; nobody changes them, so a process needs them once."""
    words: Any = Tokenizer.from_file(str(folder / _WORDS))
    words.no_padding()
    words.no_truncation()
    return _Vectors(_mapped(folder / _WEIGHTS)), words


def _mapped(path: Path) -> Any:
    """The only tensor of a safetensors file: 8 bytes of length, a JSON header, the numbers."""
    content = np.memmap(path, dtype=np.uint8, mode="r")
    size = int.from_bytes(content[:8].tobytes(), "little")
    header = msgspec.json.decode(content[8 : 8 + size].tobytes())
    tensor = header["embedding.weight"]
    begin, end = tensor["data_offsets"]
    if tensor["dtype"] != "F16" or tensor["shape"][1] != _DIM:
        raise ValueError(f"unexpected weights: {tensor['dtype']}, {tensor['shape']}")
    return content[8 + size + begin : 8 + size + end].reshape(-1, 2 * _DIM)


def _version() -> str:
    try:
        return version("wordllama")
    except PackageNotFoundError:
        return ""
