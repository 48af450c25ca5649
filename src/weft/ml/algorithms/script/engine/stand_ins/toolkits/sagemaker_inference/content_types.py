"""As of sagemaker_inference, for scripts that import it where it is not installed."""
from weft_script.encoding import ANY, CSV, JSON, NPY, NPZ, OCTET_STREAM, UTF8_TYPES  # noqa: F401
