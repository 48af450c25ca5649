"""What ends a job or keeps a model from being served, in words for whoever made it."""


class Problem(Exception):
    """`theirs`: something its maker can mend; otherwise the machine's, or weft's own."""

    def __init__(self, message, theirs=True):
        super().__init__(message)
        self.theirs = theirs

    def __str__(self):
        return self.args[0]

    def reason(self):
        return f"{'ClientError' if self.theirs else 'AlgorithmError'}: {self}"
