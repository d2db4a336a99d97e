import { describe, expect, test } from '@jest/globals';
import { announce } from '../../lambda-src/announce.ts';
import type { Dependencies } from '../../lambda-src/dependencies.ts';
import type { Notification, Sending } from '../../lambda-src/ports.ts';
import { MemoryPipeline } from '../in-memory/pipeline.ts';
import { FAILED, PROCESSED } from './upload-event.ts';

const NOW = 1_000;
const ONE = { effect: PROCESSED, commit: 'run-0' };
const TWO = { effect: { ...FAILED, key: 'bad.jpg' }, commit: undefined };

/** Announces effects, and returns the calls in their order. */
function announcing(
  effects: Parameters<typeof announce>[0],
  different: {
    form?: 'report';
    start?: (sending: Sending) => Promise<boolean>;
    publish?: () => Promise<void>;
    finish?: () => Promise<void>;
  } = {},
) {
  const calls: string[] = [];
  const sendings: Sending[] = [];
  const published: Notification[] = [];
  const { dependencies } = new MemoryPipeline().parts;
  const all: Dependencies = {
    ...dependencies,
    messageForm: different.form ?? 'image',
    ledger: Object.assign(dependencies.ledger, {
      startSending: async (sending: Sending) => {
        calls.push(`reserve ${sending.key}`);
        sendings.push(sending);
        return different.start?.(sending) ?? true;
      },
      finishSending: async ({ key }: Sending, sent: boolean) => {
        calls.push(`${sent ? 'sent' : 'not sent'} ${key}`);
        await different.finish?.();
      },
    }),
    notifier: {
      publish: async (notification) => {
        // A caller that does not wait would go on before this.
        await new Promise(setImmediate);
        await different.publish?.();
        calls.push('publish');
        published.push(notification);
      },
    },
  };
  const invocation = { owner: 'request-1', run: 'run-1', now: () => NOW, remainingMilliseconds: () => 60_000, timeoutMilliseconds: 60_000 };
  return { done: announce(effects, all, invocation), calls, sendings, published };
}

describe('an effect is announced', () => {
  test('between a reservation for 30 seconds and the note that it was sent', async () => {
    const { done, calls, sendings, published } = announcing([ONE]);
    await done;

    expect(calls).toEqual(['reserve photo.jpg', 'publish', 'sent photo.jpg']);
    expect(sendings).toEqual([
      { bucket: 'uploads', key: 'photo.jpg', commit: 'run-0', owner: 'request-1', run: 'run-1', now: 1_000, expiresAt: 31_000 },
    ]);
    expect(published).toMatchObject([{ subject: 'Image processed: photo.jpg' }]);
  });

  test('with its own message', async () => {
    const { done, published } = announcing([ONE, TWO]);
    await done;

    expect(published.map(({ subject }) => subject)).toEqual(['Image processed: photo.jpg', 'Image failed (Corrupt): bad.jpg']);
  });

  test('in one report of all', async () => {
    const { done, calls, published } = announcing([ONE, TWO], { form: 'report' });
    await done;

    expect(published.map(({ subject }) => subject)).toEqual(['Image report: 1 processed, 1 failed']);
    expect(calls).toEqual(['reserve photo.jpg', 'reserve bad.jpg', 'publish', 'sent photo.jpg', 'sent bad.jpg']);
  });

  test('by one run only: what another has reserved is left to it', async () => {
    const { done, calls, published } = announcing([ONE, TWO], { form: 'report', start: async ({ key }) => key === 'bad.jpg' });
    await done;

    expect(published.map(({ subject }) => subject)).toEqual(['Image report: 0 processed, 1 failed']);
    expect(calls).toEqual(['reserve photo.jpg', 'reserve bad.jpg', 'publish', 'sent bad.jpg']);
  });

  test('with no message if others have reserved everything, or nothing happened', async () => {
    const { done, published } = announcing([ONE], { form: 'report', start: async () => false });
    await done;
    const nothing = announcing([], { form: 'report' });
    await nothing.done;

    expect([...published, ...nothing.published]).toEqual([]);
  });
});

describe('when something fails', () => {
  test.each(['image', 'report'])('in SNS (%s), nothing is marked as sent, and any run may send it', async (form) => {
    const { done, calls } = announcing([ONE, TWO], {
      ...(form === 'report' ? { form } : {}),
      publish: () => Promise.reject(new Error('SNS is throttled')),
    });

    await expect(done).rejects.toThrow('SNS is throttled');
    expect(calls).toEqual(['reserve photo.jpg', 'reserve bad.jpg', 'not sent photo.jpg', 'not sent bad.jpg']);
  });

  test('in one reservation, no report is sent and the others are given back', async () => {
    const start = async ({ key }: Sending) => (key === 'bad.jpg' ? Promise.reject(new Error('throttled')) : true);
    const { done, calls } = announcing([ONE, TWO], { form: 'report', start });

    await expect(done).rejects.toThrow('throttled');
    expect(calls).toEqual(['reserve photo.jpg', 'reserve bad.jpg', 'not sent photo.jpg']);
  });

  test('in giving a reservation back, the first fault is the one that is reported', async () => {
    const { done } = announcing([ONE], {
      publish: () => Promise.reject(new Error('SNS is throttled')),
      finish: () => Promise.reject(new Error('DynamoDB is throttled')),
    });

    await expect(done).rejects.toThrow('SNS is throttled');
  });

  test('in noting that a message was sent, this is reported, and the message is not taken back', async () => {
    const { done, calls } = announcing([ONE], { finish: () => Promise.reject(new Error('DynamoDB is throttled')) });

    await expect(done).rejects.toThrow('DynamoDB is throttled');
    expect(calls).toEqual(['reserve photo.jpg', 'publish', 'sent photo.jpg']);
  });
});
