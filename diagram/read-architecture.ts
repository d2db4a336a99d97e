import { z } from 'zod';
import { PRESET_NAMES } from '../config/presets.ts';
import type { Architecture, Arrow, Box, Part } from './architecture.ts';
import { BOXES } from './boxes.ts';
import { drawing } from './drawing.ts';
import { type Resource, type StackJson, synthesizedPreset } from './stack-json.ts';

/** The drawing of every preset, by file. */
export function drawnPresets(): Map<string, string> {
  return new Map(
    PRESET_NAMES.map((preset) => [`docs/architecture/${preset}.svg`, drawing(preset, architectureOf(synthesizedPreset(preset)))]),
  );
}

/** Types that are shown in the box or arrow of another resource. */
const PART_OF_ANOTHER =
  /^aws_(s3_bucket_\w+|iam_role(_policy)?|lambda_(alias|permission|function_event_invoke_config)|(sns_topic|sqs_queue)_policy|cloudwatch_metric_alarm)$/;

/** Reads boxes and arrows out of a stack's JSON; an unknown resource type is an error, so that none is missing. */
export function architectureOf(stack: StackJson): Architecture {
  const boxes = stack.resources
    .filter(({ type }) => !PART_OF_ANOTHER.test(type))
    .map((resource) => {
      const box = BOXES[resource.type];
      if (box === undefined) throw new Error(`The diagram has no box for ${resource.address}: add its type to BOXES`);
      return box(stack, resource);
    });
  const alarms = alarmGroups(stack);
  const arrows = [...wiring(stack), ...alarms.flatMap((group) => group.arrows), ...grants(stack)];
  return { region: stack.region, boxes: [...boxes, ...alarms.map((group) => group.box)], arrows: joined(arrows) };
}

/** Merges arrows between the same two resources into one with all their labels. */
function joined(arrows: readonly Arrow[]): Arrow[] {
  const byPair = new Map<string, Arrow>();
  for (const arrow of arrows) {
    const pair = `${arrow.from} ${arrow.to}`;
    const before = byPair.get(pair);
    byPair.set(pair, before === undefined ? arrow : { ...before, words: [...before.words, ...arrow.words] });
  }
  return [...byPair.values()];
}

/** Returns the arrows for what AWS does without the function: invoke it, send to the dead-letter queue, mail. */
function wiring(stack: StackJson): Arrow[] {
  return [
    ...stack.of('aws_s3_bucket_notification').map(
      ({ attributes }): Arrow => ({
        from: stack.oneIn(attributes.bucket),
        to: functionBehind(stack, stack.oneIn(attributes.lambda_function)),
        kind: 'invokes',
        words: eventWords(attributes.lambda_function),
      }),
    ),
    ...stack.of('aws_lambda_function_event_invoke_config', 'aws_lambda_alias.processor_live').map(({ attributes }): Arrow => {
      const [from, to] = [stack.oneIn(attributes.function_name), stack.oneIn(attributes.destination_config)];
      const hours = Number(attributes.maximum_event_age_in_seconds) / 3600;
      return { from, to, kind: 'sends', words: [`after ${Number(attributes.maximum_retry_attempts) + 1} attempts`, `or ${hours} hours`] };
    }),
    ...stack
      .of('aws_sns_topic_subscription')
      .map(({ address, attributes }): Arrow => ({ from: stack.oneIn(attributes.topic_arn), to: address, kind: 'sends', words: [] })),
  ];
}

/** Returns the function that an alias belongs to. */
function functionBehind(stack: StackJson, alias: string): string {
  const found = stack.of('aws_lambda_alias').find(({ address }) => address === alias);
  return found === undefined ? alias : stack.oneIn(found.attributes.function_name);
}

/** Returns which objects invoke the function. Spellings of a suffix are merged; S3 filters are case-sensitive. */
function eventWords(notifications: unknown): string[] {
  const rules = z
    .array(z.object({ events: z.array(z.string()), filter_prefix: z.string().optional(), filter_suffix: z.string().optional() }))
    .parse(notifications);
  const suffixes = new Set(rules.flatMap(({ filter_suffix }) => filter_suffix?.toLowerCase() ?? []));
  const words = rules.flatMap(({ events, filter_prefix }) => [...events, ...(filter_prefix ? [`under ${filter_prefix}`] : [])]);
  return [...new Set(words), ...(suffixes.size > 0 ? [[...suffixes].join(' ')] : [])];
}

const policySchema = z.object({
  Statement: z.array(z.object({ Effect: z.literal('Allow'), Action: z.array(z.string()), Resource: z.array(z.string()) })),
});

/** Returns the IAM permissions of the function: one arrow per resource, with all its actions. */
function grants(stack: StackJson): Arrow[] {
  return stack.of('aws_lambda_function').flatMap(({ address, attributes }) => {
    const roles = stack.referencesOf(attributes.role);
    const statements = roles
      .flatMap((role) => stack.of('aws_iam_role_policy', role))
      .flatMap((found) => policySchema.parse(JSON.parse(String(found.attributes.policy))).Statement);
    const targets = new Set(statements.flatMap(({ Resource }) => stack.referencesOf(Resource)));
    return [...targets].map((to): Arrow => {
      const actions = statements.filter(({ Resource }) => stack.referencesOf(Resource).includes(to)).flatMap(({ Action }) => Action);
      return { from: address, to, kind: 'may', words: [...new Set(actions.map((action) => action.replace(/^\w+:/, '')))] };
    });
  });
}

const alarmSchema = z.object({
  alarm_name: z.string(),
  metric_name: z.string(),
  statistic: z.string(),
  threshold: z.number(),
  period: z.number(),
  evaluation_periods: z.number(),
  dimensions: z.record(z.string(), z.string()),
});

/** Returns one box for all alarms on a resource. */
function alarmGroups(stack: StackJson): { box: Box; arrows: Arrow[] }[] {
  const alarms = stack.of('aws_cloudwatch_metric_alarm');
  const watchedOf = ({ attributes }: Resource): string => stack.oneIn(attributes.dimensions);
  return [...new Set(alarms.map(watchedOf))].map((watched) => {
    const group = alarms.filter((alarm) => watchedOf(alarm) === watched);
    const address = `alarms on ${watched}`;
    const topics = new Set(group.flatMap(({ attributes }) => stack.referencesOf(attributes.alarm_actions)));
    return {
      box: { address, kind: 'alarms', label: group.length === 1 ? 'CloudWatch alarm' : 'CloudWatch alarms', parts: group.map(alarmPart) },
      arrows: [
        { from: address, to: watched, kind: 'watches', words: [] },
        ...[...topics].map((to): Arrow => ({ from: address, to, kind: 'sends', words: [] })),
      ],
    };
  });
}

function alarmPart({ attributes }: Resource): Part {
  const { alarm_name, metric_name, statistic, threshold, period, evaluation_periods } = alarmSchema.parse(attributes);
  const periods = evaluation_periods === 1 ? `${period} s` : `${evaluation_periods} × ${period} s`;
  return {
    name: alarm_name,
    facts: [metric_name, `${statistic.toLowerCase().replace('maximum', 'max')} > ${threshold.toLocaleString('en')} in ${periods}`],
  };
}
