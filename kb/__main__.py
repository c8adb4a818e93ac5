"""`python -m kb` is `deskbook`."""

from kb.site.cli import main

main(prog_name="deskbook")
