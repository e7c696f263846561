import io

import pytest

from fairsample.datasets.csv_lines import line_blocks, rows_by_line


@pytest.mark.parametrize("n_bytes", [1, 2, 5, 7, 100])
@pytest.mark.parametrize("content", [b"", b"a,b", b"a,b\n", b"a\n\nbbbbbbbbb\r\nc"])
def test_blocks_are_whole_lines_and_everything(content, n_bytes):
    blocks = list(line_blocks(io.BytesIO(content), n_bytes))
    assert b"".join(blocks) == content
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_an_open_quote_waits_for_the_next_block_or_not():
    opened = b'1,a,b\n2,"x\ny'
    rows, malformed, rest = rows_by_line(opened, 3, [0], is_last=False)
    assert (rows, malformed, rest) == ([b"1,a,b"], [], b'2,"x\ny\n')
    rows, malformed, rest = rows_by_line(opened, 3, [0], is_last=True)
    assert (rows, malformed, rest) == ([b"1,a,b"], ['2,"x', "y"], b"")
    many = b'2,"x\n' + b"y,z,1\n" * 1_100
    rows, malformed, rest = rows_by_line(many, 3, [0], is_last=False)
    assert (len(rows), malformed, rest) == (1_100, ['2,"x'], b"")


def test_only_columns_that_may_have_several_lines_have_them():
    block = b'1,"a\nb",c\n'
    assert rows_by_line(block, 3, [0, 2], is_last=True)[0] == [b'1,"a b",c']
    assert rows_by_line(block, 3, [0, 1], is_last=True)[:2] == ([], ['1,"a', 'b",c'])


def test_fields_too_long_for_a_cell_are_malformed():
    block = b'1,"' + b"x" * 200_000 + b'"\n2,"b"\n'
    rows, malformed, _ = rows_by_line(block, 2, [0], is_last=True)
    assert rows == [b'2,"b"']
    assert len(malformed) == 1
