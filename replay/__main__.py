"""`python -m replay`: a git history -> commits replayed, or the first one whose plan is wrong."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from reconciler.errors import ReconcilerError
from replay.convert import convert
from replay.generate import CONTENT, generate
from replay.play import PUBLISHER, Deviation, play
from replay.plumbing import GitTrouble, git

_TOLD_EVERY = 50


def main(arguments: Sequence[str]) -> int:
    """1 when a plan was not its commit's difference, or when something can't be read."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.do(options) or 0)
    except Deviation as error:
        print(f"FOUND: {error}", file=sys.stderr)
    except (GitTrouble, ReconcilerError) as error:
        print(f"error: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m replay", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    made = commands.add_parser("generate", help="write a repository with a history to convert")
    made.add_argument("target", type=Path)
    _generating(made)
    made.set_defaults(do=_generate)

    converted = commands.add_parser("convert", help="any git history -> a publisher's history")
    converted.add_argument("source", type=Path)
    converted.add_argument("target", type=Path)
    _converting(converted)
    converted.set_defaults(do=_convert)

    run = commands.add_parser("run", help="replay a publisher's history, commit by commit")
    run.add_argument("repository", type=Path)
    run.add_argument("--ref", default="HEAD")
    run.add_argument("--path", default="", help="the folder of publisher.yaml")
    _running(run)
    run.set_defaults(do=_run)

    whole = commands.add_parser("all", help="generate or take a repository, convert it, replay it")
    whole.add_argument("repository", type=Path, nargs="?", help="default: one that is generated")
    for add in (_generating, _converting, _running):
        add(whole)
    whole.set_defaults(do=_all)
    return parser


def _generating(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--commits", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)


def _converting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ref", default="HEAD")
    parser.add_argument("--path", default="", help="the folder whose files count")
    parser.add_argument(
        "--first-parent",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="of a merge, what it changed on its branch; else all commits in their order",
    )
    parser.add_argument("--most", type=int, help="so many of the newest commits")
    parser.add_argument(
        "--pack-depth", type=int, default=1, help="how many folders below PATH make a pack"
    )


def _running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", help="a store that is not there yet; default: a temporary one")
    parser.add_argument(
        "--none-refused", action="store_true", help="a refused revision is a deviation"
    )
    parser.add_argument(
        "--every", type=int, default=1, help="look at everything at each so many commits only"
    )


def _generate(options: argparse.Namespace) -> None:
    generate(options.target, commits=options.commits, seed=options.seed)
    print(f"{options.target}: {options.commits:,} commits, of which {CONTENT}/ is to be converted")


def _convert(options: argparse.Namespace) -> None:
    made = convert(
        options.source,
        options.target,
        ref=options.ref,
        path=options.path,
        first_parent=options.first_parent,
        most=options.most,
        depth=options.pack_depth,
    )
    print(f"{options.target}: {made}", flush=True)


def _run(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    report = play(
        options.repository,
        ref=options.ref,
        folder=options.path,
        store_url=options.store,
        every=options.every,
        refusals=not options.none_refused,
        tell=_tell,
    )
    print(report.told(time.perf_counter() - started))
    return 0


def _all(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        if options.repository is None:
            options.source, options.path = Path(folder) / "source", CONTENT
            generate(options.source, commits=options.commits, seed=options.seed)
        else:
            options.source = options.repository
        if options.repository is None or not _is_publisher(options):
            options.target = Path(folder) / "publisher"
            _convert(options)
            options.repository, options.ref, options.path = options.target, "HEAD", ""
            options.none_refused = True
        return _run(options)


def _is_publisher(options: argparse.Namespace) -> bool:
    folder = options.path.strip("/")
    path = f"{folder}/{PUBLISHER}" if folder else PUBLISHER
    found = git(options.repository, "ls-tree", "--full-tree", options.ref, "--", path)
    if not found:
        return False
    content = git(options.repository, "cat-file", "blob", found.split()[2].decode())
    return b"reconciler/v1" in content


def _tell(done: int, total: int) -> None:
    if done % _TOLD_EVERY == 0 and done != total:
        print(f"{done:,} of {total:,} commits", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
