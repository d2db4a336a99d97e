import { alarmGroups } from './alarms.ts';
import type { Architecture, Arrow } from './architecture.ts';
import { grants, wiring } from './arrows.ts';
import { BOXES } from './boxes.ts';
import type { StackJson } from './stack-json.ts';

/** Types that are shown in the box or arrow of another resource. */
const PART_OF_ANOTHER =
  /^aws_(s3_bucket_\w+|iam_role(_policy)?|lambda_(alias|permission|function_event_invoke_config)|(sns_topic|sqs_queue)_policy|cloudwatch_metric_alarm)$/;

/** Reads boxes and arrows out of a stack's JSON; an unknown resource type is an error, so that none is missing. */
export function architectureOf(stack: StackJson): Architecture {
  const boxes = stack.resources
    .filter(({ type }) => !PART_OF_ANOTHER.test(type))
    .map((resource) => {
      const box = BOXES[resource.type];
      if (box === undefined) throw new Error(`diagram has no picture for ${resource.address}: add its type to BOXES`);
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
