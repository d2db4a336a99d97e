import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';

/** A version as Lambda lists it. */
export interface Version {
  readonly Version: string;
  readonly LastModified: string;
  readonly CodeSha256: string;
  readonly MemorySize?: number;
  readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
}

type Weights = Readonly<Record<string, number>>;

/**
 * A function with versions, an alias and alarms, behind the HTTP APIs of Lambda and CloudWatch on loopback
 * (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html,
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html). Commands find it by the environment.
 */
export class VersionedFunction {
  readonly name = 'resize';
  /** Newest last, as AWS lists them. */
  versions: Version[] = [];
  /** What the alias points to; undefined if there is no alias. */
  live: string | undefined = '1';
  weights: Weights = {};
  /** Every routing that was set: `7`, or `7 + 10% of 8`. */
  readonly routed: string[] = [];
  /** State by the end of the alarm's name. */
  alarms: Record<string, 'OK' | 'ALARM'> = { errors: 'OK', 'processing-errors': 'OK', 'photos-are-not-being-processed': 'OK' };
  /** Called for every reading of the alarms. */
  onAlarmsRead: () => void = () => {};
  #revision = 1;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  /** Starts it and points the environment of this process at it. */
  static async start(): Promise<VersionedFunction> {
    const started = new VersionedFunction();
    const url = await listenOnLoopback(started.#server);
    Object.assign(process.env, {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_LAMBDA: url,
      AWS_ENDPOINT_URL_CLOUDWATCH: url,
      AWS_MAX_ATTEMPTS: '1',
    });
    return started;
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }

  /** Changes the alias as another operator would. */
  touch(): void {
    this.#revision += 1;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString();
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (pathname.endsWith('/aliases/live') && this.live !== undefined) {
      if (request.method === 'GET') return void response.end(JSON.stringify(this.#alias()));
      return this.#route(JSON.parse(body), response);
    }
    if (pathname.endsWith('/versions')) return void response.end(JSON.stringify(this.#page(searchParams.get('Marker'))));
    if (pathname.startsWith('/20')) {
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' });
      return void response.end('{}');
    }
    this.onAlarmsRead();
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(this.#describedAlarms(body)));
  }

  #alias(): object {
    return {
      Name: 'live',
      FunctionVersion: this.live,
      RoutingConfig: { AdditionalVersionWeights: this.weights },
      RevisionId: `${this.#revision}`,
    };
  }

  /** Two versions to a page, with `$LATEST` first. */
  #page(marker: string | null): object {
    const all = [{ Version: '$LATEST' }, ...this.versions];
    const start = Number(marker ?? 0);
    return { Versions: all.slice(start, start + 2), ...(start + 2 < all.length && { NextMarker: `${start + 2}` }) };
  }

  #route(
    {
      FunctionVersion,
      RoutingConfig,
      RevisionId,
    }: { FunctionVersion: string; RoutingConfig: { AdditionalVersionWeights?: Weights }; RevisionId: string },
    response: ServerResponse,
  ): void {
    if (RevisionId !== `${this.#revision}`) {
      response.writeHead(412, { 'x-amzn-errortype': 'PreconditionFailedException' });
      return void response.end('{}');
    }
    this.live = FunctionVersion;
    this.weights = RoutingConfig.AdditionalVersionWeights ?? {};
    this.touch();
    const shares = Object.entries(this.weights).map(([version, share]) => ` + ${share * 100}% of ${version}`);
    this.routed.push(`${FunctionVersion}${shares.join()}`);
    response.end(JSON.stringify(this.#alias()));
  }

  #describedAlarms(body: string): object {
    const alarms = Object.entries(this.alarms)
      .map(([end, StateValue]) => ({ AlarmName: `${this.name}-${end}`, StateValue }))
      .filter(({ AlarmName }) => body.includes(AlarmName));
    const isCombined = ({ AlarmName }: { AlarmName: string }): boolean => AlarmName.endsWith('photos-are-not-being-processed');
    return { MetricAlarms: alarms.filter((alarm) => !isCombined(alarm)), CompositeAlarms: alarms.filter(isCombined) };
  }
}
