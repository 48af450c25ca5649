"""As of sagemaker_containers, for scripts that import it where it is not installed: what output_fn gives back."""


class Response:
    """The part of Flask's that a script makes."""

    def __init__(self, response=None, accept=None, status=200, headers=None, mimetype=None, direct_passthrough=False):
        self.response = response
        self.status_code = status
        self.headers = dict(headers or {})
        self.mimetype = mimetype or accept or "application/json"

    def get_data(self):
        data = self.response
        if data is None:
            return b""
        return data if isinstance(data, (str, bytes)) else "".join(map(str, data))
