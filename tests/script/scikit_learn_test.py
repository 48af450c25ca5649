"""scikit-learn from end to end, as AWS's own examples do it: a script that trains, its archive, and the same script that
serves it; digits and iris of scikit-learn itself, with the figures it is known for. Skips where it is not installed."""
import io
import json
import shutil
import unittest
from pathlib import Path

from harness import INFER, PATIENCE, Job, Model, have

# Written as the scripts of amazon-sagemaker-examples are: argparse, SM_… variables, joblib, model_fn.
SCRIPT = """
    import argparse, os
    import joblib, numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--neighbors", type=int, default=0)
        parser.add_argument("--strength", type=float, default=1.0)
        parser.add_argument("--max_iter", type=int, default=100)
        parser.add_argument("--output-data-dir", type=str, default=os.environ["SM_OUTPUT_DATA_DIR"])
        parser.add_argument("--model-dir", type=str, default=os.environ["SM_MODEL_DIR"])
        parser.add_argument("--train", type=str, default=os.environ["SM_CHANNEL_TRAIN"])
        parser.add_argument("--test", type=str, default=os.environ["SM_CHANNEL_TEST"])
        args = parser.parse_args()
        train = numpy.loadtxt(args.train + "/train.csv", delimiter=",")
        test = numpy.loadtxt(args.test + "/test.csv", delimiter=",")
        model = LogisticRegression(C=args.strength, max_iter=args.max_iter)
        if args.neighbors: model = KNeighborsClassifier(args.neighbors)
        model.fit(train[:, 1:], train[:, 0])
        print(f"accuracy={model.score(test[:, 1:], test[:, 0]):.4f};")
        joblib.dump(model, os.path.join(args.model_dir, "model.joblib"))

    def model_fn(model_dir):
        return joblib.load(os.path.join(model_dir, "model.joblib"))
"""


@unittest.skipUnless(have("sklearn", "joblib", "numpy"), "scikit-learn is not installed")
class ScikitLearn(Job, Model):
    def setUp(self):
        Job.setUp(self)
        self.variables = {}
        self.child = None

    def train(self, data, **hyperparameters):
        """The model's folder after a job, ready to be served, and the test data."""
        import numpy
        from sklearn.model_selection import train_test_split
        x, y = data
        parts = train_test_split(x, y, test_size=0.25, random_state=0)
        for name, x_part, y_part in (("train", parts[0], parts[2]), ("test", parts[1], parts[3])):
            text = io.StringIO()
            numpy.savetxt(text, numpy.column_stack([y_part, x_part]), delimiter=",", fmt="%g")
            self.channel(name, {f"{name}.csv": text.getvalue()})
        self.source({"train.py": SCRIPT}, **hyperparameters)
        self.assertEqual(self.run_job(), 0, self.written)
        return parts[1], parts[3]

    def run_job(self):
        """A job's, though a model's folder is made of it later."""
        child = Job.start(self)
        self.written = child.communicate(timeout=PATIENCE)[0]
        return child.returncode

    start = Model.start

    def serve_it(self):
        """As SKLearnModel has it: the job's archive, and the source beside it."""
        serving = Path(self.root / "serving")
        serving.mkdir()
        shutil.copy(self.root / "artifacts/model.tar.gz", serving)
        shutil.copy(self.root / "input/config/sourcedir.tar.gz", serving)
        self.root = serving
        self.variables |= {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/job-1/source/sourcedir.tar.gz"}
        return self.serve()

    def test_digits(self):
        import numpy
        from sklearn.datasets import load_digits
        x, y = self.train(load_digits(return_X_y=True), neighbors="5")
        # Five nearest neighbours on this split, as scikit-learn alone has it.
        # One row has two fifth neighbours, equally far and of different digits: rounding says which of them counts.
        one_row = 1.01 / len(y)
        accuracy = float(self.metric("accuracy="))
        self.assertAlmostEqual(accuracy, 0.98, delta=one_row)
        self.serve_it()
        body = "\n".join(",".join(f"{value:g}" for value in row) for row in x)
        said = json.loads(self.hub.answer(body, "text/csv", "application/json").body)
        self.assertAlmostEqual(float(numpy.mean(numpy.array(said) == y)), accuracy, delta=one_row)
        npy = io.BytesIO()
        numpy.save(npy, x)
        reply = self.hub.answer(npy.getvalue(), "application/x-npy", "application/x-npy")
        self.assertLessEqual(numpy.sum(numpy.load(io.BytesIO(reply.body)) != said), 1)
        self.assertEqual(json.loads(self.hub.answer(json.dumps(x[:1].tolist()), "application/json").body), said[:1])

    def metric(self, name):
        return next(line for line in self.written.split("\n") if line.startswith(name))[len(name):].rstrip(";")

    def test_iris_is_the_same_model_as_without_weft(self):
        import numpy
        from sklearn.datasets import load_iris
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import train_test_split
        data = load_iris(return_X_y=True)
        x, _ = self.train(data, strength="0.5", max_iter="1000")
        parts = train_test_split(*data, test_size=0.25, random_state=0)
        expected = LogisticRegression(C=0.5, max_iter=1000).fit(parts[0], parts[2]).predict(x)
        self.serve_it()
        said = json.loads(self.hub.answer(json.dumps(x.tolist()), "application/json", "application/json").body)
        self.assertEqual(said, expected.astype(float).tolist())
        reply = self.hub.answer(json.dumps({"inputs": [{"name": "x", "datatype": "FP64", "shape": list(x.shape),
                                                        "data": x.reshape(-1).tolist()}]}), kind=INFER)
        self.assertEqual(numpy.array(json.loads(reply.body)["outputs"][0]["data"]).tolist(), said)

    def test_rows_of_another_width_are_told(self):
        from sklearn.datasets import load_iris
        self.train(load_iris(return_X_y=True), max_iter="1000")
        self.serve_it()
        reply = self.hub.answer("1,2,3", "text/csv")
        self.assertEqual((reply.status, reply.body.decode()), (
            500, "ValueError: X has 3 features, but LogisticRegression is expecting 4 features as input."))


if __name__ == "__main__":
    unittest.main()
