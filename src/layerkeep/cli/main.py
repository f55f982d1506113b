"""`layerkeep`: finds the command's file, and turns every failure we know into one clear line."""

import importlib
import os
import sys

import click

from layerkeep import __version__
from layerkeep.core.errors import LayerkeepError, OperatorError

COMMANDS = (
    "init", "check", "presets", "run", "demo", "devnet", "status", "top", "incidents", "incident",
    "maintenance", "messages", "trace", "rules", "runbooks", "runs", "owners", "oncall", "decode",
    "replay", "rebuild", "sim", "drill", "bench", "schema", "audit", "pages",
)  # fmt: skip

ACTING = (
    *("audit", "incident", "incidents", "maintenance", "oncall", "owners", "pages", "runbooks"),
    "runs",
)
"""Commands that live in a folder of their own."""


class Commands(click.Group):
    """Commands found by name, each imported only when it is used."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Every command, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        home = "acting." if cmd_name in ACTING else ""
        module = importlib.import_module(f"layerkeep.cli.{home}{cmd_name}")
        command: click.Command = module.command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="layerkeep")
def cli() -> None:
    """Follow an L1, its L2s and their L3s as one system."""


def main() -> None:
    """Run the command line; exit code 1 when the world fails us, 2 when the operator must act."""
    try:
        code = cli(standalone_mode=False)  # an exit asked for by a command is returned
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except LayerkeepError as error:
        click.echo(f"layerkeep: {error}", err=True)
        sys.exit(2 if isinstance(error, OperatorError) else 1)
