"""A flagpole server for a session of pytest. Each test finds it as new: request numbers from 1, an empty journal."""
import http.client
import json
import subprocess
from urllib.parse import urlsplit

import pytest

COMMAND = "flagpole serve --port 0 --control 0 --format json --exit-with-parent --quiet --journal-field user-agent"


class Flagpole:
    """A running server: `url` is for the client under test, the methods call the control plane."""

    def __init__(self, ready):
        self.url = ready["listeners"][0]["url"]
        self.control = urlsplit(ready["control"]).netloc
        self.profile = json.loads(self.call("GET", "/profile"))

    def call(self, method, path, body=None):
        # http.client ignores proxies in the environment.
        connection = http.client.HTTPConnection(self.control, timeout=90)
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        assert response.status == 200, text
        return text

    def reset(self):
        self.call("PUT", "/profile", self.profile)
        self.call("POST", "/reset")

    def set(self, **listener):
        """Changes what happens to later requests: `set(latency="50ms", faults=["503@10%"])`."""
        self.call("PUT", "/profile", {"listener": [listener]})

    def journal(self, wait):
        """The requests of this test, as soon as `wait` of them are over."""
        lines = self.call("GET", f"/journal?event=end&wait={wait}&timeout=60s").splitlines()
        return [json.loads(line) for line in lines]

    def verify(self, **expectation):
        """Fails, with the nearest requests, unless the server was asked for what is expected."""
        self.call("POST", "/verify", expectation)


@pytest.fixture(scope="session")
def flagpole_server():
    with subprocess.Popen(COMMAND.split(), stdout=subprocess.PIPE, text=True) as process:
        ready = process.stdout.readline()
        assert ready, "flagpole did not start; its message is on standard error"
        yield Flagpole(json.loads(ready))
        process.terminate()
        process.communicate()


@pytest.fixture
def flagpole(flagpole_server, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    flagpole_server.reset()
    return flagpole_server
