"""The part of a page that is made from kept results: it stands between two marks."""


def fill(page: str, marks: tuple[str, str], text: str) -> str:
    """Return the page with this text, and nothing else, between its two marks."""
    begin, end = marks
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n\n{text}\n{end}{tail}"
