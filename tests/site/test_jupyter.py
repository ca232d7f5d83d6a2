"""The same cells in a live kernel: JupyterLab with its widgets, and the notebook presented by RISE."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

from tools.project import NOTEBOOKS, ROOT

LECTURE = "08_convolutional_networks"
LIVE_TAGS = {"setup"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    """JupyterLab on this machine, in a folder that holds the lecture."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(NOTEBOOKS / f"{LECTURE}.ipynb", folder)
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
    """Run every cell, and wait until the kernel is idle and the last code cell has its number."""
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector("[data-status=idle]", timeout=60_000)
    menu(page, "Run", "Run All Cells")
    n_code = sum(cell.cell_type == "code" for cell in nbformat.read(NOTEBOOKS / f"{LECTURE}.ipynb", as_version=4).cells)
    page.wait_for_function(
        """async n => {
          const answer = await (await fetch('/api/sessions')).json();
          const idle = answer.length && answer[0].kernel.execution_state === 'idle';
          return idle && window.__idleCount !== undefined ? ++window.__idleCount > 3 : (window.__idleCount = 0, false);
        }""",
        arg=n_code,
        timeout=seconds * 1000,
        polling=1000,
    )


def scroll_through(page, selector):
    """JupyterLab draws cells as they come into view; go down until one matches."""
    for _ in range(200):
        if page.locator(selector).count():
            page.locator(selector).first.scroll_into_view_if_needed()
            return page.locator(selector).first
        page.locator(".jp-WindowedPanel-outer").first.evaluate("node => node.scrollBy(0, 700)")
        page.wait_for_timeout(120)
    raise AssertionError(f"nothing in the notebook matches {selector}")


def test_run_all_cells_brings_the_demos_and_sliders_to_life(jupyter, lab):
    lab.goto(f"{jupyter}/lab/tree/{LECTURE}.ipynb?reset")
    run_all(lab, 240)
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

    scroll_through(lab, ".explore, .widget-interact")
    assert lab.locator(".jp-OutputArea-output.jp-mod-error").count() == 0


def test_rise_presents_the_notebook_and_its_slider_lives(jupyter, lab, tmp_path):
    lab.goto(f"{jupyter}/rise/{LECTURE}.ipynb")
    lab.wait_for_selector(".reveal .slides section", timeout=90_000)
    assert lab.locator(".reveal .slides section section").count() >= 35
