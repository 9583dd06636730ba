"""The directories that servers ask who exists: real ones, each of one table or of entries below one base."""
