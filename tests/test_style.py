"""Checks of the style sheet, docs/style.md.

``python tests/test_style.py imodels_nb/api`` prints what one package still has to change.
"""

import ast
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("imodels_nb", "imodels_hub", "benchmarks", "examples", "tools", "tests")
JS_SOURCES = ("imodels_nb", "benchmarks", "tests/js")

MAX_FIRST_LINE = 80
MAX_MODULE = 400
MAX_FUNCTION = 40
MAX_TEST_NAME = 80

_FIRST_VERBS = """
    Return Fetch Read Parse Validate Check Build Format Convert Compute Raise Start Stop Wait Write Download
    Export Draw Plot Render Add Remove Delete Set Update Clear Open Close Run Send Record Register Release
    Cancel Decode Encode Compress Decompress Load Save Store Sort Filter Find Split Join Merge Apply Handle
    Show Hide Sign Approve Revoke Refresh Retry Yield Iterate Select Link Generate Serve Push
"""
FIRST_VERBS = set(_FIRST_VERBS.split())

# First words that show that a line is no noun phrase. Verbs that are nouns, too (Release, Record, Push), are left out.
_NOT_A_NOUN = """
    What Who Whose Where When Why How Which That Return Fetch Read Parse Validate Check Build Convert Compute
    Raise Wait Write Render Add Remove Delete Clear Close Run Send Register Cancel Decode Encode Compress
    Decompress Save Find Split Join Merge Apply Handle Show Hide Approve Revoke Refresh Iterate Select
    Generate Serve Give Tell Say Do Let Make Get Keep Take Put Bring Ask Look Know
"""
NOT_A_NOUN = set(_NOT_A_NOUN.split())

_FORBIDDEN_NAMES = """
    crew errand errands roster wire gate patience attendance stage face faces shelf walk walks walked door
    doors scene telling told kept wanted came took brought fed heard nobody somebody stranger glance thanks
    plight judge weather insist folk strip strips indices
"""
FORBIDDEN_NAMES = set(_FORBIDDEN_NAMES.split())

# Words that no file of a folder may contain, and what to say instead.
FORBIDDEN_WORDS = {
    "imodels_nb/auth": {"answer": "response"},
    "imodels_nb/api": {"answer": "response"},
}

# The only names of imodels_nb that may contain "ledger": the arrays that charts count are columns.
LEDGER_NAMES = {"audit_ledger", "ledger_file"}

BRITISH = re.compile(
    r"colour|grey|behaviour|favour|honour|neighbour|centre|licence|catalogue|defence|analyse"
    r"|(?:synchron|summar|normal|serial|initial|organ|recogn|synthes|author|real|optim|minim|maxim|util|visual|general"
    r"|special|standard|categor|central|local|final|material|token)is(?:e|es|ed|er|ing|ation)$"
)

# A function name of one word that ends with "ed" is a participle, but for these.
NO_PARTICIPLES = {"embed", "feed", "need", "proceed", "seed", "shed", "speed"}
_PARTICIPLES = """
    begun bound brought built done drawn fed found given gone heard held kept known left made met seen sent
    shown spent spoken taken thrown told took came understood worn written
"""
PARTICIPLES = set(_PARTICIPLES.split())

_PROGRAM = "(?:browser|chart|client|hub|kernel|machine|module|page|program|provider|report|server|service|widget)"
_THOUGHT = "(?:tells|says|knows|wants|thinks|forgets|hears|sees|believes|likes|minds|cares)"
FORBIDDEN_PHRASES = {
    re.compile(pattern, re.IGNORECASE): advice
    for pattern, advice in {
        r"\b(?:is|are) (?-i:none)\b": 'say "invalid" or "missing"',
        r"\bin words of\b": "say what it is",
        r"\b(?:some|no)body\b": "name the person: a user, the caller",
        r"\b(?:mend|mends|mended)\b": 'say "fix"',
        r"\bcrew\b|\berrand|\broster\b": 'say "worker pool", "task"',
        r"\bover the wire\b|\boff the wire\b|\bon the wire\b|^the wire\b": 'say "HTTP"',
        r"\btold from\b|\bis told\b|\bare told\b|\btells? (?:of|from)\b": 'say "shown", "reported", "threshold"',
        rf"\b{_PROGRAM} {_THOUGHT}\b": "no personified programs",
        r"\bno such (?:frame|range|thing)\b": "say what is expected",
        r"\bmakes? no sense\b": 'say "invalid"',
        r"\bindices\b": 'say "indexes"',
        r"\bone of its kinds\b": 'say "a subclass"',
        r"\bgoes by the name\b|\bgo by the\b": "say what it is called",
    }.items()
}

Problem = tuple[int, str]


def _modules() -> list[Path]:
    return [path for source in SOURCES for path in sorted((ROOT / source).rglob("*.py"))]


def _is_exempt(path: Path, check: object) -> bool:
    return path == Path(__file__) and check is find_phrase_problems  # it lists the phrases to avoid


@cache
def _nodes(tree: ast.Module) -> list[ast.AST]:
    return list(ast.walk(tree))


def _first_line(node: ast.AST) -> str | None:
    text = ast.get_docstring(node)  # type: ignore[arg-type]
    return None if text is None else text.partition("\n")[0]


def _is_property(node: ast.AST) -> bool:
    names = [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", [])]
    return any(re.search(r"\b(?:property|setter|validator|default)\b|cached_property", name) for name in names)


def find_docstring_problems(tree: ast.Module, _: str) -> Iterator[Problem]:
    for node in _nodes(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        line = _first_line(node)
        if line is None:
            continue
        where = getattr(node, "lineno", 1)
        if len(line) > MAX_FIRST_LINE:
            yield where, f"first line of {len(line)} characters: {line}"
        word = line.split()[0].rstrip(".,:;") if line.strip() else ""
        if isinstance(node, ast.Module | ast.ClassDef) or _is_property(node):
            if word in NOT_A_NOUN:
                yield where, f"not a noun phrase: {line}"
        elif word not in FIRST_VERBS:
            yield where, f"{word!r} is no first verb: {line}"


def _defined_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def find_name_problems(tree: ast.Module, _: str) -> Iterator[Problem]:
    for line, name in set(_defined_names(tree)):
        yield from ((line, problem) for problem in _word_problems(name))
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_property(node):
            name = node.name.strip("_")
            if name in PARTICIPLES or (re.fullmatch(r"[a-z]+ed", name) and name not in NO_PARTICIPLES):
                yield node.lineno, f"{node.name}() is a participle; a function is a verb"


@cache
def _word_problems(name: str) -> list[str]:
    words = _words(name)
    problems = [f"{name}: {word!r} is not a word of docs/style.md" for word in words if word in FORBIDDEN_NAMES]
    return problems + [f"{name}: British spelling" for word in words if BRITISH.search(word)]


_JS_TOKEN = re.compile(
    r"""
    (?P<text> //[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*` )
    | (?P<name> [A-Za-z_$][\w$]* )
    """,
    re.VERBOSE | re.DOTALL,
)


def find_js_problems(source: str) -> Iterator[Problem]:
    for token in _JS_TOKEN.finditer(source):
        line = source.count("\n", 0, token.start()) + 1
        if token["name"]:
            yield from ((line, problem) for problem in _word_problems(token[0]))
        else:
            yield from ((line + row, problem) for row, problem in _phrases(token[0]))


def find_phrase_problems(tree: ast.Module, source: str) -> Iterator[Problem]:
    texts = [
        (node.lineno, node.value)
        for node in _nodes(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    tokens = tokenize.generate_tokens(iter(source.splitlines(keepends=True)).__next__)
    texts += [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    for line, text in texts:
        yield from ((line + row, problem) for row, problem in _phrases(text))


def _phrases(text: str) -> Iterator[Problem]:
    for pattern, advice in FORBIDDEN_PHRASES.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()), f"{match[0]!r}: {advice}"


def find_words(folder: str) -> Iterator[str]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for line, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
            for word, instead in FORBIDDEN_WORDS[folder].items():
                if word in text.lower():
                    yield f"{path.relative_to(ROOT)}:{line}: {word!r}: say {instead!r}"


def find_layout_problems(tree: ast.Module, source: str) -> Iterator[Problem]:
    length = len(source.splitlines())
    if length > MAX_MODULE:
        yield 1, f"{length} lines, more than {MAX_MODULE}"
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _lines_of_code(node)
            if lines > MAX_FUNCTION:
                yield node.lineno, f"{node.name}() has {lines} lines, more than {MAX_FUNCTION}"
        if isinstance(node, ast.Module | ast.ClassDef):
            yield from _constants_in_one_line(node)


def _lines_of_code(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def _constants_in_one_line(node: ast.Module | ast.ClassDef) -> Iterator[Problem]:
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or "__all__" in ast.unparse(statement):
            continue  # __all__ is what lazy_loader returns
        if len(statement.targets) > 1 or any(isinstance(target, ast.Tuple) for target in statement.targets):
            yield statement.lineno, f"several constants on one line: {ast.unparse(statement)[:60]}"


CHECKS: list[Callable[[ast.Module, str], Iterator[Problem]]] = [
    find_docstring_problems,
    find_name_problems,
    find_phrase_problems,
    find_layout_problems,
]


def find_problems(path: Path, check: Callable[[ast.Module, str], Iterator[Problem]]) -> list[str]:
    tree, source = _parse(path)
    name = path.relative_to(ROOT).as_posix()
    return [f"{name}:{line}: {problem}" for line, problem in sorted(check(tree, source))]


@cache
def _parse(path: Path) -> tuple[ast.Module, str]:
    source = path.read_text("utf-8")
    return ast.parse(source), source


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_code_follows_the_style_sheet(check: Callable[[ast.Module, str], Iterator[Problem]]) -> None:
    modules = [path for path in _modules() if not _is_exempt(path, check)]
    problems = [problem for path in modules for problem in find_problems(path, check)]
    assert not problems, "\n".join(problems)


def test_the_javascript_follows_the_style_sheet() -> None:
    paths = [path for source in JS_SOURCES for path in sorted((ROOT / source).rglob("*.js"))]
    assert len(paths) > 40
    problems = [
        f"{path.relative_to(ROOT)}:{line}: {problem}"
        for path in paths
        for line, problem in find_js_problems(path.read_text("utf-8"))
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("folder", FORBIDDEN_WORDS)
def test_no_file_has_a_forbidden_word(folder: str) -> None:
    problems = list(find_words(folder))
    assert not problems, "\n".join(problems)


def test_only_two_names_contain_ledger() -> None:
    names = {name for path in (ROOT / "imodels_nb").rglob("*.py") for _, name in _defined_names(_parse(path)[0])}
    assert {name for name in names if "ledger" in _words(name)} <= LEDGER_NAMES


def test_the_pages_and_notebooks_follow_the_style_sheet() -> None:
    pages = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("imodels_hub/*.md"),
        *ROOT.glob("notebooks/*.ipynb"),
    ]
    problems = [
        f"{page.relative_to(ROOT)}:{line + 1}: {problem}"
        for page in pages
        if page.name != "style.md"  # it lists the words to avoid
        for line, problem in _phrases(page.read_text("utf-8"))
    ]
    assert not problems, "\n".join(problems)


def test_tests_have_short_names() -> None:
    names = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), flags=re.MULTILINE)
        if len(name) > MAX_TEST_NAME
    ]
    assert not names, "\n".join(names)


@pytest.mark.parametrize(
    ("source", "check", "expected"),
    [
        ('"""What a token says."""', find_docstring_problems, "not a noun phrase"),
        ('def f():\n    """Give a name."""', find_docstring_problems, "'Give' is no first verb"),
        (f'def f():\n    """Return {"x" * 80}."""', find_docstring_problems, "first line of 88"),
        ('class A:\n    @property\n    def b(self):\n        """Return b."""', find_docstring_problems, "not a noun"),
        ("def run_walk(x): ...", find_name_problems, "'walk'"),
        ("class HttpWire: ...", find_name_problems, "'wire'"),
        ("fill_colour = 1", find_name_problems, "British"),
        ("def summarise(): ...", find_name_problems, "British"),
        ("def packed(): ...", find_name_problems, "participle"),
        ("def _told(): ...", find_name_problems, "participle"),
        ('"""Raised if `x` is none."""', find_phrase_problems, "invalid"),
        ("x = 1  # the server wants it", find_phrase_problems, "personified"),
        ("_A, _B = 1, 2", find_layout_problems, "several constants"),
        ("\n" * 401, find_layout_problems, "401 lines"),
        ("def f():\n" + "    x = 1\n" * 41, find_layout_problems, "41 lines"),
    ],
)
def test_each_check_finds_its_problem(
    source: str, check: Callable[[ast.Module, str], Iterator[Problem]], expected: str
) -> None:
    assert any(expected in problem for _, problem in check(ast.parse(source), source))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const toldOnce = 1;", "'told'"),
        ("function fillColour() {}", "British"),
        ("x(); // the server wants it", "personified"),
        ("/* a\nb */\n`the hub ${x} says`; y = gate;", "'gate'"),
    ],
)
def test_the_javascript_check_finds_its_problem(source: str, expected: str) -> None:
    assert [expected in problem for _, problem in find_js_problems(source)] == [True]


@pytest.mark.parametrize(
    "source",
    [
        '"""Validation of the API base URL."""',
        'def find_break():\n    """Return the first break, or None."""',
        'class A:\n    @property\n    def is_open(self):\n        """Whether it is open."""',
        "def seed(): ...\ndef is_closed(): ...\ncolor = 1\n_A = 1\n_B = 2",
        'x = "is None"',
    ],
)
def test_plain_code_has_no_problem(source: str) -> None:
    assert [problem for check in CHECKS for problem in check(ast.parse(source), source)] == []


if __name__ == "__main__":
    paths = [Path(name).resolve() for name in sys.argv[1:]] or [ROOT / source for source in SOURCES]
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    checks = [(file, check) for file in files for check in CHECKS if not _is_exempt(file, check)]
    found = [problem for file, check in checks for problem in find_problems(file, check)]
    print(*found, f"{len(found)} problems", sep="\n")  # noqa: T201
