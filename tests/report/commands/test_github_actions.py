"""Workflow commands of GitHub Actions."""

from lyapscreen.report.commands.github_actions import command


def test_no_text_ends_a_workflow_command_or_begins_another():
    assert command("warning", "a:b,c%", "x\r\n::error::y, z: 5 %") == (
        "::warning title=a%3Ab%2Cc%25::x%0D%0A::error::y, z: 5 %25"
    )
