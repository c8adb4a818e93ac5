"""Numbers in addresses."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kb.text.whole_number import LARGEST, parse_whole_number


def path_number(request: Request, name: str = "id") -> int:
    """The number in the request's path; raises 404 for one that no row can have."""
    number: int = request.path_params[name]
    if number > LARGEST:
        raise HTTPException(404)
    return number


def query_number(request: Request, name: str, *, usual: int = 1, least: int = 1, most: int) -> int:
    """Return the number in the request's query, brought between `least` and `most`; `usual` where there is none."""
    number = parse_whole_number(request.query_params.get(name, ""))
    return usual if number is None else min(max(number, least), most)
