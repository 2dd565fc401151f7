"""Jobs reach the screens' thread in order, and a broken one does not end the counter."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from agent.shell.dispatcher import QtDispatcher


def test_jobs_of_another_thread_run_on_the_screens_thread_in_order(qtbot: QtBot) -> None:
    dispatcher = QtDispatcher()
    screens = QThread.currentThread()
    seen: list[tuple[int, bool]] = []

    def post_all() -> None:
        for number in range(100):
            dispatcher.post(lambda n=number: seen.append((n, QThread.currentThread() is screens)))  # type: ignore[misc]

    worker = threading.Thread(target=post_all)
    worker.start()
    qtbot.waitUntil(lambda: len(seen) == 100)
    worker.join()

    assert seen == [(number, True) for number in range(100)]


@pytest.mark.expect_log("screen_job_failed")
def test_a_job_that_fails_does_not_stop_the_next(qtbot: QtBot) -> None:
    dispatcher = QtDispatcher()
    seen: list[str] = []

    dispatcher.post(lambda: [][0])
    dispatcher.post(lambda: seen.append("next"))

    qtbot.waitUntil(lambda: seen == ["next"])


def test_a_question_brings_its_answer_or_its_error(qtbot: QtBot) -> None:
    dispatcher = QtDispatcher()
    answers: list[object] = []

    def ask() -> None:
        answers.append(dispatcher.ask(lambda: 42))
        try:
            dispatcher.ask(lambda: {}["missing"])
        except KeyError as problem:
            answers.append(problem.args[0])

    worker = threading.Thread(target=ask)
    worker.start()
    qtbot.waitUntil(lambda: len(answers) == 2)
    worker.join()

    assert answers == [42, "missing"]


def test_after_the_end_nothing_runs(qtbot: QtBot) -> None:
    dispatcher = QtDispatcher()
    seen: list[str] = []
    dispatcher.post(lambda: seen.append("too late"))

    dispatcher.end()
    dispatcher.post(lambda: seen.append("even later"))
    qtbot.wait(1)

    assert seen == []
