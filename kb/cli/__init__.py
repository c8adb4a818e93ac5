"""The command `deskbook`. Exit codes: 0 good, 1 findings or failure, 2 usage or settings.

Only click is imported here and at the top of each command's file, so that `--help` is instant.
"""

import click

from kb import __version__
from kb.cli.checking import check
from kb.cli.configuration import config
from kb.cli.doctor import doctor
from kb.cli.keys import api_key
from kb.cli.people import user
from kb.cli.refusal import Deskbook
from kb.cli.report import report
from kb.cli.schema import migrate
from kb.cli.searching import index, search
from kb.cli.serve import serve
from kb.cli.work import worker


@click.group(cls=Deskbook, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """A help centre and support desk that keeps its articles in git.

    Every setting is a variable DESKBOOK_..., or a line of deskbook.toml: see `deskbook config`.
    """


for command in (serve, worker, migrate, check, index, search, user, api_key, report, config, doctor):
    main.add_command(command)
