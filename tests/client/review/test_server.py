"""The review over HTTP: who is let in, what is kept, what two people at once do."""

import json
from http.client import HTTPConnection

import pytest

from client.review.journal import Decision, Journal, Reading

JSON = "application/json"


class Browser:
    """What the page in a browser sends, and what another page or machine might."""

    def __init__(self, server):
        self.guard = server.guard

    def ask(self, path, method="GET", body=None, inside=True, **headers):
        connection = HTTPConnection("127.0.0.1", self.guard.port, timeout=10)
        address = f"/{self.guard.token}/{path}" if inside else path
        given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        connection.request(method, address, body=body, headers=given)
        answer = connection.getresponse()
        return answer, answer.read()

    def get(self, path):
        answer, content = self.ask(path)
        assert answer.status == 200, content
        return json.loads(content)

    def post(self, path, content, **headers):
        usual = {"Origin": self.guard.origin, "Content_Type": JSON, "X_Review_Write": self.guard.writing}
        answer, computed = self.ask(path, "POST", json.dumps(content), **{**usual, **headers})
        return answer.status, json.loads(computed)


@pytest.fixture
def browser(serve):
    return Browser(serve("Dr Lee"))


@pytest.fixture
def patient(browser):
    return browser.get("patients.json")[0]


@pytest.mark.slow
def test_it_listens_on_loopback_alone(serve):
    server = serve()
    assert server.server_address[0] == "127.0.0.1"
    assert serve().guard.token != server.guard.token


def test_everything_the_page_needs_is_served_and_nothing_is_kept_by_a_browser(browser, patient):
    shown = browser.get(f"patients/{patient['id']}")
    pictures = [f"pictures/{patient['id']}/{view['name']}" for view in shown["album"]["views"]]
    for path in ["", "page.css", "page.js", "viewer.js", "elements.js", "scanners.js", "icon.svg", "scanners.json"]:
        assert browser.ask(path)[0].status == 200, path
    for path in ["", "patients.json", *pictures]:
        answer, _ = browser.ask(path)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Python" not in answer.headers["Server"]


def test_the_page_loads_nothing_from_elsewhere(browser):
    for path in ["", "page.css", "page.js", "viewer.js", "elements.js", "scanners.js"]:
        text = browser.ask(path)[1].decode()
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("https", "http"), path


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/patients.json", {}),
        ("/wrong/patients.json", {}),
        ("/{token}x/patients.json", {}),
        ("/{token}/patients.json", {"Host": "evil.example"}),
        ("/{token}/patients.json", {"Host": "127.0.0.1"}),
        ("/{token}/patients.json", {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}),
        ("/{token}/page.js", {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"}),
    ],
)
def test_without_the_secret_or_from_another_page_nothing_is_shown(browser, path, headers):
    answer, content = browser.ask(path.format(token=browser.guard.token), inside=False, **headers)
    assert answer.status == 403
    assert b"P1" not in content


@pytest.mark.parametrize(
    "change",
    [
        {"Origin": "http://evil.example"},
        {"Origin": None},
        {"Origin": "null"},
        {"X_Review_Write": "guess"},
        {"X_Review_Write": None},
        {"Content_Type": "text/plain"},
        {"Host": "evil.example"},
    ],
)
def test_nothing_is_written_for_another_page(browser, patient, hospital, change):
    said = {"verdict": "accepted", "seen": 0}
    assert browser.post(f"patients/{patient['id']}/decision", said, **change)[0] == 403
    assert Journal(hospital.workspace).entries() == ()


def test_a_decision_is_kept_with_who_when_and_what_was_looked_at(browser, patient, hospital):
    where = f"patients/{patient['id']}/decision"
    said = {"verdict": "rejected", "why": ["motion", "mask"], "note": "ghosts <b>", "seen": 0}
    status, shown = browser.post(where, said)
    assert (status, shown["status"], shown["seen"]) == (200, "rejected", 1)
    (entry,) = Journal(hospital.workspace).entries()
    assert isinstance(entry, Decision)
    assert (entry.reader, entry.account, entry.patient, entry.study) == ("Dr Lee", "lee", "P1", "tiny")
    assert (entry.why, entry.note) == (("motion", "mask"), "ghosts <b>")
    assert len(entry.images) == 64
    status, shown = browser.post(where, {"verdict": "accepted", "everywhere": True, "seen": 1})
    assert (status, shown["status"]) == (200, "accepted")
    assert Journal(hospital.workspace).entries()[1].study is None
    assert [one["status"] for one in browser.get("patients.json")] == ["accepted", "open", "open"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"verdict": "rejected", "seen": 0}, "a rejection needs a reason"),
        ({"verdict": "rejected", "why": ["other"], "seen": 0}, "say what the other reason is"),
        ({"verdict": "maybe", "seen": 0}, "Input should be"),
        ({"verdict": "accepted"}, "does not say what it has shown"),
        ({"verdict": "accepted", "seen": 0, "why": 7}, "Input should be"),
    ],
)
def test_what_is_no_decision_is_refused_and_not_kept(browser, patient, hospital, said, words):
    status, answer = browser.post(f"patients/{patient['id']}/decision", said)
    assert status == 400
    assert words in answer["error"]
    assert Journal(hospital.workspace).entries() == ()


def test_two_people_do_not_overwrite_each_other(serve, browser, patient):
    second = Browser(serve("Dr Wu"))
    where = f"patients/{patient['id']}/decision"
    assert browser.post(where, {"verdict": "accepted", "seen": 0})[0] == 200
    status, answer = second.post(where, {"verdict": "rejected", "why": ["noise"], "seen": 0})
    assert (status, answer["error"]) == (409, "patient P1: Dr Lee wrote something in the meantime; look at it first")
    assert second.post(where, {"verdict": "rejected", "why": ["noise"], "seen": 1})[0] == 200
    assert browser.get(f"patients/{patient['id']}")["status"] == "rejected"


def test_readers_see_each_other_only_after_their_own_reading(serve, browser, patient, hospital):
    second, where = Browser(serve("Dr Wu")), f"patients/{patient['id']}"
    status, _ = browser.post(f"{where}/reading", {"answers": {"bpe": "mild", "oedema": "none"}, "seen": 0})
    assert status == 200
    blind = second.get(where)
    assert (blind["readers"], blind["others"], blind["disputed"]) == (["Dr Lee"], {}, [])
    status, shown = second.post(f"{where}/reading", {"answers": {"bpe": "marked", "oedema": "none"}, "seen": 1})
    assert shown["others"] == {
        "Dr Lee": {"bpe": "mild", "oedema": "none"},
        "Dr Wu": {"bpe": "marked", "oedema": "none"},
    }
    assert shown["disputed"] == ["bpe"]
    assert [one["disputed"] for one in browser.get("patients.json")] == [1, 0, 0]
    status, shown = second.post(f"{where}/reading", {"answers": {"bpe": "marked"}, "consensus": True, "seen": 2})
    assert shown["disputed"] == []
    assert [isinstance(entry, Reading) for entry in Journal(hospital.workspace).entries()] == [True] * 3
    assert second.post(f"{where}/reading", {"answers": {"bpe": "huge"}, "seen": 3})[0] == 400


@pytest.mark.parametrize(
    "path",
    ["patients/0000", "patients/..%2f..", "pictures/0000/phase_1.png", "nothing", "patients/../../site.yaml"],
)
def test_what_is_not_there_is_not_found(browser, path):
    assert browser.ask(path)[0].status == 404


def test_a_request_that_is_too_large_or_no_json_is_refused(browser, patient):
    where = f"patients/{patient['id']}/decision"
    usual = {"Origin": browser.guard.origin, "Content_Type": JSON, "X_Review_Write": browser.guard.writing}
    assert browser.ask(where, "POST", "{not json", **usual)[0].status == 400
    assert browser.ask(where, "POST", "[1]", **usual)[0].status == 404
    assert browser.ask(where, "POST", "x", **usual, Content_Length="70000")[0].status == 403


def test_a_patient_whose_images_changed_is_to_be_looked_at_again(browser, patient, hospital):
    where = f"patients/{patient['id']}/decision"
    browser.post(where, {"verdict": "rejected", "why": ["mask"], "seen": 0})
    (record,) = hospital.workspace.glob(f"prepared/*/patients/{patient['id']}.json")
    record.write_text(json.dumps(json.loads(record.read_text()) | {"key": "f" * 64}))
    assert browser.get(f"patients/{patient['id']}")["status"] == "rejected-before"


def test_json_of_three_thousand_levels_is_refused_and_notes_may_have_lines(browser, patient, hospital):
    where = f"patients/{patient['id']}/decision"
    usual = {"Origin": browser.guard.origin, "Content_Type": JSON, "X_Review_Write": browser.guard.writing}
    for deep in ("[" * 3000 + "]" * 3000, '{"why":' * 3000 + "1" + "}" * 3000):
        assert browser.ask(where, "POST", deep, **usual)[0].status == 400
    said = {"verdict": "rejected", "why": ["other"], "seen": 0}
    assert browser.post(where, said | {"note": "ghosts\x1b[2A"})[0] == 400
    assert browser.post(where, said | {"note": "ghosts,\nand a clip"})[0] == 200
    assert Journal(hospital.workspace).entries()[0].note == "ghosts,\nand a clip"
