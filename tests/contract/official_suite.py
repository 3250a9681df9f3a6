#!/usr/bin/env python3
"""official_suite EFFREG FOLDER: `effreg validate` against the official JSON-Schema-Test-Suite, draft 2020-12.

Debian carries the suite inside the package of a Perl module; only the package's files are wanted, so it is unpacked into
FOLDER and not installed. Every verdict must be the suite's own. What the validator refuses to load by design (exit 2) is
counted file by file against the table below: a file that is not in it may have none.
"""

import json
import pathlib
import subprocess
import sys

PACKAGE = "libtest-json-schema-acceptance-perl"
INSIDE = "usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance/tests/draft2020-12"
OUR_FORMATS = ("uuid", "date", "date-time", "uri", "email")

# What common/schema refuses, and how many tests of the suite need it at the most.
REFUSED = {
    "dynamicRef": (34, "$dynamicRef"),
    "content": (18, "content* keywords"),
    "refRemote": (29, "references that leave the document"),
    "vocabulary": (5, "meta-schemas other than that of 2020-12"),
    "const": (2, "whole numbers beyond 2^53"),
    "enum": (2, "whole numbers beyond 2^53"),
}


def suite_folder(folder):
    """The suite's folder, unpacked once; None when there is no way to the package."""
    suite = folder / INSIDE
    if not suite.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        download = subprocess.run(["apt-get", "-q", "download", PACKAGE], cwd=folder, capture_output=True, text=True)
        packages = sorted(folder.glob(PACKAGE + "_*.deb"))
        if download.returncode != 0 or not packages:
            return None
        subprocess.run(["dpkg-deb", "-x", packages[-1], folder], check=True)
    return suite if suite.is_dir() else None


def tests_of(file):
    for group in json.loads(file.read_text(encoding="utf-8")):
        for test in group["tests"]:
            yield group["schema"], test["data"], test["valid"], f'{group["description"]}: {test["description"]}'


def judge(effreg, folder, tests, options):
    pairs = folder / "pairs.ndjson"
    with open(pairs, "w", encoding="utf-8") as out:
        for schema, instance, _, _ in tests:
            out.write(json.dumps({"schema": schema, "instance": instance}) + "\n")
    run = subprocess.run([effreg, "validate", "--pairs", pairs, *options], capture_output=True, text=True, check=True)
    return [json.loads(line)["verdict"] for line in run.stdout.splitlines()]


def faults_of(effreg, folder, file, options):
    tests = list(tests_of(file))
    verdicts = judge(effreg, folder, tests, options)
    faults = []
    if not tests or len(verdicts) != len(tests):
        faults.append(f"{len(tests)} tests, {len(verdicts)} verdicts")
    for (_, _, valid, name), verdict in zip(tests, verdicts):
        if verdict != 2 and verdict != (0 if valid else 1):
            faults.append(f'{name}: valid is {valid}, the verdict {verdict}')
    refused = verdicts.count(2)
    if refused > REFUSED.get(file.stem, (0, ""))[0]:
        faults.append(f"{refused} tests are refused")
    return faults, len(tests), refused


def main():
    effreg, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    suite = suite_folder(folder)
    if suite is None:
        print(f"skip - the official suite: the Debian package {PACKAGE} cannot be had here")
        return 0
    failed, judged, refused_all = 0, 0, 0
    files = [(file, []) for file in sorted(suite.glob("*.json"))]
    files += [(suite / "optional" / "format" / f"{name}.json", ["--format-assertion"]) for name in OUR_FORMATS]
    for file, options in files:
        faults, count, refused = faults_of(effreg, folder, file, options)
        judged, refused_all = judged + count - refused, refused_all + refused
        what = f"{file.stem} of the official suite{' (asserted)' if options else ''}: {count - refused} of {count} tests"
        print(f"{'not ok' if faults else 'ok'} - {what}{f', {refused} refused: {REFUSED[file.stem][1]}' if refused and not faults else ''}")
        for fault in faults:
            print(f"  {fault}")
        failed += bool(faults)
    print(f"# {judged} verdicts of the official suite, {refused_all} tests refused by design")
    return 1 if failed or judged < 1000 else 0


sys.exit(main())
