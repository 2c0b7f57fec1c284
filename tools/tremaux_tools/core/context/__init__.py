"""Show an agent the files of its ticket without their weight: the target whole, of the others what they declare."""

from tremaux_tools.core.context.assembly import Section, assemble
from tremaux_tools.core.context.languages import LANGUAGES, Language, language_of
from tremaux_tools.core.context.tokens import estimate_tokens
from tremaux_tools.core.context.values import MAX_FILES, MAX_TOKENS, Context, ContextPart, ContextRequest, How

__all__ = [
    "LANGUAGES",
    "MAX_FILES",
    "MAX_TOKENS",
    "Context",
    "ContextPart",
    "ContextRequest",
    "How",
    "Language",
    "Section",
    "assemble",
    "estimate_tokens",
    "language_of",
]
