import { CloudwatchQueryDefinition } from '@cdktf/provider-aws/lib/cloudwatch-query-definition';
import { Construct } from 'constructs';
import { OUTCOME_STATUSES } from '../../lambda-src/contract/outcome.ts';

/** An effect is logged again when its message is resumed; those lines do not count. */
const OUTCOMES = 'filter message = "outcome" and not ispresent(repeated)';

/** A time series can only be grouped by time, so each status is a separate sum. No status contains another. */
const SUMS = OUTCOME_STATUSES.map((status) => `sum(strcontains(status, "${status}")) as ${status}`).join(', ');

/**
 * Queries of the function's log, in the language of CloudWatch Logs Insights
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html).
 */
export const LOG_QUERIES = {
  'outcomes-by-status': `${OUTCOMES} | stats ${SUMS} by bin(5m)`,
  'failure-codes': `${OUTCOMES} and status = "failed" | stats count(*) as photos, latest(key) as example by failureCode | sort photos desc`,
  faults: 'filter message = "fault" | stats count(*) as attempts, latest(detail) as example by fault | sort attempts desc',
  'slowest-photos': `${OUTCOMES} and ispresent(milliseconds) | fields @timestamp, key, status, milliseconds | sort milliseconds desc | limit 50`,
  'one-photo':
    'filter key = "holiday/beach.jpg" | fields @timestamp, message, status, failureCode, fault, detail, requestId | sort @timestamp',
  'memory-and-cold-starts':
    'filter @type = "REPORT" | stats max(@maxMemoryUsed / 1000000) as usedMB, max(@memorySize / 1000000) as ofMB, sum(ispresent(@initDuration)) as coldStarts, max(@initDuration) as slowestInit, pct(@duration, 95) as p95Duration by bin(1h)',
} as const satisfies Record<string, string>;

export interface SavedQueriesProps {
  /** Prefix of the names, which the console shows as a folder. */
  readonly folder: string;
  readonly logGroupName: string;
}

/** The queries of the log, saved in CloudWatch Logs Insights. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { folder, logGroupName }: SavedQueriesProps) {
    super(scope, id);
    for (const [name, query] of Object.entries(LOG_QUERIES)) {
      new CloudwatchQueryDefinition(this, name, {
        name: `${folder}/${name}`,
        logGroupNames: [logGroupName],
        queryString: query.replaceAll(' | ', '\n| '),
      });
    }
  }
}
