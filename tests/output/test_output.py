from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from nullsender.output import MANIFEST, GeneratedFile, OutputError, generated, read_manifest, staged
from tests.output.fakes import artifact, contents, output


def text_file(path: str, text: str) -> GeneratedFile:
    return GeneratedFile(PurePosixPath(path), lambda: iter([text.encode()]))


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def write(out: Path, *paths: str, text: str = "x\n") -> None:
    manifest = json.dumps({"nullsender": 1, "files": dict.fromkeys(paths)})
    with staged(out) as staging:
        staging.write([text_file(MANIFEST, manifest), *(text_file(path, text) for path in paths)])
        staging.commit()


def test_files_are_sorted_and_each_deployment_has_its_script() -> None:
    files, wrong = generated(
        [
            output(artifact("nullsender/b"), artifact("nullsender/a")),
            output(artifact("nullsender/c"), component="strainer"),
            output(artifact("nullsender/d"), deployment="mx2"),
        ]
    )
    assert wrong == ()
    assert [str(file.path) for file in files] == [
        "mx1/apply.sh",
        "mx1/postbox/nullsender/a",
        "mx1/postbox/nullsender/b",
        "mx1/strainer/nullsender/c",
        "mx2/apply.sh",
        "mx2/postbox/nullsender/d",
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/etc/passwd", "below its own folder"),
        ("nullsender/../../x", "below its own folder"),
        (".", "below its own folder"),
        ("nullsender/a b", "letters, digits"),
        ("nullsender/a\nb", "letters, digits"),
        ("nullsender/$(x)", "letters, digits"),
        ("nullsender/.installed.postbox", "apply.sh keeps"),
        ("nullsender/.before/x", "apply.sh keeps"),
        ("main.conf", "in fragment mode"),
        ("nullsender", "in fragment mode"),
    ],
)
def test_a_target_cannot_write_where_it_must_not(path: str, why: str) -> None:
    _, (wrong,) = generated([output(artifact(path))])
    assert wrong.code == "NS604"
    assert why in wrong.message


def test_a_target_cannot_give_two_files_of_one_name() -> None:
    _, (wrong,) = generated([output(artifact("nullsender/a"), artifact("nullsender/a"))])
    assert "one of that name already" in wrong.message


def test_standalone_files_may_be_anywhere_below_the_home() -> None:
    files, wrong = generated([output(artifact("main.conf"), standalone=True)])
    assert wrong == ()
    assert [str(file.path) for file in files] == ["mx1/apply.sh", "mx1/postbox/main.conf"]


def test_only_components_with_a_place_are_installed() -> None:
    there, nowhere = (
        output(artifact("nullsender/a")),
        output(artifact("nullsender/b"), component="cloud", placement=None),
    )
    files, _ = generated([there, nowhere])
    assert [str(file.path) for file in files] == ["mx1/apply.sh", "mx1/cloud/nullsender/b", "mx1/postbox/nullsender/a"]
    script = b"".join(files[0].chunks()).decode()
    assert ("postbox" in script, "cloud" in script) == (True, False)


@pytest.mark.parametrize("there", [False, True], ids=["missing", "empty"])
def test_a_tree_is_written_to_a_new_or_empty_folder(tmp_path: Path, there: bool) -> None:
    out = tmp_path / "deep" / "out"
    if there:
        out.mkdir(parents=True)
    write(out, "mx1/a")
    assert list(contents(out)) == [MANIFEST, "mx1/a"]
    assert names(out.parent) == ["out"]


def test_a_tree_of_ours_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path / "out", "mx1/a", "mx1/b")
    write(tmp_path / "out", "mx2/c")
    assert list(contents(tmp_path / "out")) == [MANIFEST, "mx2/c"]
    assert names(tmp_path) == ["out"]


def test_a_link_to_a_tree_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path / "real", "mx1/a")
    (tmp_path / "out").symlink_to("real")
    write(tmp_path / "out", "mx1/b")
    assert (tmp_path / "out").is_symlink()
    assert list(contents(tmp_path / "real")) == [MANIFEST, "mx1/b"]


def test_an_error_while_writing_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "out", "mx1/a")
    before = contents(tmp_path / "out")

    def broken() -> None:
        with staged(tmp_path / "out") as staging:
            staging.write([text_file("mx1/b", "b")])
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError) as caught:
        broken()
    assert caught.value.diagnostic.code == "NS601"
    assert caught.value.diagnostic.message == f"cannot write `{tmp_path}/out`: no space left on device"
    assert contents(tmp_path / "out") == before
    assert names(tmp_path) == ["out"]


def test_without_a_commit_nothing_is_left(tmp_path: Path) -> None:
    with staged(tmp_path / "out") as staging:
        staging.write([text_file("mx1/b", "b")])
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"index.html": "<p>"}, "a directory that nullsender did not write"),
        ({"manifest.json": '{"name": "a web application"}'}, "a directory that nullsender did not write"),
        ({"manifest.json": "[" * 100_000}, "a directory that nullsender did not write"),
        ({"manifest.json": '{"nullsender": 1, "files": {}}', "notes.txt": "mine"}, "holds `notes.txt`"),
    ],
    ids=["other-files", "another-manifest", "broken-manifest", "a-file-more"],
)
def test_what_is_not_ours_is_never_replaced(tmp_path: Path, files: dict[str, str], words: str) -> None:
    (tmp_path / "out").mkdir()
    for name, text in files.items():
        (tmp_path / "out" / name).write_text(text)
    with pytest.raises(OutputError) as caught:
        write(tmp_path / "out", "mx1/a")
    assert caught.value.diagnostic.code == "NS602"
    assert words in caught.value.diagnostic.message
    assert contents(tmp_path / "out") == files


def test_a_file_in_the_place_of_the_tree_stays(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file\n")
    with pytest.raises(OutputError) as caught:
        write(tmp_path / "out", "mx1/a")
    assert caught.value.diagnostic.message == f"`{tmp_path}/out` is no directory"
    assert (tmp_path / "out").read_text() == "a file\n"


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        write(tmp_path / "file" / "out", "mx1/a")
    assert caught.value.diagnostic.code == "NS601"


def test_a_manifest_of_ours_is_known_by_its_first_key(tmp_path: Path) -> None:
    write(tmp_path / "out", "mx1/a")
    assert read_manifest(tmp_path / "out") == {"nullsender": 1, "files": {"mx1/a": None}}
    assert read_manifest(tmp_path) is None
