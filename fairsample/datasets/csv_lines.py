"""Blocks of whole lines of a CSV file, and rows that are not one line each."""

import csv
from itertools import islice

__all__ = ["ends_open", "line_blocks", "rows_by_line"]

_MOST_LINES = 1000


def line_blocks(stream, n_bytes):
    r"""Cut what a stream holds into blocks of whole lines.

    Parameters
    ----------
    stream : file-like
        Gives bytes.
    n_bytes : int
        About how many a block has.

    Yields
    ------
    bytes
        Ends with a line feed, but for the last one of a file that does not.

    Examples
    --------
    >>> import io
    >>> from fairsample.datasets.csv_lines import line_blocks
    >>> list(line_blocks(io.BytesIO(b"a,b\nc,d\ne,f"), 9))
    [b'a,b\nc,d\n', b'e,f']
    """
    parts = []
    while piece := stream.read(n_bytes):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield b"".join([*parts, piece[:cut]])
            parts = []
        parts.append(piece[cut:])
    rest = b"".join(parts)
    if rest:
        yield rest


def rows_by_line(block, n_fields, one_line, *, is_last):
    r"""Bring every row to a line of its own, and set malformed lines aside.

    A quote that is not closed in its line goes on in the next ones if that makes a
    row: the quote is closed before a comma or a line end, the fields are as many as
    they should be, no cell of the columns `one_line` has a line end, and none of the
    further lines is a row itself. Otherwise the line with the open quote is malformed,
    and the next line begins a row.

    Parameters
    ----------
    block : bytes
        Whole lines.
    n_fields : int
        How many fields a row has.
    one_line : sequence of int
        Positions of the columns whose cells have no line end.
    is_last : bool
        Whether the file ends here.

    Returns
    -------
    rows : list of bytes
        A line for each row; line ends within cells are spaces.
    malformed : list of str
        The lines that are no rows.
    rest : bytes
        Lines from an open quote on that the next block may close; empty if `is_last`.

    Examples
    --------
    >>> from fairsample.datasets.csv_lines import rows_by_line
    >>> block = b'1,"two\nlines"\n2,"open\n3,x\n'
    >>> rows_by_line(block, 2, [0], is_last=True)
    ([b'1,"two lines"', b'3,x'], ['2,"open'], b'')
    """
    lines = [line for line in block.splitlines() if line]
    rows, malformed, place = [], [], 0
    while place < len(lines):
        line, n_lines = lines[place], 1
        if b'"' not in line:
            is_row = line.count(b",") + 1 == n_fields
        elif (n_found := _n_fields(line)) == 0:
            n_lines, stopped_at = _n_lines(lines, place, n_fields, one_line)
            if stopped_at == len(lines) and n_lines == 0 and not is_last:
                return rows, malformed, b"\n".join(lines[place:]) + b"\n"
            is_row, n_lines = n_lines > 0, max(n_lines, 1)
        else:
            is_row = n_found == n_fields
        if is_row:
            rows.append(b" ".join(lines[place : place + n_lines]))
        else:
            malformed.append(_text(line))
        place += n_lines
    return rows, malformed, b""


def ends_open(line):
    r"""Tell whether a quote is still open at the end of a line.

    Parameters
    ----------
    line : bytes
        With or without its line end.

    Returns
    -------
    bool

    Examples
    --------
    >>> from fairsample.datasets.csv_lines import ends_open
    >>> ends_open(b'1,"two'), ends_open(b'1,"two"\n'), ends_open(b'5" tube,1')
    (True, False, False)
    """
    return bool(line.strip()) and _n_fields(line.rstrip()) == 0


def _n_lines(lines, place, n_fields, one_line):
    """Return how many lines the row from an open quote on has, 0 if it is none.

    And where the search stopped.
    """
    further = (_text(line) + "\n" for line in islice(lines, place, place + _MOST_LINES))
    reader = csv.reader(further, strict=True)
    try:
        fields = next(reader)
    except csv.Error:
        return 0, min(place + reader.line_num, len(lines))
    hidden = lines[place + 1 : place + reader.line_num]
    is_row = (
        len(fields) == n_fields
        and not any("\n" in fields[position] for position in one_line)
        and not any(_n_fields(line) == n_fields for line in hidden)
    )
    return reader.line_num if is_row else 0, place


def _n_fields(line):
    """Return how many fields a line has, 0 if a quote is open at its end."""
    try:
        fields, *more = csv.reader([_text(line) + "\n", ""])
    except csv.Error:  # a field is too long to be read
        return 0
    return len(fields) if more else 0


def _text(line):
    return line.decode("latin-1")
