"""What Exim remembers from one message to the next: whom limits count, and whose first try greylisting has seen."""

from __future__ import annotations

MEMORY = "/var/spool/exim4/nullsender-memory"  # a database of SQLite that Exim makes itself
