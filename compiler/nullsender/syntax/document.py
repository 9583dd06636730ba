"""A whole file."""

from __future__ import annotations

from nullsender.syntax.examples import Property, Test
from nullsender.syntax.node import Node, node
from nullsender.syntax.statements import (
    AnswerAutomatically,
    CopyDoubleBounces,
    Deliver,
    Deploy,
    GiveUpAfter,
    Include,
    Keep,
    LimitStatement,
    PolicyName,
    QuarantineInto,
    Recipients,
    ReturnWhat,
    RewriteForwarded,
    RuleStatement,
    SendNdrsThrough,
    SendNdrsTo,
    SetDefinition,
    SignMail,
    SplitMail,
    Subaddresses,
    TrustClients,
    UpstreamClients,
    UseDnsbl,
    WarnAboutDelay,
    WordNdrs,
)

Statement = (
    PolicyName
    | Include
    | SetDefinition
    | Recipients
    | Deliver
    | Subaddresses
    | TrustClients
    | UpstreamClients
    | Keep
    | SplitMail
    | QuarantineInto
    | RuleStatement
    | UseDnsbl
    | LimitStatement
    | SendNdrsTo
    | SendNdrsThrough
    | ReturnWhat
    | GiveUpAfter
    | WarnAboutDelay
    | CopyDoubleBounces
    | WordNdrs
    | AnswerAutomatically
    | SignMail
    | RewriteForwarded
    | Deploy
    | Test
    | Property
)


@node
class Document(Node):
    """One file, its statements in the order written."""

    statements: tuple[Statement, ...]
