"""What a page loads is what its verdict depends on."""

from urllib.parse import unquote, urlparse

from tests.site.visit import start
from tools.verdicts import digests, served


def test_every_file_that_a_page_loads_is_in_its_key(site, open_page):
    page = open_page(f"{site}/notebooks/08_convolutional_networks.html")
    for name in ("digits-feature-maps", "kernel-explorer"):
        start(page, name)
    loaded = {unquote(urlparse(url).path).lstrip("/") for url in page.sent if url.startswith(site)}
    kinds = {name.rpartition(".")[2] for name in loaded}
    assert kinds >= {"html", "css", "js", "woff2", "json", "onnx", "bin", "wasm", "png"}
    assert loaded <= served
    assert all(digests(loaded).values()), "a file that was loaded has no digest"
