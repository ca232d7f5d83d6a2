"""The same cells in a live kernel: JupyterLab with its widgets, and the notebook presented by RISE."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

from tools.launch import LAUNCH
from tools.project import ROOT

LECTURE = "08_convolutional_networks"
SLIDER = ".widget-hslider [role=slider], .widget-hslider .noUi-handle"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    """JupyterLab on this machine, in a folder that holds the lecture."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(LAUNCH / "notebooks" / f"{LECTURE}.ipynb", folder)
    cell = nbformat.v4.new_code_cell(RISE_CELL, metadata={"slideshow": {"slide_type": "slide"}})
    presented = nbformat.v4.new_notebook(cells=[cell])
    presented.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(presented, folder / "presented.ipynb")
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    environment.pop("DLIA_PUBLISH_DIR", None)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    options = [
        f"--notebook-dir={folder}",
        "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True",
        "--LabApp.news_url=",
    ]
    log = (folder / "server.log").open("w")
    server = subprocess.Popen([*command, *options], env=environment, cwd=folder, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status", 60, server)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address, seconds, server):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, "JupyterLab stopped while starting"
        try:
            return urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"{address} did not answer in {seconds} s")


@pytest.fixture
def lab(browser):
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield context.new_page()
    context.close()


def menu(page, top, item):
    page.locator(".lm-MenuBar-item", has_text=top).first.click()
    page.locator(".lm-Menu-item", has_text=item).first.click()


def run_all(page, seconds):
    """Run every cell, and wait until the kernel has been busy and then idle for some seconds."""
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    choose = page.locator(".jp-Dialog button", has_text="Select")
    for _ in range(600):
        if choose.count():
            choose.click()
        if kernel_state(page) == "idle":
            break
        page.wait_for_timeout(100)
    kernel_state(page, "idle", 1)
    menu(page, "Run", "Run All Cells")
    kernel_state(page, "busy", 30)
    quiet = 0
    for _ in range(seconds):
        quiet = quiet + 1 if kernel_state(page) == "idle" else 0
        if quiet == 4:
            return
        page.wait_for_timeout(1000)
    raise AssertionError(f"the notebook did not finish within {seconds} s")


def kernel_state(page, wanted=None, seconds=0):
    """Return what the kernel is doing; wait for a state if one is wanted."""
    for _ in range(10 * seconds + 1):
        sessions = page.request.get(page.url.partition("/lab")[0] + "/api/sessions").json()
        state = sessions[0]["kernel"]["execution_state"] if sessions else "none"
        if wanted in (None, state):
            return state
        page.wait_for_timeout(100)
    raise AssertionError(f"the kernel is {state}, not {wanted}, after {seconds} s")


def scroll_through(page, selector):
    """JupyterLab draws cells as they come into view; go down until one matches."""
    for _ in range(200):
        if page.locator(selector).count():
            page.locator(selector).first.scroll_into_view_if_needed()
            return page.locator(selector).first
        page.locator(".jp-WindowedPanel-outer").first.evaluate("node => node.scrollBy(0, 700)")
        page.wait_for_timeout(120)
    raise AssertionError(f"nothing in the notebook matches {selector}")


def test_the_launched_notebook_reads_like_its_page(jupyter, lab):
    """Numbers, figures, citations and formulas as JupyterLab shows them; no name in braces."""
    lab.goto(f"{jupyter}/lab/tree/{LECTURE}.ipynb")
    lab.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    seen = set()
    for selector in (
        "ins",
        ".jp-RenderedMarkdown strong",
        '.jp-RenderedMarkdown a[href^="https://doi.org/"]',
        "mjx-container",
    ):
        seen.add(scroll_through(lab, selector).inner_text())
        assert "{" not in " ".join(lab.locator(".jp-RenderedMarkdown > p").all_inner_texts())
    assert "Underlined" in seen
    assert any(re.search(r"\d{4}", text) for text in seen)  # the year of a citation


def test_run_all_cells_brings_the_demos_and_sliders_to_life(jupyter, lab):
    lab.goto(f"{jupyter}/lab/tree/{LECTURE}.ipynb")
    run_all(lab, 480)
    errors = lab.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']")
    assert errors.count() == 0

    demo = scroll_through(lab, '.live-demo[data-state="ready"]')
    before = demo.evaluate("node => [...node.querySelectorAll('canvas')].map(canvas => canvas.toDataURL()).join()")
    control = demo.locator("select").first
    control.select_option(index=1)
    lab.wait_for_function(
        "([node, before]) => [...node.querySelectorAll('canvas')].map(c => c.toDataURL()).join() !== before",
        arg=[demo.element_handle(), before],
    )

    scroll_through(lab, SLIDER)
    slider_changes_the_picture(lab)
    assert lab.locator(".jp-OutputArea-output.jp-mod-error").count() == 0


def slider_changes_the_picture(page):
    """Pull the first slider to the right; the picture beside it must become another."""
    picture = page.locator(".jupyter-widgets img").first
    before = picture.get_attribute("src")
    handle = page.locator(SLIDER).first.bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    track = page.locator(".widget-hslider .noUi-base").first.bounding_box()["width"]
    page.mouse.move(x + 0.6 * track, y, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "([node, before]) => node.getAttribute('src') !== before", arg=[picture.element_handle(), before]
    )


RISE_CELL = """%matplotlib inline
import matplotlib.pyplot as plt
from utils.live import explore

def bars(n):
    plt.figure(figsize=(3, 2))
    plt.bar(range(n), range(n))

explore(bars, id="bars", alt="A growing row of bars.", n=[2, 4, 8])"""


def test_rise_presents_a_notebook_and_its_slider_lives(jupyter, lab):
    lab.goto(f"{jupyter}/rise/presented.ipynb")
    lab.wait_for_selector(".reveal .slides section .jp-CodeCell", timeout=90_000)
    cell = lab.locator(".reveal .slides section.present .jp-CodeCell .cm-content").first
    cell.click()
    lab.keyboard.press("Shift+Enter")
    lab.wait_for_selector(SLIDER, timeout=60_000)
    slider_changes_the_picture(lab)


def test_rise_presents_the_lecture(jupyter, lab):
    lab.goto(f"{jupyter}/rise/{LECTURE}.ipynb")
    lab.wait_for_selector(".reveal .slides section .jp-Cell", timeout=90_000)
    shown = lab.locator(".reveal .slides section.present").last.inner_text()
    assert "Convolutional networks" in shown
    lab.keyboard.press("ArrowRight")
    lab.wait_for_function(
        "before => [...document.querySelectorAll('.reveal .slides section.present')].at(-1).innerText !== before",
        arg=shown,
    )
