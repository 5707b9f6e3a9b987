"""Where the project and its examples lie."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SHARED = ROOT.parent / "shared"
"""Tables and curves that are not part of the project; tests that need them skip where they are not."""
