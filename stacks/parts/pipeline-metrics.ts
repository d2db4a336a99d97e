import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../lambda-src/contract/metrics.ts';

/** One CloudWatch metric of one resource. */
export interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

type FunctionMetric =
  | 'Invocations'
  | 'Errors'
  | 'Throttles'
  | 'Duration'
  | 'ConcurrentExecutions'
  | 'AsyncEventAge'
  | 'AsyncEventsDropped'
  | 'DestinationDeliveryFailures';

/** Names of the monitored resources. */
interface MonitoredResources {
  readonly functionName: string;
  readonly tableName: string;
  readonly deadLetterQueueName: string;
  readonly topicName: string;
  readonly bucketNames: readonly string[];
  /** The function's log, which dashboard widgets query for what has no metric. */
  readonly logGroupName: string;
  /** Absent without reconciliation. */
  readonly reconcilerName?: string | undefined;
}

/** The metrics of a deployment. Alarms and dashboard both use them, so that neither queries a dimension that does not exist. */
export class PipelineMetrics {
  readonly bucketNames: readonly string[];
  readonly logGroupName: string;
  readonly reconcilerName: string | undefined;
  private readonly resources: MonitoredResources;

  constructor(resources: MonitoredResources) {
    this.resources = resources;
    this.bucketNames = resources.bucketNames;
    this.logGroupName = resources.logGroupName;
    this.reconcilerName = resources.reconcilerName;
  }

  /** Returns a metric that the handler emits itself. */
  own(metricName: MetricName): Metric {
    return { namespace: METRIC_NAMESPACE, metricName, dimensions: { [METRIC_DIMENSION]: this.resources.functionName } };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
  function(metricName: FunctionMetric): Metric {
    return { namespace: 'AWS/Lambda', metricName, dimensions: { FunctionName: this.resources.functionName } };
  }

  /** Returns a metric of the function that reconciles. */
  reconciler(metricName: FunctionMetric): Metric {
    return { namespace: 'AWS/Lambda', metricName, dimensions: { FunctionName: this.reconcilerName ?? '' } };
  }

  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
  table(metricName: 'ConsumedReadCapacityUnits' | 'ConsumedWriteCapacityUnits' | 'WriteThrottleEvents'): Metric {
    return { namespace: 'AWS/DynamoDB', metricName, dimensions: { TableName: this.resources.tableName } };
  }

  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
  deadLetters(metricName: 'ApproximateNumberOfMessagesVisible' | 'ApproximateAgeOfOldestMessage'): Metric {
    return { namespace: 'AWS/SQS', metricName, dimensions: { QueueName: this.resources.deadLetterQueueName } };
  }

  /** https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html */
  topic(metricName: 'NumberOfMessagesPublished' | 'NumberOfNotificationsDelivered' | 'NumberOfNotificationsFailed'): Metric {
    return { namespace: 'AWS/SNS', metricName, dimensions: { TopicName: this.resources.topicName } };
  }

  /** Written once a day (https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html). */
  objectCount(bucketName: string): Metric {
    return { namespace: 'AWS/S3', metricName: 'NumberOfObjects', dimensions: { BucketName: bucketName, StorageType: 'AllStorageTypes' } };
  }
}
