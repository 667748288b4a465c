"""The report as a reader meets it: opened from a file, without a network, and printed."""

import shutil
from unicodedata import normalize

import pytest
from pypdf import PdfReader

from server.report import write

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def visit(result, tmp_path_factory):
    """The page, opened offline; what it asked for and complained of."""
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH")
    sync_api = pytest.importorskip("playwright.sync_api")
    report = write(result, tmp_path_factory.mktemp("report"))
    asked, complaints = [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(offline=True, viewport={"width": 1000, "height": 1400})
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(report.as_uri())
        yield page, report, asked, complaints
        browser.close()


def test_opens_without_a_request_or_a_complaint(visit):
    _, report, asked, complaints = visit
    assert asked == [report.as_uri()]
    assert complaints == []


def test_shows_every_part_of_the_report(visit):
    page, *_ = visit
    headings = page.locator("h2").all_inner_texts()
    assert headings == [
        "What was found",
        "Sites that the model had not seen",
        "Patients held out within the sites",
        "Who took part",
        "Differences between sites, before and after harmonization",
        "Can the site still be told?",
        "The model",
        "What left each site",
        "For a repetition",
        "Left to the authors",
    ]
    pictures = page.locator("figure svg")
    # forest, ROC, precision-recall, calibration, legend and decision curve of two views; participants; ComBat; model
    assert pictures.count() == 2 * 6 + 1 + 1 + 6 + 1
    assert all(page.locator("figure svg").nth(k).bounding_box()["height"] > 10 for k in range(pictures.count()))


@pytest.mark.parametrize("width", [1000, 400])
def test_nothing_sticks_out_to_the_side(visit, width):
    page, *_ = visit
    page.set_viewport_size({"width": width, "height": 1400})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1000, "height": 1400})


def test_site_table_needs_no_scrolling_on_a_desk(visit):
    page, *_ = visit
    tables = page.locator("div.table")
    assert all(tables.nth(k).evaluate("one => one.scrollWidth <= one.clientWidth + 1") for k in range(tables.count()))


def test_the_notice_stands_on_every_printed_page(visit, result, tmp_path):
    page, *_ = visit
    printed = tmp_path / "report.pdf"
    page.pdf(path=str(printed), prefer_css_page_size=True)
    # NFKC undoes the ligatures of the font
    pages = [normalize("NFKC", page.extract_text()) for page in PdfReader(printed).pages]
    texts = [" ".join(page.split()) for page in pages]
    assert len(texts) > 3
    assert all(result.notice in text for text in texts)
    assert all(result.fingerprint[:12] in text for text in texts)
