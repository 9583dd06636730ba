"""Shell lines by which `apply.sh` adds lines to a file that is the owner's, and takes them out again."""

from __future__ import annotations


def added(line: str, file: str) -> str:
    """Return what adds a line where it is missing, on a line of its own, whether the file's last one ends or not.

    `line` has no single quote in it; `file` stands as it is, within its quotes.
    """
    ended = f'[ -z "$(tail -c 1 {file} 2>/dev/null)" ] || echo >>{file}'
    return f"grep -qsxF -e '{line}' {file} || {{ {ended}; printf '%s\\n' '{line}' >>{file}; }}"


def taken_out(lines: tuple[str, ...], file: str) -> str:
    """Return what takes lines out of a file where it has any of them, and the file away where nothing else is in it."""
    words = " ".join(f"-e '{line}'" for line in lines)
    rest = '"$NULLSENDER_HOME/nullsender/.rest"'
    return (
        f"if grep -qsxF {words} {file}; then {{ {{ grep -vxF {words} {file} >{rest} || [ $? -eq 1 ]; }} && "
        f"cat {rest} >{file} && {{ [ -s {file} ] || rm -f -- {file}; }}; }} || exit 1; fi"
    )
