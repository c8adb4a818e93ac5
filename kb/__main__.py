"""`python -m kb` is `deskbook`."""

from kb.cli import main

main(prog_name="deskbook")
