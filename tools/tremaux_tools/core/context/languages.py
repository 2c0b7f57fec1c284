"""Tell a file's language by its name or its first line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """A language as far as context goes."""

    name: str  #: as Markdown's fences have it
    mark: str  #: begins a comment; empty for a language that is never cut
    endings: tuple[str, ...]
    names: tuple[str, ...] = ()  #: of files without an ending
    programs: tuple[str, ...] = ()  #: that run such a script, by its first line

    @property
    def is_code(self) -> bool:
        """Whether it has functions that could be cut."""
        return bool(self.mark)


TEXT = Language("text", "", ("txt", "rst", "log", "csv"))

_ALL = (
    Language("python", "#", ("py", "pyi", "pyw"), ("SConstruct",), ("python", "python2", "python3", "pypy3")),
    Language("javascript", "//", ("js", "jsx", "mjs", "cjs"), (), ("node", "nodejs")),
    Language("typescript", "//", ("ts", "mts", "cts"), (), ("deno", "bun", "tsx")),
    Language("tsx", "//", ("tsx",)),
    Language("go", "//", ("go",)),
    Language("rust", "//", ("rs",)),
    Language("java", "//", ("java",)),
    Language("c", "//", ("c",)),
    Language("cpp", "//", ("cpp", "cc", "cxx", "c++", "h", "hh", "hpp", "hxx", "h++", "ipp", "tpp", "cu", "cuh")),
    Language("csharp", "//", ("cs",)),
    Language("ruby", "#", ("rb", "rake", "gemspec", "ru"), ("Rakefile", "Gemfile", "Vagrantfile"), ("ruby",)),
    Language("php", "//", ("php", "phtml"), (), ("php",)),
    Language("bash", "#", ("sh", "bash"), (".bashrc", ".profile"), ("sh", "bash", "dash", "ksh")),
    Language("kotlin", "//", ("kt", "kts")),
    Language("swift", "//", ("swift",), (), ("swift",)),
    Language("scala", "//", ("scala", "sc", "sbt"), (), ("scala",)),
    Language("lua", "--", ("lua",), (), ("lua", "luajit")),
    Language("markdown", "", ("md", "markdown")),
    Language("json", "", ("json", "jsonl", "ipynb")),
    Language("yaml", "", ("yaml", "yml")),
    Language("toml", "", ("toml",)),
    Language("html", "", ("html", "htm", "xml", "svg", "vue")),
    Language("css", "", ("css", "scss", "less")),
    Language("sql", "", ("sql",)),
    TEXT,
)
LANGUAGES: Mapping[str, Language] = {language.name: language for language in _ALL}

_BY_ENDING = {ending: language for language in _ALL for ending in language.endings}
_BY_NAME = {name: language for language in _ALL for name in language.names}
_BY_PROGRAM = {program: language for language in _ALL for program in language.programs}
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*)?(?:\S*/)?([\w+-]+)")


def language_of(path: str, text: str = "") -> Language | None:
    """The language of the file at `path`, or None where neither its name nor its first line tells."""
    name = path.replace("\\", "/").rpartition("/")[2]
    ending = name.rpartition(".")[2].lower() if "." in name.lstrip(".") else ""
    if found := _BY_NAME.get(name) or _BY_ENDING.get(ending):
        return found
    shebang = None if ending else _SHEBANG.match(text[:200])
    return _BY_PROGRAM.get(shebang[1]) if shebang else None
