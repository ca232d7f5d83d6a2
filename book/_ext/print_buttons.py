"""Sphinx extension: a lecture is printed with its solutions or without, as the reader chooses among its downloads.

The theme offers one button, which prints what is unfolded; so does the browser's own menu.
"""

LECTURES = "notebooks/"


def print_buttons():
    """Return the two buttons; `printPage` stands in `book.js`."""
    return [
        {
            "type": "javascript",
            "javascript": f"printPage({str(wanted).lower()})",
            "text": words,
            "tooltip": words,
            "icon": "fas fa-print",
            "label": "print-button",
        }
        for words, wanted in (("Print with solutions", True), ("Print without solutions", False))
    ]


def offer_both(app, pagename, templatename, context, doctree):
    if not pagename.startswith(LECTURES):
        return
    for group in context["header_buttons"]:
        if group["label"] == "download-buttons":
            kept = [button for button in group["buttons"] if button["label"] != "download-pdf-button"]
            group["buttons"] = [*kept, *print_buttons()]


def setup(app):
    app.connect("html-page-context", offer_both, priority=900)  # after the theme has added its own
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
