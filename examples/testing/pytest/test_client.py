"""How a client takes faults. `fetch` stands for the client under test."""
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

FLAG = "flags/br/br.gif"


def fetch(url, timeout=60):
    """GETs, with at most two retries after a 503."""
    retries = Retry(total=2, connect=False, read=False, status_forcelist=[503], backoff_factor=0)
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=retries))
        return session.get(url, timeout=timeout)


def test_retries_until_the_server_recovers(flagpole):
    flagpole.set(rule=[{"first": 2, "faults": ["503"]}])
    assert fetch(flagpole.url + FLAG).status_code == 200
    assert [request["status"] for request in flagpole.journal(wait=3)] == [503, 503, 200]


def test_gives_up_after_two_retries(flagpole):
    flagpole.set(faults=["503"])
    with pytest.raises(requests.exceptions.RetryError):
        fetch(flagpole.url + FLAG)
    flagpole.verify(request={"path": "/flags/br/*", "fault": "503"}, count=3)


def test_does_not_wait_for_a_server_that_hangs(flagpole):
    flagpole.set(faults=["hang"])
    with pytest.raises(requests.exceptions.ReadTimeout):
        fetch(flagpole.url + FLAG, timeout=0.5)
    assert [request["fault"] for request in flagpole.journal(wait=1)] == ["hang"]


def test_sees_an_outage_begin_and_end(flagpole):
    assert fetch(flagpole.url + FLAG).ok
    flagpole.set(faults=["reset"])
    with pytest.raises(requests.exceptions.ConnectionError):
        fetch(flagpole.url + FLAG)
    flagpole.set()
    assert fetch(flagpole.url + FLAG).ok


def test_says_who_it_is(flagpole):
    fetch(flagpole.url + FLAG)
    flagpole.verify(request={"method": "GET", "fields": {"user-agent": "python-requests/*"}}, count=1)
