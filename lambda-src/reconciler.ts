import type { Context } from 'aws-lambda';
import { makeClients } from './adapters/aws-clients.ts';
import { LambdaInvoker } from './adapters/lambda-invoker.ts';
import { PhotoListing } from './adapters/photo-listing.ts';
import { DynamoDbBookmark } from './adapters/reconciliation-bookmark.ts';
import { fromEnvironment, reconcilerFromEnvironment } from './contract/environment.ts';
import { reconciledEvent } from './events/s3-event.ts';
import { Observer } from './observer.ts';
import { type Reconciled, reconcile } from './reconcile/reconcile.ts';

const settings = fromEnvironment(process.env);
const { functionName, repairTarget } = reconcilerFromEnvironment(process.env);
const observer = new Observer(functionName);
const clients = makeClients();
const invoker = repairTarget === undefined ? undefined : new LambdaInvoker(repairTarget);
const parts = {
  settings,
  listing: new PhotoListing(clients, settings),
  bookmark: new DynamoDbBookmark(clients.dynamodb, settings),
  repair: invoker && ((key: string) => invoker.invoke(reconciledEvent(settings.uploadBucket, key, new Date()))),
};

/** Lambda's entry point of the reconciler, which a schedule invokes. */
export async function handler(_event: unknown, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>): Promise<Reconciled> {
  observer.begin(context.awsRequestId);
  try {
    const reconciled = await reconcile(parts, { now: Date.now, remainingMilliseconds: () => context.getRemainingTimeInMillis() });
    observer.reconciled(reconciled);
    return reconciled;
  } catch (error) {
    observer.fault('', error);
    throw error;
  } finally {
    observer.end();
  }
}
