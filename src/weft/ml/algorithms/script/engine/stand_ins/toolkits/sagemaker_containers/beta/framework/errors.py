"""As of sagemaker_containers, for scripts that import it where it is not installed."""
from weft_script.encoding import UnsupportedFormatError  # noqa: F401


class ClientError(Exception):
    pass
