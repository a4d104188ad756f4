"""One file from a web address, held in memory, or one clause that says why it cannot be had.

A mirror may refuse, redirect in circles, fall silent, trickle or never end: each costs seconds,
not the evening. Files of 12 MB need no place on the disk before they are checked.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from mnistlab.mnist import Unusable

if TYPE_CHECKING:
    import requests

__all__ = ["fetch"]

OPENING = 12.0  # seconds until the answer starts, redirects and all
SILENCE = 10.0  # seconds without a byte
GRACE = 15.0  # seconds before the speed counts
LEAST_SPEED = 30_000  # bytes a second on average; with MOST_BYTES it also bounds the whole time
MOST_BYTES = 2**24  # MNIST's largest file has 11.5 MB
MOST_REDIRECTS = 3
PIECE = 2**16


def fetch(address: str) -> bytes:
    """Return what stands at a web address, showing a progress bar; raise Unusable if it cannot.

    The content is not checked here: the arrays in it are, in `mnist`.
    """
    response = _open(address)
    with response:
        if response.status_code != 200:
            raise Unusable(f"it answered {response.status_code} {response.reason}".rstrip())
        return _body(response)


def _open(address: str) -> requests.Response:
    """Return the response to a GET, its body unread.

    A thread asks, because no time-out covers all of it: not the look-up of the name, and not
    headers that arrive one byte at a time. If it takes too long, it is left to itself.
    """
    answers: queue.Queue[requests.Response | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(_get(address))
        # Whatever it is, it belongs to the thread that waits.
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=OPENING)
    except queue.Empty:
        raise Unusable(f"it did not answer within {OPENING:g} s") from None
    if isinstance(answer, Exception):
        raise Unusable(_in_words(answer)) from answer
    return answer


def _get(address: str) -> requests.Response:
    import requests  # 0.1 s, and needed once in the life of a cache

    with requests.Session() as session:
        session.max_redirects = MOST_REDIRECTS
        return session.get(
            address,
            stream=True,
            timeout=(SILENCE, SILENCE),
            headers={"Accept-Encoding": "identity"},  # the files are packed already
        )


def _body(response: requests.Response) -> bytes:
    """Return a response's body, or raise Unusable once it is too slow, too long or cut short."""
    from tqdm.auto import tqdm
    from urllib3.exceptions import HTTPError

    declared = response.headers.get("Content-Length", "")
    length = int(declared) if declared.isdecimal() else None
    _refuse_too_much(length or 0)
    begun, content = time.monotonic(), bytearray()
    name = response.url.rsplit("/", 1)[-1]
    with tqdm(total=length, unit="B", unit_scale=True, desc=name, leave=False) as bar:
        try:
            # read1 returns what has arrived; read would wait for a full piece from a trickle.
            while piece := response.raw.read1(PIECE):
                content += piece
                bar.update(len(piece))
                _refuse_too_much(len(content))
                _refuse_too_slow(len(content), time.monotonic() - begun)
        except (HTTPError, OSError) as error:
            raise Unusable(f"it broke off after {len(content):,} bytes") from error
    return bytes(content)


def _refuse_too_much(length: int) -> None:
    if length > MOST_BYTES:
        raise Unusable(f"it sends more than {MOST_BYTES:,} bytes, which cannot be MNIST")


def _refuse_too_slow(length: int, seconds: float) -> None:
    if seconds > GRACE and length < LEAST_SPEED * seconds:
        raise Unusable(f"it is too slow ({length:,} bytes in {seconds:.0f} s)")


def _in_words(error: Exception) -> str:
    """Return what an exception of requests means, as the end of a sentence."""
    import requests

    meanings: list[tuple[type[Exception], str]] = [
        (requests.exceptions.Timeout, f"it did not answer within {SILENCE:g} s"),
        (requests.exceptions.ProxyError, "the proxy in between refused"),
        (requests.exceptions.SSLError, "no secure connection came about (a wrong clock? a proxy?)"),
        (requests.exceptions.TooManyRedirects, "it redirects in circles"),
        (requests.exceptions.ConnectionError, "it cannot be reached"),
    ]
    fitting = (words for kind, words in meanings if isinstance(error, kind))
    return next(fitting, f"asking it failed ({type(error).__name__})")
