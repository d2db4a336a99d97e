import { DescribeAlarmsCommand, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { encodeKey } from '../../local/aws/s3-event.ts';
import { brokenPhoto, smallPhoto } from './photos.ts';
import { runPipelineCommand } from './pipeline-command.ts';
import { takeAll } from './test-queue.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

/** A port that nothing listens on. */
const OUT_OF_REACH = 'http://127.0.0.1:9';

const dashboardSchema = z.object({
  widgets: z.array(z.object({ properties: z.object({ metrics: z.array(z.array(z.unknown())).default([]) }) })),
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
const emfSchema = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({ Namespace: z.string(), Dimensions: z.array(z.array(z.string())), Metrics: z.array(z.object({ Name: z.string() })) }),
    ),
  }),
});

/** Checks logs and metrics, and the outcome of an event that keeps failing. */
export function itCanBeOperated(pipeline: () => WorkingPipeline, folder: string): void {
  /** Returns the log lines written in the meantime. */
  async function linesOf(work: () => Promise<unknown>): Promise<unknown[]> {
    const { log } = pipeline().deployed.function;
    const before = log.length;
    await work();
    return log.slice(before).map((line): unknown => JSON.parse(line));
  }

  async function submit(key: string, photo: Buffer): Promise<void> {
    const { records } = await pipeline().upload(`${folder}${key}`, photo);
    await pipeline().deliver(...records);
  }

  describe('can be operated', () => {
    test('through its log: one line of JSON per outcome, whatever the key', async () => {
      const key = `${folder}two\nlines "quoted" {"status":"processed"}.jpg`;
      const { records } = await pipeline().upload(`${folder}logged.jpg`, await smallPhoto());
      // The emulator cannot store keys with a line break, but the key of an event from another bucket is logged, too.
      const foreign = records.map((record) => ({ ...record, s3: { bucket: { name: 'another' }, object: { key: encodeKey(key) } } }));

      const lines = await linesOf(() => pipeline().deliver(...foreign, ...records));

      expect(lines).toMatchObject([
        { level: 'INFO', message: 'outcome', status: 'ignored', key },
        { level: 'INFO', message: 'outcome', status: 'processed', key: `${folder}logged.jpg` },
        { _aws: {} },
      ]);
    });

    test('through its metrics: it emits those that the dashboard and the alarm use', async () => {
      const lines = await linesOf(async () => {
        await submit('measured.jpg', await smallPhoto());
        await submit('measured-broken.jpg', await brokenPhoto());
      });

      const emitted = lines.flatMap(emittedMetrics);
      const wanted = [...(await drawnMetrics()), ...(await watchedMetrics())].filter(([namespace]) => namespace === 'ImageProcessing');
      expect(wanted.length).toBeGreaterThanOrEqual(4);
      expect(emitted).toEqual(expect.arrayContaining(wanted));
    });

    test('after an outage: failed events are in the dead-letter queue, and redrive applies each once', async () => {
      const key = `${folder}during the outage.jpg`;
      const { deployed } = pipeline();
      const { records, versionId } = await pipeline().upload(key, await smallPhoto());
      const cutOff = await deployed.function.start({ AWS_ENDPOINT_URL_S3: OUT_OF_REACH });
      const { answer, attempts } = await cutOff.deliver({ Records: records });
      await cutOff.close();

      expect([answer.status, attempts]).toEqual(['failed', 3]);
      expect(await pipeline().item(key)).toMatchObject({ Status: 'processing' });
      expect(await runPipelineCommand(pipeline(), 'redrive', [])).toContain('1 to redrive');
      expect(await runPipelineCommand(pipeline(), 'redrive', ['--apply'])).toContain('1 redriven, 0 kept');

      expect(await pipeline().item(key)).toMatchObject({ Status: 'processed', VersionId: versionId });
      expect(await takeAll(deployed.aws.clients.sqs, deployed.outputs.dead_letter_queue_url)).toEqual([]);
      expect(await pipeline().deliver(...records)).toEqual(['duplicate']);
    });
  });

  async function drawnMetrics(): Promise<unknown[][]> {
    const { aws, outputs } = pipeline().deployed;
    const DashboardName = outputs.dashboard_url.split('/').at(-1);
    const { DashboardBody = '' } = await aws.clients.cloudwatch.send(new GetDashboardCommand({ DashboardName }));
    const { widgets } = dashboardSchema.parse(JSON.parse(DashboardBody));
    return widgets.flatMap(({ properties }) => properties.metrics.map((metric) => metric.filter((part) => typeof part === 'string')));
  }

  async function watchedMetrics(): Promise<unknown[][]> {
    const { MetricAlarms = [] } = await pipeline().deployed.aws.clients.cloudwatch.send(new DescribeAlarmsCommand({}));
    return MetricAlarms.map(({ Namespace, MetricName, Dimensions = [] }) => [
      Namespace,
      MetricName,
      ...Dimensions.flatMap(({ Name, Value }) => [Name, Value]),
    ]);
  }
}

/** Returns the metrics of a log line in dashboard format: namespace, name, then dimensions by name and value. */
function emittedMetrics(line: unknown): unknown[][] {
  const { data } = emfSchema.safeParse(line);
  if (data === undefined) return [];
  return data._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) => Dimensions.map((names) => [Namespace, Name, ...names.flatMap((name) => [name, data[name]])])),
  );
}
