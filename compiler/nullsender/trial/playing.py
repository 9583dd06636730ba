"""Boot a deployment, play its tests one after the other, and tell what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from nullsender.agreement import disagreements
from nullsender.diagnostic import Diagnostic
from nullsender.lab.deploying import placed
from nullsender.lab.lab import Lab
from nullsender.lab.playing import BrokenOffError, Player
from nullsender.observation import Observed
from nullsender.policy import Deployment
from nullsender.testing.cases import Case
from nullsender.testing.dialogue import dialogue, rules_tried
from nullsender.trial.choosing import stack_of
from nullsender.trial.rounds import Round, Turn

Tell = Callable[[str], None]


def play_round(lab: Lab, round_: Round, tell: Tell) -> Iterator[tuple[int, Case]]:
    """Yield the cases of a round, each with its place in the order written; `tell` hears how far it is.

    After a session that came to no end the deployment is booted anew: nobody knows in what state it is.
    """
    name = round_.deployment.name
    if not round_.built.good:
        errors = tuple(one for one in round_.built.diagnostics if one.is_error)
        yield -1, replace(_of_deployment(round_.deployment), diagnostics=errors)
        yield from _not_played(round_, round_.turns, f"`{name}` cannot be compiled as a whole server")
        return
    for turn in round_.turns:
        if turn.unplayable:
            yield from _not_played(round_, (turn,), turn.unplayable)
    waiting = [turn for turn in round_.turns if not turn.unplayable]
    count = len(waiting)
    while waiting:
        with ExitStack() as running:
            tell(f"{name}: booting {stack_of(round_.deployment)}")
            try:
                deployed = running.enter_context(placed(lab, round_.built))
            except (LookupError, OSError, RuntimeError) as error:
                yield -1, _not_booted(round_.deployment, error)
                yield from _not_played(round_, waiting, f"`{name}` does not boot")
                return
            player, broken = Player(deployed), False
            while waiting and not broken:
                tell(f"{name}: {count - len(waiting)} of {count} tests played")
                turn = waiting.pop(0)
                case, broken = _play(round_, turn, player)
                yield turn.number, case


def _play(round_: Round, turn: Turn, player: Player) -> tuple[Case, bool]:
    """Return what became of a test, and whether its session came to no end."""
    case = _of_turn(round_, turn)
    try:
        seen = player.play(turn.session, lookups_fail=turn.example.lookups_fail)
    except BrokenOffError as error:
        return _failed(case, turn, (f"the session broke off: {error}",), error.spoken, error.log), True
    signs = player.deployed.signs()
    found = disagreements(turn.verdict, seen, turn.policy, turn.plan, signs, turn.session)
    if not found:
        return case, False
    return _failed(case, turn, tuple(map(str, found)), (*seen.spoken, *_afterwards(seen)), seen.log), False


def _failed(case: Case, turn: Turn, wrong: tuple[str, ...], spoken: tuple[str, ...], log: str) -> Case:
    said = f"`{turn.plan.name}` does not do what the policy means: {wrong[0]}"
    return replace(
        case,
        diagnostics=(Diagnostic("NS811", said, case.span, note="\n".join(wrong[1:]) or None),),
        session=tuple(dialogue(turn.session, turn.verdict)),
        rules=tuple(rules_tried(turn.verdict)),
        spoken=spoken or ("(the server said nothing)",),
        log=tuple(log.splitlines()),
    )


def _afterwards(seen: Observed) -> Iterator[str]:
    yield from (f"(a copy arrives for {', '.join(mail.recipients)})" for mail in seen.arrived)
    if seen.held:
        yield "(the message is held)"
    yield from (f"(an NDR {'leaves' if ndr.left else 'stays here,'} to {ndr.recipient})" for ndr in seen.ndrs)


def untested(deployment: Deployment) -> Case:
    """Return the case of a deployment of which no test speaks."""
    return replace(_of_deployment(deployment), unplayed="no test speaks of it")


# --- cases ------------------------------------------------------------------------------------------------------------
def _of_turn(round_: Round, turn: Turn) -> Case:
    return Case(turn.example.name, f"{_place(round_.deployment)}, {turn.day}", turn.example.span)


def _of_deployment(deployment: Deployment) -> Case:
    """Return the case of a deployment itself, where its tests cannot be played."""
    return Case(" ".join(deployment.span.text.split()), _place(deployment), deployment.span)


def _place(deployment: Deployment) -> str:
    return f"{deployment.name} on {stack_of(deployment)}"


def _not_booted(deployment: Deployment, error: Exception) -> Case:
    why, _, log = str(error).partition("\n")
    case = _of_deployment(deployment)
    said = Diagnostic("NS812", f"`{deployment.name}` does not boot: {why}", case.span)
    return replace(case, diagnostics=(said,), log=tuple(log.splitlines()))


def _not_played(round_: Round, turns: Iterable[Turn], why: str) -> Iterator[tuple[int, Case]]:
    yield from ((turn.number, replace(_of_turn(round_, turn), unplayed=why)) for turn in turns)
