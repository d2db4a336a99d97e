import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { brokenPhoto, smallPhoto } from './photos.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

/** Where a preset looks for photos and puts renditions. */
export interface Places {
  /** Put before the keys of uploads; empty or ends with a slash. */
  readonly folder: string;
  /** Put before the key of an original; undefined when nothing is rendered. */
  readonly renditionPrefix: string | undefined;
}

/** One effect per upload, whatever arrives how often and in which order. */
export function itHasOneEffectPerUpload(pipeline: () => WorkingPipeline, { folder, renditionPrefix }: Places): void {
  /** Every version of the renditions of a photo. */
  async function renditionsOf(key: string): Promise<string[]> {
    return renditionPrefix === undefined ? [] : pipeline().renditionVersions(renditionPrefix + key);
  }

  async function renditionVersionId(key: string): Promise<string | undefined> {
    const { metadata } = await pipeline().rendition(`${renditionPrefix}${key}`);
    return metadata['original-version-id'];
  }

  describe('has one effect', () => {
    test('of a photo whose event comes five times at once', async () => {
      const key = `${folder}five-times.jpg`;
      const { records, versionId } = await pipeline().upload(key, await smallPhoto());

      const answers = await Promise.all(Array.from({ length: 5 }, () => pipeline().deliver(...records)));

      expect(answers.flat().sort()).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate', 'processed']);
      expect(await pipeline().item(key)).toMatchObject({ Status: 'processed', VersionId: versionId });
      expect(await renditionsOf(key)).toHaveLength(renditionPrefix === undefined ? 0 : 1);
    });

    test('of a damaged photo whose event comes five times: one mail', async () => {
      await pipeline().mails();
      const { records } = await pipeline().upload(`${folder}damaged.jpg`, await brokenPhoto());

      const answers = [];
      for (let delivery = 0; delivery < 5; delivery += 1) answers.push(...(await pipeline().deliver(...records)));

      expect(answers).toEqual(['failed', 'duplicate', 'duplicate', 'duplicate', 'duplicate']);
      expect(await pipeline().mails()).toHaveLength(1);
    });

    test.each(['one after the other', 'at once'])('of two versions whose events come in reverse, %s: the newer one wins', async (how) => {
      const key = `${folder}reversed ${how}.jpg`;
      const older = await pipeline().upload(key, await smallPhoto(1));
      const newer = await pipeline().upload(key, await smallPhoto(2));

      const first = pipeline().deliver(...newer.records);
      if (how === 'one after the other') await first;
      const answers = [await pipeline().deliver(...older.records), await first];

      expect(answers).toEqual([['superseded'], ['processed']]);
      expect(await pipeline().item(key)).toMatchObject({ Status: 'processed', VersionId: newer.versionId });
      if (renditionPrefix !== undefined) expect(await renditionVersionId(key)).toBe(newer.versionId);
    });

    test('of an upload that replaces a photo: the record and the renditions are of the new one', async () => {
      const key = `${folder}replaced.jpg`;
      const older = await pipeline().upload(key, await smallPhoto(1));
      await pipeline().deliver(...older.records);
      const newer = await pipeline().upload(key, await smallPhoto(2));

      expect(await pipeline().deliver(...newer.records)).toEqual(['processed']);
      expect(await pipeline().deliver(...older.records)).toEqual(['superseded']);
      expect(await pipeline().item(key)).toMatchObject({ Status: 'processed', VersionId: newer.versionId });
      if (renditionPrefix !== undefined) expect(await renditionVersionId(key)).toBe(newer.versionId);
    });

    test('of a photo that was deleted before its event came: a record, nothing else', async () => {
      const key = `${folder}deleted.jpg`;
      const { records } = await pipeline().upload(key, await smallPhoto());
      const { aws, outputs } = pipeline().deployed;
      await aws.clients.s3.send(new DeleteObjectCommand({ Bucket: outputs.upload_bucket_name, Key: key }));

      expect(await pipeline().deliver(...records)).toEqual(['gone']);
      expect(await pipeline().item(key)).toMatchObject({ Status: 'gone' });
      expect(await renditionsOf(key)).toEqual([]);
    });
  });
}
