"""A deployment that runs on the machine, and what the compiler says of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest

from nullsender import discover
from nullsender.agreement import Signs
from nullsender.capability import Loss
from nullsender.emit import Output
from nullsender.lab.lab import Lab
from nullsender.plan import DeploymentPlan
from nullsender.policy import Policy, Rule


@dataclass(frozen=True, slots=True)
class Deployed:
    """One running deployment. `logs` are those of its components, in the order of the plan."""

    lab: Lab
    policy: Policy
    plan: DeploymentPlan
    outputs: tuple[Output, ...]
    logs: tuple[Callable[[], str], ...]

    def log(self) -> str:
        """Return what all components have logged so far."""
        return self.log_since(())

    def mark(self) -> tuple[str, ...]:
        """Return the logs as they are, so that what comes later can be told from it."""
        return tuple(log() for log in self.logs)

    def rule(self, id_: str) -> Rule:
        return next(rule for rule in self.policy.rules if rule.id == id_)

    def replies(self, id_: str) -> tuple[tuple[int, str], ...] | None:
        """Return the codes that may come from a rule; None where the plan promises no more than their class.

        Where the rule writes none, a component may say what it always says.
        """
        reply = self.rule(id_).reply
        placed = [one for one in self.plan.placed if one.id == id_]
        if any(Loss.CODE in one.losses for one in placed):
            return None
        native = (discover.load(one.component).capabilities.native_replies for one in placed)
        others = () if reply.code_written else (pair for pairs in native for pair in pairs)
        return (reply.code, reply.enhanced), *others

    def signs(self) -> Signs:
        """Return how rules show in the replies and logs of this deployment."""
        texts = {id_: text for output in self.outputs for id_, text in output.emitted.fixed_texts.items()}
        tables = [discover.load(part.component).capabilities for part in self.plan.parts]
        native = frozenset().union(*(table.native_replies for table in tables))
        return Signs(texts, native, frozenset(table.unreadable for table in tables if table.unreadable))

    def marks(self, id_: str) -> tuple[str, ...]:
        """Return the texts by which logs and replies show a rule: its id, or what stands for it."""
        fixed = (output.emitted.fixed_texts.get(id_) for output in self.outputs)
        return (f"[{id_}]", *(text for text in fixed if text))

    def logged(self, text: str | tuple[str, ...], mark: tuple[str, ...] = (), seconds: float = 10) -> bool:
        """Tell whether a log says the text, or one of the texts, after `mark`, waiting a while for it."""
        texts = (text,) if isinstance(text, str) else text
        deadline = time.monotonic() + seconds
        while not any(one in self.log_since(mark) for one in texts):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def log_since(self, mark: tuple[str, ...]) -> str:
        """Return what the logs say that they did not say at `mark`."""
        return "\n".join(log.removeprefix(old) for log, old in zip_longest(self.mark(), mark, fillvalue=""))
