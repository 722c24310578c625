"""Downloads with httpx on one event loop, a semaphore bounds the requests in flight.

Usage: httpx_asyncio.py FILES CONCURRENCY DEST
"""

import asyncio
import pathlib
import sys

import httpx


async def download(client, semaphore, url, dest):
    """Saves the body whatever the status is, and says whether there was a response."""
    async with semaphore:
        try:
            response = await client.get(url)
        except httpx.HTTPError as error:
            print(f"{url}: {error!r}", file=sys.stderr)
            return False
    name = response.url.path.rpartition("/")[2]
    await asyncio.to_thread((dest / name).write_bytes, response.content)
    return True


async def main(files, concurrency, dest):
    urls = pathlib.Path(files).read_text().split()
    semaphore = asyncio.Semaphore(int(concurrency))
    limits = httpx.Limits(max_connections=int(concurrency), max_keepalive_connections=int(concurrency))
    async with httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:
        downloads = [download(client, semaphore, url, pathlib.Path(dest)) for url in urls]
        answered = sum(await asyncio.gather(*downloads))
    print(f"{answered} of {len(urls)} answered")
    return answered < len(urls)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
