"""Write text so that Postfix reads it back unchanged: main.cf, master.cf, pcre and cidr tables, indexed lists.

The only module that escapes. postconf(5), pcre_table(5), cidr_table(5), postmap(1), access(5).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from nullsender.layout import Quoted
from nullsender.policy import Letter
from nullsender.quota import FULL, HOST, PORT, SECONDS
from nullsender_targets.postfix import ir

PRVS = r"(?:prvs=[0-9]{4}[0-9a-f]{6}=)?"  # K DDD HHHHHH: draft-levine-smtp-batv, section 4
_INSIDE = r"""(?:[^<>()\[\]"\\]|\\.|"(?:[^"\\]|\\.)*"|\[[^\s<>()\[\]"\\]*\])"""
# A command as far as smtpd(8) reads it in one way alone: the path, and no comments in it.
RCPT = rf"""\s*RCPT\s+TO:\s*(?:<{_INSIDE}*>|[^\s<>()\[\]"\\]+)(?=\s|$)"""
_SAFE_PATH = re.compile(r"/[A-Za-z0-9/_.+@%~-]+")
_SAFE_KEY = re.compile(r"[A-Za-z0-9!$%&'+/=?^_`{|}~-][A-Za-z0-9!#$%&'+/=?^_`{|}~.@-]*")


# --- comments and plain words -----------------------------------------------------------------------------------------
def comment(text: str) -> Quoted:
    """Return text for the rest of a line that begins with `#`; a policy holds no control characters."""
    return Quoted(text)


def word(text: str) -> Quoted:
    """Return a name made in this package: of a class, a file, a service."""
    if not re.fullmatch(r"[A-Za-z0-9_.:/$=-]+", text):
        raise ValueError(f"{text!r} is no name")
    return Quoted(text)


def main_address(address: str) -> Quoted:
    """Return an address as a value in main.cf, where a brace at the beginning would open a list."""
    if not address.startswith("{"):
        return main_value(address)
    local, _, host = address.rpartition("@")
    return main_value(f'"{local}"@{host}')


def main_value(text: str) -> Quoted:
    """Return text as a value in main.cf: parameters are expanded there, white space at the ends gets lost."""
    return Quoted(text.replace("$", "$$"))


# --- keys of pcre tables ----------------------------------------------------------------------------------------------
def literal(text: str) -> str:
    """Return a regular expression that matches just this text, in any case."""
    return re.sub(r"[^A-Za-z0-9_\x80-\U0010ffff]", lambda found: "\\" + found[0], text)


def at_domain(name: str, delimiters: str = "") -> dict[str, Quoted]:
    """Return the end of addresses of a domain, and the delimiters of subaddresses, for patterns."""
    inside = f"(?:[{delimiter_class(delimiters)}].*)?" if delimiters else ""
    return {"domain": Quoted(f"@{domain(name)}"), "subaddress": Quoted(inside)}


def delimiter_class(delimiters: str) -> str:
    """Return the inside of a character class."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: "\\" + found[0], delimiters)


def domain(text: str) -> str:
    """Return a regular expression for a domain, or those below it for `*.example.org`; A-labels match as U-labels."""
    if text == "*":
        return "[^@]+"
    below = text.startswith("*.")
    return (r"[^@]+\." if below else "") + r"\.".join(map(_label, text.removeprefix("*.").split(".")))


def mailbox(address: str, delimiters: str) -> str:
    """Return a regular expression for an address as written, or with a subaddress that was stripped."""
    local, _, host = address.rpartition("@")
    pieces = [literal(piece) for piece in local.split("*")]
    form = ".*".join(pieces)
    if delimiters and not any(delimiter in local for delimiter in delimiters):
        inside = delimiter_class(delimiters)
        stripped = f"[^{inside}]*".join(pieces) + f"[{inside}].*"
        form = f"(?:{form}|{stripped})" if len(pieces) > 1 else f"{form}(?:[{inside}].*)?"
    return f"^{PRVS}{form}@{domain(host)}$"


def _label(label: str) -> str:
    plain = literal(label)
    return f"(?:{plain}|{literal(_u_label(label))})" if label.startswith("xn--") else plain


def _u_label(label: str) -> str:
    """Return an A-label as the U-label that SMTPUTF8 clients say (RFC 5890, RFC 6531), any other label as it is."""
    if not label.startswith("xn--"):
        return label
    import idna  # wanted for few policies

    try:
        return idna.decode(label)
    except idna.IDNAError:
        return label


_KEYS: Mapping[type[ir.Key], Callable[..., str]] = {
    ir.Anything: lambda _: "^",
    ir.NullSender: lambda _: "^<>$",
    ir.Mailbox: lambda key: mailbox(key.address, key.delimiters),
    ir.AtDomain: lambda key: f"@{domain(key.domain)}$",
    ir.Host: lambda key: rf"^{domain(key.name)}\.?$",
    ir.Marked: lambda key: f"(?:^|,){key.mark}(?:,|$)",
}


def pcre_key(key: ir.Key) -> Quoted:
    """Return the pattern of a row; case is ignored unless told otherwise."""
    return Quoted(f"/{_KEYS[type(key)](key)}/")


def cidr_keys(key: ir.Key) -> tuple[Quoted, ...]:
    """Return the networks of a row."""
    match key:
        case ir.Network(cidr):
            return (Quoted(cidr),)
        case ir.Anything():
            return (Quoted("0.0.0.0/0"), Quoted("::/0"))
        case _:
            raise TypeError(f"{key!r} is no network")


# --- what rows lead to ------------------------------------------------------------------------------------------------
def reply_text(reply: ir.Refuse) -> str:
    return f"{reply.code} {reply.enhanced} {reply.text} [{reply.id}]"


_OUTCOMES: Mapping[type[ir.Outcome], Callable[..., str]] = {
    ir.Dunno: lambda _: "DUNNO",
    ir.Enter: lambda to: to.name,
    ir.Refuse: reply_text,
    ir.Note: lambda to: f"WARN {to.text} [{to.id}]",
    ir.Discard: lambda to: f"DISCARD {to.text} [{to.id}]",
    ir.Hold: lambda to: f"HOLD {to.text} [{to.id}]",
    ir.Redirect: lambda to: f"REDIRECT {to.address}",
    ir.Prepend: lambda to: f"PREPEND {to.field}",
    ir.Detour: lambda to: f"FILTER {to.service}:[127.0.0.1]:{to.port}",
    ir.Mark: lambda to: to.mark,
}


def pcre_result(outcome: ir.Outcome) -> Quoted:
    """Return the right-hand side of a pcre row, where `$` would stand for what was matched."""
    return Quoted(_OUTCOMES[type(outcome)](outcome).replace("$", "$$"))


def pcre_recipient(address: str) -> Quoted:
    """Return an address as a path of SMTP on the right-hand side of a pcre row."""
    return Quoted(f"<{address}>".replace("$", "$$"))


def cidr_result(outcome: ir.Outcome) -> Quoted:
    """Return the right-hand side of a cidr row, which is taken as it is."""
    return Quoted(_OUTCOMES[type(outcome)](outcome))


def rbl_reply(row: ir.BlockListReply) -> Quoted:
    """Return a template of rbl_reply_maps; in it `$` begins a macro of Postfix."""
    reply = row.reply
    head, tail = f"{reply.code} {reply.enhanced} ", f" [{reply.id}]".replace("$", "$$")
    if row.own_words:
        return Quoted(head + "$rbl_class [$rbl_what] is listed at $rbl_domain" + tail)
    return Quoted(head + reply.text.replace("$", "$$") + tail)


# --- words of reports -------------------------------------------------------------------------------------------------
def letter_charset(letter: Letter) -> Quoted:
    return Quoted("us-ascii" if all(line.isascii() for line in letter.lines) else "utf-8")


def letter_subject(letter: Letter) -> Quoted:
    """Return a subject: nothing is expanded in a header."""
    return Quoted(letter.subject)


def letter_lines(letter: Letter) -> tuple[Quoted, ...]:
    """Return the lines of a text, in which `$` would begin a parameter, and none of which ends the text."""
    return tuple(Quoted(line.replace("$", "$$")) for line in letter.lines)


def letter_end(letter: Letter) -> Quoted:
    """Return the line that ends the text, as no line of it does."""
    end = "END"
    while any(line.startswith(end) for line in letter_lines(letter)):
        end += "_"
    return Quoted(end)


# --- lists ------------------------------------------------------------------------------------------------------------
def indexable(address: str) -> bool:
    """Tell whether an index can hold an address: no pattern, and nothing that postmap would take apart."""
    return _SAFE_KEY.fullmatch(address) is not None


def list_keys(form: ir.Form, entry: str, delimiters: str) -> tuple[str, ...]:
    """Return the keys of an entry in a list of this form."""
    match form:
        case ir.Form.PATTERNS:
            return (f"/{mailbox(entry, delimiters)}/",)
        case ir.Form.BELOW:
            return (f"/@{domain(entry)}$/",)
        case ir.Form.HOSTS:
            return (rf"/^{domain(entry)}\.?$/",)
        case ir.Form.DOMAINS:
            plain = entry.removeprefix("*")  # `.example.org` stands for what is below it
            return tuple(dict.fromkeys((plain, ".".join(map(_u_label, plain.split("."))))))
        case _:
            return (entry,)


# --- maps and restrictions --------------------------------------------------------------------------------------------
def live_path(path: str) -> bool:
    """Tell whether a path can stand in main.cf, where nothing quotes white space, commas and braces."""
    return _SAFE_PATH.fullmatch(path) is not None


def table(of: ir.Map) -> Quoted:
    """Return a map as main.cf names it."""
    match of:
        case ir.File(kind, name):
            return Quoted(f"{word(kind)}:$config_directory/nullsender/{word(name)}")
        case ir.LiveTable(kind, path):
            if not live_path(path):
                raise ValueError(f"{path!r} cannot stand in main.cf")
            return Quoted(f"{word(kind)}:{path}")
        case ir.Static(value):
            return Quoted(f"static:{word(value)}")
        case ir.Pipe(maps):
            return Quoted("pipemap:{" + ",".join(map(table, maps)) + "}")
        case ir.Union(maps):
            return Quoted("unionmap:{" + ",".join(map(table, maps)) + "}")
        case ir.Inline(key, value):
            return Quoted(f"inline:{{{{{_inline(key)}={word(value)}}}}}")
        case ir.Tcp(address):
            return Quoted(f"tcp:{word(address)}")


def _inline(key: str) -> str:
    return key if key == "<>" else word(key)


def restriction(of: ir.Restriction) -> Quoted:
    """Return a restriction as main.cf writes it."""
    match of:
        case ir.Check(subject, map_):
            return Quoted(f"{subject.value} {table(map_)}")
        case ir.Listed():
            return Quoted(("warn_if_reject " if of.report_only else "") + f"reject_rbl_client {rbl_argument(of)}")
        case ir.Evaluate(name):
            return word(name)
        case ir.AskPolicy(endpoint, context, seconds, otherwise):
            inside = f"{word(endpoint)}, policy_context={word(context)}, timeout={seconds}s, "
            action = _braced(f"default_action = {_OUTCOMES[type(otherwise)](otherwise)}")
            return Quoted(f"check_policy_service {{ {inside}{action} }}")
        case ir.LoggedIn(map_):  # only where somebody can log in: elsewhere smtpd warns at each recipient
            return Quoted("${{$smtpd_sasl_auth_enable} == {yes} ? {check_sasl_access " + table(map_) + "}}")
        case ir.Native():
            return Quoted(of.value)


def _braced(text: str) -> str:
    """Return an attribute of a service in main.cf, where white space and commas would divide it."""
    if re.search(r"[{}$]", text):
        raise ValueError(f"{text!r} cannot stand between braces")
    return f"{{ {text} }}"


def quota_service() -> dict[str, Quoted]:
    """Return where mailboxes say whether they are full, for a script of the shell."""
    values = {"host": HOST, "port": str(PORT), "seconds": str(SECONDS), "full": FULL.replace("\\b", "([^0-9]|$)")}
    return {name: Quoted(value) for name, value in values.items()}


def shell(text: str) -> Quoted:
    """Return text as one word of the shell."""
    return Quoted(shlex.quote(text))


def setting(text: str) -> Quoted:
    """Return the value of a setting in a file of one map, where only the line ends it."""
    return Quoted(text.strip())


def rbl_argument(of: ir.Listed | ir.BlockListReply) -> Quoted:
    """Return zone and filter: the argument of reject_rbl_client and the key of rbl_reply_maps."""
    if not re.fullmatch(r"[a-z0-9_.-]+", of.zone) or not re.fullmatch(r"[0-9.;\[\]]+", of.filter):
        raise ValueError(f"{of.zone!r}={of.filter!r} is no block list")
    return Quoted(f"{of.zone}={of.filter}")


def value(of: ir.Value) -> Quoted:
    """Return the value of a parameter, on one line."""
    match of:
        case ir.Seconds(count):
            return Quoted(f"{count}s")
        case ir.Milter(address):
            inside = f"inet:{address}, connect_timeout=10s, command_timeout=10s, content_timeout=20s"
            return Quoted("{ " + inside + ", default_action=tempfail }")
        case ir.Text(text):
            return main_value(text)
        case ir.Address(address):
            return main_address(address)
        case ir.Expression(text):
            return Quoted(text)
        case ir.OurFile(name):
            return Quoted(f"$config_directory/nullsender/{word(name)}")
        case _:
            return Quoted(", ".join(_item(item) for item in of))


def _item(item: ir.Restriction | ir.Map) -> Quoted:
    if isinstance(item, ir.Restriction):
        return restriction(item)
    return table(item)
