"""The child of `Pruner`: makes skeletons until its standard input ends.

A request is a line of JSON, `{"language", "text", "keep": [symbols], "grammars": bool, "seconds": processor time}`. The
answer is one too: `{"text", "gaps", "unknown": [symbols], "broken": bool}`, or `{"wrong": why}`. No answer: the parser
took too long and the kernel ended this process, or it crashed.
"""

import json
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO

from tremaux_tools.core.context.languages import LANGUAGES
from tremaux_tools.core.context.outline import Outline
from tremaux_tools.core.context.python import outline_python
from tremaux_tools.core.context.skeleton import cut

EXTRA = "install it with: pip install --upgrade 'tremaux[context]'"


def main(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end."""
    # Parsers hold the interpreter, so no Python code could end them: the kernel does.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for line in requests:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, request["seconds"])
        answer = prune(request["language"], request["text"], request["keep"], grammars=request["grammars"])
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def prune(language: str, text: str, keep: Sequence[str], *, grammars: bool) -> dict[str, Any]:
    """The answer for one file."""
    try:
        outline = _outline(language, text, grammars=grammars)
    except ImportError:
        return {"wrong": f"there is no fitting grammar for {language} here, {EXTRA}"}
    except SyntaxError as error:
        where = f" in line {error.lineno}" if error.lineno else ""
        return {"wrong": f"there is a syntax error{where}, and no tree-sitter that copes with it"}
    is_python = language == "python"
    skeleton = cut(text, outline, keep=keep, mark=LANGUAGES[language].mark, stub="..." if is_python else "")
    return {
        "text": skeleton.text,
        "gaps": skeleton.gaps,
        "unknown": skeleton.unknown,
        "broken": outline.is_broken,
    }


def _outline(language: str, text: str, *, grammars: bool) -> Outline:
    """Python has a parser of its own for where the grammars are missing.

    Raises:
        ImportError: nothing here parses the language.
        SyntaxError: Python's own parser does not understand the text.
    """
    if grammars:
        with suppress(ImportError):
            from tremaux_tools.context.trees import outline_tree  # noqa: PLC0415  # it may be missing

            return outline_tree(text, language)
    if language != "python":
        raise ImportError(language)
    return outline_python(text)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
