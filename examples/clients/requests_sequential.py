"""Downloads one file after the other with requests, over one connection.

Usage: requests_sequential.py FILES CONCURRENCY DEST   (CONCURRENCY is ignored)
"""

import pathlib
import sys
import urllib.parse

import requests


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


def main(files, _concurrency, dest):
    urls = pathlib.Path(files).read_text().split()
    with requests.Session() as session:
        session.trust_env = False  # no proxy of the environment
        answered = sum(download(session, url, pathlib.Path(dest)) for url in urls)
    print(f"{answered} of {len(urls)} answered")
    return answered < len(urls)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
