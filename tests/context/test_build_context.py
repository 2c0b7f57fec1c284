"""A ticket's context shows its files without their weight, whatever they are."""

import gc
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from tests import processes

from tremaux_tools.context import build_context, builder
from tremaux_tools.context.files import MAX_FILE_BYTES
from tremaux_tools.context.grammars import GRAMMARS
from tremaux_tools.context.pruner import Pruner
from tremaux_tools.core.context import LANGUAGES, Context, ContextPart, ContextRequest, language_of

SAMPLES = Path(__file__).with_name("samples")
SOURCES = sorted(path.name for path in SAMPLES.iterdir() if path.suffix != ".skeleton")
ENOUGH = 60.0  # seconds
# Both keep their grammar busy for minutes; found by feeding it nonsense.
HANGS = {
    "a.tsx": '$(function R"x(#$(]=][日本?>class ;=end\n',
    "a.rs": (
        '#if ][\\(@#"<<EOF\n\'\'\'`é#)x"\'\'\':\\%w(&ÿasync """&def f</<?php \t1e"""\'?->'
        "#endif(%w(%w(%w(`\n=end\n]]<<EOF\n"
    ),
}
LONG = "def f():\n    a()\n    b()\n    c()\n"
CUT = "def f():\n    ...  # lines 2-4\n"

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _pipes_are_closed() -> Iterator[None]:
    yield
    gc.collect()  # a pipe left open would speak up here


async def build(root: Path, *files: str, max_tokens: int = 24_000, grammars: bool = True, **fields: object) -> Context:
    with anyio.fail_after(ENOUGH):
        request = ContextRequest(files, **fields)  # type: ignore[arg-type]
        return await build_context(root, request, max_tokens=max_tokens, grammars=grammars)


def shown(context: Context) -> list[str]:
    """What stands in the fences."""
    return [text for _, text in re.findall(r"^(`{3,})\w+\n(.*?)^\1$", context.text, re.MULTILINE | re.DOTALL)]


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)


def test_there_is_a_sample_of_every_language_that_is_cut() -> None:
    languages = {found.name for name in SOURCES if (found := language_of(name))}

    assert languages == set(GRAMMARS) == {language.name for language in LANGUAGES.values() if language.is_code}


@pytest.mark.parametrize("name", SOURCES)
async def test_a_skeleton_has_what_the_language_declares(name: str) -> None:
    context = await build(SAMPLES, "cart.sh", name, target_file="cart.sh" if name != "cart.sh" else "cart.lua")

    assert [text for text in shown(context) if text == (SAMPLES / f"{name}.skeleton").read_text()]
    part = next(part for part in context.parts if part.path == name)
    assert (part.how, part.note) == ("skeleton", "")
    assert part.tokens_after < part.tokens_before


@pytest.mark.parametrize(
    ("name", "symbol", "whole"),
    [
        ("cart.py", "Cart.total", "tax = net * self.rate"),
        ("cart.js", "Cart.prices", "yield await"),
        ("cart.js", "Cart.add", "push(item)"),
        ("cart.ts", "Taxes.of", "const tax = net * rate"),
        ("cart.ts", "Cart.constructor", "log(country)"),
        ("cart.tsx", "Cart.toggle", "<ul onClick"),
        ("cart.tsx", "Empty", "Nothing"),
        ("cart.go", "Cart.Total", "sum(c.Items), nil"),
        ("cart.rs", "Cart::fmt", "self.items.len()"),
        ("cart.rs", "Shop.open", "String::new()"),
        ("Cart.java", "Cart.Rate.none", "return of(country)"),
        ("cart.c", "names", "fill(found, cart)"),
        ("cart.cpp", "shop::Cart::data", "return prices_.data()"),
        ("Cart.cs", "Cart.Total", "sum += item.Price"),
        ("Cart.cs", "Load.Parse", "text.Trim()"),
        ("cart.rb", "Cart.load", "File.read(name)"),
        ("cart.php", "Cart::price", "array_sum"),
        ("cart.sh", "taxed", "local net"),
        ("Cart.kt", "Cart.load", "items += parse(data)"),
        ("Cart.swift", "Item.price", "let net = amount"),
        ("Cart.swift", "Cart.init", "super.init()"),
        ("Cart.scala", "Cart.load.parse", "line.split"),
        ("cart.lua", "Cart:total", "net * rates.de"),
        ("cart.lua", "Cart.empty", "Cart.new({})"),
    ],
)
async def test_a_targeted_view_has_the_named_symbol_whole(name: str, symbol: str, whole: str) -> None:
    plain = (SAMPLES / f"{name}.skeleton").read_text()
    context = await build(SAMPLES, name, target_symbols=(symbol,))

    assert context.parts[0].how == "target"
    assert whole in context.text
    assert whole not in plain
    assert len(re.findall(r"lines \d", shown(context)[0])) >= len(re.findall(r"lines \d", plain)) - 2


async def test_the_first_file_is_shown_whole_and_all_others_as_skeletons(tmp_path: Path) -> None:
    write(tmp_path, a_py=LONG, b_py=LONG, c_py=LONG)
    context = await build(tmp_path, "b.py", "a.py", "c.py")

    assert [part.how for part in context.parts] == ["full", "skeleton", "skeleton"]
    assert [part.path for part in context.parts] == ["b.py", "a.py", "c.py"]
    assert shown(context) == [LONG, CUT, CUT]
    assert context.tokens_before == sum(part.tokens_before for part in context.parts)


async def test_the_target_is_shown_whole_wherever_it_stands(tmp_path: Path) -> None:
    write(tmp_path, a_py=LONG, b_py=LONG)
    context = await build(tmp_path, "a.py", target_file="b.py")

    assert [(part.path, part.how) for part in context.parts] == [("b.py", "full"), ("a.py", "skeleton")]


async def test_a_file_is_shown_once_however_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, a_py=LONG)
    (tmp_path / "link.py").symlink_to("a.py")
    context = await build(tmp_path, "a.py", "./a.py", str(tmp_path / "a.py"), "link.py")

    assert [part.path for part in context.parts] == ["a.py"]


async def test_symbols_that_are_not_there_are_told(tmp_path: Path) -> None:
    write(tmp_path, a_py=LONG)
    some = await build(tmp_path, "a.py", target_symbols=("f", "g"))
    none = await build(tmp_path, "a.py", target_symbols=("g", "h"))

    assert (some.parts[0].how, some.parts[0].note) == ("target", "it defines no g; there is nothing to cut")
    assert (none.parts[0].how, none.parts[0].note) == ("full", "it defines no g, no h")
    assert shown(none) == [LONG]


async def test_without_grammars_python_is_cut_by_its_own_parser(tmp_path: Path) -> None:
    write(tmp_path, a_go="package a\n", b_py=LONG, c_go="package c\n", d_py="def f(:\n")
    context = await build(tmp_path, "a.go", "b.py", "c.go", "d.py", grammars=False)

    assert shown(context)[1] == CUT
    assert [part.how for part in context.parts] == ["full", "skeleton", "text", "text"]
    assert "pip install --upgrade 'tremaux[context]'" in context.parts[2].note
    assert context.parts[3].note == "there is a syntax error in line 1, and no tree-sitter that copes with it"


@pytest.mark.parametrize(
    "module",
    [
        pytest.param("tree_sitter.py", id="no tree-sitter"),
        pytest.param("tree_sitter_go.py", id="a grammar of another version"),
    ],
)
async def test_a_broken_installation_costs_only_the_cut(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / module).write_text("from tree_sitter_python import language\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    write(tmp_path, b_py=LONG, c_go="package c\n")
    context = await build(tmp_path, "a.py", "b.py", "c.go")

    assert shown(context) == [CUT, "package c\n"]
    assert "no fitting grammar for go" in context.parts[2].note


async def test_a_module_in_the_project_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a_py=LONG, json_py="open('ran', 'w')", signal_py="open('ran', 'w')")
    monkeypatch.chdir(tmp_path)
    context = await build(tmp_path, "x.py", "a.py")

    assert shown(context) == [CUT]
    assert not (tmp_path / "ran").exists()


async def test_a_syntax_error_is_no_hindrance(tmp_path: Path) -> None:
    write(tmp_path, a_py=f"{LONG}class (:\n")
    context = await build(tmp_path, "x", "a.py")

    assert shown(context) == [f"{CUT}class (:\n"]
    assert context.parts[1].note == "with syntax its parser does not know"


@pytest.mark.parametrize("name", HANGS)
async def test_a_file_that_keeps_its_parser_busy_is_text_and_the_next_is_cut(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(HANGS[name])
    write(tmp_path, b_py=LONG)
    context = await build(tmp_path, "x", name, "b.py")

    assert shown(context) == [HANGS[name], CUT]
    assert context.parts[1].note == "its parser took too long"


async def test_cancelling_leaves_no_process_behind(tmp_path: Path) -> None:
    (tmp_path / "a.tsx").write_text(HANGS["a.tsx"])
    before = processes.children(os.getpid())
    with anyio.move_on_after(1.0) as scope:
        await build(tmp_path, "x", "a.tsx")

    assert scope.cancelled_caught
    assert processes.children(os.getpid()) <= before


def lay_out(root: Path) -> Path:
    """A project with all kinds of files that are none."""
    project = root / "project"
    (project / "folder").mkdir(parents=True)
    (root / "secret.py").write_text("SECRET")
    (project / "out.py").symlink_to(root / "secret.py")
    (project / "up").symlink_to(root)
    (project / "loop.py").symlink_to("loop.py")
    (project / "hidden.py").write_text("x")
    (project / "hidden.py").chmod(0)
    (project / "binary").write_bytes(b"\x7fELF\0\0")
    (project / "packed").write_bytes(random.Random(1).randbytes(1_000).replace(b"\0", b"x"))
    (project / "large.py").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    os.mkfifo(project / "pipe.py")
    return project


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("nothing.py", "there is no such file"),
        ("*.py", "there is no such file; patterns are not expanded"),
        ("hidden.py/x", "it cannot be read: Not a directory"),
        ("folder", "it is a directory; name its files"),
        (".", "it is a directory; name its files"),
        ("../secret.py", "it lies outside the project"),
        ("/etc/passwd", "it lies outside the project"),
        ("out.py", "it lies outside the project"),
        ("up/secret.py", "it lies outside the project"),
        ("folder/../../secret.py", "it lies outside the project"),
        ("loop.py", "it cannot be read"),
        ("x" * 900, "it cannot be read: File name too long"),
        ("binary", "it is binary"),
        ("packed", "it is binary"),
        ("large.py", "it has more than 2 MB; read the parts that matter"),
        ("pipe.py", "it is no regular file"),
        pytest.param(
            "hidden.py",
            "it cannot be read: Permission denied",
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may read all"),
        ),
    ],
)
async def test_a_file_that_cannot_be_read_is_named_with_the_reason(name: str, note: str, tmp_path: Path) -> None:
    context = await build(lay_out(tmp_path), name)

    (part,) = context.parts
    assert (part.how, part.tokens_before, part.tokens_after) == ("missing", 0, 0)
    assert part.note.startswith(note)
    assert part.note in context.text
    assert "SECRET" not in context.text


@pytest.mark.parametrize(
    ("name", "data", "text", "how", "note"),
    [
        pytest.param("a.xyz", b"a b\n", "a b\n", "text", "a file of an unknown language is not cut", id="unknown"),
        pytest.param("a.md", b"# A\n", "# A\n", "text", "markdown is not cut", id="prose"),
        pytest.param(
            "a.py", b"# caf\xe9 au lait\n", "# caf\ufffd au lait\n", "skeleton", "not all of it is UTF-8", id="latin-1"
        ),
        pytest.param("a.py", b"\xef\xbb\xbfx\r\ny\rz", "x\ny\nz", "skeleton", "", id="BOM and line ends"),
        pytest.param("a.py", b"x\x1b[2J\x0c\n", "x\n", "skeleton", "without its control characters", id="controls"),
        pytest.param("a.py", b"", "", "skeleton", "there is nothing to cut", id="empty"),
        pytest.param("a.md", b"```\n````\n", "```\n````\n", "text", "markdown is not cut", id="fences"),
    ],
)
async def test_an_odd_file_is_shown_with_a_note(
    name: str, data: bytes, text: str, how: str, note: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    context = await build(tmp_path, "x", name)

    assert [shown_text.removesuffix("\n") for shown_text in shown(context)] == [text.removesuffix("\n")]
    assert context.parts[1].how == how
    assert note in context.parts[1].note


async def test_a_target_that_has_no_room_is_a_skeleton_and_then_a_name(tmp_path: Path) -> None:
    write(tmp_path, a_py=(LONG + "    d()\n" * 20) * 20)
    tight = await build(tmp_path, "a.py", max_tokens=600)
    tighter = await build(tmp_path, "a.py", max_tokens=100)

    assert [tight.parts[0].how, tighter.parts[0].how] == ["skeleton", "named"]
    assert tight.parts[0].note == "it is too long to be shown whole"
    assert tighter.parts[0].note == f"there is no room for its {tight.tokens_before} tokens"


@pytest.mark.parametrize("max_tokens", [400, 700, 1_000, 2_000])
async def test_a_context_stays_within_its_tokens_and_names_all_files(max_tokens: int, tmp_path: Path) -> None:
    chance = random.Random(max_tokens)
    for number in range(8):
        (tmp_path / f"{number}.py").write_text(LONG * chance.randint(1, 30))
    context = await build(tmp_path, *(f"{n}.py" for n in range(8)), max_tokens=max_tokens)

    assert context.tokens_after <= max_tokens
    assert "named" in {part.how for part in context.parts}
    assert all(f"## {n}.py: " in context.text for n in range(8))


async def test_a_file_that_is_too_long_leaves_room_for_those_after_it(tmp_path: Path) -> None:
    write(tmp_path, a_py=LONG, b_md="word " * 5_000, c_py=LONG)
    context = await build(tmp_path, "a.py", "b.md", "c.py", max_tokens=500)

    assert [part.how for part in context.parts] == ["full", "named", "skeleton"]


async def test_files_beyond_what_is_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "MAX_SEEN_CHARS", 2 * len(LONG))
    write(tmp_path, a_py=LONG, b_py=LONG, c_py=LONG)
    context = await build(tmp_path, "a.py", "b.py", "c.py")

    assert [part.how for part in context.parts] == ["full", "skeleton", "missing"]
    assert context.parts[2].note == "the files before it are too large together"


async def test_no_files_are_no_context(tmp_path: Path) -> None:
    assert await build(tmp_path) == Context("", (), 0, 0)


async def test_a_project_that_is_gone_is_no_error(tmp_path: Path) -> None:
    context = await build(tmp_path / "gone", "a.py")

    assert context.parts == (ContextPart("a.py", "missing", 0, 0, "there is no such file"),)


PIECES = (
    *("{", "}", "(", ")", "\n", "\n    ", "\t", '"', "'", '"""', "`", "/*", "*/", "//", "#", "--[[", "]]", "<?php "),
    *("def f", "function f", "class C", "end", "=>", ";", ":", "é", "日本", "<<EOF\n", "\\", "return x"),
)


def mangled(text: str, chance: random.Random) -> str:
    """A real file after an accident."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(0, 6)):
        at = chance.randrange(len(lines) + 1)
        match chance.randint(0, 2):
            case 0:
                lines[at : at + chance.randint(0, 9)] = []
            case 1:
                lines[at:at] = [chance.choice(PIECES)]
            case _:
                lines[at:at] = lines[: chance.randint(0, 9)]
    return "".join(lines)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_a_file_holds_its_lines_stay_in_order(seed: int) -> None:
    chance = random.Random(seed)
    async with Pruner(grammars=True) as pruner:
        for name in SOURCES * 2:
            text = mangled((SAMPLES / name).read_text(), chance)
            language = language_of(name)
            assert language is not None
            made = await pruner.prune(language.name, text)
            left = iter(text.split("\n"))
            kept = [line for line in made.text.split("\n") if not re.search(r"lines \d+-\d+$", line)]
            if language.name != "python":  # there the first line of a doc string is ended
                assert made.wrong or all(line in left for line in kept), (name, text)
