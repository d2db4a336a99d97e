import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { brokenPhoto, smallPhoto } from './photos.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

/** Key prefixes of a preset's uploads and renditions. */
export interface Places {
  /** Prefix of upload keys; empty or ends with a slash. */
  readonly folder: string;
  /** Prefix of rendition keys; undefined if nothing is rendered. */
  readonly renditionPrefix: string | undefined;
}

/** Each upload has one effect, however often and in whatever order its events arrive. */
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
    test('for a photo whose event is delivered five times at once', async () => {
      const key = `${folder}five-times.jpg`;
      const { records, versionId } = await pipeline().upload(key, await smallPhoto());

      const answers = await Promise.all(Array.from({ length: 5 }, () => pipeline().deliver(...records)));

      expect(answers.flat().sort()).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate', 'processed']);
      expect(await pipeline().item(key)).toMatchObject({ Status: 'processed', VersionId: versionId });
      expect(await renditionsOf(key)).toHaveLength(renditionPrefix === undefined ? 0 : 1);
    });

    test('for a damaged photo whose event is delivered five times: one mail', async () => {
      await pipeline().mails();
      const { records } = await pipeline().upload(`${folder}damaged.jpg`, await brokenPhoto());

      const answers = [];
      for (let delivery = 0; delivery < 5; delivery += 1) answers.push(...(await pipeline().deliver(...records)));

      expect(answers).toEqual(['failed', 'duplicate', 'duplicate', 'duplicate', 'duplicate']);
      expect(await pipeline().mails()).toHaveLength(1);
    });

    test.each(['one after the other', 'at once'])(
      'for two versions whose events arrive in reverse order, %s: the newer one wins',
      async (how) => {
        const key = `${folder}reversed ${how}.jpg`;
        const older = await pipeline().upload(key, await smallPhoto(1));
        const newer = await pipeline().upload(key, await smallPhoto(2));

        const first = pipeline().deliver(...newer.records);
        if (how === 'one after the other') await first;
        const answers = [await pipeline().deliver(...older.records), await first];

        expect(answers).toEqual([['superseded'], ['processed']]);
        expect(await pipeline().item(key)).toMatchObject({ Status: 'processed', VersionId: newer.versionId });
        if (renditionPrefix !== undefined) expect(await renditionVersionId(key)).toBe(newer.versionId);
      },
    );

    test('for an upload that replaces a photo: record and renditions belong to the new one', async () => {
      const key = `${folder}replaced.jpg`;
      const older = await pipeline().upload(key, await smallPhoto(1));
      await pipeline().deliver(...older.records);
      const newer = await pipeline().upload(key, await smallPhoto(2));

      expect(await pipeline().deliver(...newer.records)).toEqual(['processed']);
      expect(await pipeline().deliver(...older.records)).toEqual(['superseded']);
      expect(await pipeline().item(key)).toMatchObject({ Status: 'processed', VersionId: newer.versionId });
      if (renditionPrefix !== undefined) expect(await renditionVersionId(key)).toBe(newer.versionId);
    });

    test('for a photo that was deleted before its event arrived: only a record', async () => {
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
