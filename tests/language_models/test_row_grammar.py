import datetime
import re

import numpy as np
import pandas as pd
import pytest
from tiny_checkpoint import byte_level_tokenizer, mixed_rows

from fairsample.language_models.row_grammar import (
    RowGrammar,
    column_patterns,
    number_pattern,
    time_pattern,
)
from fairsample.language_models.row_text import RowText
from fairsample.language_models.token_states import GrammarTokens


def decimal(count, n_decimals):
    digits = str(abs(count)).zfill(n_decimals + 1)
    point = len(digits) - n_decimals
    sign = "-" if count < 0 else ""
    return sign + digits[:point] + ("." + digits[point:] if n_decimals else "")


@pytest.mark.parametrize("seed", range(40))
def test_numbers_between_two(seed):
    rng = np.random.default_rng(seed)
    size = 10 ** rng.integers(1, 5)
    low, high = np.sort(rng.integers(-size, size, 2)).tolist()
    n_decimals = int(rng.integers(0, 4))
    pattern = re.compile(
        number_pattern(decimal(low, n_decimals), decimal(high, n_decimals))
    )
    others = rng.integers(-2 * size, 2 * size, 200).tolist()
    for count in [low - 1, low, low + 1, high - 1, high, high + 1, 0, *others]:
        allowed = bool(pattern.fullmatch(decimal(count, n_decimals)))
        assert allowed == (low <= count <= high)


@pytest.mark.parametrize("text", ["-0", "00", "01", "+1", "1.", "1.0", " 1", "1e0", ""])
def test_numbers_have_one_form(text):
    assert not re.fullmatch(number_pattern("-5", "12"), text)


def test_the_range_of_64_bits():
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    pattern = number_pattern(str(low), str(high))
    for number, allowed in [(low, 1), (low - 1, 0), (high, 1), (high + 1, 0), (0, 1)]:
        assert bool(re.fullmatch(pattern, str(number))) == allowed


def test_days_of_the_calendar_only():
    first, last = datetime.date(1999, 2, 27), datetime.date(2024, 3, 1)
    days = pd.Series(pd.to_datetime([first, last]))
    text = RowText.from_frame(days.to_frame("day"), max_levels=1)
    grammar = RowGrammar(text)
    for year in (1900, 1999, 2000, 2023, 2024, 2025):
        for month in range(14):
            for day in range(33):
                try:
                    known = first <= datetime.date(year, month, day) <= last
                except ValueError:
                    known = False
                piece = f' "{year}-{month:02}-{day:02}"}}'
                assert grammar.matches(0, piece) == known


def test_times_between_two():
    pattern = time_pattern('"2024-01-31T22:15"', '"2024-02-01T01:05"')
    for time, allowed in [
        ("2024-01-31T22:14", 0),
        ("2024-01-31T22:15", 1),
        ("2024-01-31T23:59", 1),
        ("2024-02-01T01:05", 1),
        ("2024-02-01T01:06", 0),
    ]:
        assert bool(re.fullmatch(pattern, f'"{time}"')) == allowed


@pytest.mark.parametrize("max_levels", [1, 1000])
def test_what_is_written_matches(max_levels):
    rows = mixed_rows()
    text = RowText.from_frame(rows, max_levels=max_levels)
    grammar = RowGrammar(text)
    for position, texts in enumerate(text.write(rows)):
        for cell in set(texts):
            assert grammar.matches(position, text.value(position, cell))
            assert not grammar.matches(position, text.value(position, cell + "_"))


def test_null_only_where_values_were_missing():
    rows = pd.DataFrame(
        {"a": [1, 2], "b": [1, None], "c": ["x", "y"], "d": ["x", None]}
    )
    text = RowText.from_frame(rows)
    allowed = [
        any(re.fullmatch(p, "null") for p in column_patterns(column))
        for column in text.columns
    ]
    assert allowed == [False, True, False, True]


@pytest.mark.parametrize("max_levels", [1, 1000])
def test_random_tokens_under_the_grammar_are_rows(max_levels):
    rows = mixed_rows()
    text = RowText.from_frame(rows, max_levels=max_levels)
    grammar = RowGrammar(text)
    tokenizer = byte_level_tokenizer(text.lines(rows))
    tokens = GrammarTokens(tokenizer, len(tokenizer) + 3)
    rng = np.random.default_rng(0)
    for position in range(len(text.columns)):
        root = tokens.start(grammar.lark(position))
        for _ in range(20):
            state = root
            while not state.is_complete:
                assert len(state.allowed) == len(tokenizer) + 3
                state = state.after(int(rng.choice(np.flatnonzero(state.allowed))))
            piece = tokens.decode(state.tokens)
            assert grammar.matches(position, piece)
            text.columns[position].read([piece[1:-1]])


def test_states_are_remembered_and_forced_tokens_are_not_asked_for():
    rows = pd.DataFrame({"sex": ["female", "male"]})
    text = RowText.from_frame(rows)
    tokens = GrammarTokens(byte_level_tokenizer([]), 257)
    root = tokens.start(RowGrammar(text).lark(0))
    assert tokens.decode(root.tokens) == ' "'
    letters = tokens.encode("f") + tokens.encode("m")
    assert sorted(np.flatnonzero(root.allowed)) == sorted(letters)
    state = root.after(letters[1])
    assert state is root.after(letters[1])
    assert state.is_complete
    assert tokens.decode(state.tokens) == ' "male"}'


def test_what_the_tokenizer_cannot_spell():
    tokens = GrammarTokens(byte_level_tokenizer([]), n_tokens=20)
    with pytest.raises(ValueError, match="cannot spell 'é'"):
        tokens.encode("é")
