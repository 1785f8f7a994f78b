#!/usr/bin/python3
"""coverage.py begin BUILD_DIR: from now on a build with -Dcoverage=true counts, from zero (tests/counters.c).
coverage.py report BUILD_DIR [COUNTERS...]: line and branch figures of src/, with what other machines have counted too.

Names each line that was not run and has no reason in tests/coverage.reasons.  Fails when less than 95 % of the lines
were run, and when a reason is for a line that was run or is not there."""
import array
import collections
import json
import os
import pathlib
import subprocess
import sys

WANTED = 95
root = pathlib.Path(__file__).resolve().parents[2]
build = pathlib.Path(sys.argv[2]).resolve()


def begin():
    for counts in [*build.rglob("*.gcda"), build / "counters"]:
        counts.unlink(missing_ok=True)
    (build / "counters").touch()
    (build / "counters").chmod(0o666)   # whoever calls it
    # The first process sizes it; and the build has run the others.
    for command in ["banger-priv", "version"], ["build-time", "filters"], ["build-time", "shapes"]:
        subprocess.run([build / command[0], command[1]], check=True, stdout=subprocess.DEVNULL)


def add(others):
    """The counters of another machine's processes, onto those of this one's."""
    ours = build / "counters"
    sums = array.array("Q", ours.read_bytes())
    for other in others:
        counts = array.array("Q", pathlib.Path(other).read_bytes())
        if len(counts) != len(sums):
            sys.exit("coverage: %s is of another build" % other)
        sums = array.array("Q", map(sum, zip(sums, counts)))
    ours.write_bytes(sums)


class Line:
    def __init__(self, text, function):
        self.text, self.function, self.count, self.branches = text, function, 0, []


def gcov():
    """What gcov says of each file of each object."""
    subprocess.run([build / "banger-priv"], check=True, env={"BANGER_COVERAGE": "write"})
    (build / "counters").unlink()       # gcov has them now
    objects = [note for note in build.rglob("*.gcno") if not note.is_relative_to(build / "tests")]
    told = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", *objects], cwd=build,
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    for of_object in map(json.loads, told.splitlines()):
        yield from of_object["files"]


def lines_of_src():
    """By file, relative to src/, and number; an inline function of a header is in several objects."""
    files = collections.defaultdict(dict)
    for file in gcov():
        path = pathlib.Path(os.path.normpath(build / file["file"]))
        if not path.is_relative_to(root / "src"):
            continue
        texts, lines = path.read_text().splitlines(), files[str(path.relative_to(root / "src"))]
        for told in file["lines"]:
            number = told["line_number"]
            line = lines.setdefault(number, Line(texts[number - 1].strip(), told.get("function_name", "")))
            line.count += told["count"]
            line.branches += [branch["count"] for branch in told["branches"]]
    return files


class Reason:
    def __init__(self, file, function, text, by_chance):
        self.place, self.by_chance, self.found, self.used = (file, function, text), by_chance, False, False


def reasons():
    by_chance, begins = False, True
    for row in (root / "tests/coverage.reasons").read_text().splitlines():
        if row.startswith("\t"):
            place, text = row[1:].split(": ", 1)
            yield Reason(*place.split(), text, by_chance)
        elif row and begins:
            by_chance = row.startswith("By chance")
        begins = not row or row.startswith("\t")


def percent(counts):
    return 100 * sum(count > 0 for count in counts) / len(counts) if counts else 100


def show(title, lines):
    counts, branches = [line.count for line in lines], [count for line in lines for count in line.branches]
    print("%-32s %6.2f %% of %4d lines, %6.2f %% of %4d branches" % (
        title, percent(counts), len(counts), percent(branches), len(branches)))


def report(others):
    add(others)
    files, failed, left = lines_of_src(), 0, 0
    every = [line for lines in files.values() for line in lines.values()]
    given = {reason.place: reason for reason in reasons()}
    for file, lines in sorted(files.items()):
        for number, line in sorted(lines.items()):
            places = (file, line.function, line.text), (file, line.function, "*")
            reason = next((given[place] for place in places if place in given), None)
            if reason:
                reason.found, reason.used = True, reason.used or line.count == 0
            elif line.count == 0:
                print("src/%s:%d was not run\t%s: %s" % (file, number, line.function, line.text))
                left += 1
    for reason in given.values():
        if not reason.found or not reason.used and not reason.by_chance:
            print("not ok a reason for what %s\n\t%s %s: %s" % ("was run" if reason.found else "is not there", *reason.place))
            failed += 1
    unrun = sum(line.count == 0 for line in every)
    for file, lines in sorted(files.items()):
        if percent([line.count for line in lines.values()]) < WANTED:
            show("src/" + file, lines.values())
    show("src/ in all", every)
    print("%d lines were not run, %d of them for a reason" % (unrun, unrun - left))
    return failed > 0 or percent([line.count for line in every]) < WANTED


sys.exit({"begin": begin, "report": lambda: report(sys.argv[3:])}[sys.argv[1]]())
