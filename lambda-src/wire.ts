import { type AwsClients, TIMEOUTS } from './adapters/aws-clients.ts';
import { DynamoDbLedger } from './adapters/dynamodb-ledger.ts';
import { S3OriginalStore } from './adapters/s3-original-store.ts';
import { S3RenditionStore } from './adapters/s3-rendition-store.ts';
import type { HandlerSettings } from './contract/environment.ts';
import { imagesInFlight } from './contract/memory.ts';
import type { HandlerParts } from './handle-event.ts';
import { renderImage } from './image/render.ts';
import type { Observer } from './observer.ts';
import type { Notifier } from './ports.ts';

/** Joins the use case with its adapters. */
export function wire(settings: HandlerSettings, clients: AwsClients, observer: Observer, memoryMb: number): HandlerParts {
  return {
    settings,
    workshop: {
      ...settings,
      limits: settings,
      render: renderImage,
      originals: new S3OriginalStore(clients.s3),
      renditions: new S3RenditionStore(clients.s3, settings.outputBucket ?? ''),
      ledger: new DynamoDbLedger(clients.dynamodb, settings.tableName, settings.partitionKey),
      announces: (status) => settings.publish.includes(status) || settings.publish.includes('report'),
      warn: (message, fields) => observer.warn(message, fields),
    },
    notifier: deferredNotifier(settings.topicArn),
    concurrency: imagesInFlight(memoryMb),
    observer,
  };
}

/** Loads the SNS client with the first message: a cold start need not wait for what most photos do not use. */
function deferredNotifier(topicArn: string): Notifier {
  let loading: Promise<Notifier> | undefined;
  const load = async (): Promise<Notifier> => {
    const { makeSnsClient, SnsNotifier } = await import('./adapters/sns-notifier.ts');
    return new SnsNotifier(makeSnsClient(TIMEOUTS), topicArn);
  };
  return {
    publish: async (notification) => {
      loading ??= load();
      await (await loading).publish(notification);
    },
  };
}
