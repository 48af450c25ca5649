"""As of sagemaker_inference, for scripts that import it where it is not installed."""
from weft_script.encoding import ENCODERS, encode  # noqa: F401

SUPPORTED_CONTENT_TYPES = set(ENCODERS)
