"""Downloads with aiohttp on one event loop, a semaphore bounds the requests in flight.

Usage: aiohttp_asyncio.py FILES CONCURRENCY DEST
"""

import asyncio
import pathlib
import sys

import aiohttp


async def download(session, semaphore, url, dest):
    """Saves the body whatever the status is, and says whether there was a response."""
    try:
        async with semaphore, session.get(url, allow_redirects=False) as response:
            body = await response.read()
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        print(f"{url}: {error!r}", file=sys.stderr)
        return False
    name = response.url.name
    await asyncio.to_thread((dest / name).write_bytes, body)
    return True


async def main(files, concurrency, dest):
    urls = pathlib.Path(files).read_text().split()
    semaphore = asyncio.Semaphore(int(concurrency))
    connector = aiohttp.TCPConnector(limit=int(concurrency))
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        downloads = [download(session, semaphore, url, pathlib.Path(dest)) for url in urls]
        answered = sum(await asyncio.gather(*downloads))
    print(f"{answered} of {len(urls)} answered")
    return answered < len(urls)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
