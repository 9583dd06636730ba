"""The command `nullsender`: help at once, everything else by click, and never a traceback.

Nothing but `sys` is imported here: whoever asks for help should not wait for libraries.
"""

from __future__ import annotations

import sys

COMMANDS = {
    "check": "Say what is wrong with a policy.",
    "compile": "Write the configuration of every deployment of a policy.",
    "test": "Play the tests of a policy, and say which of its rules none decides.",
    "diff": "Show what a change of policy changes in the files.",
    "keys": "Make, rotate and list the keys with which servers sign reverse-paths.",
    "targets": "Show what each server can do.",
    "explain": "Explain the code of a diagnostic.",
}
USAGE = "Usage: nullsender [OPTIONS] COMMAND [ARGS]..."
HELP = f"""\
{USAGE}

  Compile a policy for bounces into the configuration of mail servers.

Options:
  --version  Show the version and exit.
  --help     Show this message and exit.

Commands:
{"".join(f"  {name:<9}{line}{chr(10)}" for name, line in COMMANDS.items())}
Exit codes: 0 clean, 1 found something, 2 could not do it.
"""
CLEAN, FOUND, COULD_NOT = 0, 1, 2
INTERRUPTED = 130  # 128 and SIGINT, as shells have it


def main() -> int:
    """Run the command line and return the exit code."""
    arguments = sys.argv[1:]
    try:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        if arguments == ["--help"]:
            sys.stdout.write(HELP)
            sys.stdout.flush()
            return CLEAN
        from nullsender.commands import run

        code = run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _quiet()
    except OSError as error:  # a full disk behind standard output, no room for temporary files
        print(f"nullsender: {error}", file=sys.stderr)
        return COULD_NOT
    except Exception as error:
        return _sorry(error)


def _quiet() -> int:
    """Leave without a word when nobody reads on; Python would complain when it flushes at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return COULD_NOT


def _sorry(error: Exception) -> int:
    """Say what to report. Only a fault of the program's own gets here."""
    import os
    import traceback

    if os.environ.get("NULLSENDER_TRACEBACK"):
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"  # noqa: PTH119
    what = " ".join(str(error).split())[:300].encode("ascii", "backslashreplace").decode()
    print(
        f"nullsender: internal error: {type(error).__name__} in {place}: {what}\n"
        "This is a fault of nullsender, not of the policy. Please report the line above together with the policy;\n"
        "with NULLSENDER_TRACEBACK=1 in the environment it says more.",
        file=sys.stderr,
    )
    return COULD_NOT
