import { createServer, type IncomingMessage } from 'node:http';
import { deploymentOf } from '../config/deployments.ts';
import { handlerSettings } from '../config/handler-settings.ts';
import { imageId } from '../lambda-src/adapters/ledger-item.ts';
import { toEnvironment } from '../lambda-src/contract/environment.ts';
import { recipeHash } from '../lambda-src/contract/recipe.ts';
import { closeServer, listenOnLoopback } from '../local/aws/loopback.ts';

const FUNCTION = 'simulated';
const BUCKET = 'uploads';
const TABLE = 'records';
const SETTINGS = deploymentOf('photo-sharing', 'bench', 'x86_64');
const RECIPE = recipeHash(SETTINGS.recipe);
const PAGE = 1000;
const UPLOADED = '2026-01-01T00:00:00.000Z';

/** A deployment without stored data: every page of a listing and every record is generated on request. */
export interface SimulatedDeployment {
  readonly functionName: string;
  /** The environment variables with which commands reach it. */
  readonly environment: Readonly<Record<string, string>>;
  /** How often the function was invoked for each photo, by its number. */
  readonly invocations: ReadonlyMap<number, number>;
  /** Called for every invocation, before it is answered. */
  onInvocation: (total: number) => void;
  close(): Promise<void>;
}

/**
 * Serves a bucket of `objects` photos on loopback. Every `missingEvery`th photo has no record until the function is invoked for it; the others are processed.
 */
export async function serveSimulatedBucket(objects: number, missingEvery: number): Promise<SimulatedDeployment> {
  const invocations = new Map<number, number>();
  const isMissing = (number: number): boolean => number % missingEvery === 0 && !invocations.has(number);
  const environment = toEnvironment(
    handlerSettings(SETTINGS, { uploadBucket: BUCKET, outputBucket: 'renditions', tableName: TABLE, topicArn: 'arn:aws:sns:::topic' }),
  );
  let total = 0;

  async function answer(request: IncomingMessage): Promise<string> {
    const url = new URL(request.url ?? '', 'http://loopback');
    const target = request.headers['x-amz-target'];
    if (target === undefined && url.searchParams.get('list-type') === '2') return listing(url.searchParams);
    const body = Buffer.concat(await request.toArray()).toString();
    if (target === 'DynamoDB_20120810.BatchGetItem') return records(body);
    if (target === 'AmazonSQS.GetQueueUrl') return JSON.stringify({ QueueUrl: 'http://loopback/letters' });
    if (target === 'AmazonSQS.GetQueueAttributes') return JSON.stringify({ Attributes: {} });
    if (url.pathname.endsWith('/configuration')) return JSON.stringify({ FunctionName: FUNCTION, Environment: { Variables: environment } });
    if (url.pathname.endsWith('/event-invoke-config'))
      return JSON.stringify({ DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:letters' } } });
    if (url.pathname.endsWith('/invocations')) return invoked(body);
    throw new Error(`nothing answers ${request.method} ${request.url}`);
  }

  function listing(query: URLSearchParams): string {
    const last = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const first = last === '' ? 0 : numberIn(last) + 1;
    const end = Math.min(first + PAGE, objects);
    remember(first, end);
    let contents = '';
    for (let number = first; number < end; number += 1) {
      contents += `<Contents><Key>${keyOf(number)}</Key><ETag>"e"</ETag><Size>3000000</Size><LastModified>${UPLOADED}</LastModified></Contents>`;
    }
    const next = end < objects ? `<NextContinuationToken>${keyOf(end - 1)}</NextContinuationToken>` : '';
    return `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${end < objects}</IsTruncated>${next}${contents}</ListBucketResult>`;
  }

  /** Photos by the digest of their key, which is all that a request for records contains. Only photos listed lately are requested. */
  const numbers = new Map<string, number>();
  function records(body: string): string {
    const { RequestItems } = JSON.parse(body) as { RequestItems: Record<string, { Keys: Record<string, { S: string }>[] }> };
    const ids = (RequestItems[TABLE]?.Keys ?? []).flatMap((key) => Object.values(key).map(({ S }) => S));
    const items = ids.flatMap((id) => (isMissing(numberOf(id)) ? [] : [{ [SETTINGS.table.partitionKey]: { S: id }, ...PROCESSED }]));
    return JSON.stringify({ Responses: { [TABLE]: items }, UnprocessedKeys: {} });
  }

  function numberOf(id: string): number {
    const known = numbers.get(id);
    if (known !== undefined) return known;
    throw new Error(`nothing is listed with the ID ${id}`);
  }

  function invoked(body: string): string {
    const payload: unknown = JSON.parse(body);
    const key = /"(?:s3Key|key)":"([^"]+)"/.exec(JSON.stringify(payload))?.[1] ?? '';
    const number = numberIn(decodeURIComponent(key));
    invocations.set(number, (invocations.get(number) ?? 0) + 1);
    total += 1;
    deployment.onInvocation(total);
    if (body.includes('"Records"')) return JSON.stringify({ outcomes: [{ status: 'processed', key }] });
    return JSON.stringify({ results: [{ taskId: '1', resultCode: 'Succeeded', resultString: 'processed' }] });
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (text) => response.end(text),
      () => response.destroy(),
    );
  });

  /** Keeps the digests of a page for as long as its records can be requested. */
  function remember(first: number, end: number): void {
    if (numbers.size > 4 * PAGE) for (const id of [...numbers.keys()].slice(0, PAGE)) numbers.delete(id);
    for (let number = first; number < end; number += 1) numbers.set(imageId(BUCKET, keyOf(number)), number);
  }

  const url = await listenOnLoopback(server);
  const deployment: SimulatedDeployment = {
    functionName: FUNCTION,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'simulated',
      AWS_SECRET_ACCESS_KEY: 'simulated',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    invocations,
    onInvocation: () => {},
    close: () => closeServer(server),
  };
  return deployment;
}

const PROCESSED = {
  ...{ Run: { S: 'run' }, Status: { S: 'processed' }, SettledStatus: { S: 'processed' }, Sequencer: { S: '55' }, ETag: { S: 'e' } },
  ...{ RecipeHash: { S: RECIPE }, LeaseExpiresAt: { N: '0' }, ReportedVersions: { L: [{ S: 'v1' }] } },
};

function keyOf(number: number): string {
  return `photos/${String(number).padStart(9, '0')}.jpg`;
}

function numberIn(key: string): number {
  return Number(/(\d{9})\.jpg$/.exec(key)?.[1] ?? Number.NaN);
}
