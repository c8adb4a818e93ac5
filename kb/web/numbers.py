"""Numbers in addresses."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST = 2**63 - 1
"""What both databases can hold."""


def path_number(request: Request, name: str = "id") -> int:
    """The number in the request's path; raises 404 for one that no row can have."""
    number: int = request.path_params[name]
    if number > LARGEST:
        raise HTTPException(404)
    return number
