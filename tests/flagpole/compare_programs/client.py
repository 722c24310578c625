"""A program under comparison that misbehaves as its first argument says."""

import os
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

mode, files, concurrency, root = sys.argv[1:5]
urls = open(files).read().split()


def get(url):
    try:
        with urllib.request.urlopen(url) as response:
            return len(response.read()) > 0
    except OSError:
        return False
    except Exception:
        return False


def fork_away():
    """Leaves a process behind that has another session and another parent."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", sys.argv[5]])
        os._exit(0)
    os.wait()


if mode == "none":
    sys.exit("wrong \x1b[31mport")
if mode == "other":
    get(root + "/robots.txt")
if mode in ("away", "hang"):
    fork_away()
if mode == "skip":
    urls = urls[:-1]
with ThreadPoolExecutor(int(concurrency)) as pool:
    arrived = list(pool.map(get, urls))
    if mode == "retry":
        missing = [url for url, ok in zip(urls, arrived) if not ok]
        list(pool.map(get, missing))
    if mode == "twice":
        list(pool.map(get, urls))
if mode == "hang":
    time.sleep(1000)
if mode == "fail":
    sys.exit("first line\nlast \x1b[31mline")
