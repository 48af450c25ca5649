"""As of sagemaker_containers, for scripts that import it where it is not installed."""
from weft_script.encoding import decode, encode  # noqa: F401
from weft_script.encoding import decode_csv as csv_to_numpy  # noqa: F401
from weft_script.encoding import decode_json as json_to_numpy  # noqa: F401
from weft_script.encoding import decode_npy as npy_to_numpy  # noqa: F401
from weft_script.encoding import encode_csv as array_to_csv  # noqa: F401
from weft_script.encoding import encode_json as array_to_json  # noqa: F401
from weft_script.encoding import encode_npy as array_to_npy  # noqa: F401
