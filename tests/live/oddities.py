"""Real mail with which servers do something by themselves, and what; all that is known of it."""

from __future__ import annotations

# By component, or by stack: each reason with its rows in the index.
Table = dict[str, dict[str, str]]


def excused(table: Table, *keys: str) -> set[str]:
    """Return the rows of a table that some components or stacks have."""
    return {row for key in keys for rows in table.get(key, {}).values() for row in rows.split()}


UNICODE = "its sender is not ASCII, which takes SMTPUTF8"
UNDERSCORE = "its sender's domain has an underscore"
REFUSED: Table = {
    "postfix": {UNICODE: "spamassassin-dbfa5e13d407"},
    "exim": {
        UNICODE: "spamassassin-dbfa5e13d407",
        UNDERSCORE: "rspamd-5b3a41027d1a rspamd-27691c128131",
    },
}
ITS_OWN_NULL = "MAILER-DAEMON at the server's own domain is to Postfix another way to write the null sender"
GTUBE = "it holds GTUBE, at which filters have to call any message spam"
BROKEN_FIELD = "Exim takes for a field what has its colon on the next line only, and adds its tag below it"
DECIDED_OTHERWISE: Table = {
    "ex-rs": {BROKEN_FIELD: "rspamd-9a7b0f428260"},
    "postfix": {ITS_OWN_NULL: "sisimai-04329fee347f"},
    "rspamd": {
        GTUBE: """
            rspamd-247c0359e897 spamassassin-c6b8e2a2f26e spamassassin-95b1d4441a48 spamassassin-76d579df6eff
            spamassassin-c693d2cbb57d spamassassin-6331a6ba6b48
        """
    },
}
BARE_CR = "a CR alone is no end of a line (RFC 5321 section 2.3.8): Postfix leaves it out, Exim makes it one"
SPACED = "Postfix writes `From:` for `From  :`"
QUALIFIED = "Exim gives addresses in a header a domain where they have none, as it takes senders without one"
BLANK_LINE = "Exim leaves out a line of blanks by which a field goes on"
MODIFIED: Table = {
    "ex-rs": {BROKEN_FIELD: "rspamd-9a7b0f428260"},
    "postfix": {
        BARE_CR: "sisimai-f0514206abc1 rspamd-c9df882e478a",
        SPACED: "spamassassin-99cb40701517",
    },
    "exim": {
        BARE_CR: "sisimai-f0514206abc1 rspamd-c9df882e478a",
        BLANK_LINE: "rspamd-50886e66833c",
        QUALIFIED: """
            bounceparser-994090743b54 sisimai-3a8d69b77786 sisimai-52e0b0474b97 sisimai-d0e9d2db8b6a
            sisimai-1a6c681dba9e sisimai-861b2faccedd sisimai-f65c20d50203 py-bounce-email-c0f3c9b18c33
            sisimai-6a9cb585b454
        """,
    },
}
ADDED = frozenset({"received", "x-bounce", "x-spam"})  # the last two where a rule says so
# Fields about an earlier delivery, which servers take away: `Content-Length` Postfix, the two after it Exim.
DROPPED = frozenset({"return-path", "x-spam", "bcc", "content-length", "envelope-to", "delivery-date"})
