import {
  type AliasConfiguration,
  type FunctionConfiguration,
  GetAliasCommand,
  LambdaClient,
  paginateListVersionsByFunction,
  ResourceNotFoundException,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { LIVE_ALIAS } from '../../config/settings.ts';
import { OperatorError } from './command-line.ts';

/** Where the alias sends the events. */
export interface Routing {
  readonly version: string;
  /** During a gradual rollout: the version that gets a share of the events, from 0 to 1. */
  readonly candidate?: { readonly version: string; readonly share: number };
  /** Identifies this state, so that a change by someone else is not overwritten. */
  readonly revisionId: string | undefined;
}

/** A published version of the function. */
export interface PublishedVersion {
  readonly version: string;
  readonly publishedAt: string;
  readonly configuration: FunctionConfiguration;
}

/** The alias `live` of a deployed function, and the versions that it can point to. */
export class LiveAlias {
  readonly #functionName: string;
  readonly #lambda = new LambdaClient({});

  constructor(functionName: string) {
    this.#functionName = functionName;
  }

  /** @throws {OperatorError} if the function or its alias does not exist */
  async routing(): Promise<Routing> {
    try {
      return routingOf(await this.#lambda.send(new GetAliasCommand({ FunctionName: this.#functionName, Name: LIVE_ALIAS })));
    } catch (cause) {
      if (!(cause instanceof ResourceNotFoundException)) throw cause;
      throw new OperatorError(
        `There is no function "${this.#functionName}" with the alias "${LIVE_ALIAS}" in this account and region. The output \`function_name\` of the deployment has its name; deploy it again if it has no alias yet.`,
        { cause },
      );
    }
  }

  /** Returns the published versions, newest first. */
  async versions(): Promise<PublishedVersion[]> {
    const found: PublishedVersion[] = [];
    for await (const { Versions = [] } of paginateListVersionsByFunction({ client: this.#lambda }, { FunctionName: this.#functionName })) {
      for (const configuration of Versions) {
        const { Version = '', LastModified = '' } = configuration;
        if (/^\d+$/.test(Version)) found.push({ version: Version, publishedAt: LastModified, configuration });
      }
    }
    return found.toSorted((a, b) => Number(b.version) - Number(a.version));
  }

  /**
   * Sends all events to one version, or a share of them to a candidate.
   * @throws {OperatorError} if the alias has changed since it was read
   */
  async route(to: Omit<Routing, 'revisionId'>, { revisionId: RevisionId }: Pick<Routing, 'revisionId'>): Promise<Routing> {
    try {
      const updated = await this.#lambda.send(
        new UpdateAliasCommand({
          FunctionName: this.#functionName,
          Name: LIVE_ALIAS,
          FunctionVersion: to.version,
          // Without weights, all events go to the version.
          RoutingConfig: to.candidate === undefined ? {} : { AdditionalVersionWeights: { [to.candidate.version]: to.candidate.share } },
          RevisionId,
        }),
      );
      return routingOf(updated);
    } catch (cause) {
      if (!(cause instanceof Error) || cause.name !== 'PreconditionFailedException') throw cause;
      throw new OperatorError('Someone else changed the alias in the meantime. Nothing was changed; run the command again.', { cause });
    }
  }
}

function routingOf({ FunctionVersion = '', RoutingConfig, RevisionId }: AliasConfiguration): Routing {
  const [candidate] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
  return {
    version: FunctionVersion,
    ...(candidate !== undefined && { candidate: { version: candidate[0], share: candidate[1] } }),
    revisionId: RevisionId,
  };
}
