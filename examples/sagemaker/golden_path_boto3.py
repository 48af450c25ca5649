#!/usr/bin/env python3
"""The golden path with boto3 alone: upload, train, deploy, predict, delete. Set the environment as for golden_path.py."""
import uuid

import boto3
import numpy as np

name = f"golden-path-{uuid.uuid4().hex[:8]}"
often = {"Delay": 1, "MaxAttempts": 300}
s3, sagemaker, runtime, logs = (boto3.client(each) for each in ("s3", "sagemaker", "sagemaker-runtime", "logs"))
role = boto3.client("iam").get_role(RoleName="AmazonSageMaker-ExecutionRole")["Role"]["Arn"]
image = f"683313688378.dkr.ecr.{s3.meta.region_name}.amazonaws.com/sagemaker-xgboost:1.7-1"

# Whether a point lies within the unit circle: the label, then x and y.
points = np.random.default_rng(1).uniform(-1.25, 1.25, (3000, 2))
rows = np.column_stack([np.hypot(*points.T) < 1, points])
s3.create_bucket(Bucket=name)
s3.put_object(Bucket=name, Key="train/rows.csv", Body="\n".join(f"{int(inside)},{x:.6f},{y:.6f}" for inside, x, y in rows[:2000]))

sagemaker.create_training_job(
    TrainingJobName=name,
    AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
    RoleArn=role,
    HyperParameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": "60"},
    InputDataConfig=[{
        "ChannelName": "train",
        "ContentType": "text/csv",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{name}/train/"}},
    }],
    OutputDataConfig={"S3OutputPath": f"s3://{name}/models"},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    StoppingCondition={"MaxRuntimeInSeconds": 600},
)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig=often)
job = sagemaker.describe_training_job(TrainingJobName=name)
for line in logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=name)["events"][-3:]:
    print(line["message"])
print(job["TrainingJobStatus"], {metric["MetricName"]: round(metric["Value"], 4) for metric in job["FinalMetricDataList"]})

sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={
    "Image": image, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]})
sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{
    "VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=often)
body = "\n".join(f"{x:.6f},{y:.6f}" for _, x, y in rows[2000:])
answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=body)["Body"].read().decode()
said = np.array(answer.replace("\n", ",").strip(",").split(","), dtype=float) > 0.5
right = float(np.mean(said == (rows[2000:, 0] == 1)))
print(f"{right:.1%} of 1,000 points it has not seen are right")
assert right > 0.95

sagemaker.delete_endpoint(EndpointName=name)
sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=often)
sagemaker.delete_endpoint_config(EndpointConfigName=name)
sagemaker.delete_model(ModelName=name)
