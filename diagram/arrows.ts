import { z } from 'zod';
import type { Arrow } from './architecture.ts';
import type { StackJson } from './stack-json.ts';

/** Returns the arrows for what AWS does by itself: invoke, send to the dead-letter queue, mail. */
export function wiring(stack: StackJson): Arrow[] {
  return [
    ...stack.of('aws_s3_bucket_notification').map(({ attributes }): Arrow => {
      const { from, to } = { from: stack.oneIn(attributes.bucket), to: functionBehind(stack, stack.oneIn(attributes.lambda_function)) };
      return { from, to, kind: 'invokes', words: eventWords(attributes.lambda_function) };
    }),
    ...stack.of('aws_lambda_function_event_invoke_config', 'aws_lambda_alias.processor_live').map(({ attributes }): Arrow => {
      const { from, to } = { from: stack.oneIn(attributes.function_name), to: stack.oneIn(attributes.destination_config) };
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
export function grants(stack: StackJson): Arrow[] {
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
