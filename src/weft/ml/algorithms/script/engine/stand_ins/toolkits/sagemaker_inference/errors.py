"""As of sagemaker_inference, for scripts that import it where it is not installed."""
from weft_script.encoding import UnsupportedFormatError  # noqa: F401


class BaseInferenceToolkitError(Exception):
    """What a script raises to say the status itself."""

    def __init__(self, status_code, message, phrase):
        self.status_code = status_code
        self.message = message
        self.phrase = phrase
        super().__init__(status_code, message, phrase)


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    def __init__(self, status_code, message=None, phrase=None):
        message = message or "Invalid Request"
        super().__init__(status_code, message, phrase or message)
