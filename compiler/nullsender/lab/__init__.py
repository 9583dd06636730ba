"""The lab: a machine of its own inside the running process, on which the real programs are booted and spoken to."""
