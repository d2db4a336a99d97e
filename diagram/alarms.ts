import { z } from 'zod';
import type { Arrow, Box, Part } from './architecture.ts';
import type { Resource, StackJson } from './stack-json.ts';

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
export function alarmGroups(stack: StackJson): { box: Box; arrows: Arrow[] }[] {
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
