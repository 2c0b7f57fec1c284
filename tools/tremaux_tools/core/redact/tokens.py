"""Secrets that tell by their shape alone what they are: the tokens of issuers who give them a prefix.

The formats are what the issuers publish, and what the maintained detectors (gitleaks, detect-secrets, GitHub's secret
scanning) agree on. A prefix two letters long counts only with the exact length of what follows.
"""

import re
from collections.abc import Collection
from functools import lru_cache

from tremaux_tools.core.redact.edits import Edit

# Kind, the letters that tokens of it begin with, and what follows them.
# Quantifiers are bounded and possessive, so a hostile line cannot make a shape slow.
_TOKENS = (
    ("age-key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
    ("airtable-token", "pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("api-key", "gsk_ pplx- xai-", r"[A-Za-z0-9]{48,84}+"),  # Groq, Perplexity, xAI
    ("api-key", "sk-", r"(?=[A-Za-z_-]{0,255}+\d)(?:[a-z0-9]{2,10}-){0,3}[A-Za-z0-9_-]{20,255}+"),  # OpenAI, Anthropic
    ("artifactory-key", "AKC", r"[A-Za-z0-9]{61,80}+"),
    ("artifactory-key", "cmVmdGtu", r"[A-Za-z0-9]{56}"),
    ("atlassian-token", "ATATT3 ATCTT3", r"[A-Za-z0-9_=-]{100,400}+"),
    ("atlassian-token", "ATBB", r"[A-Za-z0-9]{32}\b"),
    ("aws-key", "AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}\b"),
    ("buildkite-token", "bkua_", r"[a-f0-9]{40}"),
    ("circleci-token", "CCIPAT_ CCIPRJ_", r"[A-Za-z0-9]{22}_[a-f0-9]{40}"),
    ("clojars-token", "CLOJARS_", r"[a-z0-9]{60}"),
    ("crates-token", "cio", r"[A-Za-z0-9]{32}\b"),
    ("databricks-token", "dapi", r"[a-f0-9]{32}\b"),
    ("digitalocean-token", "doo_v1_ dop_v1_ dor_v1_", r"[a-f0-9]{64}"),
    # The first part is a number in base 64, in which a digit can be but few letters.
    (
        "discord-token",
        "MD MT Mj Mz ND NT Nj Nz OD OT Oj Oz",
        r"[AEIMQUYcgk][w-z0-5][A-Za-z0-9]{20,24}+\.[\w-]{6}\.[\w-]{27,40}+",
    ),
    ("discord-webhook", "discord.com/api/ discordapp.com/api/", r"(?:v\d\d?/)?webhooks/\d{15,22}/[\w-]{60,80}+"),
    ("docker-token", "dckr_oat_ dckr_pat_", r"[A-Za-z0-9_-]{27,40}+"),
    ("doppler-token", "dp.", r"(?:audit|ct|pt|sa|scim|st)\.[A-Za-z0-9._-]{40,80}+"),
    ("dynatrace-token", "dt0", r"[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("figma-token", "figd_ figo_ figu_", r"[A-Za-z0-9_-]{40,60}+"),
    ("fly-token", "fm1_ fm1a_ fm1r_ fm2_", r"[A-Za-z0-9+/=]{100,4000}+"),
    ("github-token", "gho_ ghp_ ghr_ ghs_ ghu_", r"[A-Za-z0-9]{36,255}+"),
    ("github-token", "github_pat_", r"[A-Za-z0-9_]{50,255}+"),
    (
        "gitlab-token",
        "GR1348941 glagent- glcbt- gldt- glffct- glft- glimt- gloas- glpat- glptt- glrt- glrtr- glsoat-",
        r"[A-Za-z0-9_.-]{20,255}+",
    ),
    ("google-key", "AIza", r"[A-Za-z0-9_-]{35}(?![\w-])"),
    ("google-secret", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    ("google-token", "ya29.", r"[A-Za-z0-9_-]{30,2000}+"),
    ("grafana-token", "glsa_", r"[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    ("grafana-token", "glc_eyJ", r"[A-Za-z0-9+/=]{32,400}+"),
    ("heroku-key", "HRKU-", r"[A-Za-z0-9_-]{36,80}+"),
    ("huggingface-token", "api_org_ hf_", r"[A-Za-z0-9]{34}\b"),
    ("jwt", "eyJ", r"[A-Za-z0-9_-]{8,4000}+\.eyJ[A-Za-z0-9_-]{8,8000}+\.[A-Za-z0-9_-]{8,1000}+"),
    ("langsmith-key", "lsv2_pt_ lsv2_sk_", r"[a-f0-9]{32}_[a-f0-9]{10}"),
    ("linear-key", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{40,64}+"),
    ("mailgun-key", "key-", r"[a-f0-9]{32}\b"),
    ("netlify-token", "nfc_ nfp_", r"[A-Za-z0-9]{36}\b"),
    ("newrelic-key", "NRAK-", r"[A-Z0-9]{27}"),
    ("notion-token", "ntn_ secret_", r"[A-Za-z0-9]{43,60}+\b"),
    ("npm-token", "npm_", r"[A-Za-z0-9]{36}\b"),
    ("nuget-key", "oy2", r"[a-z0-9]{43}\b"),
    ("onepassword-token", "ops_eyJ", r"[A-Za-z0-9+/=_-]{200,4000}+"),
    ("planetscale-token", "pscale_oauth_ pscale_pw_ pscale_tkn_", r"[A-Za-z0-9._=-]{32,64}+"),
    ("postman-key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    ("pulumi-token", "pul-", r"[a-f0-9]{40}\b"),
    ("pypi-token", "pypi-", r"[A-Za-z0-9_-]{50,255}+"),
    ("replicate-token", "r8_", r"[A-Za-z0-9]{37}\b"),
    ("rubygems-key", "rubygems_", r"[a-f0-9]{48}"),
    ("sendgrid-key", "SG.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("sentry-token", "sntrys_eyJ", r"[A-Za-z0-9+/=_-]{80,400}+"),
    ("sentry-token", "sntryu_", r"[a-f0-9]{64}"),
    ("shopify-token", "shpat_ shpca_ shppa_ shpss_", r"[A-Fa-f0-9]{32}"),
    ("slack-token", "xoxa- xoxb- xoxe- xoxe.xoxb- xoxe.xoxp- xoxo- xoxp- xoxr- xoxs-", r"[A-Za-z0-9-]{10,255}+"),
    ("slack-token", "xapp-", r"\d-[A-Za-z0-9-]{20,255}+"),
    (
        "slack-webhook",
        "hooks.slack.com/services/ hooks.slack.com/triggers/ hooks.slack.com/workflows/",
        r"\w{6,20}/[\w/]{10,100}+",
    ),
    ("square-token", "sq0", r"[a-z]{3}-[A-Za-z0-9_-]{22,43}+"),
    ("stripe-key", "pk_live_ pk_test_ rk_live_ rk_test_ sk_live_ sk_test_", r"[A-Za-z0-9]{10,255}+"),
    ("stripe-key", "whsec_", r"[A-Za-z0-9+/=]{24,100}+"),
    ("supabase-key", "sbp_", r"[a-f0-9]{40}"),
    ("supabase-key", "sb_secret_", r"[A-Za-z0-9_-]{20,60}+"),
    ("tailscale-key", "tskey-", r"[a-z]{3,10}-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{20,60}+"),
    ("twilio-key", "SK", r"[a-f0-9]{32}\b"),
    ("vault-token", "hvb. hvr. hvs.", r"[A-Za-z0-9_-]{24,400}+"),
)


_SHAPES = sorted((begin, rest, kind) for kind, begins, rest in _TOKENS for begin in begins.split())
TOKEN_HINTS = tuple(dict.fromkeys(begin for begin, _, _ in _SHAPES))  # a text with a token has one, spelled so
TOKEN_KINDS = frozenset(kind for _, _, kind in _SHAPES)


@lru_cache(maxsize=256)
def _scanner(begins: tuple[str, ...]) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """One pattern of all shapes that begin so, and the kind that each of its groups stands for.

    An alternation that branches on plain letters is searched many times faster than the shapes one by one; the empty
    group at a shape's end tells which it was. A token begins where no other goes on: that bounds the work on a flood.
    """
    shapes = [shape for shape in _SHAPES if shape[0] in begins]
    letters: dict[str, list[str]] = {}
    for begin, rest, _ in shapes:
        letters.setdefault(begin[0], []).append(f"{re.escape(begin[1:])}{rest}()")
    branches = (rf"{letter}(?<![\w-]{letter})(?:{'|'.join(rests)})" for letter, rests in letters.items())
    return re.compile("|".join(branches)), tuple(kind for _, _, kind in shapes)


def tokens(text: str, hints: Collection[str]) -> list[Edit]:
    """The edits that take tokens out, in order; `hints` are those of `TOKEN_HINTS` that the text may have."""
    if not hints:
        return []
    begins = tuple([hint for hint in TOKEN_HINTS if hint in hints and hint in text])
    if not begins:
        return []
    scanner, kinds = _scanner(begins)
    return [Edit.of(match.span(), kinds[(match.lastindex or 0) - 1]) for match in scanner.finditer(text)]
