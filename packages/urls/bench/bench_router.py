"""Time of one look-up with few and with many routes, beside a plain dictionary and a linear walk.

python packages/urls/bench/bench_router.py
"""

import re
import timeit

from partita.urls import Router, path


def view(request: object) -> None:
    """Stand for a view."""


def main() -> None:
    """Print a table of nanoseconds and ratios."""
    print(f"{'routes':>7} {'static':>9} {'dynamic':>9} {'linear':>11} {'reverse':>9}")
    for count in (10, 100, 1000, 10_000):
        patterns = [path(f"s{n}/<int:pk>/edit/", view, name=f"e{n}") for n in range(count // 2)]
        patterns += [path(f"s{n}/list/", view, name=f"l{n}") for n in range(count // 2)]
        router = Router(patterns)
        last = count // 2 - 1
        linear = [re.compile(rf"s{n}/([0-9]+)/edit/\Z") for n in range(count)]
        dynamic, static = f"/s{last}/12/edit/", f"/s{last}/list/"

        def walk(linear: list[re.Pattern[str]] = linear, target: str = dynamic) -> None:
            next(regex for regex in linear if regex.match(target, 1))

        rounds = 20_000
        times = [
            timeit.timeit(lambda r=router, p=each: r.match(p), number=rounds) / rounds * 1e9
            for each in (static, dynamic)
        ]
        slow = timeit.timeit(walk, number=max(1, 20_000 // count)) / max(1, 20_000 // count) * 1e9
        back = timeit.timeit(lambda r=router, n=f"e{last}": r.reverse(n, pk=12), number=rounds) / rounds * 1e9
        print(f"{count:>7} {times[0]:>7.0f}ns {times[1]:>7.0f}ns {slow:>9.0f}ns {back:>7.0f}ns")


if __name__ == "__main__":
    main()
