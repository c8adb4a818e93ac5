"""The command `deskbook`. Exit codes: 0 good, 1 findings or failure, 2 usage or settings.

Only click is imported here and at the top of each command's file, so that `--help` is instant.
"""

import click

from kb import __version__
from kb.site.cli.api_key import api_key
from kb.site.cli.check import check
from kb.site.cli.config import config
from kb.site.cli.doctor import doctor
from kb.site.cli.index_tickets import index_tickets
from kb.site.cli.migrate import migrate
from kb.site.cli.report import report
from kb.site.cli.search import index, search
from kb.site.cli.serve import serve
from kb.site.cli.terminal.refusal import Deskbook
from kb.site.cli.user import user
from kb.site.cli.worker import worker


@click.group(cls=Deskbook, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """A help centre and support desk that keeps its articles in git.

    Every setting is a variable DESKBOOK_..., or a line of deskbook.toml: see `deskbook config`.
    """


for command in (serve, worker, migrate, check, index, index_tickets, search, user, api_key, report, config, doctor):
    main.add_command(command)
