"""`tremaux trust`: let a project's `tremaux.toml` run commands, as it is now."""

from argparse import Namespace

from tremaux_server.app import App
from tremaux_server.cli.session import project, show, with_app
from tremaux_server.replies.base import Reply
from tremaux_server.replies.gates import GatesReply, RevokedReply, TrustReply
from tremaux_tools.errors import BadArgument


def trust(options: Namespace) -> int:
    """Trust the project's settings as they are now, list what is trusted, or trust a project no more."""

    async def work(app: App) -> Reply:
        if options.list:
            return TrustReply.of(await app.services.trust.everything())
        settings, path, _ = await app.gates.known(project(options, app))
        if options.revoke:
            return RevokedReply(path=path, revoked=await app.services.trust.revoke(path))
        if not settings.digest:
            raise BadArgument(
                f"there is no {path}", "Write [gates.NAME] or [workers.NAME] with a command into it first."
            )
        await app.services.trust.add(path, settings.digest)
        return GatesReply.of(settings, path, trusted=True)

    show(with_app(options, work), options)
    return 0
