"""The page that lists content files with errors."""

from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts.sessions import require_staff
from kb.articles.catalog.broken_files import broken_files
from kb.articles.catalog.library import Library
from kb.web.templates import render
from search.writers.rules_file import read_rules


def show(request: Request) -> Response:
    """Return the page with errors first, then what is only worth a look."""
    user = require_staff(request)
    library = cast(Library, request.app.state.library)
    catalog, rules = library.catalog, read_rules(request.app.state.settings.content)[1]
    context = {
        "user": user,
        "broken": broken_files(catalog),
        "search_errors": [problem for problem in rules if problem.is_error],
        "warnings": [problem for problem in (*catalog.problems, *rules) if not problem.is_error],
        "dates": library.history.problem,
        "articles": len(catalog.articles),
    }
    return render(request, "desk/content_problems.html", context)
