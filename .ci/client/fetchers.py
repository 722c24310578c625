"""One function for each client: fetches a URL once for each request number on one session, which may keep connections.

Each yields a status and a body, or the text of the error, with the errors that caused it.
"""
import asyncio, base64, contextlib, http.client, importlib.util, json, pathlib, shutil, subprocess, tempfile
import urllib.parse

TIMEOUT = 5  # seconds without an event: much longer than a response without a fault takes
REDIRECTS = 5


def describe(error):
    """The types and messages of an error and of its causes."""
    texts, seen = [], set()
    while error and id(error) not in seen:
        seen.add(id(error))
        texts.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return "; ".join(texts)


def each(numbers, get):
    for number in numbers:
        try:
            yield get({"Flagpole-Nth": str(number)})
        except Exception as error:  # whatever a library raises is the result
            yield describe(error)


def curl(url, numbers):
    with tempfile.TemporaryDirectory() as folder:
        command = ["curl"]
        for index, number in enumerate(numbers):
            command += ["--next"] * (index > 0) + ["-sS", "-L", "--max-redirs", str(REDIRECTS), "-m", str(TIMEOUT)]
            command += ["-H", f"Flagpole-Nth: {number}", "-o", f"{folder}/{index}", url]
            command += ["-w", r"%{exitcode}\t%{http_code}\t%{errormsg}\n"]
        output = subprocess.run(command, capture_output=True, text=True).stdout
        for index, line in enumerate(output.splitlines()):
            (code, status, error), file = line.split("\t"), pathlib.Path(folder, str(index))
            body = file.read_bytes() if file.exists() else b""
            yield (int(status), body) if code == "0" else f"curl {code}: {error}"


def http_client(url, numbers):
    parts = urllib.parse.urlsplit(url)

    def get(fields):
        connection.request("GET", parts.path, headers=fields)
        response = connection.getresponse()
        return response.status, response.read()

    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)) as connection:
        yield from each(numbers, get)


def requests(url, numbers):
    with importlib.import_module("requests").Session() as session:
        session.max_redirects = REDIRECTS
        yield from each(numbers, lambda fields: content(session.get(url, headers=fields, timeout=TIMEOUT)))


def httpx(url, numbers):
    options = {"follow_redirects": True, "max_redirects": REDIRECTS, "timeout": TIMEOUT}
    with importlib.import_module("httpx").Client(**options) as session:
        yield from each(numbers, lambda fields: content(session.get(url, headers=fields)))


def content(response):
    return response.status_code, response.content


def aiohttp(url, numbers):
    library = importlib.import_module("aiohttp")

    async def new_session():
        return library.ClientSession(timeout=library.ClientTimeout(total=TIMEOUT))

    async def get(session, fields):
        async with session.get(url, headers=fields, max_redirects=REDIRECTS) as response:
            return response.status, await response.read()

    with asyncio.Runner() as runner:
        session = runner.run(new_session())
        yield from each(numbers, lambda fields: runner.run(get(session, fields)))
        runner.run(session.close())


def node(url, numbers):
    script = pathlib.Path(__file__).parent / "fetch.mjs"
    command = ["node", script, url, str(TIMEOUT * 1000), *map(str, numbers)]
    for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
        result = json.loads(line)
        yield result["error"] if "error" in result else (result["status"], base64.b64decode(result["body"]))


def is_installed(name):
    if name in ("requests", "httpx", "aiohttp"):
        return importlib.util.find_spec(name) is not None
    return name == "http.client" or shutil.which(name) is not None


FETCHERS = {"curl": curl, "http.client": http_client, "requests": requests, "httpx": httpx, "aiohttp": aiohttp,
            "node": node}
