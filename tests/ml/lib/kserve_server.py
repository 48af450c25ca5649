"""A server of KServe's own (PyPI's kserve) with two models, in a process of its own: kserve_server.py HTTP_PORT GRPC_PORT."""
import sys

import numpy as np
from kserve import InferOutput, InferResponse, Model, ModelServer


class Sums(Model):
    """The sum of each row."""

    def __init__(self, name):
        super().__init__(name)
        self.ready = True

    async def get_input_types(self):
        return [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}]

    async def get_output_types(self):
        return [{"name": "y", "datatype": "FP32", "shape": [-1, 1]}]

    def predict(self, request, headers=None, response_headers=None):
        sums = request.inputs[0].as_numpy().sum(axis=1, keepdims=True).astype(np.float32)
        output = InferOutput(name="y", shape=list(sums.shape), datatype="FP32")
        output.set_data_from_numpy(sums, binary_data=False)
        return InferResponse(response_id=request.id, model_name=self.name, infer_outputs=[output])


if __name__ == "__main__":
    ModelServer(http_port=int(sys.argv[1]), grpc_port=int(sys.argv[2]), workers=1).start([Sums("sums"), Sums("other")])
