"""As of sagemaker_inference, for scripts that import it where it is not installed."""
from weft_script.encoding import decode  # noqa: F401
