import subprocess
import sys

import pytest

from fairsample.commands import command_line, main


def test_an_error_is_one_line_and_a_status(run, tmp_path):
    result = run("effects", tmp_path / "gone.csv", "--target=y", "--sensitive=a")
    assert result.status == 1
    assert result.out == ""
    (line,) = result.err
    assert line.startswith("fairsample effects: error: ")
    assert "gone.csv" in line


def test_a_line_that_cannot_be_understood_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["augment"])
    assert ended.value.code == 2
    assert "required" in capsys.readouterr().err


def test_long_messages_become_one_line(run, monkeypatch):
    def fail(given):
        raise ValueError("first\n  second")

    monkeypatch.setattr(command_line.demo, "run", fail)
    assert run("demo").err == ["fairsample demo: error: first second"]


def test_an_interruption_is_no_traceback(run, monkeypatch):
    def interrupt(given):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line.demo, "run", interrupt)
    result = run("demo")
    assert result.status == 130
    assert result.err == ["fairsample demo: error: interrupted; nothing was written"]


def test_a_fault_of_ours_is_not_taken_for_bad_input(monkeypatch):
    def fail(given):
        raise ZeroDivisionError

    monkeypatch.setattr(command_line.demo, "run", fail)
    with pytest.raises(ZeroDivisionError):
        main(["demo"])


def test_warnings_are_lines_said_once(run, monkeypatch):
    def warn(given):
        import warnings

        for _ in range(3):
            warnings.warn("few\nrows", UserWarning, stacklevel=2)
        warnings.warn("old", DeprecationWarning, stacklevel=2)

    monkeypatch.setattr(command_line.demo, "run", warn)
    assert run("demo").err == ["fairsample demo: warning: few rows"]


def test_the_module_is_the_program():
    command = [sys.executable, "-m", "fairsample", "effects", "gone.csv"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from fairsample.commands import main\n"
        "try: main(['augment', '--help'])\n"
        "except SystemExit: print('torch' in sys.modules, 'sklearn' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.endswith("False False\n")
