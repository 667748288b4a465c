"""The review as a person uses it: by mouse and by keys, in a browser without a network; the result lies on the disk."""

import shutil

import pytest

from client.review.decisions import reviewed
from client.review.journal import Decision, Journal, Reading

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Visit:
    """One person's browser; what it asked for and complained of."""

    def __init__(self, browser, server):
        self.asked, self.complaints = [], []
        self.page = browser.new_context(viewport={"width": 1440, "height": 950}).new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(server.guard.address)
        self.at("P1")

    def at(self, patient):
        """Wait until a patient is shown with all her pictures."""
        self.page.wait_for_function(
            "name => document.querySelector('#patient h2')?.textContent === name"
            " && [...document.querySelectorAll('#patient img')].every(one => one.complete && one.naturalWidth)",
            arg=patient,
        )

    def says(self, words):
        """Wait for a message."""
        self.page.get_by_role("alert").filter(has_text=words).wait_for()

    def badge(self):
        return self.page.locator(".badge").inner_text()


@pytest.fixture
def visit(browser, serve):
    visits = []

    def come(reader="Dr Lee"):
        visits.append(Visit(browser, serve(reader)))
        return visits[-1]

    yield come
    for visit in visits:
        visit.page.context.close()


def test_it_opens_without_a_complaint_and_asks_this_machine_only(visit, hospital):
    one = visit()
    assert one.complaints == []
    origin = one.page.url.rsplit("/", 2)[0]
    assert all(url.startswith(origin) for url in one.asked)
    assert one.page.title() == "Review", "a browser's history names no patient"
    assert not any("P1" in url for url in one.asked)
    headings = one.page.locator("#patient h3").all_inner_texts()
    assert [words.lower() for words in headings] == ["phases", "maps", "registration", "regions"]
    assert one.page.locator("#patient img").count() >= 7
    assert "signal to noise" in one.page.locator(".numbers").inner_text()
    assert one.page.locator("#simulated").is_visible()


def test_accept_by_clicking_leads_to_the_next_patient(visit, hospital):
    one = visit()
    one.page.get_by_role("button", name="Accept").click()
    one.at("P2")
    (entry,) = Journal(hospital.workspace).entries()
    assert (entry.patient, entry.verdict, entry.reader) == ("P1", "accepted", "Dr Lee")
    assert one.page.locator("#progress").inner_text() == "1 of 3 reviewed"


def test_reject_needs_a_reason_and_leaves_the_patient_out(visit, hospital, asked):
    one = visit()
    one.page.get_by_role("button", name="Reject…").click()
    one.page.get_by_role("button", name="Reject", exact=True).click()
    one.says("choose a reason")
    one.page.get_by_label("wrong mask").check()
    one.page.get_by_label("motion").check()
    one.page.get_by_label("Note").fill("drawn on the other side")
    one.page.get_by_role("button", name="Reject", exact=True).click()
    one.at("P2")
    (entry,) = Journal(hospital.workspace).entries()
    assert isinstance(entry, Decision)
    assert (set(entry.why), entry.note, entry.study) == ({"mask", "motion"}, "drawn on the other side", asked.name)
    assert reviewed(hospital.workspace, asked.name).rejected == {"P1"}
    one.page.locator("#list button").first.click()
    one.at("P1")
    assert one.badge() == "rejected"
    assert "drawn on the other side" in one.page.locator(".history").inner_text()


def test_all_of_it_by_keys(visit, hospital, asked):
    one = visit()
    press = one.page.keyboard.press
    press("n")
    one.at("P2")
    press("p")
    one.at("P1")
    place = one.page.locator(".place")
    assert place.inner_text() == "slice 3 of 8"
    press("ArrowDown")
    assert place.inner_text() == "slice 4 of 8"
    press("t")
    assert place.inner_text() == "slice 3 of 8"
    assert one.page.locator(".viewer .outline path").first.is_visible()
    press("c")
    assert not one.page.locator(".viewer .outline path").first.is_visible()
    press("c")
    one.page.keyboard.down("b")
    assert one.page.locator(".earlier").first.is_visible()
    one.page.keyboard.up("b")
    assert not one.page.locator(".earlier").first.is_visible()
    press("a")
    one.at("P2")
    press("r")
    one.page.keyboard.press("Space")  # the first reason has the focus
    one.page.keyboard.press("Enter")
    one.at("P3")
    press("a")
    one.says("every patient has been reviewed")
    said = [(entry.patient, entry.verdict) for entry in Journal(hospital.workspace).entries()]
    assert said == [("P1", "accepted"), ("P2", "rejected"), ("P3", "accepted")]
    press("?")
    assert one.page.get_by_role("dialog").is_visible()


def test_keys_in_a_text_field_are_text(visit, hospital):
    one = visit()
    one.page.keyboard.press("r")
    one.page.get_by_label("Note").fill("")
    one.page.get_by_label("Note").press_sequentially("a note on n and p")
    assert one.page.get_by_label("Note").input_value() == "a note on n and p"
    assert Journal(hospital.workspace).entries() == ()


def test_two_readers_score_disagree_and_agree(visit, hospital, asked):
    first, second = visit("Dr Lee"), visit("Dr Wu")
    for one, oedema in ((first, "peritumoral"), (second, "none")):
        form = one.page.get_by_role("form", name="Reader's form")
        assert not form.get_by_text("spiculated").is_visible(), "a question that makes no sense yet"
        form.get_by_text("mass", exact=True).click()
        form.get_by_text("spiculated").click()
        form.locator("[data-item=oedema]").get_by_text(oedema, exact=True).click()
        if one is second:
            one.page.reload()  # the first has saved in the meantime: what was not saved is entered again
            one.at("P1")
            assert "Read by Dr Lee" in one.page.locator(".reading").inner_text()
            assert "spiculated" not in one.page.locator(".disputed").all_inner_texts(), "blind until saved"
            form.get_by_text("mass", exact=True).click()
            form.get_by_text("spiculated").click()
            form.locator("[data-item=oedema]").get_by_text(oedema, exact=True).click()
        form.get_by_role("button", name="Save my reading").click()
        one.says("reading saved")
    assert reviewed(hospital.workspace, asked.name).variables == {
        "P1": {"reader.lesion": "mass", "reader.mass_margin": "spiculated"}
    }
    assert "Dr Lee peritumoral" in second.page.locator(".disputed").inner_text()
    form = second.page.get_by_role("form", name="Reader's form")
    form.locator("[data-item=oedema]").get_by_text("peritumoral", exact=True).click()
    form.get_by_role("button", name="Save as consensus").click()
    second.says("consensus saved")
    computed = reviewed(hospital.workspace, asked.name).variables["P1"]
    assert computed["reader.oedema"] == "peritumoral"
    readings = [entry for entry in Journal(hospital.workspace).entries() if isinstance(entry, Reading)]
    assert [(entry.reader, entry.consensus) for entry in readings] == [
        ("Dr Lee", False),
        ("Dr Wu", False),
        ("Dr Wu", True),
    ]


def test_who_comes_second_is_told_and_sees_what_the_first_said(visit, hospital):
    first, second = visit("Dr Lee"), visit("Dr Wu")
    first.page.keyboard.press("a")
    first.at("P2")
    second.page.keyboard.press("a")
    second.says("Dr Lee wrote something in the meantime")
    second.page.locator(".badge", has_text="accepted").wait_for()  # the page forbids what a polled script needs
    assert len(Journal(hospital.workspace).entries()) == 1


def test_what_people_and_files_say_is_text_and_not_markup(visit, hospital):
    one = visit()
    one.page.keyboard.press("r")
    one.page.get_by_label("motion").check()
    one.page.get_by_label("Note").fill("<img src=x onerror=alert(1)>")
    one.page.get_by_label("Note").press("Tab")
    one.page.get_by_role("button", name="Reject", exact=True).click()
    one.at("P2")
    one.page.keyboard.press("p")
    one.at("P1")
    assert "<img src=x" in one.page.locator(".history").inner_text()
    assert one.complaints == []


def test_scanners_are_shown(visit):
    one = visit()
    one.page.get_by_role("button", name="Scanners").click()
    one.page.get_by_role("heading", name="ACME One 3 T").wait_for()
    assert "Too few patients to tell" in one.page.locator("#scanners-view").inner_text()
    assert one.page.locator("#scanners-view circle").count() == 9, "three numbers of three patients"


@pytest.mark.parametrize("width", [1440, 1100, 700])
def test_nothing_sticks_out_to_the_side(visit, width):
    one = visit()
    one.page.set_viewport_size({"width": width, "height": 900})
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width


NAMELESS = """() => [...document.querySelectorAll('button, input, select, textarea, canvas, img:not(.earlier)')]
    .filter(one => one.offsetParent)
    .filter(one => !one.ariaLabel && !one.labels?.length && !one.alt && !one.textContent.trim())
    .map(one => one.outerHTML)"""
CONTRASTS = """() => {
    const part = (one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3)
        .reduce((sum, one, place) => sum + [0.2126, 0.7152, 0.0722][place] * part(one / 255), 0);
    const ground = (one) => {
        const colour = one ? getComputedStyle(one).backgroundColor : 'rgb(15, 18, 21)';
        return /, 0\\)$/.test(colour) ? ground(one.parentElement) : colour;
    };
    const words = '#list .state, .numbers th, .quiet, legend, button, figcaption, header p, .badge';
    return [...document.querySelectorAll(words)].filter(one => one.offsetParent).map(one => {
        const both = [light(getComputedStyle(one).color), light(ground(one))];
        return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    });
}"""


def test_every_control_has_a_name_and_all_words_can_be_read(visit):
    one = visit()
    assert one.page.evaluate(NAMELESS) == []
    ratios = one.page.evaluate(CONTRASTS)
    assert len(ratios) > 20
    assert min(ratios) >= 4.5, "WCAG 2.2, 1.4.3"
