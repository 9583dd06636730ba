"""A folder that stands for a host, on which a tree is applied."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nullsender.emit import Output
from nullsender.output import generated, staged
from nullsender.target import Artifact
from tests.output.fakes import artifact, at, output

RULES = artifact("nullsender/rules", "one\n")
JOIN = (
    'grep -qx "include nullsender" "$NULLSENDER_HOME/main.conf" ||',
    'echo "include nullsender" >>"$NULLSENDER_HOME/main.conf"',
)


@dataclass
class Host:
    """A folder that stands for a host, and the tree that is applied there."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "etc" / "post box"

    @property
    def tree(self) -> Path:
        return self.root / "tree"

    @property
    def script(self) -> Path:
        return self.tree / "mx1" / "apply.sh"

    def write(self, *outputs: Output) -> None:
        shutil.rmtree(self.tree, ignore_errors=True)
        files, wrong = generated(outputs)
        assert wrong == ()
        with staged(self.tree) as staging:
            staging.write(files)
            staging.commit()

    def apply(self, *arguments: str, deaf: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the script; `deaf`: as systemd and Python run theirs, with broken pipes that end no program."""
        temporary = self.root / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(temporary)}
        done = subprocess.run(
            ["sh", self.script, *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=30,
            check=False,
            restore_signals=not deaf,
        )
        if done.returncode != 3:
            assert list(temporary.iterdir()) == []
        return done

    def server(self, *artifacts: Artifact, **lines: tuple[str, ...]) -> Output:
        return output(*artifacts, placement=at(self.home, **lines))

    def whole_server(self, *artifacts: Artifact) -> Output:
        return output(*artifacts, standalone=True, placement=at(self.home))
