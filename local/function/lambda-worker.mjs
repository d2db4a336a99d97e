// Runs the function in its own process, as Lambda does. Plain JavaScript, so that the process loads only the bundle.
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const [, , bundle = ''] = process.argv;

// As in cli/launch.mjs.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=3000000');

// Ctrl-C reaches every process of the terminal, but the runner decides when the function stops.
process.on('SIGINT', () => {});
// The runner has exited, perhaps killed. A normal exit would wait for images that are still being decoded.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/** Invocations between two collections of the old generation. V8 would wait until it holds the garbage of a thousand photos. */
const COLLECT_EVERY = 100;

let invocations = 0;
const handler = await load();
process.on('message', answer);
process.send({ status: 'ready' });

async function load() {
  try {
    const loaded = await import(pathToFileURL(bundle).href);
    return loaded.handler;
  } catch (error) {
    process.send({ status: 'unusable', error: described(error) }, () => process.exit(1));
    return new Promise(() => {});
  }
}

async function answer({ event, requestId, deadline }) {
  invocations += 1;
  if (invocations % COLLECT_EVERY === 0) globalThis.gc();
  try {
    const payload = await handler(event, contextOf(requestId, deadline));
    process.send({ status: 'answered', payload: payload ?? null });
  } catch (error) {
    process.send({ status: 'failed', error: described(error) });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf(awsRequestId, deadline) {
  const functionName = process.env.AWS_LAMBDA_FUNCTION_NAME;
  return {
    awsRequestId,
    functionName,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: process.env.FUNCTION_ARN,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** Formats an error as Lambda does. */
function described(error) {
  const { name = 'Error', message = String(error), stack = '' } = error ?? {};
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
}
