"""Deployments: servers, helpers, versions, placements, and who stands behind whom."""

from __future__ import annotations

from collections.abc import Iterable

from nullsender import policy as p
from nullsender import syntax as s
from nullsender.capability import version
from nullsender.checking.context import Context
from nullsender.suggest import did_you_mean


def deployments(context: Context, *, upstream: bool) -> tuple[p.Deployment, ...]:
    """Return the deployments in the order written."""
    found: dict[str, p.Deployment] = {}
    nodes = list(context.of_kind(s.Deploy))
    for node in nodes:
        name = node.name.text
        if name in found:
            context.twice("NS244", f"`{name}` is deployed twice", node.name.span, found[name].span)
            continue
        server = _component(node.server, context)
        helpers = tuple(_component(helper, context) for helper in node.helpers)
        for index, helper in enumerate(node.helpers):
            same = [h for h in (node.server, *node.helpers[:index]) if h.name.text.lower() == helper.name.text.lower()]
            if same:
                context.twice("NS244", f"`{helper.name.text}` stands twice", helper.span, same[0].span)
        placement = _placement(node, context)
        found[name] = p.Deployment(name, server, helpers, placement, _behind(node, nodes, context), node.span)
        if node.behind and not upstream:
            context.warn(
                "NS248",
                f"`{name}` does not know the addresses of what stands in front of it",
                node.span,
                help="name them: `upstream clients in 192.0.2.10`",
            )
    _check_circles(found, context)
    return tuple(found.values())


def _component(node: s.ComponentRef, context: Context) -> p.Component:
    name, text = node.name.text.lower(), node.version.text if node.version else ""
    known = context.catalogue.names()
    if name not in known:
        guess = did_you_mean(name, known) or f"there are {', '.join(f'`{x}`' for x in known)}"
        context.error("NS240", f"there is no target `{node.name.text}`", node.name.span, help=guess)
    elif node.version and (wrong := _bad_version(text, context.catalogue.load(name).capabilities.versions)):
        context.error("NS241", f"`{name} {text}`: {wrong}", node.version.span)
        text = ""
    return p.Component(name, text, node.span)


def _bad_version(text: str, measured: tuple[str, ...]) -> str | None:
    try:
        wanted = version(text)
    except ValueError:
        return f"not a version; {measured[-1]} is one"
    if wanted < version(measured[0])[: len(wanted)]:
        return f"older than {measured[0]}, the oldest that was measured"
    return None


def _placement(node: s.Deploy, context: Context) -> str | None:
    if node.placement is None:
        return None
    names = [node.server.name.text.lower(), *(h.name.text.lower() for h in node.helpers)]
    known = {
        placement
        for name in names
        if name in context.catalogue.names()
        for placement in context.catalogue.load(name).placements
    }
    if node.placement.text not in known:
        guess = did_you_mean(node.placement.text, known) or f"there are {', '.join(sorted(known)) or 'none'}"
        context.error("NS242", f"there is no placement `{node.placement.text}`", node.placement.span, help=guess)
        return None
    return node.placement.text


def _behind(node: s.Deploy, nodes: Iterable[s.Deploy], context: Context) -> tuple[str, ...]:
    names = [other.name.text for other in nodes]
    found = []
    for word in node.behind:
        if word.text in names:
            found.append(word.text)
        else:
            guess = did_you_mean(word.text, names)
            context.error("NS243", f"there is no deployment `{word.text}`", word.span, help=guess)
    return tuple(dict.fromkeys(found))


def _check_circles(found: dict[str, p.Deployment], context: Context) -> None:
    for name, deployment in found.items():
        front, seen = set(deployment.behind), set[str]()
        while front:
            seen |= front
            front = {further for one in front for further in found[one].behind if one in found} - seen
        if name in seen:
            context.error("NS243", f"`{name}` stands behind itself", deployment.span)
