"""DED's sentences held against its tables, on the problems that were asked."""

from collections.abc import Iterator

from thalweg.curve.papers.claims import SAME, Claim, Verdict, above, same
from thalweg.curve.papers.data_efficient import BEST, DataEfficient, Line
from thalweg.curve.papers.words import elsewhere, here


def claims(found: DataEfficient) -> tuple[Claim, ...]:
    """Every claim on teachers, corpora, other benchmarks, and what explains them."""
    return (*_teachers(found), *_pipeline(found), *_mixed(found), *_drivers(found))


def _teachers(found: DataEfficient) -> Iterator[Claim]:
    for student, lines in found.teachers.items():
        yield _better(f"{BEST} teaches {student} better than DeepSeek-R1", lines[0])
    second = min(found.teachers["DS-32B"], key=lambda line: line.together.value)
    yield _better(f"{BEST} is the best of DS-32B's four teachers", second, f"second: {second.other}; ")
    rho = found.own.value
    yield Claim(
        "Stronger teachers do not make better students",
        "cannot tell",
        f"Spearman {rho:+.1f} of teachers' and students' AIME, n = {found.own.n}: no order of four is told at 5 %",
    )
    for line in found.teacher:
        yield _better(f"965 examples bring the student above {line.other} (AIME)", line)


def _pipeline(found: DataEfficient) -> Iterator[Claim]:
    for domain, lines in (("Mathematics", found.math), ("Code", found.code)):
        _, right, hard, diverse, equal = lines
        yield _better(f"{domain}: correct responses only are better", right, _sizes(right))
        yield Claim(f"{domain}: hard problems alone lose nothing", _kept(hard), _because(hard, _sizes(hard)))
        yield Claim(
            f"{domain}: diverse responses are better",
            "cannot tell",
            _because(diverse, _sizes(diverse)) + "; four times the rows and steps",
        )
        yield _better(f"{domain}: hard and diverse is better at equal size", equal, _sizes(equal))


def _mixed(found: DataEfficient) -> Iterator[Claim]:
    for line, domain in zip(found.mixed, ("mathematics", "code"), strict=True):
        yield _better(f"A mixed corpus is better than {domain} alone, on {domain}", line)
    for line, domain in zip(
        found.transfer, ("Code alone helps mathematics", "Mathematics alone helps code"), strict=True
    ):
        yield _better(domain, line)
    rise, told = (sum(one.gain.value > 0 for one in found.outside), sum(one.gain.low > 0 for one in found.outside))
    yield Claim(
        "Benchmarks outside the corpus do not suffer",
        "does not hold" if any(one.gain.high < 0 for one in found.outside) else "holds",
        f"{rise} of {len(found.outside)} rise, {told} of them told from chance",
    )
    yield Claim("Large corpora hurt them", "cannot tell", "the table holds no student of a large corpus")


def _drivers(found: DataEfficient) -> Iterator[Claim]:
    spread, against = found.length
    value = spread.together
    yield Claim("Longest or shortest of QwQ's responses: no difference", same(value.low, value.high), _because(spread))
    yield _better("Shorter responses of QwQ than R1's teach better than R1's", against, _sizes(against))
    shift = found.raw["shift"]["rows"]
    larger = [
        name for name, a, b in zip(found.raw["shift"]["benchmarks"], shift["QwQ"], shift["R1"], strict=True) if a > b
    ]
    yield Claim("A corpus of lower token entropy teaches better", "cannot tell", "two teachers: n = 2")
    yield Claim(
        "A smaller shift goes with the better teacher",
        "cannot tell",
        f"two teachers: n = 2, and on {' and '.join(larger)} the better one's is larger",
    )


def _better(claim: str, line: Line, before: str = "") -> Claim:
    return Claim(claim, above(line.together.low, line.together.high), _because(line, before))


def _kept(line: Line) -> Verdict:
    """Nothing lost: the interval does not reach further down than what counts as the same."""
    found = line.together
    return "does not hold" if found.high < 0 else above(found.low, found.high, -SAME)


def _because(line: Line, before: str = "") -> str:
    return f"{before}{here(line.together)}; {elsewhere(line.together)}"


def _sizes(line: Line) -> str:
    assert line.rows is not None
    return f"{line.rows[0]:,} against {line.rows[1]:,}: "
