"""wordllama: a vector for each of 32,000 tokens, of which a text gets the mean. Fast, and blind to word order.

Its wheel holds the vectors and the tokenizer, and these files are all that is used of it. To import it would take
requests along, log to standard error from then on, and look for the tokenizer on a network, for its loader and its
wheel do not agree on the folder (0.2.2 to 0.4.0).
"""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tremaux_tools.semantic.model import ModelUnavailable, legible, normalised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tremaux_tools.semantic.model import Matrix

MAX_CHARS = 16_384  # read of a text: 3 ms
_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class WordLlama:
    """The mean of the static vectors of a text's tokens. Source: github.com/dleemiller/WordLlama (MIT)."""

    name = "wordllama-l2-supercat-256"
    dim = 256
    alpha = 0.3  # flat from 0.2 to 0.4 on the five sets it was measured on
    batch = 512

    def __init__(self) -> None:
        self._loading = Lock()

    def embed(self, texts: Sequence[str]) -> "Matrix":
        """See `Embedder`."""
        import numpy as np  # noqa: PLC0415  # takes 0.1 s to load

        vectors, tokenizer = self._loaded()
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            tokens = tokenizer.encode(legible(text, MAX_CHARS), add_special_tokens=False).ids
            if tokens:
                vectors[tokens].mean(axis=0, dtype=np.float32, out=row)
        return normalised(rows)

    def _loaded(self) -> tuple["NDArray[np.float16]", Any]:
        with self._loading:
            return self._files

    @cached_property
    def _files(self) -> tuple["NDArray[np.float16]", Any]:
        try:
            return _load()
        except Exception as error:  # tokenizers raises nothing more special
            raise ModelUnavailable("semantic", error) from error


def _load() -> tuple["NDArray[np.float16]", Any]:
    from safetensors.numpy import load_file  # noqa: PLC0415  # heavy, and it may be missing
    from tokenizers import Tokenizer  # noqa: PLC0415

    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise ImportError("wordllama is gone")
    folder = Path(spec.origin).parent
    (vectors,) = load_file(folder / _WEIGHTS).values()
    return vectors, Tokenizer.from_file(str(folder / _TOKENIZER))
