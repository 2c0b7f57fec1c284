"""Our kinds held against a maintained detector: what it finds it finds no more.

Samples are put together here, so that no scanner takes this file for a leak.
"""

import base64

import pytest
from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from tremaux_tools.core.redact import redact

HEX = "0123456789abcdef" * 8
ANY = "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1z" * 8
UPPER = "A2B3C4D5E6F7G2H3J4K5" * 4


def of(detector: type[RegexBasedDetector], *parts: str, name: str = "") -> object:
    return pytest.param(detector(), "".join(parts), id=name or detector.secret_type)


@pytest.mark.parametrize(
    ("detector", "line"),
    [
        of(ArtifactoryDetector, "key: AKC", "p", ANY[:69]),
        of(AWSKeyDetector, "AKI", "A", UPPER[:16]),
        of(AWSKeyDetector, "ASI", "A", UPPER[:16], name="AWS session key"),
        of(AWSKeyDetector, "aws_secret_access_key = '", ANY[:40], "'", name="AWS secret key"),
        of(AzureStorageKeyDetector, "EndpointSuffix=x;Account", "Key=", ANY[:86], "==;"),
        of(BasicAuthDetector, "https://me:", ANY[:12], "@example.org"),
        of(CloudantDetector, "cloudant_apikey = '", HEX[:64], "'"),
        of(CloudantDetector, "https://me:", HEX[:64], "@me.cloudant.com", name="Cloudant URL"),
        of(DiscordBotTokenDetector, base64.b64encode(b"123456789012345678").decode(), ".", ANY[:6], ".", ANY[:27]),
        of(GitHubTokenDetector, "token ghp", "_", ANY[:36]),
        of(GitLabTokenDetector, "glp", "at-", ANY[:20]),
        of(GitLabTokenDetector, "GR1348", "941", ANY[:20], name="GitLab runner token"),
        of(GitLabTokenDetector, "glcb", "t-64_", ANY[:20], name="GitLab job token"),
        of(GitLabTokenDetector, "glagen", "t-", ANY[:50], name="GitLab agent token"),
        of(IbmCloudIamDetector, "ibm_cloud_iam_api_key: ", ANY[:44]),
        of(IbmCosHmacDetector, "cos_hmac_secret_access_key = '", HEX[:48], "'"),
        of(JwtTokenDetector, "ey", "JhbGciOiJIUzI1NiJ9", ".ey", "JzdWIiOiIxIn0", ".", ANY[:43]),
        of(MailchimpDetector, HEX[:32], "-us12"),
        of(NpmDetector, "//registry.npmjs.org/:_auth", "Token=npm", "_", ANY[:36]),
        of(NpmDetector, "//registry.npmjs.org/:_auth", "Token=12345678-abcd-4bcd-9bcd-123456789abc", name="npm uuid"),
        of(OpenAIDetector, "sk-", "proj-", ANY[:20], "T3Blbk", "FJ", ANY[:20]),
        of(PrivateKeyDetector, "-----BEGIN ", "OPENSSH PRIVATE KEY-----\n", ANY[:60]),
        of(PrivateKeyDetector, "-----BEGIN ", "PGP PRIVATE KEY BLOCK-----\n\n", ANY[:60], name="PGP key"),
        of(PrivateKeyDetector, "---- BEGIN ", "SSH2 ENCRYPTED PRIVATE KEY ----\n", ANY[:60], name="SSH2 key"),
        of(PrivateKeyDetector, "PuTTY-User-Key-", "File-2: ssh-rsa\nx\nPrivate-", "MAC: ", HEX[:40], name="PuTTY key"),
        of(PypiTokenDetector, "pypi", "-AgEIcHlwaS5vcmc", ANY[:80]),
        of(SendGridDetector, "S", "G.", ANY[:22], ".", ANY[:43]),
        of(SlackDetector, "xox", "b-1234567890-", ANY[:24]),
        of(SlackDetector, "https://hooks.", "slack.com/services/T01234567/B01234567/", ANY[:24], name="Slack webhook"),
        of(SoftlayerDetector, "softlayer_api_key = '", HEX[:64], "'"),
        of(SquareOAuthDetector, "sq0", "csp-", ANY[:43]),
        of(StripeDetector, "sk", "_live_", ANY[:24]),
        of(StripeDetector, "rk", "_live_", ANY[:24], name="Stripe restricted key"),
        of(TelegramBotTokenDetector, "bot123456789", ":AA", ANY[:33]),
        of(TwilioKeyDetector, "S", "K", HEX[:32]),
    ],
)
def test_a_maintained_detector_finds_nothing_in_what_was_redacted(detector: RegexBasedDetector, line: str) -> None:
    assert any(list(detector.analyze_string(each)) for each in line.split("\n"))

    found = redact(line)

    assert found.count == 1
    assert not any(list(detector.analyze_string(each)) for each in found.text.split("\n"))
