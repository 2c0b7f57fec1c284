"""What is asked of a model that turns texts into vectors, and what such models share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from tremaux_tools.errors import TremauxError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]


class Embedder(Protocol):
    """A model whose vectors point the same way for texts that mean the same.

    Nothing is loaded before the first text, and nothing ever comes from a network. Texts beyond the length it reads are
    cut. It may be used from several threads at once.
    """

    @property
    def name(self) -> str:
        """Names whose vectors may be compared; another file, length or pooling is another name."""

    @property
    def dim(self) -> int:
        """Numbers in a vector."""

    @property
    def alpha(self) -> float:
        """The share of its scores in a fusion with those of words, in [0, 1]."""

    @property
    def batch(self) -> int:
        """How many texts it embeds in about a second."""

    def embed(self, texts: Sequence[str]) -> "Matrix":
        """A row of length 1 for each text, of length 0 for a text without words; slow, so call it in a thread.

        Raises:
            ModelUnavailable: it is installed, but does not load.
        """


class ModelUnavailable(TremauxError):
    """A model is installed, but does not load."""

    def __init__(self, extra: str, error: Exception) -> None:
        super().__init__(
            f"the model of tremaux[{extra}] does not load: {error}",
            f"Install it anew with `{install_line(extra)}`, or do without: TREMAUX_SEMANTIC=off.",
        )


def install_line(extra: str) -> str:
    """The command that installs a model."""
    return f"pip install --upgrade 'tremaux[{extra}]'"


def legible(text: str, limit: int) -> str:
    """The first `limit` characters, without what UTF-8 cannot hold: tokenizers take nothing else."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8")


def normalised(rows: "Matrix") -> "Matrix":
    """The rows at length 1; a row of zeros stays one."""
    import numpy as np  # noqa: PLC0415  # takes 0.1 s to load

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit
