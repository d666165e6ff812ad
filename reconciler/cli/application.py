"""The names of the commands -> commands, each imported only when it is asked for."""

from importlib import import_module
from typing import TYPE_CHECKING

import click

from reconciler import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_SUMMARIES = {
    "init": "Write a small valid publisher repository to start from.",
    "validate": "Check the manifests of a revision, or of the working tree.",
    "plan": "Show what apply would do, and change nothing.",
    "impact": "Show whom a release hits and when, and what accounts have to fill in.",
    "apply": "Make the install base what a revision says: one pass.",
    "run": "Fetch and reconcile again and again, on a schedule and when something is due.",
    "serve": "Serve the HTTP API, and pages for accounts and publishers.",
    "work": "Help the pass that goes on to move attachments; for stores on PostgreSQL.",
    "status": "Show what runs: every pack with its releases and attachments.",
    "attachments": "List attachments with what each runs, should run, and why.",
    "history": "List the moves of attachments from release to release.",
    "events": "List the audit log.",
    "why": "Say why an account runs what it runs, and what comes next.",
    "calendar": "Show what will happen in the next days without a new commit.",
    "release": "Write the manifest of a new release of a pack.",
    "reschedule": "Give the pending release of a pack another date.",
    "withdraw": "Take the pending release of a pack back.",
    "outdated": "List packs that could be released with newer components.",
    "package": "Write the manifest of a new version of a packaged component.",
    "import": "Write the manifests of an existing estate, and record what it runs.",
    "fmt": "Bring manifests into their one form, comments kept.",
    "account": "What an account does for itself: adopt, choose a slot, install, configure.",
    "token": "Who may use the HTTP API and the pages: create, list and revoke tokens.",
    "notify": "Who is told of what, and how; and what became of it.",
    "agent": "Keep a folder equal to what an account should run, and report it.",
    "store": "Look after the store: migrate, check, backup, export, rebuild.",
    "comment": "Post a plan as one comment on a pull or merge request, edited in place.",
    "schema": "Print the JSON Schema of a kind of manifest.",
    "completion": "Print the script that completes commands in bash, zsh or fish.",
}

_MODULES = {"import": "importing"}  # a module can't have the name of a keyword


class LazyCommands(click.Group):
    """Lists the commands without importing them, so that --version and --help are quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_SUMMARIES)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _SUMMARIES:
            return None
        module = _MODULES.get(cmd_name, cmd_name)
        found: click.Command = import_module(f"reconciler.cli.{module}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _SUMMARIES:
            raise click.UsageError(f'there is no command "{args[0]}"{_nearest(args[0])}', ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> "list[CompletionItem[click.Command]]":
        from click.shell_completion import CompletionItem

        fitting = (item for item in _SUMMARIES.items() if item[0].startswith(incomplete))
        commands = [CompletionItem(name, help=summary) for name, summary in fitting]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, _SUMMARIES, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


@click.group(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: reconciler init DIR. Every command shows examples with --help.",
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
def commands() -> None:
    """Releases integration packs from git to every managed account, exactly once.

    A publisher keeps packs, releases, account groups and attachments as YAML in a git repository.
    The reconciler compares a revision with the install base, its store, and makes the one like the
    other: immediate releases at once, scheduled ones inside their window.

    REPO is a working copy, a bare repository, a folder inside one, or the URL of a remote; by
    default it is the folder that you are in.
    """
