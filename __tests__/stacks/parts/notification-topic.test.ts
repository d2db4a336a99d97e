import { describe, expect, test } from '@jest/globals';
import { NotificationTopic, type NotificationTopicProps } from '../../../stacks/parts/notification-topic.ts';
import type { PolicyStatement } from '../../../stacks/parts/policy-document.ts';
import { statementsOf, synthesizePart } from '../synthesized.ts';

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/news';

function topicWith(key: NotificationTopicProps['key'], act: (topic: NotificationTopic) => void = () => undefined) {
  return synthesizePart((scope) => act(new NotificationTopic(scope, 'news', { name: 'photo-news', displayName: 'Photos', key })));
}

describe('a topic', () => {
  test.each<[key: NotificationTopicProps['key'], attributes: object]>([
    ['aws-managed', { name: 'photo-news', display_name: 'Photos', kms_master_key_id: 'alias/aws/sns' }],
    [{ arn: KEY }, { name: 'photo-news', display_name: 'Photos', kms_master_key_id: KEY }],
    ['none', { name: 'photo-news', display_name: 'Photos' }],
  ])('is encrypted as configured: %j', (key, attributes) => {
    expect(topicWith(key).one('aws_sns_topic')).toEqual(attributes);
  });

  const refusesPlaintext = {
    Sid: 'DenyInsecureTransport',
    Effect: 'Deny',
    Principal: '*',
    Action: ['sns:Publish'],
    Resource: [expect.stringMatching(/^\$\{aws_sns_topic\..*\.arn\}$/)],
    Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
  };

  test('takes messages over TLS only', () => {
    const part = topicWith('none');

    expect(part.one('aws_sns_topic_policy').arn).toMatch(/^\$\{aws_sns_topic\..*\.arn\}$/);
    expect(statementsOf(part.one('aws_sns_topic_policy').policy)).toEqual([refusesPlaintext]);
  });

  test('admits exactly the given alarms, of this account', () => {
    const part = topicWith('none', (topic) => topic.admitAlarms(['arn:alarm-1', 'arn:alarm-2'], '123456789012'));

    expect(statementsOf(part.one('aws_sns_topic_policy').policy)).toEqual([
      refusesPlaintext,
      {
        Sid: 'AdmitAlarms',
        Effect: 'Allow',
        Principal: { Service: ['cloudwatch.amazonaws.com'] },
        Action: ['sns:Publish'],
        Resource: [expect.stringMatching(/^\$\{aws_sns_topic\..*\.arn\}$/)],
        Condition: {
          ArnEquals: { 'aws:SourceArn': ['arn:alarm-1', 'arn:alarm-2'] },
          StringEquals: { 'aws:SourceAccount': ['123456789012'] },
        },
      },
    ]);
  });
});

describe('who may publish', () => {
  function granted(key: NotificationTopicProps['key']) {
    const statements: Omit<PolicyStatement, 'Effect' | 'Principal'>[] = [];
    topicWith(key, (topic) => topic.grantPublish({ allow: (statement) => void statements.push(statement) }));
    return statements;
  }

  test('gets that on this topic alone', () => {
    expect(granted('aws-managed')).toEqual([{ Sid: 'Notify', Action: ['sns:Publish'], Resource: [expect.any(String)] }]);
  });

  test('gets the use of the topic’s own key, by way of SNS', () => {
    expect(granted({ arn: KEY }).slice(1)).toEqual([
      {
        Sid: 'EncryptNotifications',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: [KEY],
        Condition: { StringEquals: { 'kms:ViaService': 'sns.us-east-1.amazonaws.com' } },
      },
    ]);
  });
});

describe('the recipients', () => {
  const subscription = (act: (topic: NotificationTopic) => void) => topicWith('none', act).one('aws_sns_topic_subscription');
  const topic_arn = expect.stringMatching(/^\$\{aws_sns_topic\..*\.arn\}$/);

  test('is a mail address, of everything', () => {
    expect(subscription((topic) => topic.mailTo('you@example.com'))).toEqual({ topic_arn, protocol: 'email', endpoint: 'you@example.com' });
  });

  test('is a mail address, of some statuses', () => {
    expect(subscription((topic) => topic.mailStatusesTo('you@example.com', ['failed']))).toEqual({
      topic_arn,
      protocol: 'email',
      endpoint: 'you@example.com',
      filter_policy: '${jsonencode({"status" = ["failed"]})}',
    });
  });

  test('is every further endpoint, by the protocol that its address shows', () => {
    expect(subscription((topic) => topic.sendTo('${var.endpoints}'))).toEqual({
      topic_arn,
      protocol: '${startswith(each.value, "https://") ? "https" : split(":", each.value)[2]}',
      endpoint: '${each.value}',
      for_each: '${var.endpoints}',
    });
  });
});
