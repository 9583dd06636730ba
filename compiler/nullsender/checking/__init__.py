"""The rooms of `check`: one file a part of the policy."""
