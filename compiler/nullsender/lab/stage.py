"""The place on the machine where one deployment runs at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from nullsender.lab.deployed import Deployed
from nullsender.lab.lab import Lab


class Stage:
    """Holds one deployment running until another one is asked for, so that it is booted once for many dialogues."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._asked: object = None
        self._running = ExitStack()
        self._held: Deployed | Exception = LookupError("nothing was booted yet")

    def hold(self, asked: object, boot: Callable[[], AbstractContextManager[Deployed]]) -> Deployed:
        """Return the deployment that is called `asked`, booted if it does not run.

        What went wrong once is not tried again.
        """
        if self._asked != asked:
            self.close()
            try:
                self._held = self._running.enter_context(boot())
            except Exception as error:
                self._held = error
            self._asked = asked
            self._lab.leaving = self.close
        if isinstance(self._held, Exception):
            raise self._held
        return self._held

    def close(self) -> None:
        self._asked = self._lab.leaving = None
        self._running.close()
