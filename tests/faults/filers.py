"""People who file requests while the site is stopped, killed or copied, and what they find afterwards."""

import hashlib
import http.client
import re
import threading
from contextlib import closing

from tests.faults.processes import Filed, Served, file_request, wait_for

AT_ONCE = 4


class Filers:
    """People who file one request after the other until the site is gone."""

    def __init__(self, served: Served, first_number: int) -> None:
        self.filed: list[Filed] = []
        self.refused: list[AssertionError] = []
        self._served = served
        self._threads = [threading.Thread(target=self._file, args=(first_number + place * 100_000,)) for place in range(AT_ONCE)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        """Returns when at least `count` were acknowledged, or one was refused."""
        wait_for(lambda: len(self.filed) >= count or self.refused)

    def join(self) -> None:
        """Returns when all have met the end of the site."""
        for thread in self._threads:
            thread.join()

    def _file(self, number: int) -> None:
        while not self.refused:
            number += 1
            try:
                with closing(self._served.connect()) as connection:
                    self.filed.append(file_request(self._served, connection, number))
            except (OSError, http.client.HTTPException):
                return
            except AssertionError as error:
                self.refused.append(error)


def require_whole(served: Served, filed: Filed) -> None:
    """Fails unless the request is on its page, its file as it was sent."""
    status, page = served.get(filed.page)
    assert status == 200
    assert filed.subject in page.decode()
    found = re.search(rf'href="({re.escape(filed.page)}/attachments/[^"]+)"', page.decode())
    assert found, filed
    status, content = served.get(found[1])
    assert (status, hashlib.sha256(content).hexdigest()) == (200, filed.file_sha256)
