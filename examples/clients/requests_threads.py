"""Downloads with requests on a pool of threads.

Usage: requests_threads.py FILES CONCURRENCY DEST
"""

import pathlib
import sys
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter


def file_name(url):
    return urllib.parse.urlsplit(url).path.rpartition("/")[2]


def download(session, url, dest):
    """Saves the body whatever the status is, and says whether there was a response."""
    try:
        response = session.get(url, timeout=30, allow_redirects=False)
    except requests.RequestException as error:
        print(f"{url}: {error!r}", file=sys.stderr)
        return False
    (dest / file_name(url)).write_bytes(response.content)
    return True


def main(files, concurrency, dest):
    urls = pathlib.Path(files).read_text().split()
    with requests.Session() as session, ThreadPoolExecutor(int(concurrency)) as pool:
        session.trust_env = False  # no proxy of the environment
        # By default the pool keeps ten connections, and closes those beyond.
        session.mount("http://", HTTPAdapter(pool_maxsize=int(concurrency)))
        answered = sum(pool.map(lambda url: download(session, url, pathlib.Path(dest)), urls))
    print(f"{answered} of {len(urls)} answered")
    return answered < len(urls)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
