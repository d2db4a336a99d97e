import { DescribeAlarmsCommand, ListDashboardsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListSubscriptionsCommand, ListTopicsCommand } from '@aws-sdk/client-sns';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import type { EmulatedAws } from './emulated-aws.ts';

/** Lists the resources of all types that a preset uses, by name. One page per type is enough for one deployment. */
export async function remains({ clients }: EmulatedAws): Promise<string[]> {
  const { cloudwatch, dynamodb, iam, lambda, logs, s3, sns, sqs } = clients;
  const names = await Promise.all([
    s3.send(new ListBucketsCommand({})).then(({ Buckets = [] }) => Buckets.map(({ Name }) => `bucket ${Name}`)),
    dynamodb.send(new ListTablesCommand({})).then(({ TableNames = [] }) => TableNames.map((name) => `table ${name}`)),
    sns.send(new ListTopicsCommand({})).then(({ Topics = [] }) => Topics.map(({ TopicArn }) => `topic ${TopicArn}`)),
    sns
      .send(new ListSubscriptionsCommand({}))
      .then(({ Subscriptions = [] }) => Subscriptions.map(({ Endpoint }) => `subscription of ${Endpoint}`)),
    sqs.send(new ListQueuesCommand({})).then(({ QueueUrls = [] }) => QueueUrls.map((url) => `queue ${url}`)),
    lambda.send(new ListFunctionsCommand({})).then(({ Functions = [] }) => Functions.map(({ FunctionName }) => `function ${FunctionName}`)),
    iam.send(new ListRolesCommand({})).then(({ Roles = [] }) => Roles.map(({ RoleName }) => `role ${RoleName}`)),
    logs
      .send(new DescribeLogGroupsCommand({}))
      .then(({ logGroups = [] }) => logGroups.map(({ logGroupName }) => `log group ${logGroupName}`)),
    cloudwatch
      .send(new DescribeAlarmsCommand({}))
      .then(({ MetricAlarms = [] }) => MetricAlarms.map(({ AlarmName }) => `alarm ${AlarmName}`)),
    cloudwatch
      .send(new ListDashboardsCommand({}))
      .then(({ DashboardEntries = [] }) => DashboardEntries.map(({ DashboardName }) => `dashboard ${DashboardName}`)),
  ]);
  return names.flat();
}
