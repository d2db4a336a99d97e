import { type AwsClients, TIMEOUTS } from './adapters/aws-clients.ts';
import { DynamoDbLedger } from './adapters/dynamodb-ledger.ts';
import { S3OriginalStore } from './adapters/s3-original-store.ts';
import { S3RenditionStore } from './adapters/s3-rendition-store.ts';
import type { HandlerSettings } from './contract/environment.ts';
import { imagesInFlight } from './contract/memory.ts';
import type { HandlerParts } from './handle-event.ts';
import { packagedHeicDecoder } from './image/heic.ts';
import { renderImage } from './image/render.ts';
import type { Observer } from './observer.ts';
import type { FailedOriginals, Notifier } from './ports.ts';

/** Connects the use case to its adapters. */
export function wire(settings: HandlerSettings, clients: AwsClients, observer: Observer, memoryMb: number): HandlerParts {
  return {
    settings,
    dependencies: {
      ...settings,
      limits: settings,
      render: renderer(settings.maxHeicPixels),
      originals: new S3OriginalStore(clients.s3),
      renditions: new S3RenditionStore(clients.s3, settings.outputBucket ?? ''),
      failedOriginals:
        settings.tagFailed || settings.quarantinePrefix !== undefined ? deferredFailedOriginals(clients, settings) : undefined,
      ledger: new DynamoDbLedger(clients.dynamodb, settings.tableName, settings.partitionKey),
      notifier: deferredNotifier(settings.topicArn),
      messageForm: settings.publish.includes('report') ? 'report' : 'image',
      announces: (status) => settings.publish.includes(status) || settings.publish.includes('report'),
      warn: (message, fields) => observer.warn(message, fields),
    },
    concurrency: imagesInFlight(memoryMb),
    observer,
  };
}

/** Returns the renderer, with the decoder for HEIC if the package has it. */
function renderer(maxHeicPixels: number | undefined): typeof renderImage {
  if (maxHeicPixels === undefined) return renderImage;
  const heic = { decode: packagedHeicDecoder(import.meta.url), maxPixels: maxHeicPixels };
  return (bytes, options) => renderImage(bytes, { ...options, heic });
}

/** Loads the SNS client with the first message, because most photos do not need it and a cold start should not wait for it. */
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

/** Loads the code for failed originals with the first one, for the same reason. */
function deferredFailedOriginals({ s3 }: AwsClients, { outputBucket }: HandlerSettings): FailedOriginals {
  let loading: Promise<FailedOriginals> | undefined;
  const load = async (): Promise<FailedOriginals> => {
    const { S3FailedOriginals } = await import('./adapters/s3-failed-originals.ts');
    return new S3FailedOriginals(s3, outputBucket ?? '');
  };
  const loaded = (): Promise<FailedOriginals> => {
    loading ??= load();
    return loading;
  };
  return {
    tag: async (...original) => (await loaded()).tag(...original),
    copy: async (...original) => (await loaded()).copy(...original),
  };
}
