"""Scores, curve and report while a study runs: written again as rungs finish.

What is shown are the rungs that are whole under this run's settings. Reading and drawing take a moment of the process
that also feeds the workers, so they get a twentieth of the time at most; the end of a run writes everything in any
case.
"""

import time
from collections.abc import Mapping

from thalweg.study import jobs
from thalweg.study.config import Loaded
from thalweg.study.folder import Folder, is_done
from thalweg.study.ladder import bases, rungs
from thalweg.study.results import Results

SHARE = 0.05  # of a run's time


class Live:
    """Hears which rungs are done; `answers` are the answering jobs of all rungs, by key. Writes where it `shows`."""

    def __init__(
        self, loaded: Loaded, folder: Folder, answers: Mapping[str, tuple[jobs.Answer, ...]], shows: bool
    ) -> None:
        self._loaded, self._folder, self._answers, self._shows = loaded, folder, answers, shows
        self._whole = {key for key in answers if self._is_whole(key)}
        self._began, self._spent = time.monotonic(), 0.0

    @property
    def results(self) -> Results:
        """What the rungs have found that are whole, and whose starts are: a gain is a gain over something."""
        shown = self._whole & bases(self._loaded.config).keys()
        for rung in rungs(self._loaded.config):  # an arm follows the arms that it starts from
            if rung.key in self._whole and rung.start in shown:
                shown.add(rung.key)
        return Results(self._loaded, self._folder, frozenset(shown))

    def heard(self, key: str) -> None:
        """A job may be done: if it is a rung, shows it."""
        if key in self._whole or key not in self._answers or not self._is_whole(key):
            return
        self._whole.add(key)
        elapsed = time.monotonic() - self._began
        if self._shows and self._can_be_shown() and self._spent <= SHARE * elapsed:
            self._write()

    def _is_whole(self, key: str) -> bool:
        return all(is_done(answer.responses, answer.whole) for answer in self._answers[key])

    def _can_be_shown(self) -> bool:
        """There is a curve once every untouched student is scored, and a rung of the main arm."""
        starts, main = bases(self._loaded.config), self._loaded.config.main_arm
        return self._whole >= starts.keys() and any(rung.arm == main for rung in self.results.rungs)

    def _write(self) -> None:
        began, results = time.monotonic(), self.results
        results.write_scores()
        results.write_report()
        self._spent += time.monotonic() - began
