from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from nullsender import main
from nullsender.commands import nullsender

PROGRAM = [sys.executable, "-c", "import sys; from nullsender.main import main; sys.exit(main())"]


def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, env={**os.environ, **more}, timeout=60, check=False
    )


def test_help_names_every_command_and_comes_without_click() -> None:
    script = (
        "import sys; from nullsender.main import main; sys.argv[1:] = ['--help']; main();"
        "assert 'click' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == main.HELP
    assert all(f"  {name} " in done.stdout for name in main.COMMANDS)


def test_the_quick_help_is_the_one_that_click_shows() -> None:
    for arguments in (["--help"], ["-h"], []):
        assert CliRunner().invoke(nullsender, arguments).output == main.HELP
    lines = [line for command in nullsender.params for line in (command.opts[0], getattr(command, "help", ""))]
    assert all(text in main.HELP for text in lines)


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_has_help_that_begins_with_its_line(name: str) -> None:
    shown = CliRunner().invoke(nullsender, [name, "--help"])
    assert shown.exit_code == 0
    assert main.COMMANDS[name] in shown.output


def test_the_version_is_that_of_the_distribution() -> None:
    done = call("--version")
    assert (done.returncode, done.stdout) == (0, f"nullsender {version('nullsender')}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Usage: nullsender"),
        (["chekc", "x"], "Did you mean 'check'?"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["check"], "Missing argument 'FILE'"),
        (["check", "a", "b"], "unexpected extra argument"),
        (["check", "a", "--formt", "json"], "No such option"),
        (["check", "a", "--format", "yaml"], "Invalid value for '--format'"),
        (["check", "a", "--on", "yesterday"], "'yesterday' is not a day"),
        (["compile", "a"], "Missing option '--out'"),
        (["diff", "a"], "Missing argument 'B'"),
    ],
)
def test_wrong_use_is_said_and_ends_with_2(arguments: list[str], words: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_the_program_is_one_line_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> int:
        raise KeyError("a\nb")

    monkeypatch.setattr("nullsender.commands.run", broken)
    monkeypatch.setattr(sys, "argv", ["nullsender", "check"])
    monkeypatch.delenv("NULLSENDER_TRACEBACK", raising=False)
    assert main.main() == 2
    errors = capsys.readouterr().err
    assert "internal error: KeyError in test_main.py:" in errors
    assert "Please report" in errors
    assert "Traceback" not in errors
    monkeypatch.setenv("NULLSENDER_TRACEBACK", "1")
    assert main.main() == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("nullsender.commands.run", interrupted)
    monkeypatch.setattr(sys, "argv", ["nullsender", "check"])
    assert main.main() == 130


@pytest.mark.parametrize("arguments", [["--help"], ["explain"]])
def test_nobody_reading_on_is_no_reason_to_complain(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run([*PROGRAM, *arguments], stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode != 0
    assert done.stderr == ""


def test_a_full_disk_behind_standard_output_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*PROGRAM, "explain"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_few_characters_gets_what_it_can_show(tmp_path: Path, encoding: str) -> None:
    policy = tmp_path / "x.ndr"
    policy.write_text('policy "日本"\n日本\n')
    done = subprocess.run(
        [*PROGRAM, "check", policy], capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False
    )
    assert done.returncode == 1
    assert b"x.ndr:2:1" in done.stdout
    assert done.stderr == b""


def test_being_terminated_leaves_nothing_behind(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from nullsender import commands, output\n"
        "def slow(_):\n"
        "    with output.staged(Path('out')):\n"
        "        print('staged', flush=True); time.sleep(30)\n"
        "commands.nullsender.main = lambda **_: slow(_)\n"
        "commands.run([])\n"
    )
    running = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    assert running.stdout.readline() == "staged\n"
    time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=30) == 128 + signal.SIGTERM
    running.stdout.close()
    assert list(tmp_path.iterdir()) == []
