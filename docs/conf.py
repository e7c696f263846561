"""Sphinx configuration; the build needs no network."""

import re

import fairsample

project = "fairsample"
author = "The fairsample developers"
copyright = "The fairsample developers"
release = version = fairsample.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "gallery"]
default_role = "code"

autosummary_generate = True
autodoc_default_options = {
    "members": True,
    "inherited-members": (
        "BaseOverSampler, BaseEstimator, ClassifierMixin, TransformerMixin, tuple"
    ),
}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
extlinks = {
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
    "doi": ("https://doi.org/%s", "doi:%s"),
}
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
    "capture_repr": ("_repr_html_",),
    "reset_modules": ("matplotlib",),
    "doc_module": "fairsample",
    "backreferences_dir": None,
}

html_theme = "pydata_sphinx_theme"
html_title = "fairsample"
html_static_path = ["_static"]
html_css_files = ["gallery.css"]
html_show_sourcelink = False
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}


def is_left_out(app, what, name, member, skip, options):
    """Leave out what scikit-learn and NamedTuple add to a class."""
    is_request = name == "get_metadata_routing" or (
        name.startswith("set_") and name.endswith(("_request", "_output"))
    )
    is_field = type(member).__name__ == "_tuplegetter"
    return True if is_request or is_field else skip


def escape_shapes(app, what, name, obj, options, lines):
    """Keep ``shape (n_features_in_,)`` from being read as a link."""
    lines[:] = [re.sub(r"(shape \(\w+)_(?=[,)])", r"\1\\_", line) for line in lines]


def setup(app):
    """Register the rules for members and docstrings."""
    app.connect("autodoc-skip-member", is_left_out)
    app.connect("autodoc-process-docstring", escape_shapes, priority=900)
