"""Sphinx's settings for the book; ``build.py`` writes the sources and calls Sphinx."""

import os

project = "Handwritten digits"
html_title = "Handwritten digits"
author = "the authors of the handwritten-digit series"
copyright = "2026 the authors of the handwritten-digit series (code MIT, text CC BY 4.0)"
# The second keeps GitHub Pages from leaving out the folders whose names begin with "_".
extensions = ["myst_nb", "sphinx.ext.githubpages"]
# The original notebooks, which each page offers for download.
exclude_patterns = ["downloads"]

# Stored outputs are shown as they are; nothing runs.
nb_execution_mode = "off"
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "image/png", 0)]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
# A traceback may quote what is no Python, and a lesson may leave out a level of headings.
suppress_warnings = ["misc.highlighting_failure", "myst.header"]

html_theme = "sphinx_book_theme"
# Follow the system until the reader chooses: the theme lacks this default for the first visit.
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_persistent": [],
    "use_download_button": False,
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
templates_path = ["templates"]
html_sidebars = {"**": ["navbar-logo.html", "book-search-button.html", "sbt-sidebar-nav.html"]}
html_static_path = [os.environ["BOOK_STATIC"]]
html_favicon = os.environ["BOOK_FAVICON"]
html_css_files = ["pad.css", "book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
# A search would quote what is folded on the pages, solutions too.
html_show_search_summary = False
# One file that draws every formula; other builds of MathJax fetch fonts and parts of themselves.
mathjax_path = "tex-svg.js"
