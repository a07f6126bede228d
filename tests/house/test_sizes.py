"""What the house promises of itself, checked: sizes, and no word of what must not be committed."""

import ast

from tests.house.sources import ROOT, committed, nodes_of


def test_no_file_is_longer_than_four_hundred_lines():
    long = {
        str(path.relative_to(ROOT)): count
        for path in committed("*.py", "*.js", "*.css", "*.html")
        if "migrations" not in path.parts and (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_no_function_exceeds_60_lines_and_nine_in_ten_stay_within_25():
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in committed("shopcomm/*.py", "orders/*.py", "messaging/*.py")
        if "migrations" not in path.parts
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert max(lengths) <= 60
    assert sum(length > 25 for length in lengths) / len(lengths) < 0.1


def test_requirement_files_name_no_registry():
    for path in committed("requirements*.txt", "requirements*.in"):
        assert "://" not in path.read_text(), path


def test_templates_have_no_inline_script_or_style():
    for path in committed("templates/*.html"):
        text = path.read_text()
        for forbidden in (" onclick=", " onsubmit=", " style=", "javascript:"):
            assert forbidden not in text, f"{path}: {forbidden}"
