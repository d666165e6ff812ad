"""`reconciler completion`: a shell -> the script by which it completes commands and options."""

import click

VARIABLE = "_RECONCILER_COMPLETE"
_PROGRAM = "reconciler"
_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(_SHELLS))
def command(shell: str) -> int:
    """Print the script by which a shell completes commands, options and folders.

    It asks the program that is on the PATH, so that it stays right when that is updated.

    \b
    Put the output where your shell looks, and start a new one:
      bash (4.4 or newer)  ~/.local/share/bash-completion/completions/reconciler
      zsh                  _reconciler in a folder of $fpath, before compinit runs
      fish                 ~/.config/fish/completions/reconciler.fish

    \b
    Examples:
      reconciler completion bash > ~/.local/share/bash-completion/completions/reconciler
      reconciler completion zsh > ~/.zfunc/_reconciler
      reconciler completion fish > ~/.config/fish/completions/reconciler.fish
      eval "$(reconciler completion bash)"
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from reconciler.cli import output
    from reconciler.cli.application import commands

    kind = get_completion_class(shell)
    assert kind is not None
    # bash's own source() first starts a bash to ask for its version.
    output.write(ShellComplete.source(kind(commands, {}, _PROGRAM, VARIABLE)).strip() + "\n")
    return 0


def complete(instruction: str) -> int:
    """Answers the script of a shell: what fits the words in the environment, on stdout.

    `instruction` is what the script puts into VARIABLE. Whatever is wrong with the words, nothing
    is completed and nothing is said: somebody is typing.
    """
    from click.shell_completion import shell_complete

    from reconciler.cli.application import commands

    try:
        return shell_complete(commands, {}, _PROGRAM, VARIABLE, instruction)
    except KeyboardInterrupt:
        return 130
    except Exception:
        return 1
