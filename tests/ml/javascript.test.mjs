// The golden path with the AWS SDK for JavaScript: upload, train, deploy, ask (whole and as a stream), delete.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as sm from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { Readable } from 'node:stream';
import { startHub } from './lib/hub.mjs';

const kImage = '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1';
const kRole = 'arn:aws:iam::123456789012:role/weft';
const kOften = { minDelay: 1, maxDelay: 1, maxWaitTime: 120 };
const kBucket = 'javascript-data';
const name = 'javascript';
let hub;
let s3;
let sagemaker;
let runtime;

before(async () => {
  hub = await startHub();
  const credentials = { accessKeyId: 'AKIDWEFTTEST00000000', secretAccessKey: 'weft-test-secret' };
  const config = { endpoint: hub.url, region: 'us-east-1', credentials, maxAttempts: 1 };
  s3 = new S3Client({ ...config, forcePathStyle: true });
  sagemaker = new sm.SageMakerClient(config);
  runtime = new SageMakerRuntimeClient(config);
});
after(() => hub?.close());

/// y = 3a - 2b, on a grid.
const grid = Array.from({ length: 400 }, (_, i) => [(i % 20) / 20, Math.floor(i / 20) / 20]);
const csv = grid.map(([a, b]) => `${3 * a - 2 * b},${a},${b}`).join('\n');

test('objects, whole and as a stream', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: kBucket }));
  const at = { Bucket: kBucket, Key: 'train/rows.csv' };
  const put = await s3.send(new PutObjectCommand({ ...at, Body: csv }));
  assert.ok(put.ChecksumCRC32);
  const got = await s3.send(new GetObjectCommand(at));
  assert.equal(await got.Body.transformToString(), csv);
  // A stream has its checksum behind it, as a trailer.
  const body = Readable.from([Buffer.from('one '), Buffer.from('two')]);
  await s3.send(new PutObjectCommand({ Bucket: kBucket, Key: 'streamed ü', Body: body, ContentLength: 7 }));
  const back = await s3.send(new GetObjectCommand({ Bucket: kBucket, Key: 'streamed ü' }));
  assert.equal(await back.Body.transformToString(), 'one two');
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: kBucket, Delimiter: '/' }));
  assert.deepEqual(listed.CommonPrefixes.map(({ Prefix }) => Prefix), ['train/']);
  await assert.rejects(s3.send(new GetObjectCommand({ ...at, Key: 'none' })), { name: 'NoSuchKey' });
});

test('train, deploy, ask, delete', { skip: Boolean(process.env.WEFT_ML_ENDPOINT) }, async () => {
  const source = { S3DataType: 'S3Prefix', S3Uri: `s3://${kBucket}/train/` };
  await sagemaker.send(
    new sm.CreateTrainingJobCommand({
      TrainingJobName: name,
      RoleArn: kRole,
      AlgorithmSpecification: { TrainingImage: kImage, TrainingInputMode: 'File' },
      HyperParameters: { objective: 'reg:squarederror', num_round: '60', eta: '0.3' },
      InputDataConfig: [{ ChannelName: 'train', ContentType: 'text/csv', DataSource: { S3DataSource: source } }],
      OutputDataConfig: { S3OutputPath: `s3://${kBucket}/models` },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 600 },
    }),
  );
  await sm.waitUntilTrainingJobCompletedOrStopped({ client: sagemaker, ...kOften }, { TrainingJobName: name });
  const job = await sagemaker.send(new sm.DescribeTrainingJobCommand({ TrainingJobName: name }));
  assert.equal(job.TrainingJobStatus, 'Completed', job.FailureReason);
  assert.ok(job.CreationTime instanceof Date);
  assert.equal(job.FinalMetricDataList[0].MetricName, 'train:rmse');

  const container = { Image: kImage, ModelDataUrl: job.ModelArtifacts.S3ModelArtifacts };
  await sagemaker.send(new sm.CreateModelCommand({ ModelName: name, ExecutionRoleArn: kRole, PrimaryContainer: container }));
  const variant = { VariantName: 'all', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 };
  await sagemaker.send(new sm.CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants: [variant] }));
  await sagemaker.send(new sm.CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  await sm.waitUntilEndpointInService({ client: sagemaker, ...kOften }, { EndpointName: name });

  const asked = { EndpointName: name, ContentType: 'text/csv', Body: '0.5,0.25\n0,1' };
  const near = (text) => {
    const [first, second] = text.trim().split(/[,\n]/).map(Number);
    assert.ok(Math.abs(first - 1) < 0.2 && Math.abs(second + 1.9) < 0.2, text);
  };
  const answer = await runtime.send(new InvokeEndpointCommand(asked));
  assert.equal(answer.InvokedProductionVariant, 'all');
  near(Buffer.from(answer.Body).toString());
  const stream = await runtime.send(new InvokeEndpointWithResponseStreamCommand(asked));
  const pieces = [];
  for await (const { PayloadPart } of stream.Body) pieces.push(PayloadPart.Bytes);
  near(Buffer.concat(pieces).toString());
  const refused = runtime.send(new InvokeEndpointCommand({ ...asked, Body: 'one,two' }));
  await assert.rejects(refused, { name: 'ModelError', OriginalStatusCode: 415 });

  await sagemaker.send(new sm.DeleteEndpointCommand({ EndpointName: name }));
  await sm.waitUntilEndpointDeleted({ client: sagemaker, ...kOften }, { EndpointName: name });
  await assert.rejects(sagemaker.send(new sm.DescribeEndpointCommand({ EndpointName: name })), {
    name: 'ValidationException',
    message: /Could not find endpoint/,
  });
});
