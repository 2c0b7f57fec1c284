"""Tokens of issuers; put together here, so that no scanner takes this file for a leak."""

import pytest

from tremaux_tools.core.redact import redact

HEX = "0123456789abcdef" * 40
ANY = "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1z" * 20
UPPER = "A2B3C4D5E6F7G2H3J4K5" * 4


@pytest.mark.parametrize(
    ("kind", "begin", "rest"),
    [
        ("age-key", "AGE-SECRET-KEY", f"-1{UPPER[:58]}"),
        ("airtable-token", "pat", f"{ANY[:14]}.{HEX[:64]}"),
        ("api-key", "sk-ant", f"-api03-{ANY[:93]}"),
        ("api-key", "gsk", f"_{ANY[:52]}"),
        ("artifactory-key", "cmVmd", f"Gtu{ANY[:56]}"),
        ("atlassian-token", "ATAT", f"T3{ANY[:186]}"),
        ("atlassian-token", "ATB", f"B{ANY[:32]}"),
        ("azure-secret", "abc8", f"Q~{ANY[:34]}"),
        ("buildkite-token", "bkua", f"_{HEX[:40]}"),
        ("circleci-token", "CCIPAT", f"_{ANY[:22]}_{HEX[:40]}"),
        ("clojars-token", "CLOJARS", f"_{HEX[:60]}"),
        ("crates-token", "ci", f"o{ANY[:32]}"),
        ("databricks-token", "dap", f"i{HEX[:32]}"),
        ("digitalocean-token", "dop", f"_v1_{HEX[:64]}"),
        ("discord-webhook", "discord", f".com/api/webhooks/123456789012345678/{ANY[:68]}"),
        ("docker-token", "dckr", f"_pat_{ANY[:27]}"),
        ("doppler-token", "dp", f".pt.{ANY[:43]}"),
        ("dynatrace-token", "dt0", f"c01.{UPPER[:24]}.{UPPER[:64]}"),
        ("figma-token", "figd", f"_{ANY[:40]}"),
        ("fly-token", "fm2", f"_{ANY[:200]}"),
        ("github-token", "github", f"_pat_{ANY[:22]}_{ANY[:59]}"),
        ("google-key", "AI", f"za{ANY[:35]}"),
        ("google-secret", "GOCSPX", f"-{ANY[:28]}"),
        ("google-token", "ya29", f".{ANY[:100]}"),
        ("grafana-token", "glsa", f"_{ANY[:32]}_{HEX[:8]}"),
        ("grafana-token", "glc", f"_eyJ{ANY[:100]}"),
        ("heroku-key", "HRKU", f"-AA{ANY[:58]}"),
        ("huggingface-token", "hf", f"_{ANY[:34]}"),
        ("langsmith-key", "lsv2", f"_pt_{HEX[:32]}_{HEX[:10]}"),
        ("linear-key", "lin", f"_api_{ANY[:40]}"),
        ("mailgun-key", "ke", f"y-{HEX[:32]}"),
        ("netlify-token", "nfp", f"_{ANY[:36]}"),
        ("newrelic-key", "NRAK", f"-{UPPER[:27]}"),
        ("notion-token", "ntn", f"_{ANY[:46]}"),
        ("npm-token", "npm", f"_{ANY[:36]}"),
        ("nuget-key", "oy", f"2{HEX[:43]}"),
        ("onepassword-token", "ops", f"_eyJ{ANY[:300]}"),
        ("planetscale-token", "pscale", f"_tkn_{ANY[:43]}"),
        ("postman-key", "PMAK", f"-{HEX[:24]}-{HEX[:34]}"),
        ("pulumi-token", "pul", f"-{HEX[:40]}"),
        ("replicate-token", "r8", f"_{ANY[:37]}"),
        ("rubygems-key", "rubygems", f"_{HEX[:48]}"),
        ("sentry-token", "sntryu", f"_{HEX[:64]}"),
        ("sentry-token", "sntrys", f"_eyJ{ANY[:120]}"),
        ("shopify-token", "shpat", f"_{HEX[:32]}"),
        ("slack-token", "xapp", f"-1-A{UPPER[:10]}-1234567890123-{HEX[:64]}"),
        ("slack-token", "xoxe", f".xoxp-1-{ANY[:60]}"),
        ("stripe-key", "whsec", f"_{ANY[:32]}"),
        ("supabase-key", "sbp", f"_{HEX[:40]}"),
        ("supabase-key", "sb", f"_secret_{ANY[:31]}"),
        ("tailscale-key", "tskey", f"-auth-{ANY[:12]}-{ANY[:32]}"),
        ("terraform-token", f"{ANY[:14]}", f".atlasv1.{ANY[:67]}"),
        ("vault-token", "hvs", f".{ANY[:90]}"),
    ],
)
def test_a_token_is_hidden_by_its_kind(kind: str, begin: str, rest: str) -> None:
    assert redact(f"got '{begin}{rest}', which is refused").text == f"got '[redacted:{kind}]', which is refused"
    assert redact(f"\n{begin}{rest}\n").text == f"\n[redacted:{kind}]\n"
    assert redact(f"a{begin}{rest[:8]} b").count == 0


@pytest.mark.parametrize("begin", ["eyJ", "sk-", "ghp_", "xoxb-", "pypi-", "ya29.", "fm2_", "hvs.", "key-", "SG."])
@pytest.mark.parametrize("between", ["-", ".", "_", "a1", " ", ""])
def test_a_flood_of_beginnings_holds_no_token(begin: str, between: str) -> None:
    flood = f"{between}{begin}" * 20_000

    assert len(redact(flood).text) <= len(flood)
