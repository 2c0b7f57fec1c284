"""The workers that Tremaux knows by itself, and the variables a worker gets.

Checked against claude 2.1.197, codex 0.169.0, gemini 0.61.0 and opencode 1.18.33. Each runs unattended, edits files
below its directory, and gets no leave to do as it likes outside of it: widening that is for a person, in
`tremaux.toml`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

from tremaux_tools.core.tickets.budget import Budgets
from tremaux_tools.core.tickets.profile import COMMAND, MODEL, Profile

SHELL = "shell"  # runs a ticket's own command

HOST_ENVIRONMENT = (  # says where things are on this machine, and would mislead in a container
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "XDG_*"),
    *("SSL_CERT_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"),
    # Where compilers and interpreters are: without them a worker cannot run the project's tests.
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "NVM_DIR", "JAVA_HOME", "GOPATH", "GOROOT"),
    *("CARGO_HOME", "RUSTUP_HOME", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH"),
    "TREMAUX_DB",  # a worker's own Tremaux has to see the same journal
)
COMMON_ENVIRONMENT = (
    *HOST_ENVIRONMENT,
    *("TERM", "COLORTERM", "NO_COLOR", "TZ", "LANG", "LANGUAGE", "LC_*"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
)

_CLAUDE = Profile(
    name="claude",
    # Live usage needs stream-json, and that needs --verbose. Shell commands run in the sandbox; where the machine
    # has none (bubblewrap and socat on Linux), they are refused and only edits are made.
    argv=(
        *("claude", "-p", "--output-format", "stream-json", "--verbose"),
        *("--permission-mode", "acceptEdits", "--settings", '{"sandbox":{"enabled":true}}'),
    ),
    model_argv=("--model", MODEL),
    ladder=("haiku", "sonnet", "opus"),
    output="claude",
    # Not CLAUDE_CODE_*: a Tremaux that Claude Code started would hand on what ties it to that session.
    environment=(
        *(
            "ANTHROPIC_*",
            "CLAUDE_CONFIG_DIR",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "CLAUDE_CODE_USE_*",
            "CLAUDE_CODE_SKIP_*_AUTH",
        ),
        *("AWS_PROFILE", "AWS_REGION", "AWS_BEARER_TOKEN_BEDROCK", "CLOUD_ML_REGION", "GOOGLE_APPLICATION_CREDENTIALS"),
    ),
)
_CODEX = Profile(
    name="codex",
    argv=("codex", "exec", "--json", "--sandbox", "workspace-write", "--skip-git-repo-check", "-"),
    model_argv=("--model", MODEL),
    output="codex",
    environment=("OPENAI_*", "CODEX_HOME", "CODEX_API_KEY", "AZURE_OPENAI_API_KEY"),
)
_GEMINI = Profile(
    name="gemini",
    # A new work tree is no trusted folder, and in one of those auto_edit is silently taken back.
    argv=("gemini", "--output-format", "stream-json", "--approval-mode", "auto_edit", "--skip-trust"),
    model_argv=("--model", MODEL),
    ladder=("flash-lite", "flash", "pro"),
    output="gemini",
    environment=(
        *("GEMINI_API_KEY", "GEMINI_CLI_HOME", "GEMINI_DEFAULT_AUTH_TYPE", "GOOGLE_API_KEY"),
        *("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_*", "GOOGLE_GENAI_*", "GOOGLE_GEMINI_BASE_URL"),
        "GOOGLE_VERTEX_BASE_URL",
    ),
)
_OPENCODE = Profile(
    name="opencode",
    argv=("opencode", "run", "--format", "json"),
    model_argv=("--model", MODEL),
    output="opencode",
    environment=(
        *("OPENCODE_CONFIG", "OPENCODE_CONFIG_CONTENT", "OPENCODE_CONFIG_DIR", "OPENCODE_API_KEY"),
        *("OPENCODE_AUTH_CONTENT", "OPENCODE_PERMISSION", "OPENCODE_DISABLE_*", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"),
        *("GEMINI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY"),
        *("GROQ_API_KEY", "MISTRAL_API_KEY", "XAI_API_KEY"),
    ),
)
_SHELL = Profile(name=SHELL, argv=("/bin/sh", "-c", COMMAND), prompt="file")

BUILT_IN: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (_CLAUDE, _CODEX, _GEMINI, _OPENCODE, _SHELL)}
)


@dataclass(frozen=True, slots=True)
class ProjectWorkers:
    """What a project's settings say of workers, and of which bytes that was read."""

    digest: str = ""  #: SHA-256 of the file, hexadecimal; empty where there is none
    profiles: Mapping[str, Profile] = field(default_factory=dict)  #: its own ones; one may replace a built-in
    budgets: Budgets = field(default_factory=Budgets)

    def profile(self, name: str) -> Profile | None:
        """The profile of that name: the project's own, else the built-in; None where there is none."""
        return self.profiles.get(name) or BUILT_IN.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be named as a runner, in order."""
        return tuple(sorted(BUILT_IN.keys() | self.profiles.keys()))


def worker_environment(profile: Profile, environment: Mapping[str, str]) -> dict[str, str]:
    """What a worker gets of an environment: the common variables and those its profile names, and no other."""
    allowed = COMMON_ENVIRONMENT + profile.environment
    return {name: text for name, text in environment.items() if _is_named(name, allowed)}


def portable(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment means the same in a container."""
    return {name: text for name, text in environment.items() if not _is_named(name, HOST_ENVIRONMENT)}


def _is_named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
