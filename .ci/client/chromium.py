"""Chromium without a window, driven through its debugging pipe (the Chrome DevTools Protocol)."""
import base64, contextlib, fcntl, itertools, json, os, pathlib, queue, subprocess, tempfile, threading

from fetchers import TIMEOUT

OPTIONS = ("--headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run --no-pings "
           "--disable-component-update --disable-dev-shm-usage --window-size=1200,900 --remote-debugging-pipe").split()

LOAD_IMAGES = """Promise.all([...document.images].map(image => {
  image.loading = "eager";
  return image.complete || new Promise(done => { image.onload = image.onerror = done; });
}))"""
LIST_IMAGES = "[...document.images].map(image => [new URL(image.src).pathname, image.naturalWidth > 0])"


class Chromium:
    """A browser; each session has cookies, a cache and connections of its own."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # The browser reads commands from descriptor 3 and writes to 4; a pipe could have one of these numbers.
        (commands, write), (read, events) = os.pipe(), os.pipe()
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in (commands, events)]
        shell = ["bash", "-c", f'exec "$@" 3<&{high[0]} 4>&{high[1]}', "-"]
        self.process = subprocess.Popen(
            [*shell, program, *OPTIONS, f"--user-data-dir={self.folder.name}", "about:blank"], pass_fds=high,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for descriptor in (commands, events, *high):
            os.close(descriptor)
        self.commands, self.numbers, self.lock = os.fdopen(write, "wb", 0), itertools.count(1), threading.Lock()
        self.queues, self.start = {None: queue.Queue()}, threading.Lock()  # queues by session
        threading.Thread(target=self.distribute, args=(os.fdopen(read, "rb"),), daemon=True).start()

    def distribute(self, events):
        pending = b""
        while received := events.read1(1 << 20):
            *messages, pending = (pending + received).split(b"\0")
            for message in map(json.loads, messages):
                if waiting := self.queues.get(message.get("sessionId")):
                    waiting.put(message)

    def send(self, method, session=None, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        with self.lock:
            self.commands.write(json.dumps(message).encode() + b"\0")
        return number

    def call(self, method, session=None, **parameters):
        """Sends a command and returns its result; events before it are dropped."""
        number = self.send(method, session, **parameters)
        while (message := self.queues[session].get(timeout=60)).get("id") != number:
            pass
        return message.get("result", {})

    def session(self):
        """A page in a context of its own."""
        with self.start:
            context = self.call("Target.createBrowserContext")["browserContextId"]
            target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
            session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self.queues[session] = queue.Queue()
        self.call("Network.enable", session)
        self.call("Network.setCacheDisabled", session, cacheDisabled=True)
        return session

    def navigate(self, session, url):
        """Loads a page; returns status and body, or the error."""
        self.send("Page.navigate", session, url=url)
        status, failure = 0, None
        while not failure:
            try:
                message = self.queues[session].get(timeout=TIMEOUT)
            except queue.Empty:
                return f"timeout: nothing for {TIMEOUT} s"
            event, parameters = message.get("method"), message.get("params", {})
            if event == "Network.responseReceived" and parameters["type"] == "Document":
                status = parameters["response"]["status"]
            elif event == "Network.loadingFailed" and parameters["type"] == "Document":
                failure = parameters["errorText"]
            elif event == "Network.loadingFinished" and status:
                break
        if failure:
            return (status, b"") if status in (204, 205) else failure
        body = self.call("Network.getResponseBody", session, requestId=parameters["requestId"])
        body = base64.b64decode(body["body"]) if body.get("base64Encoded") else body.get("body", "").encode()
        return status, body

    def fetch(self, url, numbers):
        session = self.session()
        for number in numbers:
            self.call("Network.setExtraHTTPHeaders", session, headers={"Flagpole-Nth": str(number)})
            yield self.navigate(session, url)

    def images(self, url, picture):
        """Loads a page and its images, takes a picture; returns the paths of images that failed and of those that show."""
        session = self.session()
        self.navigate(session, url)
        self.call("Runtime.evaluate", session, expression=LOAD_IMAGES, awaitPromise=True)
        found = self.call("Runtime.evaluate", session, expression=LIST_IMAGES, returnByValue=True)["result"]["value"]
        data = self.call("Page.captureScreenshot", session, captureBeyondViewport=True)["data"]
        pathlib.Path(picture).write_bytes(base64.b64decode(data))
        return [{path for path, shows in found if shows == wanted} for wanted in (False, True)]

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()
