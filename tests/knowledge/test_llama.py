"""The embedder that is always there."""

import subprocess
import sys

import numpy as np

from batuta.knowledge.llama import WordLlamaEmbedder


async def test_rows_are_of_unit_length_and_what_says_nothing_is_zero() -> None:
    made = await WordLlamaEmbedder().embed(["A lamp is late", "", "Grüße 返品"])
    lengths = [round(float(one), 4) for one in np.linalg.norm(made, axis=1)]
    assert (made.dtype, made.shape, lengths) == (np.float32, (3, 256), [1.0, 0.0, 1.0])


async def test_what_means_the_same_lies_closer_than_what_does_not() -> None:
    asked, near, far = await WordLlamaEmbedder().embed(
        ["send something back", "return an item within 30 days", "the capital of Australia"]
    )
    assert asked @ near > asked @ far + 0.2


def test_it_gives_what_the_library_gives_without_loading_it() -> None:
    # In a process of its own: the library sets up logging for everybody who imports it.
    code = (
        "import sys; from pathlib import Path; import numpy as np;"
        "from batuta.knowledge.llama import WordLlamaEmbedder;"
        "texts = ['order A-1042 is late', 'x', 'Größe 返品 🎈'];"
        "mine = WordLlamaEmbedder().embed_now(texts);"
        "assert not {'wordllama', 'requests', 'huggingface_hub'} & sys.modules.keys();"
        "import wordllama;"
        # The words it has are in its package, where this version does not look for them.
        "there = Path(wordllama.__file__).parent / 'tokenizers';"
        "wordllama.WordLlama.get_cache_dir = staticmethod(lambda **_: there);"
        "theirs = wordllama.WordLlama.load(disable_download=True).embed(texts, norm=True);"
        "assert np.abs(mine - theirs).max() < 1e-5"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr[-2_000:]) == (0, "")
