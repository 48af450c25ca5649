"""Training jobs by boto3: from the upload to the answer of the deployed model, and everything that can be asked of them."""
import datetime
import unittest

import numpy as np

from lib.aws import OFTEN, AwsCase, archive, eventually, new_name, unpack
from lib.data import csv, friedman, numbers, rmse, text_of
from lib.hub import only_weft
from lib.oracle import xgboost_model

SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
BOOST = {"objective": "reg:squarederror", "max_depth": "4", "eta": "0.3", "nthread": "1"}


@only_weft
class Path(AwsCase):
    """The golden path, each step by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.x, cls.y = friedman(600)
        cls.train, cls.validation = csv(cls.x[:400], cls.y[:400]), csv(cls.x[400:], cls.y[400:])
        cls.channels = {"train": cls.put("path/train/rows.csv", cls.train),
                        "validation": cls.put("path/validation/rows.csv", cls.validation)}

    def test_from_upload_to_answer(self):
        sagemaker = self.aws("sagemaker")
        name = self.start_job({**BOOST, "num_round": 30}, self.channels, Tags=[{"Key": "team", "Value": "city"}])
        sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=OFTEN)
        told = self.job(name)
        self.assertEqual((told["TrainingJobStatus"], told["SecondaryStatus"]), ("Completed", "Completed"))
        self.assert_times(told)
        steps = [step["Status"] for step in told["SecondaryStatusTransitions"]]
        self.assertEqual(steps, ["Starting", "Downloading", "Training", "Uploading", "Completed"])
        self.assertTrue(all(step["StatusMessage"] for step in told["SecondaryStatusTransitions"]))
        for before, after in zip(told["SecondaryStatusTransitions"], told["SecondaryStatusTransitions"][1:]):
            self.assertLessEqual(before["StartTime"], before["EndTime"])
            self.assertLessEqual(before["EndTime"], after["StartTime"])
        self.assertEqual(told["ModelArtifacts"]["S3ModelArtifacts"], f"s3://{self.bucket}/models/{name}/output/model.tar.gz")
        # What was asked comes back as it was.
        asked = self.job_request({**BOOST, "num_round": 30}, self.channels, name=name)
        for member in ("HyperParameters", "RoleArn", "ResourceConfig", "StoppingCondition"):
            self.assertEqual({**asked, **told}[member], asked[member])
        self.assertEqual(told["OutputDataConfig"]["S3OutputPath"], asked["OutputDataConfig"]["S3OutputPath"])
        self.assertEqual([channel["DataSource"] for channel in told["InputDataConfig"]],
                         [channel["DataSource"] for channel in asked["InputDataConfig"]])

        wanted = xgboost_model(BOOST, 30, self.train, self.validation)
        model = self.get(told["ModelArtifacts"]["S3ModelArtifacts"])
        self.assertEqual(unpack(model)["xgboost-model"], wanted["model"])
        final = {metric["MetricName"]: metric["Value"] for metric in told["FinalMetricDataList"]}
        for metric, scores in wanted["scores"].items():
            self.assertAlmostEqual(final[metric.replace("-", ":", 1)], scores[-1], 5)

        endpoint = self.serving(("all", self.model(told["ModelArtifacts"]["S3ModelArtifacts"])))
        said = numbers(self.ask(endpoint, csv(self.x[400:])))
        self.assertAlmostEqual(rmse(said, self.y[400:]), wanted["scores"]["validation-rmse"][-1], 4)
        sagemaker.delete_endpoint(EndpointName=endpoint)
        sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=endpoint, WaiterConfig=OFTEN)

    def assert_times(self, told):
        self.assertLessEqual(told["CreationTime"], told["TrainingStartTime"])
        self.assertLessEqual(told["TrainingStartTime"], told["TrainingEndTime"])
        self.assertLessEqual(told["TrainingEndTime"], told["LastModifiedTime"])
        self.assertGreaterEqual(told["TrainingTimeInSeconds"], 0)
        self.assertIn("BillableTimeInSeconds", told)

    def test_all_files_below_a_prefix(self):
        """They are one table, in the order of their names."""
        half = self.train.splitlines(keepends=True)
        self.put("parts/a.csv", "".join(half[:200]))
        self.put("parts/b.csv", "".join(half[200:]))
        wanted = xgboost_model(BOOST, 5, self.train)["model"]
        told = self.trained({**BOOST, "num_round": 5}, {"train": f"s3://{self.bucket}/parts/"})
        self.assertEqual(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"], wanted)

    def test_a_pipe(self):
        """Its data are files here, and it learns the same from them."""
        request = self.job_request({**BOOST, "num_round": 5}, self.channels)
        request["AlgorithmSpecification"]["TrainingInputMode"] = "Pipe"
        self.aws("sagemaker").create_training_job(**request)
        told = self.ended_job(request["TrainingJobName"])
        self.assertEqual(told["TrainingJobStatus"], "Completed", told.get("FailureReason"))
        self.assertEqual(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"], xgboost_model(
            BOOST, 5, self.train, self.validation)["model"])

    def test_without_an_archive(self):
        told = self.trained({**BOOST, "num_round": 2}, self.channels, OutputDataConfig={
            "S3OutputPath": f"s3://{self.bucket}/plain", "CompressionType": "NONE"})
        where = told["ModelArtifacts"]["S3ModelArtifacts"]
        self.assertFalse(where.endswith(".tar.gz"), where)
        self.assertEqual(self.get(f"{where.rstrip('/')}/xgboost-model"), xgboost_model(
            BOOST, 2, self.train, self.validation)["model"])

    def test_by_the_algorithms_name(self):
        request = self.job_request({**BOOST, "num_round": 2}, self.channels)
        request["AlgorithmSpecification"] = {"AlgorithmName": "xgboost", "TrainingInputMode": "File"}
        self.aws("sagemaker").create_training_job(**request)
        self.assertEqual(self.ended_job(request["TrainingJobName"])["TrainingJobStatus"], "Completed")

    def test_metrics_of_ones_own(self):
        request = self.job_request({**BOOST, "num_round": 4}, self.channels)
        request["AlgorithmSpecification"]["MetricDefinitions"] = [
            {"Name": "loss", "Regex": r"validation-rmse:([0-9\.]+)"}, {"Name": "never", "Regex": "nothing like it (.*)"}]
        self.aws("sagemaker").create_training_job(**request)
        told = self.ended_job(request["TrainingJobName"])
        final = {metric["MetricName"]: metric["Value"] for metric in told["FinalMetricDataList"]}
        self.assertIn("loss", final)
        self.assertNotIn("never", final)

    def test_ranking(self):
        """Rows of one question stand together: `qid`."""
        x, y = friedman(400)
        grades = np.clip(np.digitize(y, np.quantile(y, (0.25, 0.5, 0.75))), 0, 3)
        rows = "".join(f"{grade} qid:{at // 20} " + " ".join(f"{column}:{text_of(value)}" for column, value in enumerate(row)) + "\n"
                       for at, (grade, row) in enumerate(zip(grades, x)))
        channels = {"train": (self.put("ranking/train.libsvm", rows), "text/libsvm")}
        for objective, metric, most in (("rank:ndcg", "ndcg", 3), ("rank:pairwise", "ndcg", 3), ("rank:map", "map", 1)):
            with self.subTest(objective):
                # Average precision knows good and bad alone.
                text = rows if most == 3 else "".join(str(int(line[0] > "1")) + line[1:] for line in rows.splitlines(keepends=True))
                at = channels if most == 3 else {"train": (self.put("ranking/good.libsvm", text), "text/libsvm")}
                given = {"objective": objective, "eval_metric": metric, "max_depth": "3", "eta": "0.3", "nthread": "1"}
                told = self.trained({**given, "num_round": 10}, at)
                wanted = xgboost_model(given, 10, text, how="libsvm")
                self.assertEqual(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"], wanted["model"])
                self.assertGreater(wanted["scores"][f"train-{metric}"][-1], wanted["scores"][f"train-{metric}"][0])

    def test_survival(self):
        """A label below zero: so long at least, the end was not seen."""
        x, y = friedman(400)
        times = np.where(np.arange(400) % 3 == 0, -y, y)
        given = {"objective": "survival:cox", "eval_metric": "cox-nloglik", "max_depth": "3", "nthread": "1"}
        rows = csv(x, times)
        told = self.trained({**given, "num_round": 10}, {"train": self.put("survival.csv", rows)})
        wanted = xgboost_model(given, 10, rows)["model"]
        self.assertEqual(unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"]))["xgboost-model"], wanted)
        # This one needs two times for each row, which no format of a channel has.
        reason = self.failed({"objective": "survival:aft", "eval_metric": "aft-nloglik", "num_round": 1},
                             {"train": self.put("aft.csv", csv(x, y))})
        self.assertIn("survival:cox", reason)

    def test_early_stopping_and_the_sdks_other_metrics(self):
        told = self.trained({**BOOST, "num_round": 500, "early_stopping_rounds": 3, "eta": "1",
                             "eval_metric": "rmse,mae"}, self.channels)
        rounds = [line for line in self.log_of(told["TrainingJobName"]) if line.startswith("[")]
        self.assertLess(len(rounds), 400)
        self.assertIn("validation:mae", [metric["MetricName"] for metric in told["FinalMetricDataList"]])


@only_weft
class Jobs(AwsCase):
    """Lists, searches, stops and failures."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        x, y = friedman(200)
        cls.data = cls.put("rows.csv", csv(x, y))

    def quick(self, **more):
        return self.trained({**BOOST, "num_round": 1}, {"train": self.data}, **more)["TrainingJobName"]

    def long_job(self, save_model_on_termination="false", **more):
        """One that will not end by itself."""
        name = self.start_job({**BOOST, "num_round": 100_000_000, "save_model_on_termination": save_model_on_termination},
                              {"train": self.data}, **more)
        eventually(f"{name} trains", lambda: self.job(name)["SecondaryStatus"] == "Training", 30)
        return name

    def script(self, program, **more):
        """The name of a job that runs a program of the user's."""
        code = self.put(f"code/{new_name('c')}/sourcedir.tar.gz", archive({"program.py": program.encode()}))
        request = self.job_request({"sagemaker_program": '"program.py"', "sagemaker_submit_directory": f'"{code}"'}, {}, **more)
        request["AlgorithmSpecification"]["TrainingImage"] = SKLEARN
        self.aws("sagemaker").create_training_job(**request)
        self.addCleanup(self.forget_job, request["TrainingJobName"])
        return request["TrainingJobName"]

    # Names and shapes.

    def test_a_name_is_used_once(self):
        name = self.quick()
        request = self.job_request({**BOOST, "num_round": 1}, {"train": self.data}, name=name)
        message = self.refused("ResourceInUse", self.aws("sagemaker").create_training_job, **request)
        self.assertIn(name, message)

    def test_the_errors_that_waiters_know(self):
        """Each waiter's own model says which error of which operation it waits for, or gives up at. (DescribeTrainingJob answers
        otherwise than its model says: boto/boto3#2808.)"""
        sagemaker = self.aws("sagemaker")
        from botocore.loaders import Loader
        model = Loader().load_service_model("sagemaker", "waiters-2")["waiters"]
        asked = {"EndpointInService": {"EndpointName": "none"}, "EndpointDeleted": {"EndpointName": "none"},
                 "TrainingJobCompletedOrStopped": {"TrainingJobName": "none"}}
        for waiter, given in asked.items():
            expected = [each["expected"] for each in model[waiter]["acceptors"] if each["matcher"] == "error"]
            self.assertTrue(expected, waiter)
            call = {"DescribeEndpoint": sagemaker.describe_endpoint,
                    "DescribeTrainingJob": sagemaker.describe_training_job}[model[waiter]["operation"]]
            with self.subTest(waiter):
                self.refused(tuple(expected), call, **given)

    def test_what_does_not_fit_the_model_is_told_whole(self):
        from botocore.config import Config
        free = self.checked.watch(self.aws("sagemaker", config=self.once.merge(Config(parameter_validation=False))))
        good = self.job_request({"num_round": 1}, {"train": self.data})
        for change, words in (
                ({"TrainingJobName": "bad name!"}, "trainingJobName"),
                ({"TrainingJobName": "x" * 64}, "trainingJobName"),
                ({"RoleArn": "weft"}, "roleArn"),
                ({"ResourceConfig": {"InstanceType": "ml.none.large", "InstanceCount": 1, "VolumeSizeInGB": 1}}, "instanceType"),
                ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": -1, "VolumeSizeInGB": 1}}, "instanceCount"),
                ({"HyperParameters": {"x" * 300: "1"}}, "hyperParameters"),
                ({"OutputDataConfig": {}}, "outputDataConfig")):
            with self.subTest(words):
                message = self.refused("ValidationException", free.create_training_job, **{**good, **change})
                self.assertIn("validation error", message)
                self.assertIn(words.lower(), message.lower())
        self.refused(("SerializationException", "ValidationException"), free.create_training_job, **{**good, "HyperParameters": {"num_round": 7}})

    def test_what_is_not_supported_is_refused_by_name(self):
        create, good = self.aws("sagemaker").create_training_job, self.job_request({"num_round": 1}, {"train": self.data})
        image = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
        message = self.refused("ValidationException", create, **{**good, "AlgorithmSpecification": {
            "TrainingImage": image, "TrainingInputMode": "File"}})
        self.assertIn("linear-learner", message)
        message = self.refused("ValidationException", create, **{**good, "ResourceConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}})
        self.assertRegex(message, "(?i)instance")
        by_manifest = self.job_request({"num_round": 1}, {"train": self.data})
        by_manifest["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
        self.assertIn("S3DataType", self.refused("ValidationException", create, **by_manifest))
        with_arguments = self.job_request({"num_round": 1}, {"train": self.data})
        with_arguments["AlgorithmSpecification"]["ContainerArguments"] = ["--fast"]
        message = self.refused("ValidationException", create, **with_arguments)
        self.assertIn("ContainerArguments without ContainerEntrypoint", message)
        self.assertIn("HyperParameters", message)

    # Failures.

    def test_hyperparameters_that_are_none(self):
        for given, words in (({}, "num_round"), ({"num_round": 0}, "num_round"), ({"num_round": 1, "eta": 2}, "eta"),
                             ({"num_round": 1, "colour": "red"}, "Extraneous hyperparameter found: colour"),
                             ({"num_round": 1, "objective": "multi:softmax"}, "num_class"),
                             ({"num_round": 1, "eval_metric": "beauty"}, "eval_metric"),
                             ({"num_round": 1, "subsample": "many"}, "subsample")):
            with self.subTest(given):
                reason = self.failed(given, {"train": self.data})
                self.assertTrue(reason.startswith(("ClientError: ", "AlgorithmError: ")), reason)
                self.assertIn(words, reason)

    def test_data_that_is_not_there(self):
        reason = self.failed({"num_round": 1}, {"train": f"s3://{self.bucket}/nowhere/"})
        self.assertTrue(reason.startswith("ClientError"), reason)
        self.assertIn(f"s3://{self.bucket}/nowhere/", reason)
        reason = self.failed({"num_round": 1}, {"train": "s3://no-such-bucket-here/rows.csv"})
        self.assertIn("no-such-bucket-here", reason)
        self.assertIn("train", self.failed({"num_round": 1}, {"validation": self.data}))

    def test_a_broken_row_has_a_file_a_line_and_a_column(self):
        for name, content, content_type, where in (
                ("words.csv", "1,2,3\n4,five,6\n", "text/csv", ("words.csv", "2", "five")),
                ("short.csv", "1,2,3\n4,5\n", "text/csv", ("short.csv", "2")),
                ("cells.libsvm", "1 1:2\n0 3:x\n", "text/libsvm", ("cells.libsvm", "2")),
                ("bytes.pb", "none of it", "application/x-recordio-protobuf", ("bytes.pb",))):
            with self.subTest(name):
                uri = self.put(f"broken/{name}/{name}", content)
                reason = self.failed({"num_round": 1}, {"train": (uri, content_type)})
                self.assertTrue(reason.startswith("ClientError"), reason)
                for word in where:
                    self.assertIn(word, reason)

    def test_no_rows_and_unknown_formats(self):
        self.assertIn("no data", self.failed({"num_round": 1}, {"train": self.put("empty/empty.csv", "")}).lower())
        reason = self.failed({"num_round": 1}, {"train": (self.put("format/rows", "1,2\n"), "application/x-rows")})
        self.assertIn("application/x-rows", reason)
        reason = self.failed({"num_round": 1}, {"train": (self.data, "application/x-parquet")})
        self.assertIn("application/x-parquet is not supported by weft: write the data as csv", reason)

    def test_a_long_reason_is_cut_between_characters(self):
        name = self.script("with open('/opt/ml/output/failure', 'w', encoding='utf-8') as out:\n"
                           "    out.write('ClientError: ' + chr(0x20ac) * 5000)\n"
                           "raise SystemExit(1)\n")
        reason = self.ended_job(name)["FailureReason"]
        self.assertEqual(len(reason), 1024)
        self.assertRegex(reason, "^ClientError: \u20ac+, exit code: 1$")

    # Checkpoints.

    def test_checkpoints_are_in_the_store_while_it_trains(self):
        at, program = f"checkpoints/{new_name('c')}", (
            "import os, time\n"
            "os.makedirs('/opt/ml/checkpoints/deep')\n"
            "with open('/opt/ml/checkpoints/deep/epoch-1', 'w') as out:\n"
            "    out.write('weights')\n"
            "os.symlink('/etc/passwd', '/opt/ml/checkpoints/link')\n"
            "time.sleep(3600)\n")
        name = self.script(program, CheckpointConfig={"S3Uri": f"s3://{self.bucket}/{at}"})

        def kept():
            page = self.aws("s3").list_objects_v2(Bucket=self.bucket, Prefix=f"{at}/")
            return [each["Key"] for each in page.get("Contents", [])]
        eventually("the checkpoint is in the store", kept, 40)
        self.assertEqual(self.job(name)["TrainingJobStatus"], "InProgress")
        self.assertEqual(kept(), [f"{at}/deep/epoch-1"])
        self.assertEqual(self.get(f"s3://{self.bucket}/{at}/deep/epoch-1"), b"weights")
        self.aws("sagemaker").stop_training_job(TrainingJobName=name)
        self.assertEqual(self.ended_job(name)["TrainingJobStatus"], "Stopped")

    # Stops.

    def test_stop(self):
        sagemaker, name = self.aws("sagemaker"), self.long_job(save_model_on_termination="true")
        eventually("it has learned something", lambda: any("train-rmse" in line for line in self.log_of(name)), 30)
        sagemaker.stop_training_job(TrainingJobName=name)
        self.assertIn(self.job(name)["TrainingJobStatus"], ("Stopping", "Stopped"))
        sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=OFTEN)
        told = self.job(name)
        self.assertEqual((told["TrainingJobStatus"], told["SecondaryStatus"]), ("Stopped", "Stopped"))
        # What it had learned by then is kept.
        self.assertIn("xgboost-model", unpack(self.get(told["ModelArtifacts"]["S3ModelArtifacts"])))
        message = self.refused("ValidationException", sagemaker.stop_training_job, TrainingJobName=name)
        self.assertIn("Stopped", message)

    def test_the_time_limit(self):
        name = self.start_job({**BOOST, "num_round": 100_000_000}, {"train": self.data}, StoppingCondition={"MaxRuntimeInSeconds": 1})
        told = self.ended_job(name)
        self.assertEqual((told["TrainingJobStatus"], told["SecondaryStatus"]), ("Stopped", "MaxRuntimeExceeded"))

    def test_one_that_waits_is_stopped_at_once(self):
        running = self.long_job(ResourceConfig={"InstanceType": "ml.m5.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1})
        waiting = self.start_job({**BOOST, "num_round": 1}, {"train": self.data}, ResourceConfig={
            "InstanceType": "ml.m5.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1})
        told = self.job(waiting)
        self.assertEqual((told["TrainingJobStatus"], told["SecondaryStatus"]), ("InProgress", "Starting"))
        listed = [job["name"] for job in self.hub.json("jobs")["jobs"]]
        self.assertIn(waiting, listed)
        self.aws("sagemaker").stop_training_job(TrainingJobName=waiting)
        self.assertEqual(self.ended_job(waiting)["TrainingJobStatus"], "Stopped")
        self.aws("sagemaker").stop_training_job(TrainingJobName=running)
        self.ended_job(running)

    # Deleting.

    def test_delete(self):
        sagemaker, name = self.aws("sagemaker"), self.quick()
        sagemaker.delete_training_job(TrainingJobName=name)
        self.refused("ValidationException", sagemaker.describe_training_job, TrainingJobName=name)
        running = self.long_job()
        self.refused("ResourceInUse", sagemaker.delete_training_job, TrainingJobName=running)
        sagemaker.stop_training_job(TrainingJobName=running)
        self.ended_job(running)

    # Tags.

    def test_tags(self):
        sagemaker = self.aws("sagemaker")
        arn = self.job(self.quick(Tags=[{"Key": "team", "Value": "city"}]))["TrainingJobArn"]

        def tags():
            return {tag["Key"]: tag["Value"] for page in sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
                    for tag in page["Tags"]}
        self.assertEqual(tags(), {"team": "city"})
        told = sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "bank"}, {"Key": "cost", "Value": ""}])
        self.assertEqual({tag["Key"] for tag in told["Tags"]}, {"team", "cost"})
        self.assertEqual(tags(), {"team": "bank", "cost": ""})
        sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team", "none"])
        self.assertEqual(tags(), {"cost": ""})
        many = [{"Key": f"k{at}", "Value": "v"} for at in range(50)]
        self.refused(("ValidationException", "ResourceLimitExceeded"), sagemaker.add_tags, ResourceArn=arn, Tags=many)


@only_weft
class Lists(AwsCase):
    """What is listed and searched, of jobs of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        x, y = friedman(100)
        data = cls.put("rows.csv", csv(x, y))
        case = cls("test_pages")
        cls.names = []
        for at in range(5):
            cls.names.append(case.trained({**BOOST, "num_round": 1 + at}, {"train": data}, name=f"list-{at}-{new_name('x')}")
                             ["TrainingJobName"])
        cls.bad = case.start_job({"colour": "red"}, {"train": data}, name=f"list-bad-{new_name('x')}")
        case.ended_job(cls.bad)

    def listed(self, **given):
        return [job["TrainingJobName"] for page in self.aws("sagemaker").get_paginator("list_training_jobs").paginate(**given)
                for job in page["TrainingJobSummaries"]]

    def test_pages(self):
        for size in (1, 2, 6, 100):
            with self.subTest(size):
                self.assertEqual(self.listed(PaginationConfig={"PageSize": size}), [*self.names, self.bad])

    def test_order(self):
        everything = [*self.names, self.bad]
        self.assertEqual(self.listed(SortBy="CreationTime", SortOrder="Ascending"), everything)
        self.assertEqual(self.listed(SortBy="Name", SortOrder="Ascending"), sorted(everything))
        self.assertEqual(self.listed(SortBy="Name", SortOrder="Descending"), sorted(everything, reverse=True))
        by_status = self.listed(SortBy="Status", SortOrder="Ascending")
        self.assertEqual(by_status[-1], self.bad)

    def test_filters(self):
        self.assertEqual(self.listed(NameContains="list-3"), [self.names[3]])
        self.assertEqual(self.listed(StatusEquals="Failed"), [self.bad])
        self.assertEqual(set(self.listed(StatusEquals="Completed")), set(self.names))
        middle = self.job(self.names[2])["CreationTime"]
        earlier = set(self.listed(CreationTimeBefore=middle)) - {self.names[2]}
        self.assertEqual(earlier, set(self.names[:2]))
        later = self.listed(CreationTimeAfter=middle + datetime.timedelta(milliseconds=1))
        self.assertEqual(set(later), {*self.names[3:], self.bad})
        self.assertEqual(self.listed(LastModifiedTimeAfter=datetime.datetime(2100, 1, 1)), [])

    def test_tokens_that_are_none(self):
        self.refused("ValidationException", self.aws("sagemaker").list_training_jobs, NextToken="none of ours")

    def found(self, *filters, **more):
        results = [each["TrainingJob"] for page in self.aws("sagemaker").get_paginator("search").paginate(
            Resource="TrainingJob", SearchExpression={"Filters": [*filters]}, **more) for each in page["Results"]]
        return [job["TrainingJobName"] for job in results]

    def test_search(self):
        def where(name, operator, value=None):
            return {"Name": name, "Operator": operator, **({"Value": value} if value is not None else {})}
        name = self.names[1]
        self.assertEqual(self.found(where("TrainingJobName", "Equals", name)), [name])
        self.assertEqual(set(self.found(where("TrainingJobName", "Contains", "list-"))), {*self.names, self.bad})
        self.assertEqual(self.found(where("TrainingJobStatus", "Equals", "Failed")), [self.bad])
        self.assertEqual(self.found(where("TrainingJobStatus", "NotEquals", "Completed")), [self.bad])
        self.assertEqual(self.found(where("HyperParameters.num_round", "Equals", "3")), [self.names[2]])
        best = self.found(where("TrainingJobStatus", "Equals", "Completed"), SortBy="Metrics.train:rmse", SortOrder="Ascending")
        self.assertEqual(best, list(reversed(self.names)))
        limit = np.mean([self.job(name)["FinalMetricDataList"][0]["Value"] for name in self.names[3:]])
        self.assertEqual(self.found(where("Metrics.train:rmse", "LessThan", str(limit))), [self.names[4]])
        self.refused("ValidationException", self.aws("sagemaker").search, Resource="TrainingJob", SearchExpression={
            "Filters": [where("NoSuchProperty", "Equals", "1")]})

    def test_models_and_configurations_are_listed_too(self):
        sagemaker = self.aws("sagemaker")
        uri = self.job(self.names[0])["ModelArtifacts"]["S3ModelArtifacts"]
        models = [self.model(uri, name=f"list-model-{at}") for at in range(3)]
        config = self.endpoint_config(("all", models[0]))

        def names(call, member, key, **given):
            return [each[key] for page in sagemaker.get_paginator(call).paginate(**given) for each in page[member]]
        self.assertEqual(names("list_models", "Models", "ModelName", NameContains="list-model", SortBy="Name",
                               SortOrder="Ascending", PaginationConfig={"PageSize": 2}), models)
        self.assertEqual(names("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", NameContains=config), [config])
        sagemaker.delete_model(ModelName=models[1])
        self.assertEqual(names("list_models", "Models", "ModelName", NameContains="list-model", SortBy="Name",
                               SortOrder="Ascending"), [models[0], models[2]])
        self.assertIn("Could not find model", self.refused("ValidationException", sagemaker.describe_model, ModelName=models[1]))


if __name__ == "__main__":
    unittest.main()
