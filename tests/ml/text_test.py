"""BlazingText by boto3, beside the fastText program: each reads what the other made."""
import json
import random
import subprocess
import unittest

from lib.aws import AwsCase, archive, unpack
from lib.hub import only_weft

BLAZINGTEXT = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
FASTTEXT = "/usr/bin/fasttext"
WORDS = {"kitchen": "pan oven bread salt butter knife boil roast flour soup".split(),
         "harbour": "ship crane anchor tide rope sail dock wave cargo buoy".split(),
         "garden": "seed soil rose spade water leaf bee root hedge compost".split()}
COMMON = "the a and of in on with for from to".split()


def sentences(count, seed):
    """(label, sentence): half of the words are of its subject, the rest are anybody's."""
    draw = random.Random(seed)
    for _ in range(count):
        label = draw.choice(sorted(WORDS))
        yield label, " ".join(draw.choice(WORDS[label] if draw.random() < 0.5 else COMMON) for _ in range(9))


@only_weft
class BlazingText(AwsCase):
    def text_job(self, hyperparameters, text, **more):
        request = self.job_request(hyperparameters, {"train": (self.put(f"text/{len(text)}.txt", text), "text/plain")}, **more)
        request["AlgorithmSpecification"]["TrainingImage"] = BLAZINGTEXT
        self.aws("sagemaker").create_training_job(**request)
        told = self.ended_job(request["TrainingJobName"], 120)
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        return told

    def by_fasttext(self, *words, text=None):
        done = subprocess.run([FASTTEXT, *map(str, words)], input=text, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def predicted(self, endpoint, texts, k=1):
        body = json.dumps({"instances": texts, "configuration": {"k": k}})
        return json.loads(self.ask(endpoint, body, "application/json"))

    def test_supervised(self):
        train = "\n".join(f"__label__{label} {text}" for label, text in sentences(2000, 1))
        told = self.text_job({"mode": "supervised", "epochs": 10, "vector_dim": 16, "learning_rate": 0.5}, train)
        files = unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))
        (self.folder / "model.bin").write_bytes(files["model.bin"])
        test = list(sentences(200, 2))
        texts = [text for _, text in test]
        endpoint = self.serving(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"], image=BLAZINGTEXT)))
        said = self.predicted(endpoint, texts, k=2)
        right = sum(each["label"][0] == f"__label__{label}" for each, (label, _) in zip(said, test, strict=True))
        self.assertGreater(right / len(test), 0.95)
        # fastText reads the model, and says the same.
        lines = self.by_fasttext("predict-prob", self.folder / "model.bin", "-", 2, text="\n".join(texts) + "\n").splitlines()
        for each, line in zip(said, lines, strict=True):
            labels, chances = line.split()[::2], [float(chance) for chance in line.split()[1::2]]
            self.assertEqual(each["label"], labels)
            for chance, wanted in zip(each["prob"], chances, strict=True):
                self.assertAlmostEqual(chance, wanted, 4)

    def test_a_model_that_fasttext_trained(self):
        (self.folder / "train.txt").write_text("\n".join(f"__label__{label} {text}" for label, text in sentences(2000, 3)))
        self.by_fasttext("supervised", "-input", self.folder / "train.txt", "-output", self.folder / "own", "-dim", 16, "-epoch", 10)
        packed = archive({"model.bin": (self.folder / "own.bin").read_bytes()})
        endpoint = self.serving(("all", self.model(self.put("text/own/model.tar.gz", packed), image=BLAZINGTEXT)))
        texts = [text for _, text in sentences(50, 4)]
        lines = self.by_fasttext("predict", self.folder / "own.bin", "-", text="\n".join(texts) + "\n").splitlines()
        self.assertEqual([each["label"][0] for each in self.predicted(endpoint, texts)], lines)

    def test_word_vectors(self):
        text = "\n".join(sentence for _, sentence in sentences(3000, 5))
        told = self.text_job({"mode": "skipgram", "vector_dim": 12, "min_count": 1, "epochs": 3}, text)
        files = unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))
        self.assertIn("vectors.txt", files)
        head, *rows = files["vectors.txt"].decode().splitlines()
        count, width = map(int, head.split())
        self.assertEqual((count, width), (len(rows), 12))
        self.assertTrue(all(len(row.split()) == 13 for row in rows))


if __name__ == "__main__":
    unittest.main()
