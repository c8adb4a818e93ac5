"""The refusal of a request that needs somebody signed in."""

from starlette.exceptions import HTTPException


class SignedOut(HTTPException):
    """Nobody is signed in; `sign_in` is the address of the sign-in page that leads back. What was typed is shown again (401), else it is a redirect."""

    def __init__(self, sign_in: str) -> None:
        super().__init__(401)
        self.sign_in = sign_in
