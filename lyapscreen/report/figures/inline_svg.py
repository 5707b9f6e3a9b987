"""An SVG file of matplotlib's made fit to stand in a page: no styles, no comments, ids of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.dom.minidom import Element, Node, parseString

DROPPED = frozenset({"metadata", "style"})
"""Elements a page has no use for; a style of theirs would be the whole page's."""

REFERENCE = re.compile(r"(?<=#)[^)]+")
"""The id in `#id` and in `url(#id)`."""

FONT_SIZE = re.compile(r"[\d.]+px")


def element(svg: bytes, name: str, label: str) -> str:
    """Return the file's `<svg>` element.

    Styles become attributes, which the page's own style outranks: so that it can name other colours for
    the dark, and a policy that forbids styles in elements holds.

    Args:
        svg: the file.
        name: goes before every id, for a page has several figures.
        label: what a screen reader says of it.

    """
    root = parseString(svg).documentElement
    if root is None:
        raise ValueError("an SVG file has an element")
    for node in _elements(root):
        for key in ("id", "xlink:href", "clip-path"):
            if key == "id" and node.hasAttribute(key):
                node.setAttribute(key, f"{name}-{node.getAttribute(key)}")
            elif node.hasAttribute(key):
                node.setAttribute(key, REFERENCE.sub(lambda found: f"{name}-{found[0]}", node.getAttribute(key)))
        if node.hasAttribute("style"):
            for key, value in _declarations(node.getAttribute("style")):
                node.setAttribute(key, value)
            node.removeAttribute("style")
    for key in ("width", "height"):
        root.removeAttribute(key)
    root.setAttribute("role", "img")
    root.setAttribute("aria-label", label)
    text: str = root.toxml()
    return re.sub(r">\s+<", "><", text)


def _elements(node: Element) -> Iterator[Element]:
    """Return an element and all within it that are kept; comments go, for HTML ends them sooner than XML does."""
    yield node
    for child in list(node.childNodes):
        if child.nodeType == Node.COMMENT_NODE or child.nodeName in DROPPED:
            node.removeChild(child)
        elif isinstance(child, Element):
            yield from _elements(child)


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    """Return a style's properties as attributes; the family of a font is left to the page."""
    for declaration in style.split("; "):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":  # matplotlib before 3.10 has all of a font in one property
            size = FONT_SIZE.search(value)
            if size:
                yield "font-size", size[0]
        elif key and key != "font-family":
            yield key, value
