import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';
import { describe, expect, test } from '@jest/globals';
import { Synthesized, statementsOf, synthesizePart } from './synthesized.ts';

const twoQueues = synthesizePart((scope) => {
  new SqsQueue(scope, 'first', { name: 'first' });
  new SqsQueue(scope, 'second', { name: 'second' });
});

describe('Synthesized', () => {
  test('finds resources by type', () => {
    expect(twoQueues.resources('aws_sqs_queue').map(({ address }) => address)).toEqual(['aws_sqs_queue.first', 'aws_sqs_queue.second']);
    expect(twoQueues.resources('aws_sns_topic')).toEqual([]);
  });

  test('throws if a required resource type has no resources', () => {
    expect(() => twoQueues.some('aws_sns_topic')).toThrow('there is no aws_sns_topic');
  });

  test('finds one resource by address, or by type if it is the only one', () => {
    const oneQueue = synthesizePart((scope) => new SqsQueue(scope, 'first', { name: 'first' }));

    expect(twoQueues.one('aws_sqs_queue.second').name).toBe('second');
    expect(oneQueue.one('aws_sqs_queue').name).toBe('first');
    expect(() => twoQueues.one('aws_sqs_queue')).toThrow('there are 2 of aws_sqs_queue, not one');
    expect(() => twoQueues.one('aws_sqs')).toThrow('there are 0 of aws_sqs, not one');
  });

  test('replaces an existing text and rejects a missing one', () => {
    expect(twoQueues.with('"second"', '"third"').one('aws_sqs_queue.third').name).toBe('third');
    expect(() => twoQueues.with('fourth', 'fifth')).toThrow('does not hold fourth');
  });

  test('rejects input that is not Terraform JSON', () => {
    expect(() => new Synthesized('{"resource": []}')).toThrow();
  });
});

describe('statementsOf', () => {
  test('reads a single action as a list', () => {
    const statement = { Sid: 'One', Effect: 'Allow', Action: 'a:b', Resource: ['x', 'y'], Principal: { Service: 's' } };

    expect(statementsOf(JSON.stringify({ Statement: [statement] }))).toEqual([
      { Sid: 'One', Effect: 'Allow', Action: ['a:b'], Resource: ['x', 'y'], Principal: { Service: ['s'] }, Condition: {} },
    ]);
  });

  test('rejects a statement with an unknown field, which could change its meaning', () => {
    const statement = { Sid: 'One', Effect: 'Allow', NotAction: 'a:b', Resource: 'x' };

    expect(() => statementsOf(JSON.stringify({ Statement: [statement] }))).toThrow('NotAction');
  });
});
