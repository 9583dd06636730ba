"""What keeps a machine from being made is said in words that help."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

from nullsender.lab import prerequisites

missing = prerequisites.missing.__wrapped__


@pytest.fixture(autouse=True)
def _as_root_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda program, path: f"/sbin/{program}" if path else None)


def trial(monkeypatch: pytest.MonkeyPatch, code: int, words: str = "") -> None:
    done = subprocess.CompletedProcess([], code, "", words)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)


def test_nothing_is_missing_where_the_trial_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    trial(monkeypatch, 0)
    assert missing() is None


def test_the_kernel_may_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    trial(monkeypatch, 1, "unshare: unshare failed: Operation not permitted\n")
    assert missing() == "the kernel gives no private machine: unshare: unshare failed: Operation not permitted"


def test_another_system_has_no_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert missing() == "servers are booted in namespaces of Linux"


def test_another_user_may_not_make_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert missing() == "servers are booted as root"


def test_a_library_and_a_program_are_named_with_the_way_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert missing() == "`ip` is not installed: apt-get install iproute2"
    monkeypatch.setattr(prerequisites, "find_spec", lambda _: None)
    assert missing() == "dnspython is not installed: pip install dnspython"
    assert importlib.util.find_spec("dns"), "only this test lacks it"
