import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { audit, register } from '../../../cli/audit/command.ts';
import { DeployedFunction } from '../../../cli/pipeline/deployed-function.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { run, TestDeployment } from '../pipeline/test-deployment.ts';

let deployment: TestDeployment;

const DAY = 86_400_000;
const tomorrow = (): number => Date.now() + DAY;

beforeAll(async () => {
  deployment = await TestDeployment.start(deploymentOf('upload-processing', 'audit', 'x86_64'));
  const photos = {
    'processed.jpg': { effect: 'processed' },
    'failed.jpg': { effect: 'failed' },
    'other-settings.jpg': { effect: 'processed', recipeHash: 'another' },
    'in-progress.jpg': { leaseExpiresAt: tomorrow() + DAY },
    'lease-expired.jpg': {},
    'given-up.jpg': { ended: 'processing' },
    'replaced.jpg': { effect: 'processed', event: { etag: 'another' } },
    'recorded-as-deleted.jpg': { ended: 'gone' },
    'unannounced.jpg': { effect: 'processed', announced: false },
  } as const;
  for (const [name, recorded] of Object.entries(photos)) {
    await deployment.upload(`uploads/${name}`);
    await deployment.record(`uploads/${name}`, recorded);
  }
  for (const key of [
    'uploads/no-record.jpg',
    'uploads/no-record-2.JPG',
    'uploads/notes.txt',
    'uploads/IMG_1.HEIC',
    'uploads/IMG_2.heic',
    'uploads/README',
    'elsewhere/photo.jpg',
  ])
    await deployment.upload(key);
});

afterAll(() => deployment.close());

function auditedTomorrow(options: Partial<Parameters<typeof audit>[1]> = {}) {
  return audit(new DeployedFunction(deployment.functionName), { renditions: false, keys: 20, ...options }, tomorrow);
}

async function keysByState(options: Partial<Parameters<typeof audit>[1]> = {}) {
  const { states } = await auditedTomorrow(options);
  return Object.fromEntries(
    [...states].filter(([, { count }]) => count > 0).map(([state, { count, keys }]) => [state, keys.length > 0 ? keys : count]),
  );
}

test('every photo is counted once, by its state', async () => {
  expect(await keysByState()).toEqual({
    processed: 1,
    failed: ['uploads/failed.jpg'],
    otherRecipe: ['uploads/other-settings.jpg'],
    inProgress: ['uploads/in-progress.jpg'],
    missing: ['uploads/no-record-2.JPG', 'uploads/no-record.jpg'],
    abandoned: ['uploads/given-up.jpg', 'uploads/lease-expired.jpg'],
    withdrawn: ['uploads/recorded-as-deleted.jpg'],
    unannounced: ['uploads/unannounced.jpg'],
    otherVersion: ['uploads/replaced.jpg'],
  });
});

test('failures are counted by code, and objects that do not match the trigger separately', async () => {
  expect(await auditedTomorrow()).toMatchObject({ objects: 15, ignored: 4, failureCodes: { Corrupt: 1 } });
});

test('objects that the suffixes of the trigger exclude are counted by extension, most frequent first', async () => {
  const { excludedExtensions } = await auditedTomorrow();

  expect(Object.entries(excludedExtensions)[0]).toEqual(['.heic', 2]);
  expect(excludedExtensions).toEqual({ '.heic': 2, '.txt': 1, '': 1 });
});

test('all pages of a large bucket are read', async () => {
  expect(await keysByState({ pageSize: 2 })).toEqual(await keysByState());
});

test('a prefix limits the audit, and one outside the trigger is rejected', async () => {
  expect(await auditedTomorrow({ prefix: 'uploads/no-' })).toMatchObject({ objects: 2 });
  await expect(auditedTomorrow({ prefix: 'elsewhere/' })).rejects.toThrow(
    '--prefix "elsewhere/" holds no uploads: the trigger takes keys that begin with "uploads/"',
  );
});

test('no more keys are kept than requested', async () => {
  expect((await auditedTomorrow({ keys: 1 })).states.get('missing')).toEqual({ count: 2, keys: ['uploads/no-record-2.JPG'] });
});

test('a missing rendition is found only if renditions are checked', async () => {
  expect(await keysByState({ renditions: true, prefix: 'uploads/processed' })).toEqual({ renditions: ['uploads/processed.jpg'] });
});

describe('the command', () => {
  test('allows time for photos that were uploaded moments ago', async () => {
    const { code, stdout } = await run(register, 'audit', '--function', deployment.functionName, '--json');

    const document = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(document).toMatchObject({ function: deployment.functionName, deadLetters: 0, needsAttention: false });
    expect(document.states.arriving).toEqual({ count: 2, keys: ['uploads/no-record-2.JPG', 'uploads/no-record.jpg'] });
    expect(document.states.newVersion.count).toBe(2);
    expect(document.states.retrying.count).toBe(3);
  });

  test('exits with 1 for a photo without its rendition, names it and says what to do', async () => {
    const { code, stdout } = await run(register, 'audit', '--function', deployment.functionName, '--renditions');

    expect(code).toBe(1);
    expect(stdout).toContain(
      '15 objects in image-upload-bucket-audit-000000000000, 4 of them not for the pipeline.\nExcluded by `trigger.suffixes`: .heic 2, .txt 1, no extension 1.\n',
    );
    expect(stdout).toMatch(/^failed +1 {2}Corrupt 1\n {4}"uploads\/failed.jpg"$/m);
    expect(stdout).toMatch(/^renditions +1 .*\n {4}"uploads\/processed.jpg"$/m);
    expect(stdout).toContain("aws s3 cp 's3://image-upload-bucket-audit-000000000000/KEY'");
    expect(stdout).toMatch(/\nNeeds attention: 1 photo\.\n$/);
  });

  test('exits with 1 for a dead letter', async () => {
    await deployment.deadLetter({ Records: [] });

    const { code, stdout } = await run(register, 'audit', '--function', deployment.functionName, '--prefix', 'uploads/processed');

    expect(code).toBe(1);
    expect(stdout).toContain(`dead letters: npm run pipeline -- redrive --function ${deployment.functionName}`);
    expect(stdout).toContain('Needs attention: 1 dead letter.');
  });
});
