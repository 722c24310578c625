"""How a client takes faults, with the standard library only. The client names its run, so no test resets the server."""
import json
import subprocess
import unittest
import urllib.error
import urllib.request

COMMAND = ["flagpole", "serve", "--port", "0", "--control", "0", "--format", "json", "--exit-with-parent", "--quiet"]
PROFILE = b"""
[[listener]]
[[listener.rule]]
path = "/flags/br/*"
first = 2
faults = ["503"]
[[listener.rule]]
path = "/flags/in/*"
faults = ["cut:700"]
"""
# A proxy in the environment is for other hosts.
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))


def fetch(url, run, retries=2):
    """The client under test: GETs, with retries after a 503."""
    request = urllib.request.Request(url, headers={"Flagpole-Run": run})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        if error.code != 503 or retries == 0:
            raise
    return fetch(url, run, retries - 1)


def setUpModule():
    global server, site, control
    server = subprocess.Popen(COMMAND, stdout=subprocess.PIPE)
    unittest.addModuleCleanup(lambda: (server.terminate(), server.communicate()))
    ready = json.loads(server.stdout.readline())
    site, control = ready["listeners"][0]["url"], ready["control"]
    profile = urllib.request.Request(
        control + "profile", PROFILE, {"Content-Type": "application/toml"}, method="PUT")
    urllib.request.urlopen(profile, timeout=60).close()


class ClientTest(unittest.TestCase):
    def journal(self, wait):
        """The requests of this test, as soon as `wait` of them are over."""
        query = f"event=end&run={self.id()}&wait={wait}&timeout=60s"
        with urllib.request.urlopen(f"{control}journal?{query}", timeout=90) as lines:
            return [json.loads(line) for line in lines]

    def test_retries_until_the_server_recovers(self):
        fetch(site + "flags/br/br.gif", self.id())
        self.assertEqual([request["status"] for request in self.journal(wait=3)], [503, 503, 200])

    def test_gives_up_after_its_last_retry(self):
        with self.assertRaises(urllib.error.HTTPError):
            fetch(site + "flags/br/br.gif", self.id(), retries=1)
        self.assertEqual(len(self.journal(wait=2)), 2)

    def test_notices_an_incomplete_body(self):
        with self.assertRaisesRegex(Exception, "IncompleteRead"):
            fetch(site + "flags/in/in.gif", self.id())
        self.assertEqual([request["ending"] for request in self.journal(wait=1)], ["cut at byte 700"])


if __name__ == "__main__":
    unittest.main()
