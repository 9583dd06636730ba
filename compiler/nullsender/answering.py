"""Whom an autoresponder leaves without an answer: mail that is not ordinary, RFC 3834, sections 2 and 5.

Besides there are no answers to the null sender, nor where `Auto-Submitted` says anything but `no`. Patterns are of
local parts; `*` stands for any run of characters.
"""

LIST_FIELDS = (
    *("List-Archive", "List-Help", "List-Id", "List-Owner", "List-Post", "List-Subscribe", "List-Unsubscribe"),
)
PRECEDENCES = ("auto_reply", "bulk", "junk", "list")  # words of `Precedence`
SUPPRESSED = ("All", "AutoReply", "OOF")  # words of `X-Auto-Response-Suppress`
SENDERS = (
    *("mailer-daemon", "listserv", "majordomo", "owner-*", "*-owner", "*-request"),
    *("*-bounce", "*-bounces", "*-bounce+*", "*-bounces+*", "bounce-*", "bounces-*"),
    *("noreply", "no-reply", "donotreply", "do-not-reply"),
)
