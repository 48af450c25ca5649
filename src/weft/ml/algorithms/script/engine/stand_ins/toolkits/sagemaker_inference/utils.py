"""As of sagemaker_inference, for scripts that import it where it is not installed."""


def parse_accept(accept):
    return accept.replace(" ", "").split(",")
